"""Opening a store: the engine with its settings, and the schema brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from briefing.errors import StoreError
from briefing.store.address import Address, address
from briefing.store.dialects import alone, on_server, tune
from briefing.store.jsontext import from_text, to_text
from briefing.store.store import Store

HEAD = "0013"
"""The newest migration. A test holds it against the folder of migrations."""


def open_store(where: str | Address, base: Path) -> Store:
    """The store at `where`: a URL, or a file that is resolved against `base`.

    Raises StoreError if it can't be opened, is damaged, or was made by a newer version.
    """
    place = address(where, base) if isinstance(where, str) else where
    return Store(connected(place))


def connected(place: Address, *, newest: bool = True) -> Engine:
    """An engine for the database at `place`, its tables those of this version where they are to be the `newest`.

    Raises StoreError.
    """
    if place.file is not None:
        try:
            place.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the store's folder {place.file.parent} can't be made: {error.strerror}") from error
    engine = _engine(place)
    try:
        tune(engine)
        if on_server(engine):
            _look_at(engine)
        if newest:
            _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        reason = place.clean(str(getattr(error, "orig", None) or error)).strip()
        # Without the driver's own error behind it: what that repeats is not ours to promise.
        raise StoreError(f"the store {place.shown} can't be opened: {reason}") from None
    return engine


def _engine(place: Address) -> Engine:
    options: dict[str, Any] = {}
    if place.server:
        # A server may have been started again since; a connection is tried before it is used.
        given = {"connect_timeout": "10", "application_name": "briefing", "client_encoding": "utf8"}
        given = {name: value for name, value in given.items() if name not in place.url.query}
        options = {"pool_size": 5, "max_overflow": 15, "pool_pre_ping": True, "connect_args": given}
    elif place.file is not None:
        # Pages are served by up to 40 threads; a connection that is not kept is opened, with its settings, each time.
        options = {"pool_size": 40, "max_overflow": 20}
    try:
        return create_engine(place.url, json_serializer=to_text, json_deserializer=from_text, **options)
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs its driver: pip install 'briefing[postgres]' (psycopg, with the library it stands on)"
        ) from None
    except (SQLAlchemyError, TypeError, ValueError):
        raise StoreError(f"the store {place.shown} can't be opened: its address can't be used") from None


def _look_at(engine: Engine) -> None:
    with engine.connect() as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        engine.dispose()
        raise StoreError(f"the store's database keeps text as {encoding}; make it with ENCODING 'UTF8'")


def version(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        found = version(connection)
        connection.rollback()
    if found != HEAD:
        change(engine)


def change(engine: Engine, to: str = "head", *, down: bool = False) -> None:
    """Bring the tables up or `down` to a version, in one transaction. Raises StoreError."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            # Of processes that open a new store together one makes the tables.
            alone(connection, "migrations")
            config.attributes["connection"] = connection
            (command.downgrade if down else command.upgrade)(config, to)
    except CommandError as error:
        raise StoreError(f"the store was made by another version of briefing: {error}") from error
