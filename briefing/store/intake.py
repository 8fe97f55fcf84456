"""What sources gave and how they did, as rows; each function works inside its caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from briefing.store import dialects
from briefing.store.kinds import keepable
from briefing.store.rows import item_values
from briefing.store.tables import items, source_days, sources
from briefing.text import digest
from briefing.types import Collected, Item

_NOTED = 20
"""Notes about a source that are kept."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source did lately. `state` is what it returned with its last items. `failures` counts those since it was
    last well (`failing_since`); `kind` and `error` tell of the last one; before `next_try` it is left alone. `due` is
    when it is asked again by itself, never before `next_try`; `changed` is when it last gave something new, and `noted`
    what was seen to have changed about it, with the moments. `suggestion` is an address that may be its new one."""

    name: str
    address: str = ""
    state: dict[str, str] = field(default_factory=dict)
    checked: datetime | None = None
    succeeded: datetime | None = None
    failures: int = 0
    kind: str = ""
    error: str | None = None
    next_try: datetime | None = None
    suggestion: str | None = None
    due: datetime | None = None
    changed: datetime | None = None
    failing_since: datetime | None = None
    noted: tuple[tuple[datetime, str], ...] = ()


def health(row: RowMapping) -> SourceHealth:
    """A row of `sources`."""
    return SourceHealth(
        row["name"], row["address"] or "", dict(row["state"]), row["checked"], row["succeeded"], row["failures"],
        row["kind"] or "", row["error"], row["next_try"], row["suggestion"], row["due"], row["changed"],
        row["failing_since"], tuple((datetime.fromisoformat(at), words) for at, words in row["noted"] or ()),
    )  # fmt: skip


def source(connection: Connection, name: str, address: str) -> SourceHealth:
    """How a source did. What was kept of it counts for the address it has in the configuration only."""
    row = connection.execute(select(sources).where(sources.c.name == name)).mappings().first()
    if row is None:
        return SourceHealth(name, address)
    known = health(row)
    return known if known.address in ("", address) else SourceHealth(name, address)


def put(connection: Connection, name: str, **values: Any) -> None:
    """Write values of a source's row, which is made if there is none."""
    dialects.put(connection, sources, {"name": name, "state": {}, "failures": 0} | values, **values)


def count_day(connection: Connection, name: str, now: datetime, *, well: int = 0, failed: int = 0) -> None:
    """Count one asking of a source under its day (UTC)."""
    c = source_days.c
    day = now.astimezone(UTC).date()
    row = {"source": name, "day": day, "well": well, "failed": failed}
    dialects.put(connection, source_days, row, well=c.well + well, failed=c.failed + failed)


def note(
    connection: Connection, name: str, address: str, collected: Collected, now: datetime, due: datetime | None
) -> int:
    """Keep a source's items, its state and when it is asked again. Returns how many items are new or changed.

    An item under a new key is one the source had before if its address or its words are those of an item that is
    kept: some feeds give all their entries new keys each time.
    """
    dialects.alone(connection, "source", name)
    keyed = {digest(name, item.key): item for item in collected.items}
    known = _known(connection, name, keyed)
    fresh: list[dict[str, Any]] = []
    changed = 0
    for identity, item in keyed.items():
        found = known.by_id.get(identity) or known.by_url.get(item.same_url or "-")
        if found is None and item.same_text and item.same_text in known.texts:
            continue
        values = item_values(item)
        if found is None:
            fresh.append(values | {"id": identity, "seen": now, "state": "new", "attempts": 0})
        elif found.updated != keepable(item.updated):
            changed += 1
            values["key"] = found.key
            connection.execute(
                update(items)
                .where(items.c.id == found.id)
                .values(state="new", attempts=0, error=None, tried=None, **values)
            )
    if fresh:
        connection.execute(insert(items), fresh)
    found_new = len(fresh) + changed
    count_day(connection, name, now, well=1)
    before = source(connection, name, address)
    noted = [*before.noted, *((now, words) for words in collected.notes)][-_NOTED:]
    put(
        connection, name, address=address, state=collected.state, checked=now, succeeded=now, failures=0, error=None,
        kind=None, next_try=None, suggestion=None, due=due, failing_since=None,
        changed=now if found_new or not collected.unchanged else before.changed,
        noted=[(at.isoformat(), words) for at, words in noted],
    )  # fmt: skip
    return found_new


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    key: str
    updated: str


@dataclass(frozen=True, slots=True)
class _Known:
    by_id: dict[str, _Row] = field(default_factory=dict)
    by_url: dict[str, _Row] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)


def _known(connection: Connection, name: str, keyed: dict[str, Item]) -> _Known:
    known = _Known()
    columns = (items.c.id, items.c.key, items.c.updated, items.c.same_url, items.c.same_text)
    for chunk in _chunks(list(keyed)):
        urls = [mark for key in chunk if (mark := keyed[key].same_url)]
        texts = [mark for key in chunk if (mark := keyed[key].same_text)]
        same = (items.c.source == name) & or_(items.c.same_url.in_(urls), items.c.same_text.in_(texts))
        for query in (select(*columns).where(items.c.id.in_(chunk)), select(*columns).where(same)):
            for row in connection.execute(query):
                kept = _Row(row.id, row.key, row.updated)
                if row.id in keyed:
                    known.by_id[row.id] = kept
                if row.same_url:
                    known.by_url.setdefault(row.same_url, kept)
                if row.same_text:
                    known.texts.add(row.same_text)
    return known


def _chunks(values: list[str], size: int = 300) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def rest(connection: Connection, name: str, **values: Any) -> int:
    """Write down a failure. Returns how many times in a row the source failed."""
    put(connection, name, **values)
    return int(values["failures"])


def clear_rest(connection: Connection, names: Iterable[str]) -> None:
    """These sources may be asked again at once."""
    connection.execute(update(sources).where(sources.c.name.in_(list(names))).values(next_try=None, due=None))
