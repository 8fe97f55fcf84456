"""The pipeline's work spread over machines by Ray. Imported only where `runtime: {type: ray}` asks for it."""

from __future__ import annotations

from briefing.cluster.ray import RayRuntime
from briefing.cluster.workshop import Workshop

__all__ = ["RayRuntime", "Workshop"]
