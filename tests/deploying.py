"""Reads what deploy/ holds by the programs it is written for, and says what is wrong in it."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from briefing.cli.main import app
from briefing.config import load_config
from briefing.errors import ConfigError

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

LIBRARIES = frozenset({"HF_HUB_OFFLINE", "PYTHONDONTWRITEBYTECODE", "PATH"})
"""What the image sets for others than our code."""

_Wrong: Any = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")
"""Whatever is wrong with a command's words. Newer versions of typer bring a click of their own."""


def ran(program: str, *words: str, folder: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """A program of the virtual environment, or of the system, with these words."""
    beside = Path(sys.executable).parent / program
    command = [str(beside) if beside.exists() else program, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, input=given)


@functools.cache
def _commands() -> Any:
    return typer.main.get_command(app)


def wrong_words(words: Sequence[str]) -> str | None:
    """Why `briefing` would not take these words; None if it would. Nothing is done."""
    command = _commands()
    name, rest, context = "briefing", list(words), None
    try:
        while True:
            # A command takes words out of the list it is given.
            context = command.make_context(name, list(rest), parent=context)
            if not hasattr(command, "resolve_command"):
                return None
            rest = [*context._protected_args, *context.args]
            if not rest:
                return None if command.invoke_without_command else f"{name}: no command"
            name, command, rest = command.resolve_command(context, rest)
    except _Wrong as error:
        return str(error.format_message()) or f"{name}: no command"
    except typer.Exit:
        return f"{' '.join(words)}: it only prints"


@functools.cache
def read_by_the_code() -> frozenset[str]:
    """Names of environment variables that stand in the package's code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "briefing").rglob("*.py"))
    return frozenset(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', code))


def asked_by(config: Path) -> frozenset[str]:
    """Names of environment variables that a configuration asks for."""
    lines = [line.partition(" #")[0] for line in config.read_text(encoding="utf-8").splitlines()]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return frozenset(re.findall(r"\$\{([A-Za-z_]\w*)", text))


def wrong_environment(config: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the environment in which a process reads `config`."""
    for name in sorted(environment.keys() - asked_by(config) - read_by_the_code() - LIBRARIES):
        yield f"nothing reads {name}"
    try:
        load_config(config, environment)
    except ConfigError as error:
        yield str(error)


# The image


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Its instructions in order, each with its words."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word
    ]


def image(dockerfile: str) -> dict[str, Any]:
    """What a container of it starts with: env, user, port, health."""
    found: dict[str, Any] = {"env": {}}
    for word, rest in instructions(dockerfile):
        if word == "FROM":
            found = {"env": {}}
        elif word == "ENV":
            found["env"] |= dict(pair.split("=", 1) for pair in rest.split())
        else:
            found[word.lower()] = rest
    return found


def wrong_in_image(folder: Path) -> Iterator[str]:
    """What is wrong in the Dockerfile in `folder`; the files it takes are looked for in the repository."""
    done = ran("hadolint", "--no-color", "Dockerfile", folder=folder)
    yield from done.stdout.splitlines()
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    ignored = (folder / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    last = image(text)
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.get("user", "")):
        yield "it does not run as a numbered user without rights"
    if last.get("stopsignal") != "SIGTERM":
        yield "the program ends in order at SIGTERM"
    arguments = dict(rest.split("=", 1) for word, rest in instructions(text) if word == "ARG")
    for extra in arguments["EXTRAS"].split(","):
        if extra not in PROJECT["optional-dependencies"]:
            yield f"there is no extra {extra}"
    torch = Requirement(arguments["TORCH"].strip('"'))
    asked = next(one for one in map(Requirement, PROJECT["dependencies"]) if one.name == "torch")
    if not asked.specifier.contains(str(torch.specifier).removeprefix("==")):
        yield f"{torch} is not what pyproject.toml asks for"
    for argument in ("TORCH", "SMALL_LM"):
        if f"{argument} ?= {arguments[argument].strip(chr(34))}\n" not in (ROOT / "Makefile").read_text(
            encoding="utf-8"
        ):
            yield f"{argument} is another one in the Makefile"
    for word, rest in instructions(text):
        if word == "FROM" and (python := re.match(r"python:(\d+\.\d+)[.-]", rest)):
            if Version(python[1]) not in SpecifierSet(PROJECT["requires-python"]):
                yield f"the program does not run on Python {python[1]}"
        elif word == "COPY" and not rest.startswith("--from"):
            for path in rest.split()[:-1]:
                if not (ROOT / path).exists() or f"!{path}" not in ignored:
                    yield f"{path} is not there for COPY"
        elif word == "RUN":
            calls = re.findall(r"(?:^|\s)briefing ((?:models|run|check)\b[^&]*)", rest)
            yield from (problem for call in calls if (problem := wrong_words(call.split())))
    if problem := wrong_words(json.loads(last["cmd"])):
        yield problem
    for name in sorted(last["env"].keys() - read_by_the_code() - LIBRARIES):
        yield f"nothing reads {name}"


# Compose


def compose(folder: Path, environment: str) -> tuple[dict[str, Any], str]:
    """The project in `folder` as Docker Compose understands it with these variables, or what it says is wrong."""
    (folder / ".env").write_text(environment, encoding="utf-8")
    done = ran("docker-compose", "--profile", "*", "--file", "compose.yaml", "config", "--format=json", folder=folder)
    return ({}, done.stderr) if done.returncode else (json.loads(done.stdout), "")


def wrong_in_compose(folder: Path, environment: str) -> Iterator[str]:
    """What is wrong in the project in `folder`."""
    project, said = compose(folder, environment)
    if said:
        yield said
        return
    ours = image((folder / "Dockerfile").read_text(encoding="utf-8"))
    services = project["services"]
    for name, service in services.items():
        if ":" not in service["image"] or service["image"].endswith(":latest"):
            yield f"{name}: its image has no version"
        if "mem_limit" not in service:
            yield f"{name}: no limit of memory"
        if name == "database":
            continue
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name}: it has more rights than it needs"
        if problem := wrong_words(service["command"]):
            yield f"{name}: {problem}"
        given = service["environment"]
        problems = list(wrong_environment(folder / "config.yaml", given))
        yield from (f"{name}: {problem}" for problem in problems)
        if problems:
            continue
        config = load_config(folder / "config.yaml", given)
        mounts = {one["target"]: one["source"] for one in service["volumes"]}
        if Path(mounts.get(ours["env"]["BRIEFING_CONFIG"], "")).name != "config.yaml":
            yield f"{name}: its configuration is not where the image looks for it"
        serves = config.web.enabled and service["command"] == ["serve"]
        if serves == bool(service.get("healthcheck", {}).get("disable")):
            yield f"{name}: it is asked for its health where it serves no page, or not asked where it does"
        ports = {str(one["target"]) for one in service.get("ports", [])}
        if ports != ({str(config.web.port)} if serves else set()):
            yield f"{name}: the page listens at {config.web.port}, open are {ports or 'none'}"
        if serves and f":{config.web.port}/" not in ours["healthcheck"]:
            yield f"{name}: the image asks another port for its health"
        yield from (f"{name}: {problem}" for problem in _wrong_store(config.store, services))


def _wrong_store(store: Any, services: Mapping[str, Any]) -> Iterator[str]:
    """Where the store's address and the database's service do not agree."""
    found = re.fullmatch(r"postgresql://(\w+)@(\w+)/(\w+)", store.url.get_secret_value())
    if found is None or found[2] not in services:
        yield "its store is no service"
        return
    given = services[found[2]]["environment"]
    if (found[1], found[3]) != (given["POSTGRES_USER"], given["POSTGRES_DB"]):
        yield "the database has another user or name"
    if "/var/lib/postgresql" not in [one["target"] for one in services[found[2]].get("volumes", [])]:
        yield "what the database holds lies in no volume"
    if store.password is None or store.password.get_secret_value() != given["POSTGRES_PASSWORD"]:
        yield "the database has another password"
