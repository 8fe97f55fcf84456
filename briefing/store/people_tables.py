"""The tables of people: users, their sessions and tokens, and what was changed by whom."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, Table

from briefing.store.kinds import Line, Moment, Words
from briefing.store.tables import metadata

users = Table(
    "users",
    metadata,
    Column("name", Line(64), primary_key=True),
    # reader or admin
    Column("role", Line(8), nullable=False),
    # a hash of argon2id; null for who comes by a proxy's word only
    Column("password", Words),
    Column("created", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    # Only the digest of what the cookie holds: whoever reads the database can't log in with it.
    Column("digest", Line(64), primary_key=True),
    Column("user", Line(64), ForeignKey("users.name"), nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("agent", Line(200), nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("user", Line(64), ForeignKey("users.name"), nullable=False, index=True),
    Column("name", Line(64), nullable=False),
    # of the secret, which is shown once
    Column("digest", Line(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("used", Moment),
)

audit = Table(
    "audit",
    metadata,
    # What was changed by whom. No keys into other tables: it outlives what it tells of.
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Line(64), nullable=False),
    Column("via", Line(16), nullable=False),
    Column("action", Line(32), nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Words, nullable=False),
    sqlite_autoincrement=True,
)
