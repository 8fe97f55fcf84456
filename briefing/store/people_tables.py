"""The tables of people: users, their sessions and tokens, and what was changed by whom."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from briefing.store.tables import Moment, metadata

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    # reader or admin
    Column("role", String(8), nullable=False),
    # a hash of argon2id; null for who comes by a proxy's word only
    Column("password", Text),
    Column("created", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    # Only the digest of what the cookie holds: whoever reads the database can't log in with it.
    Column("digest", String(64), primary_key=True),
    Column("user", String(64), ForeignKey("users.name"), nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("agent", String(200), nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("user", String(64), ForeignKey("users.name"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    # of the secret, which is shown once
    Column("digest", String(64), nullable=False),
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
    Column("who", String(64), nullable=False),
    Column("via", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
