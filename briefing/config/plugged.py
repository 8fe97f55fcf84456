"""Whether the classes of others that a configuration names are there."""

from __future__ import annotations

from pathlib import Path

from briefing.config.models import Config
from briefing.errors import ConfigError, Mistake, UsageError
from briefing.plugins import find


def check_plugins(config: Config, path: Path | None) -> None:
    """Find every class the configuration names. Raises ConfigError naming all that are not there."""
    named = [("source", f"sources[{i}].type", s.type) for i, s in enumerate(config.sources)]
    for i, entry in enumerate(config.briefings):
        named += [("channel", f"briefings[{i}].channels[{k}].type", c.type) for k, c in enumerate(entry.channels)]
    named += [("engine", f"summarizer.engines[{i}].type", e.type) for i, e in enumerate(config.summarizer.engines)]
    mistakes = []
    for kind, where, name in named:
        # Ours are known to be there, and looking would import what the command may not need.
        if ":" not in name:
            continue
        try:
            find(kind, name)
        except UsageError as error:
            mistakes.append(Mistake(where, None, str(error)))
    if mistakes:
        raise ConfigError(path, mistakes)
