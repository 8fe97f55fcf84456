"""The tree of errors.

A `BriefingError` that is not an `ItemError` stops the run. An `ItemError` says that one thing failed:
the pipeline turns it into a `Problem`, prints it in the edition and goes on. Errors of the libraries we
use are mapped to this tree where they are called, so no foreign error crosses a border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class BriefingError(Exception):
    """Base of everything this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a configuration file.

    `where` is the path inside the file ("briefings[0].schedule.at"), `line` is counted from 1 and is None
    where no line can be named.
    """

    where: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line is not None else "at the top"
        return f"{place}: {self.where}: {self.message}" if self.where else f"{place}: {self.message}"


class ConfigError(BriefingError):
    """The configuration can't be used. `problems` holds every mistake found, not just the first."""

    def __init__(self, path: Path | None, problems: Sequence[Mistake]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{path or 'configuration'}: {count} mistake{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class UsageError(BriefingError):
    """The command or the call asked for something that does not exist or makes no sense."""


class BeingMade(BriefingError):
    """Another process is making this very edition; it is left to it."""


class StoreError(BriefingError):
    """The store can't be opened, read or written."""


class RenderError(BriefingError):
    """A template is missing or wrong."""


class ItemError(BriefingError):
    """One thing failed; the run goes on.

    `subject` names the thing (a source, an address, a recipient), `message` tells in plain words what
    happened, `retryable` says whether trying again later can help. `kind` is a short name of what happened where
    somebody acts on it ("gone", "blocked", "page").
    """

    stage = "item"

    def __init__(self, subject: str, message: str, *, retryable: bool = False, kind: str = "") -> None:
        self.subject = subject
        self.message = message
        self.retryable = retryable
        self.kind = kind
        super().__init__(f"{subject}: {message}")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes; an exception is made again from its `args`, which are not ours.
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[ItemError], args: tuple[object, ...]) -> ItemError:
    error = kind.__new__(kind)
    error.args = args
    return error


class SourceError(ItemError):
    """A source can't be read, or what it holds is not what it should be."""

    stage = "source"


class FetchError(ItemError):
    """An address can't be fetched within its limits.

    `retry_after` holds the seconds the server wants to be left alone; with `postponed` nothing went wrong, only
    it is not the address's turn yet.
    """

    stage = "fetch"

    def __init__(
        self,
        subject: str,
        message: str,
        *,
        retryable: bool = False,
        kind: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        postponed: bool = False,
    ) -> None:
        super().__init__(subject, message, retryable=retryable, kind=kind)
        self.status = status
        self.retry_after = retry_after
        self.postponed = postponed


class ExtractError(ItemError):
    """No article could be read out of an item."""

    stage = "extract"


class DeliveryError(ItemError):
    """A message could not be handed over.

    `uncertain` is True where nobody can know whether it arrived (the connection broke after the last
    byte): such a message is never sent again without a person saying so. `gone` says that the recipient wants
    no message any more, now or later. `wait` is how many seconds the receiver asks to be left alone. `everyone` says
    that no other recipient can be reached by the channel now either (its server is down).
    """

    stage = "deliver"

    def __init__(
        self,
        subject: str,
        message: str,
        *,
        retryable: bool = False,
        uncertain: bool = False,
        gone: bool = False,
        wait: float | None = None,
        everyone: bool = False,
    ) -> None:
        super().__init__(subject, message, retryable=retryable)
        self.uncertain = uncertain
        self.gone = gone
        self.wait = wait
        self.everyone = everyone


class ModelError(ItemError):
    """A model could not tell an article."""

    stage = "tell"


class ModelUnavailable(ModelError):
    """The model's files are missing or damaged, or its server does not answer."""


class BadReply(ModelError):
    """The model answered, but not in a form that can be used."""


class Unsupported(ModelError):
    """The model's bullet is not supported by its article."""


class NothingNew(ModelError):
    """A story that was told before has nothing that was not told. It is silent, which is no failure."""
