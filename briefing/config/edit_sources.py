"""Sources changed in the configuration's file, by the rules of `edit`.

What a page may not do: it adds no files of this machine and no code, changes no address that is put together from the
environment (a page's user must not learn its secrets by pointing them elsewhere), and renames nothing, as a source's
articles are known by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from briefing.config.edit import Conflict, change_file, dumped, escaped, mark
from briefing.config.load import parse_config
from briefing.config.models import Config
from briefing.config.sources import FeedConfig, PageConfig, SitemapConfig, SourceConfig
from briefing.errors import ConfigError, UsageError
from briefing.text import is_web

__all__ = ["ADDED", "CHANGED", "add_source", "delete_source", "from_environment", "save_source", "written"]

ADDED = (FeedConfig, PageConfig, SitemapConfig)
"""Kinds a page may add."""
CHANGED = ("url", "weight", "language", "full_text", "max_items", "only")
"""What a page may change of a source, as far as its kind has it."""


def written(path: Path) -> list[dict[str, Any]]:
    """The sources as they stand in the file, ${NAME} where a value comes from the environment. Raises ConfigError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return [dict(one) for one in found["sources"]]
    except (OSError, UnicodeDecodeError, YAMLError, TypeError, KeyError, ValueError) as error:
        raise ConfigError(path, []) from error


def from_environment(value: Any) -> bool:
    """Whether a value of the file is put together from the environment."""
    return isinstance(value, str) and "${" in value.replace("$$", "")


def _check_url(url: str) -> None:
    if not is_web(url):
        raise UsageError("the address must begin with http:// or https://; files are added in the file itself")


def add_source(path: Path, environment: Mapping[str, str], source: SourceConfig) -> Config:
    """Add a source. Raises UsageError if its name is taken or a page may not add it, ConfigError."""
    if not isinstance(source, ADDED):
        raise UsageError("feeds, pages and sitemaps can be added here; other sources are added in the file itself")
    _check_url(source.url)

    def change(data: Any) -> None:
        names = [one.name.casefold() for one in parse_config(dumped(data), path, environment).sources]
        if source.name.casefold() in names:
            raise UsageError(f'a source is called "{source.name}" already')
        defaults = {key: field.default for key, field in type(source).model_fields.items()}
        values = {k: v for k, v in source.model_dump(mode="json").items() if v and v != defaults[k]}
        data["sources"].append(escaped({"name": source.name, "type": source.type, **values}))

    def check(config: Config) -> None:
        if source not in config.sources:
            raise UsageError("the source has characters that can't stand in the file")

    return change_file(path, environment, change, check)


def save_source(
    path: Path, environment: Mapping[str, str], name: str, changes: Mapping[str, Any], seen: str | None
) -> Config:
    """Change values of the source called `name`, whose mark was `seen`; only what differs is written.

    Raises Conflict, UsageError if a page may not change them, pydantic's ValidationError, ConfigError.
    """
    made: list[Any] = []

    def change(data: Any) -> None:
        row, current = _found(parse_config(dumped(data), path, environment), name, seen)
        kind = type(current)
        before = current.model_dump(mode="json")
        wanted = {key: value for key, value in changes.items() if key in CHANGED and key in kind.model_fields}
        after = kind.model_validate(current.model_dump() | wanted)
        made.append(after)
        entry = data["sources"][row]
        for key in CHANGED:
            value = after.model_dump(mode="json").get(key)
            if key not in kind.model_fields or value == before[key]:
                continue
            if from_environment(entry.get(key)):
                raise UsageError(f"{key} is put together from the environment; it is changed in the file itself")
            if key == "url":
                _check_url(str(value))
            if value is None:
                entry.pop(key, None)
            else:
                entry[key] = escaped(value)

    def check(config: Config) -> None:
        if made[0] not in config.sources:
            raise UsageError("the source has characters that can't stand in the file")

    return change_file(path, environment, change, check)


def delete_source(path: Path, environment: Mapping[str, str], name: str, seen: str | None) -> Config:
    """Take the source called `name` out, also of topics that name it.

    Raises Conflict, UsageError if a topic reads nothing else (it would read everything then), ConfigError.
    """

    def change(data: Any) -> None:
        config = parse_config(dumped(data), path, environment)
        row, current = _found(config, name, seen)
        if len(config.sources) == 1:
            raise UsageError("this is the only source; add another one first")
        for entry, topic in zip(data.get("topics") or (), config.topics, strict=True):
            names = [one for one in topic.sources if one.casefold() != current.name.casefold()]
            if not topic.sources or len(names) == len(topic.sources):
                continue
            if not names:
                raise UsageError(f'the topic "{topic.name}" reads this source only; change or delete the topic first')
            entry["sources"] = [escaped(one) for one in names]
        del data["sources"][row]

    return change_file(path, environment, change)


def _found(config: Config, name: str, seen: str | None) -> tuple[int, Any]:
    for row, one in enumerate(config.sources):
        if one.name.casefold() == name.casefold():
            if seen is not None and seen != mark(one):
                raise Conflict(f'"{one.name}" was changed by somebody else meanwhile', one)
            return row, one
    raise Conflict(f'there is no source "{name}" any more', None)
