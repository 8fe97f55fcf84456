"""Where the work is done: this process, or a Ray cluster."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from briefing.config.base import Model, Name

__all__ = ["LocalConfig", "RayConfig", "RuntimeConfig"]


class LocalConfig(Model):
    """All work is done by this process."""

    type: Literal["local"]


class RayConfig(Model):
    """Work is spread over the machines of a Ray cluster."""

    type: Literal["ray"]
    address: Name | None = Field(
        None, description='The cluster: "auto", "HOST:PORT" or "ray://HOST:PORT". Default: this machine alone.'
    )
    actors: int | None = Field(None, ge=1, description="Actors of a stage at the most. Default: one for each core.")
    cpus: float = Field(1.0, gt=0, description="Cores of each actor.")
    gpus: float = Field(0.0, ge=0, description="GPUs of each actor that tells, for models that run on them.")


def _by_name(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


RuntimeConfig = Annotated[
    Annotated[LocalConfig | RayConfig, Discriminator("type")],
    BeforeValidator(_by_name, json_schema_input_type=Literal["local", "ray"] | LocalConfig | RayConfig),
]
