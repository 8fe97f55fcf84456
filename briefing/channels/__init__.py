"""How a message reaches its reader."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from briefing.types import Message, Recipient

__all__ = ["Channel"]


@runtime_checkable
class Channel(Protocol):
    """Made as `Class(config, base)`: the channel's entry in the configuration, the folder it stands in.

    `formats` are those it needs a message in. `repeatable` says that sending the same message again does no harm,
    as with a file that is only written anew, or a receiver that knows a message by its id. A channel whose copies can
    be changed after they were delivered also has `lasting = True`: they are written again when something changed. One
    that can be tried without sending anything has `probe()`, which says in words what it found or raises DeliveryError.
    No error it raises holds a secret of its configuration.
    """

    name: str
    formats: tuple[str, ...]
    repeatable: bool

    def recipients(self) -> tuple[Recipient, ...]:
        """Where its copies go; each is a delivery of its own."""
        ...

    def send(self, message: Message) -> str:
        """Hand one message over; returns in words what became of it. Raises DeliveryError."""
        ...
