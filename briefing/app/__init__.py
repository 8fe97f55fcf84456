"""The only place that wires: a configuration becomes the parts the pipeline works with, and they go to work."""

from briefing.app.bulk import App, Batch
from briefing.app.issues import Outcome
from briefing.app.wiring import now

__all__ = ["App", "Batch", "Outcome", "now"]
