"""Which parts of the app another configuration makes anew; the others stay as they are, models above all."""

from __future__ import annotations

from briefing.config import Config


def stale(old: Config, new: Config) -> set[str]:
    """Names of the app's parts that `new` would make otherwise than `old`."""
    found = {"sources", "parts"}
    if new.fetch != old.fetch:
        found |= {"tools"}
    if new.templates != old.templates:
        found |= {"renderer", "replies"}
    if new.answers != old.answers:
        found |= {"replies"}
    if (new.summarizer, new.guard, new.prompts) != (old.summarizer, old.guard, old.prompts):
        found |= {"encoder", "transformer", "engines", "teller", "guard", "prompts", "screen", "aligner"}
    return found
