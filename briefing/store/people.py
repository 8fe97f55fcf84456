"""Who reads here: users, their sessions and tokens, and the log of what was changed by whom. No secret is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update

from briefing.errors import UsageError
from briefing.store.dialects import alone
from briefing.store.people_tables import audit, sessions, tokens, users
from briefing.store.transaction import Room, transaction

__all__ = ["Entry", "People", "Session", "Token", "User"]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may come in. `password` is an argon2id hash; None for who comes by a proxy's word only."""

    name: str
    role: str
    password: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that logged in. `digest` is SHA-256 of what its cookie holds."""

    digest: str
    user: str
    created: datetime
    seen: datetime
    agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """What a program comes in with. `digest` is SHA-256 of its secret."""

    id: str
    user: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log: who changed what, and how they came ("page", "api", "command")."""

    id: int
    at: datetime
    who: str
    via: str
    action: str
    subject: str
    detail: str


def _user(row: RowMapping) -> User:
    return User(**{key: row[key] for key in User.__slots__})


def _session(row: RowMapping) -> Session:
    return Session(**{key: row[key] for key in Session.__slots__})


def _token(row: RowMapping) -> Token:
    return Token(**{key: row[key] for key in Token.__slots__ if key != "scopes"}, scopes=tuple(row["scopes"]))


class People(Room):
    """Every method is one transaction. All raise StoreError if the database fails."""

    # Users

    def any(self) -> bool:
        """Whether there is any user."""
        with transaction(self._reader, "any_user") as connection:
            return connection.execute(select(users.c.name).limit(1)).first() is not None

    def users(self) -> list[User]:
        """All users by name."""
        with transaction(self._reader, "users") as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name)).mappings()]

    def user(self, name: str) -> User | None:
        """The user of this name."""
        with transaction(self._reader, "user") as connection:
            row = connection.execute(select(users).where(users.c.name == name)).mappings().first()
        return None if row is None else _user(row)

    def add_user(self, user: User) -> None:
        """Keep a new user. Raises UsageError if the name is taken."""
        with transaction(self._engine, "add_user") as connection:
            alone(connection, "user", user.name)
            if connection.execute(select(users.c.name).where(users.c.name == user.name)).first():
                raise UsageError(f'a user is called "{user.name}" already')
            connection.execute(insert(users).values(**{key: getattr(user, key) for key in User.__slots__}))

    def change_user(self, name: str, *, role: str | None = None, password: str | None = None) -> bool:
        """Change a role or a password's hash. With a new password all the user's sessions end. False if nobody is
        called so."""
        values = {key: value for key, value in (("role", role), ("password", password)) if value is not None}
        with transaction(self._engine, "change_user") as connection:
            if password is not None:
                connection.execute(delete(sessions).where(sessions.c.user == name))
            return connection.execute(update(users).where(users.c.name == name).values(**values)).rowcount == 1

    def rehash(self, name: str, password: str) -> None:
        """Keep the same password under a stronger hash; sessions go on."""
        with transaction(self._engine, "rehash") as connection:
            connection.execute(update(users).where(users.c.name == name).values(password=password))

    def remove_user(self, name: str) -> bool:
        """Take a user out, with all sessions and tokens. False if nobody is called so."""
        with transaction(self._engine, "remove_user") as connection:
            alone(connection, "user", name)
            connection.execute(delete(sessions).where(sessions.c.user == name))
            connection.execute(delete(tokens).where(tokens.c.user == name))
            return connection.execute(delete(users).where(users.c.name == name)).rowcount == 1

    # Sessions

    def begin_session(self, session: Session, replaces: str | None, before: datetime) -> None:
        """Keep a new session in place of the one with the digest `replaces`; those not seen since `before` end."""
        with transaction(self._engine, "begin_session") as connection:
            alone(connection, "user", session.user)
            connection.execute(delete(sessions).where(sessions.c.seen < before))
            if replaces is not None:
                connection.execute(delete(sessions).where(sessions.c.digest == replaces))
            connection.execute(insert(sessions).values(**{key: getattr(session, key) for key in Session.__slots__}))

    def session(self, digest: str) -> tuple[Session, User] | None:
        """The session with this digest, and whose it is."""
        query = select(sessions, users.c.name, users.c.role, users.c.password, users.c.created.label("joined"))
        query = query.join(users, users.c.name == sessions.c.user).where(sessions.c.digest == digest)
        with transaction(self._reader, "session") as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return _session(row), User(row["name"], row["role"], row["password"], row["joined"])

    def sessions(self, user: str) -> list[Session]:
        """A user's sessions, the last seen first."""
        query = select(sessions).where(sessions.c.user == user).order_by(sessions.c.seen.desc(), sessions.c.digest)
        with transaction(self._reader, "sessions") as connection:
            return [_session(row) for row in connection.execute(query).mappings()]

    def saw_session(self, digest: str, now: datetime) -> None:
        """Note when a session was last used."""
        with transaction(self._engine, "saw_session") as connection:
            connection.execute(update(sessions).where(sessions.c.digest == digest).values(seen=now))

    def end_sessions(self, user: str, *, only: str | None = None, but: str | None = None) -> int:
        """End a user's sessions: one, or all, or all but one. Returns how many ended."""
        query = delete(sessions).where(sessions.c.user == user)
        if only is not None:
            query = query.where(sessions.c.digest == only)
        if but is not None:
            query = query.where(sessions.c.digest != but)
        with transaction(self._engine, "end_sessions") as connection:
            return connection.execute(query).rowcount

    # Tokens

    def add_token(self, token: Token) -> None:
        """Keep a new token."""
        values = {key: getattr(token, key) for key in Token.__slots__} | {"scopes": list(token.scopes)}
        with transaction(self._engine, "add_token") as connection:
            alone(connection, "user", token.user)
            connection.execute(insert(tokens).values(**values))

    def token(self, identity: str) -> tuple[Token, User] | None:
        """The token with this id, and whose it is."""
        query = select(tokens, users.c.role, users.c.password, users.c.created.label("joined"))
        query = query.join(users, users.c.name == tokens.c.user).where(tokens.c.id == identity)
        with transaction(self._reader, "token") as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return _token(row), User(row["user"], row["role"], row["password"], row["joined"])

    def tokens(self, user: str | None = None) -> list[Token]:
        """All tokens, or a user's, the newest first."""
        query = select(tokens).order_by(tokens.c.created.desc(), tokens.c.id)
        if user is not None:
            query = query.where(tokens.c.user == user)
        with transaction(self._reader, "tokens") as connection:
            return [_token(row) for row in connection.execute(query).mappings()]

    def used_token(self, identity: str, now: datetime) -> None:
        """Note when a token was last used."""
        with transaction(self._engine, "used_token") as connection:
            connection.execute(update(tokens).where(tokens.c.id == identity).values(used=now))

    def remove_token(self, identity: str, user: str | None = None) -> bool:
        """Take a token out (of this user). False if there is none with this id."""
        query = delete(tokens).where(tokens.c.id == identity)
        if user is not None:
            query = query.where(tokens.c.user == user)
        with transaction(self._engine, "remove_token") as connection:
            return connection.execute(query).rowcount == 1

    # The log

    def note(self, at: datetime, who: str, via: str, action: str, subject: str, detail: str = "") -> None:
        """Put a line into the log."""
        values = {"at": at, "who": who[:64], "via": via, "action": action, "subject": subject, "detail": detail}
        with transaction(self._engine, "audit") as connection:
            connection.execute(insert(audit).values(**values))

    def log(self, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The log, its newest line first; lines older than the one with the id `before`."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        with transaction(self._reader, "log") as connection:
            rows = connection.execute(query).mappings().all()
        return [Entry(**{key: row[key] for key in Entry.__slots__}) for row in rows]
