"""From the configuration to channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from briefing.channels import Channel
from briefing.config import BriefingConfig, FeedChannelConfig, FileChannelConfig
from briefing.plugins import find

_IN_FOLDERS = (FileChannelConfig, FeedChannelConfig)


def channels_of(briefing: BriefingConfig, all_of_them: Sequence[BriefingConfig], base: Path) -> tuple[Channel, ...]:
    """The channels of a briefing. Briefings that share a folder get one of their own inside it."""
    folders = Counter(c.folder for b in all_of_them for c in b.channels if isinstance(c, _IN_FOLDERS))
    made = []
    for entry in briefing.channels:
        if isinstance(entry, _IN_FOLDERS) and folders[entry.folder] > 1:
            entry = entry.model_copy(update={"folder": str(Path(entry.folder) / briefing.name)})
            if isinstance(entry, FeedChannelConfig) and entry.url:
                entry = entry.model_copy(update={"url": f"{entry.url.rstrip('/')}/{briefing.name}"})
        made.append(find("channel", entry.type)(entry, base))
    return tuple(made)
