"""From a YAML file to `Config`, with every mistake named by path and line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from briefing.config import answers, channels, engines, models, sources, store, web
from briefing.config.base import Model
from briefing.config.models import Config
from briefing.config.readers import ReaderFiles
from briefing.errors import ConfigError, Mistake

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENVIRONMENT_NAME = "BRIEFING_CONFIG"

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<bad>\{))")

Path_ = tuple[str | int, ...]


def find_config(given: Path | None, environment: Mapping[str, str], home: Path) -> Path:
    """The configuration to use: `given`, or $BRIEFING_CONFIG, ./config.yaml, ~/.config/briefing/config.yaml.

    Raises ConfigError if there is none; a file that was asked for by name is never passed over.
    """
    asked = given or (Path(environment[ENVIRONMENT_NAME]) if environment.get(ENVIRONMENT_NAME) else None)
    if asked is not None:
        if not asked.is_file():
            raise ConfigError(asked, [Mistake("", None, "there is no such file")])
        return asked
    places = [Path("config.yaml"), home / ".config" / "briefing" / "config.yaml"]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(f"${ENVIRONMENT_NAME}" if i == 0 else str(places[i - 1]) for i in range(len(places) + 1))
    raise ConfigError(
        None, [Mistake("", None, f'no configuration found (looked at {looked}); "briefing init" writes one')]
    )


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in the file `path`; `environment` (default: the process's) fills ${VAR}.

    Raises ConfigError with every mistake found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(path, [Mistake("", None, f"the file is not UTF-8 text: {error.reason}")]) from error
    except OSError as error:
        raise ConfigError(path, [Mistake("", None, f"can't be read: {error.strerror}")]) from error
    return parse_config(text, path, os.environ if environment is None else environment)


def parse_config(text: str, path: Path | None, environment: Mapping[str, str]) -> Config:
    """The configuration in `text`; `path` is only its name in messages. Raises ConfigError."""
    reader = _Reader(environment)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(path, [Mistake("", line, f"not valid YAML: {error.problem or error.context}")]) from error
    except YAMLError as error:
        raise ConfigError(path, [Mistake("", None, f"not valid YAML: {str(error).splitlines()[0]}")]) from error
    if node is None:
        raise ConfigError(path, [Mistake("", None, 'the file is empty; "briefing init" writes a configuration')])
    data = reader.read(node, ())
    if not isinstance(data, dict):
        raise ConfigError(path, [Mistake("", 1, "expected keys such as sources: and briefings:")])
    mistakes = list(reader.mistakes)
    files = reader.with_files(data, path)
    mistakes += files.mistakes
    config: Config | None = None
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        # A variable that is not set was named already; what follows from it is not another mistake.
        named = {mistake.where for mistake in mistakes}
        details = [detail for detail in error.errors(include_url=False) if not _follows(detail, error)]
        found = [reader.mistake(detail, data) for detail in details]
        mistakes += [mistake for mistake in found if mistake.where not in named]
    mistakes += reader.cross_check(data)
    if mistakes or config is None:
        unique = dict.fromkeys(files.placed(mistake) for mistake in mistakes)
        raise ConfigError(path, sorted(unique, key=lambda mistake: mistake.line or 0))
    return config


def _dotted(path: Path_) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


class _Reader:
    """Builds plain data out of YAML nodes and remembers on which line each path stands."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lines: dict[Path_, int] = {}
        self._yaml = YAML(typ="safe", pure=True)
        self.mistakes: list[Mistake] = []

    def read(self, node: Node, path: Path_) -> Any:
        """Plain data of `node`, with ${VAR} filled in; lines and mistakes are noted on the way."""
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            out: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                here = (*path, key)
                line = key_node.start_mark.line + 1
                if key in out:
                    self._note(here, f'"{key}" stands here twice (first on line {self._lines[here]})', line)
                    continue
                self._lines[here] = line
                out[key] = self.read(value_node, here)
            return out
        if isinstance(node, SequenceNode):
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, ScalarNode), "YAML has no fourth kind"
        return self._scalar(node, path)

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:
        raw = node.value
        # The tag (kept for older releases as text) says what the plain scalar means in YAML 1.2.
        tag = str(node.tag)
        if tag.endswith(":str") and "$" in raw:
            return self._expand(raw, path)
        if tag.endswith(":null"):
            return None
        if tag.endswith(":bool"):
            return raw.lower() in ("true", "yes", "on")
        if tag.endswith((":int", ":float")):
            try:
                return int(raw.replace("_", "")) if tag.endswith(":int") else float(raw)
            except ValueError:
                return raw
        return raw

    def _expand(self, raw: str, path: Path_) -> str:
        def fill(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            if match["bad"]:
                self._note(path, "expected ${NAME} or ${NAME:-default}; a plain dollar sign is written $$")
                return ""
            value = self._environment.get(match["name"])
            if value:
                return value
            if match["default"] is not None:
                return str(match["default"])
            if value is None:
                self._note(path, f"the environment variable {match['name']} is not set")
            return ""

        return _VARIABLE.sub(fill, raw)

    def _note(self, path: Path_, message: str, line: int | None = None) -> None:
        self.mistakes.append(Mistake(_dotted(path), line or self._line(path), message))

    def _line(self, path: Path_) -> int | None:
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    def mistake(self, detail: ErrorDetails, data: Any) -> Mistake:
        """One of pydantic's errors in our words."""
        # The tag of a union ("feed") is no part of the path in the file.
        path: Path_ = ()
        here: Any = data
        for part in detail["loc"]:
            known = (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int))
            if known:
                here = here[part] if isinstance(here, dict) or part < len(here) else None  # type: ignore[operator]  # a list's part is an int
                path = (*path, part)
            elif part in _TAGS and isinstance(here, dict):
                continue
            else:
                path = (*path, part)
        return Mistake(_dotted(path), self._line(path), _in_words(detail, path))

    def with_files(self, data: dict[str, Any], path: Path | None) -> ReaderFiles:
        """The readers that briefings have in files of their own, put among the others of `data`."""
        return ReaderFiles(data, path.absolute().parent if path else Path.cwd(), self._line)

    def cross_check(self, data: dict[str, Any]) -> list[Mistake]:
        """What no single key can see: names used twice, topics and sources that are not there."""
        self.mistakes.clear()
        for section, what in (("sources", "source"), ("topics", "topic"), ("briefings", "briefing")):
            first: dict[str, int] = {}
            for index, name in self._names(data, section):
                if name.casefold() in first:
                    line = self._line((section, first[name.casefold()], "name"))
                    self._note((section, index, "name"), f'a {what} called "{name}" stands already on line {line}')
                first.setdefault(name.casefold(), index)
        topics = {name: None for _, name in self._names(data, "topics")}
        made: dict[str, Path_] = {}
        for index, entry in enumerate(_dicts(data.get("briefings"))):
            path: Path_ = ("briefings", index)
            self._check_topics(entry, path, topics)
            self._check_addresses(entry, path)
            for place, reader in enumerate(_dicts(entry.get("readers"))):
                self._check_topics(reader, (*path, "readers", place), topics)
            for name, where in self._made_of(entry, path):
                if name in made:
                    self._note(where, f'a briefing called "{name}" stands already on line {self._line(made[name])}')
                made.setdefault(name, where)
        sources = [name for _, name in self._names(data, "sources")]
        folded = {name.casefold() for name in sources}
        for index, entry in enumerate(data["topics"] if isinstance(data.get("topics"), list) else []):
            wanted = entry.get("sources") if isinstance(entry, dict) else None
            for place, name in enumerate(wanted if isinstance(wanted, list) else []):
                if isinstance(name, str) and name.strip().casefold() not in folded:
                    where = ("topics", index, "sources", place)
                    self._note(where, f'no source is called "{name}"{_nearest(name, sources)}')
        return self.mistakes

    def _check_topics(self, entry: dict[str, Any], path: Path_, topics: dict[str, None]) -> None:
        wanted = entry.get("topics")
        for place, name in enumerate(wanted if isinstance(wanted, list) else []):
            if isinstance(name, str) and name not in topics:
                self._note((*path, "topics", place), f'no topic is called "{name}"{_nearest(name, list(topics))}')

    def _check_addresses(self, entry: dict[str, Any], path: Path_) -> None:
        """Whoever gets mail must have an address: the channel's, or each reader's own."""
        readers = _dicts(entry.get("readers"))
        inherit = [reader for reader in readers if not reader.get("channels") and not reader.get("to")]
        places: list[tuple[Any, Path_, bool]] = [(entry.get("channels"), path, bool(inherit) or not readers)]
        for place, reader in enumerate(readers):
            where = (*path, "readers", place)
            places.append((reader.get("channels"), where, not reader.get("to")))
            channels = _dicts(reader.get("channels") or entry.get("channels"))
            if reader.get("to") and not any(channel.get("type") == "mail" for channel in channels):
                self._note((*where, "to"), "there is no mail channel these addresses could be of")
        for channels, where, needed in places:
            for at, channel in enumerate(channels if isinstance(channels, list) else []):
                if needed and isinstance(channel, dict) and channel.get("type") == "mail" and not channel.get("to"):
                    self._note((*where, "channels", at, "to"), 'missing; the key "to" must be given')

    @staticmethod
    def _made_of(entry: dict[str, Any], path: Path_) -> list[tuple[str, Path_]]:
        """Names of the briefings an entry makes, beyond its own, with the place that names each."""
        return [
            (f"{entry.get('name')}-{reader.get('name')}", (*path, "readers", place, "name"))
            for place, reader in enumerate(_dicts(entry.get("readers")))
        ] or [(str(entry.get("name")), (*path, "name"))]

    @staticmethod
    def _names(data: dict[str, Any], section: str) -> list[tuple[int, str]]:
        entries = data.get(section)
        if not isinstance(entries, list):
            return []
        return [
            (index, entry["name"].strip())
            for index, entry in enumerate(entries)
            if isinstance(entry, dict) and isinstance(entry.get("name"), str)
        ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _follows(detail: ErrorDetails, error: ValidationError) -> bool:
    """Whether a mistake only follows from another one that is named already."""
    if detail["type"] == "too_short":
        # A list whose entries are all wrong counts as empty.
        return bool(detail.get("input"))
    if detail["type"] in ("extra_forbidden", "missing") and "custom" in detail["loc"]:
        # With a wrong type nobody can say which keys belong.
        sibling = (*detail["loc"][:-1], "type")
        return any(other["loc"] == sibling for other in error.errors(include_url=False)) and detail["loc"] != sibling
    return False


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; there are {', '.join(known)}" if known else ""


_KINDS = sources.SOURCE_KINDS
_ENGINES: dict[str, type[Model]] = {
    "embedded": engines.EmbeddedEngineConfig, "chat": engines.ChatEngineConfig,
    "seq2seq": engines.Seq2SeqEngineConfig, "server": engines.ServerEngineConfig,
}  # fmt: skip
_TAGS = frozenset({*_KINDS, *channels.CHANNELS, *_ENGINES, "custom"})
_TYPES = {"sources": ", ".join(_KINDS), "channels": ", ".join(channels.CHANNELS), "engines": ", ".join(_ENGINES)}
_SECRETS = frozenset({"password", "secret", "token"})
_PARTS: dict[str, type[Model]] = {
    "topics": models.TopicConfig, "briefings": models.BriefingConfig, "readers": models.ReaderConfig,
    "schedule": models.ScheduleConfig,
    "limits": models.LimitsConfig, "summarizer": models.SummarizerConfig, "fetch": sources.FetchConfig,
    "answers": answers.AnswersConfig, "mailbox": answers.ReplyMailboxConfig, "web": web.WebConfig,
    "store": store.StoreConfig,
}  # fmt: skip


def _keys_at(detail: ErrorDetails, path: Path_) -> list[str]:
    """Which keys may stand where an unknown one was found."""
    names = [part for part in path[:-1] if isinstance(part, str)]
    kind = next((part for part in reversed(detail["loc"][:-1]) if isinstance(part, str)), None)
    if not names:
        return list(Config.model_fields)
    if names[-1] == "sources":
        return list(_KINDS.get(str(kind), sources.CustomSourceConfig).model_fields)
    if names[-1] == "channels":
        return list(channels.CHANNELS.get(str(kind), channels.CustomChannelConfig).model_fields)
    if names[-1] == "engines":
        return list(_ENGINES.get(str(kind), engines.CustomEngineConfig).model_fields)
    return list(_PARTS[names[-1]].model_fields) if names[-1] in _PARTS else []


def _in_words(detail: ErrorDetails, path: Path_) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    value = detail.get("input")
    name = str(path[-1]) if path else ""
    # A password without quotes may be a number; what is wrong about a secret is said without it.
    got = "" if (name in _SECRETS or "store" in path) and value is not None else f", got {_short(value)}"
    if kind == "extra_forbidden":
        keys = _keys_at(detail, path)
        near = difflib.get_close_matches(name, keys, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; expected one of {', '.join(keys)}" if keys else ""
        return f'unknown key "{name}"{hint}'
    if kind == "missing":
        if name == "type":
            kinds = next(types for list_, types in _TYPES.items() if list_ in path)
            return f'missing; expected one of {kinds}, or a class as "package.module:Class"'
        return f'missing; the key "{name}" must be given'
    if kind == "value_error":
        message = str(context.get("error", detail["msg"]))
        if name == "type":
            kinds = next(types for list_, types in _TYPES.items() if list_ in path)
            return f'expected one of {kinds}, or a class as "package.module:Class"{got}'
        return message
    if kind == "literal_error":
        return f"expected one of {str(context['expected']).replace(' or ', ', ').replace(chr(39), '')}{got}"
    if kind in ("int_type", "int_parsing", "int_from_float"):
        return f"expected a whole number{got}"
    if kind.startswith("date"):
        return f"expected a date such as 2026-04-01{got}"
    if kind in ("float_type", "float_parsing"):
        return f"expected a number{got}"
    if kind == "string_type":
        return f"expected text{got or ', in quotes'}"
    if kind == "string_too_short":
        return "expected some text, got none"
    if kind == "string_pattern_mismatch":
        return f"expected small letters, digits, - and _ (at most 64){got}"
    if kind in ("tuple_type", "list_type"):
        return f"expected a list (each entry on a line of its own with a dash){got}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"expected keys with values{got}"
    if kind == "too_short":
        return "expected some text, got none" if name in _SECRETS or "store" in path else "expected at least one entry"
    bounds = {"greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
              "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt")}  # fmt: skip
    if kind in bounds:
        words, key = bounds[kind]
        return f"expected {words} {context[key]:g}{got}"
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}{got}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f'{text[:57]}…"'
