"""Readers in a table of their own: thousands are read in a second, where YAML with its lines takes half a minute.

Plain CSV in UTF-8, its first line names the columns. A list stands in one cell, divided by semicolons.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.errors import Mistake

__all__ = ["Listed", "ReaderFiles", "listed"]

_READER = re.compile(r"briefings\[(?P<briefing>\d+)\]\.readers\[(?P<reader>\d+)\](?P<rest>.*)")
COLUMNS = ("name", "to", "title", "language", "time_zone", "at", "topics")
_LISTS = frozenset({"to", "topics"})


@dataclass(frozen=True, slots=True)
class Listed:
    """Readers of a file as the configuration has them, and the line each stands on; or what is wrong with the file."""

    rows: tuple[dict[str, Any], ...] = ()
    lines: tuple[int, ...] = ()
    mistakes: tuple[str, ...] = ()


def listed(path: Path) -> Listed:
    """The readers in the file `path`. An empty cell leaves to the briefing what it would say."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            table = csv.reader(handle, strict=True)
            head = [cell.strip() for cell in next(table, [])]
            wrong = [name for name in head if name not in COLUMNS]
            if "name" not in head or wrong or len(set(head)) < len(head):
                found = f'"{wrong[0]}" is no column' if wrong else "the first line must name each column once, and name"
                return Listed(mistakes=(f"{path.name} line 1: {found}; there are {', '.join(COLUMNS)}",))
            rows, lines, mistakes = [], [], []
            for cells in table:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(head):
                    mistakes.append(f"{path.name} line {table.line_num}: {len(cells)} cells, not {len(head)}")
                    continue
                rows.append(_reader(dict(zip(head, cells, strict=True))))
                lines.append(table.line_num)
    except FileNotFoundError:
        return Listed(mistakes=(f"there is no file {path}",))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return Listed(mistakes=(f"{path.name} can't be read: {error}",))
    return Listed(tuple(rows), tuple(lines), tuple(mistakes))


def _reader(cells: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        text = cell.strip()
        if not text:
            continue
        values = [one.strip() for one in text.split(";") if one.strip()]
        if name == "at":
            found["schedule"] = {"at": values}
        else:
            found[name] = values if name in _LISTS else text
    return found


class ReaderFiles:
    """The files that briefings of `data` name in `readers_from`; their readers are put among the others."""

    def __init__(
        self, data: dict[str, Any], base: Path, line_of: Callable[[tuple[str | int, ...]], int | None]
    ) -> None:
        self.mistakes: list[Mistake] = []
        self._files: dict[int, tuple[str, int | None, int, tuple[int, ...]]] = {}
        briefings = data.get("briefings")
        for number, entry in enumerate(briefings if isinstance(briefings, list) else []):
            name = entry.get("readers_from") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name.strip():
                continue
            found = listed(base / name.strip())
            where = f"briefings[{number}].readers_from"
            line = line_of(("briefings", number, "readers_from"))
            self.mistakes += [Mistake(where, line, words) for words in found.mistakes]
            before = entry.get("readers")
            own = before if isinstance(before, list) else []
            if before is None or isinstance(before, list):
                entry["readers"] = [*own, *found.rows]
                self._files[number] = (Path(name).name, line, len(own), found.lines)

    def placed(self, mistake: Mistake) -> Mistake:
        """A mistake at a reader of a file, named by its line there; any other as it is."""
        match = _READER.match(mistake.where)
        if match is None or int(match["briefing"]) not in self._files:
            return mistake
        file, line, before, lines = self._files[int(match["briefing"])]
        at = int(match["reader"]) - before
        if not 0 <= at < len(lines):
            return mistake
        key = match["rest"].strip(".").replace("schedule.at", "at")
        words = f"{file} line {lines[at]}: {f'{key}: ' if key else ''}{mistake.message}"
        return Mistake(f"briefings[{match['briefing']}].readers_from", line, words)
