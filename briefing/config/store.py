"""Where what is read, told and delivered is kept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from briefing.config.base import Model


class StoreConfig(Model):
    """A database. Its address may hold a password, so both are secrets."""

    url: SecretStr = Field(
        min_length=1, description="A SQLite file, or the address of a PostgreSQL: postgresql://user@host/database."
    )
    password: SecretStr | None = Field(
        None, description="The password as it is, where the address has none; write it as ${DATABASE_PASSWORD}."
    )


def _with_keys(value: Any) -> Any:
    return {"url": value.strip()} if isinstance(value, str) else value


Place = Annotated[StoreConfig, BeforeValidator(_with_keys, json_schema_input_type=str | StoreConfig)]
"""A database, written as its address alone or with keys."""

__all__ = ["Place", "StoreConfig"]
