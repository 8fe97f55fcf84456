"""Changes to the configuration's file: its comments stay, it stays right, and nobody's change is lost silently.

Whoever changes a topic says which state of it they saw (its `mark`). Is it another by now, `Conflict` is raised.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from briefing.config.load import parse_config
from briefing.config.models import Config, TopicConfig
from briefing.errors import ConfigError, Mistake, UsageError
from briefing.text import digest

if TYPE_CHECKING:
    from ruamel.yaml import YAML

__all__ = ["Conflict", "change_file", "delete_topic", "dumped", "escaped", "mark", "save_topic"]


class Conflict(UsageError):
    """Somebody else changed it meanwhile. `current` is what it is now; None if it is gone."""

    def __init__(self, message: str, current: Any) -> None:
        self.current = current
        super().__init__(message)


def mark(entry: BaseModel) -> str:
    """What this state of a topic, or of a source, is known by."""
    return digest(json.dumps(entry.model_dump(mode="json"), sort_keys=True))


def change_file(
    path: Path,
    environment: Mapping[str, str],
    change: Callable[[Any], None],
    check: Callable[[Config], None] = lambda config: None,
) -> Config:
    """Change the file's YAML by `change`, which is given its mapping, and return what it says then.

    One process at a time; the file is replaced as a whole. Raises ConfigError, and leaves the file as it was, if it is
    wrong, before or after. What `change`, and `check` of the result, raise leaves it as it was, too.
    """
    from ruamel.yaml.error import YAMLError

    with _alone(path):
        yaml = _yaml()
        try:
            text = path.read_text(encoding="utf-8")
            parse_config(text, path, environment)
            data = yaml.load(text)
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            raise ConfigError(path, [Mistake("", None, f"can't be read: {error}")]) from error
        change(data)
        out = io.StringIO()
        yaml.dump(data, out)
        config = parse_config(out.getvalue(), path, environment)
        check(config)
        # A link is followed: what it points at is what people edit.
        real = path.resolve()
        aside = real.with_name(f".{real.name}.{os.getpid()}")
        try:
            aside.write_text(out.getvalue(), encoding="utf-8")
            aside.chmod(real.stat().st_mode & 0o777)
            aside.replace(real)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise ConfigError(path, [Mistake("", None, f"can't be written: {error.strerror}")]) from error
        return config


def _yaml() -> YAML:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Other processes that change the same file wait."""
    try:
        import fcntl
    except ImportError:  # Windows: its users are rarely two
        yield
        return
    real = path.resolve()
    try:
        handle = real.open("rb")
    except OSError as error:
        raise ConfigError(path, [Mistake("", None, f"can't be read: {error.strerror}")]) from error
    # The folder is locked, not the file: the file is replaced by another one.
    folder = os.open(real.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
        handle.close()


def save_topic(
    path: Path, environment: Mapping[str, str], name: str | None, topic: TopicConfig, seen: str | None
) -> Config:
    """Write `topic` in place of the one called `name`, whose mark was `seen`; without a name it is added.

    Only what differs is written. Briefings that name the topic follow a new name. Raises Conflict, UsageError if
    a topic of the new name is there already, ConfigError.
    """

    def change(data: Any) -> None:
        if data.get("topics") is None:
            data["topics"] = []
        entries = data["topics"]
        current = parse_config(dumped(data), path, environment).topics
        names = [one.name.casefold() for one in current]
        if topic.name.casefold() in names and (name is None or topic.name.casefold() != name.casefold()):
            raise UsageError(f'a topic is called "{topic.name}" already')
        if name is None:
            defaults = {key: field.default for key, field in type(topic).model_fields.items()}
            values = {k: v for k, v in _plain(topic).items() if k == "name" or v != _plain_value(defaults[k])}
            entries.append(escaped(values))
            return
        row = _found(current, name, seen)
        before, after = _plain(current[row]), _plain(topic)
        for key, value in after.items():
            if before[key] != value:
                entries[row][key] = escaped(value)
        if current[row].name != topic.name:
            _rename(data, current[row].name, topic.name)

    def check(config: Config) -> None:
        # A file can't hold every character; what would come back another way is not written.
        if topic not in config.topics:
            raise UsageError("the topic has characters that can't stand in the file")

    return change_file(path, environment, change, check)


def delete_topic(path: Path, environment: Mapping[str, str], name: str, seen: str | None) -> Config:
    """Take the topic called `name` out, also of briefings that name it. Raises Conflict, ConfigError."""

    def change(data: Any) -> None:
        current = parse_config(dumped(data), path, environment).topics
        row = _found(current, name, seen)
        del data["topics"][row]
        _rename(data, current[row].name, None)

    return change_file(path, environment, change)


def dumped(data: Any) -> str:
    """The YAML of a file's mapping."""
    out = io.StringIO()
    _yaml().dump(data, out)
    return out.getvalue()


def _found(topics: tuple[TopicConfig, ...], name: str, seen: str | None) -> int:
    for row, one in enumerate(topics):
        if one.name.casefold() == name.casefold():
            if seen is not None and seen != mark(one):
                raise Conflict(f'"{one.name}" was changed by somebody else meanwhile', one)
            return row
    raise Conflict(f'there is no topic "{name}" any more', None)


def _plain(topic: TopicConfig) -> dict[str, Any]:
    return topic.model_dump(mode="json")


def _plain_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def escaped(value: Any) -> Any:
    """A value as it must stand in the file: "$" means something there."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list):
        return [escaped(one) for one in value]
    if isinstance(value, dict):
        return {key: escaped(one) for key, one in value.items()}
    return value


def _rename(data: Any, old: str, new: str | None) -> None:
    for entry in [entry for one in data["briefings"] for entry in (one, *(one.get("readers") or ()))]:
        names = entry.get("topics")
        if not names:
            continue
        for row in reversed(range(len(names))):
            if names[row] == old:
                if new is None:
                    del names[row]
                else:
                    names[row] = escaped(new)
