"""Where a store is: a SQLite file or a PostgreSQL database. No message shows a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from briefing.errors import StoreError

__all__ = ["Address", "address"]

_SECRET = re.compile(r"pass|key|secret|token", re.IGNORECASE)
_KINDS = "a store is a SQLite file or postgresql://user@host/database"


@dataclass(frozen=True, slots=True)
class Address:
    """A database's address. `shown` is what may be printed."""

    url: URL
    shown: str

    @property
    def server(self) -> bool:
        """Whether it is a database on a server, not a file."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def file(self) -> Path | None:
        """The database's file, where it has one."""
        named = not self.server and self.url.database not in (None, "", ":memory:")
        return Path(str(self.url.database)) if named else None

    def clean(self, words: str) -> str:
        """A driver's message without the password, in whatever form it stands there."""
        password = str(self.url.password) if self.url.password else ""
        forms = {password, quote(password, safe=""), quote_plus(password), quote(password)}
        for form in sorted(forms - {""}, key=len, reverse=True):
            words = words.replace(form, "***")
        return words


def address(where: str, base: Path, password: str | None = None) -> Address:
    """The address written as `where`: a URL, or a file that is resolved against `base`.

    `password` is one that is not written in the URL. Raises StoreError, which shows nothing of a URL that can't be
    read: nobody can tell which part of it is the password.
    """
    if "://" not in where:
        path = where if where == ":memory:" else str((base / Path(where).expanduser()).absolute())
        return Address(URL.create("sqlite", database=path), where)
    kind, _, rest = where.partition("://")
    if kind.partition("+")[0] == "sqlite":
        return Address(_made(where), where)
    if kind not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise StoreError(f'"{kind}" is no kind of store; {_KINDS}')
    owner, at, place = rest.rpartition("@")
    if at and (re.search(r"[/?#@]", owner) or "#" in place):
        raise StoreError(
            "the store's address can't be read: a /, ?, # or @ in a user's name or password is written as %2F, %3F, "
            "%23 or %40, or the password stands by itself as store: {url: ..., password: ...}"
        )
    url = _made(f"postgresql+psycopg://{rest}")
    given = url.query.get("password")
    if given is not None:
        url = url.difference_update_query(["password"])
        url = url.set(password=given if isinstance(given, str) else given[-1])
    if password is not None:
        url = url.set(password=password)
    if not url.database:
        raise StoreError(f"the store's address names no database; {_KINDS}")
    plain = url.set(drivername="postgresql").difference_update_query(
        [name for name in url.query if _SECRET.search(name)]
    )
    return Address(url, plain.render_as_string(hide_password=True))


def _made(where: str) -> URL:
    try:
        return make_url(where)
    except (ArgumentError, ValueError):
        # Its message repeats the address.
        raise StoreError(f"the store's address can't be read; {_KINDS}") from None
