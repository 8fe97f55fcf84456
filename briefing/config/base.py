"""What all sections of the configuration share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from briefing.plugins import is_path


def _plugin(value: str) -> str:
    if not is_path(value):
        raise ValueError(f'expected a name of ours or a class as "package.module:Class", got "{value}"')
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PluginPath = Annotated[str, AfterValidator(_plugin)]


class Model(BaseModel):
    """Frozen; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
