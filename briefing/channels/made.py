"""From the configuration to channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from briefing.channels import Channel
from briefing.config import BriefingConfig, FeedChannelConfig, FileChannelConfig
from briefing.plugins import find

_IN_FOLDERS = (FileChannelConfig, FeedChannelConfig)


def shared_folders(briefings: Sequence[BriefingConfig]) -> frozenset[str]:
    """The folders that more than one channel of these briefings would write into."""
    folders = Counter(c.folder for b in briefings for c in b.channels if isinstance(c, _IN_FOLDERS))
    return frozenset(folder for folder, count in folders.items() if count > 1)


def channels_of(briefing: BriefingConfig, shared: Collection[str], base: Path) -> tuple[Channel, ...]:
    """The channels of a briefing. Briefings that share a folder (`shared_folders`) get one of their own inside it."""
    made = []
    for entry in briefing.channels:
        if isinstance(entry, _IN_FOLDERS) and entry.folder in shared:
            entry = entry.model_copy(update={"folder": str(Path(entry.folder) / briefing.name)})
            if isinstance(entry, FeedChannelConfig) and entry.url:
                entry = entry.model_copy(update={"url": f"{entry.url.rstrip('/')}/{briefing.name}"})
        made.append(find("channel", entry.type)(entry, base))
    return tuple(made)


class Channels(Mapping[str, tuple[Channel, ...]]):
    """The channels of each briefing by its name, made when they are asked for."""

    def __init__(
        self, briefings: Sequence[BriefingConfig], make: Callable[[BriefingConfig], tuple[Channel, ...]]
    ) -> None:
        self._briefings = {briefing.name: briefing for briefing in briefings}
        self._make = make
        self._made: dict[str, tuple[Channel, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Channel, ...]:
        if name not in self._made:
            self._made[name] = self._make(self._briefings[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._briefings)

    def __len__(self) -> int:
        return len(self._briefings)
