"""Replies at their time: the mailbox is read, what they ask for is sent, what fails is named and stops nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from briefing.answers.apply import Answering
from briefing.answers.mailbox import MailboxError, read_replies
from briefing.config.answers import ReplyMailboxConfig
from briefing.store import Answer
from briefing.types import Problem

__all__ = ["Replies"]


class Replies:
    """Without a mailbox only what links asked for is sent."""

    def __init__(self, mailbox: ReplyMailboxConfig | None, answering: Answering) -> None:
        self.answering = answering
        self._mailbox = mailbox
        self._next: datetime | None = None
        self._reading = Lock()

    def read(self, *, due: bool = False) -> tuple[list[Answer], list[Problem]]:
        """What became of the replies that waited, and what failed. With `due`, the mailbox is left until its time."""
        with self._reading:
            return self._read(due)

    def _read(self, due: bool) -> tuple[list[Answer], list[Problem]]:
        found: list[Answer] = []
        problems: list[Problem] = []
        now = self.answering.clock()
        if self._mailbox and not (due and self._next and now < self._next):
            self._next = now + timedelta(minutes=self._mailbox.every)
            try:
                found = read_replies(self._mailbox, self.answering)
            except MailboxError as error:
                problems.append(Problem(error.stage, error.subject, f"replies could not be read: {error.message}"))
        sent = {answer.id: answer for answer in self.answering.send_waiting()}
        return [sent.pop(answer.id, answer) for answer in found] + list(sent.values()), problems
