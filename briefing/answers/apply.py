"""What becomes of a reader's word: it goes into the ledger, ends or pauses what comes, or fetches a whole article.

Every word is kept under an id of its own, so that one that comes twice is done once, and the reader's next edition says
what became of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from briefing import feedback
from briefing.answers.links import Links, expiry
from briefing.answers.words import Word
from briefing.channels import Channel
from briefing.errors import DeliveryError, UsageError
from briefing.render import Renderer
from briefing.store import Answer, Delivery, Silence, Store
from briefing.store.answers import DONE, FAILED, REFUSED, SENDING, WAITING
from briefing.text import digest, one_line
from briefing.types import Edition, Message

__all__ = ["Answering"]

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=2)
STALE = timedelta(hours=24)
ABANDONED = timedelta(minutes=10)


@dataclass(frozen=True)
class Answering:
    """What answering works with. `channels` are those of each briefing, by its name."""

    store: Store
    links: Links
    renderer: Renderer
    channels: Callable[[], Mapping[str, Sequence[Channel]]]
    clock: Callable[[], datetime]

    # Links

    def read(self, token: str) -> tuple[str, Delivery, str]:
        """What a link says: action, delivery, what it is said of. Raises UsageError if it can't be taken."""
        signed = self.links.signer.verify(token, self.clock())
        identity, _, what = signed.target.partition("/")
        delivery = self.delivery(identity)
        if delivery is None or delivery.recipient != signed.reader:
            raise UsageError("what this link belongs to is not known here any more")
        return signed.action, delivery, what

    def click(self, token: str) -> Answer:
        """Do what a link says. A second click finds it done. Raises UsageError if it can't be taken."""
        action, delivery, what = self.read(token)
        # Not of the token itself: base64 has more than one way to write the same mark.
        identity = digest("link", action, delivery.id, what)
        known = self.store.answers(identity=identity)
        # Whoever pauses, goes on and pauses again means it.
        if known and action not in ("pause", "unsubscribe"):
            return known[0]
        word = Word(action, what, days=7 if action == "pause" else None)
        answer = self.apply(word, delivery, identity, "link")
        self.store.keep_answers([answer])
        return answer

    # Words

    def delivery(self, identity: str) -> Delivery | None:
        """The delivery with this id, or None."""
        edition = self.store.edition_of(identity)
        rows = self.store.deliveries(edition=edition) if edition else []
        return next((row for row in rows if row.id == identity), None)

    def apply(self, word: Word, delivery: Delivery, identity: str, via: str) -> Answer:
        """Do what a verified word says. What can't be done is refused in words; the result is not kept yet."""
        try:
            edition = self.store.edition_by_id(delivery.edition)
            if edition is None:
                raise UsageError("its edition is not kept any more")
            return self._done(word, delivery, edition, identity, via)
        except UsageError as error:
            said = self._say(delivery, "reply_refused", asked=_asked(word), reason=str(error))
            return self._answer(word, delivery, identity, via, REFUSED, said)

    def _done(self, word: Word, delivery: Delivery, edition: Edition, identity: str, via: str) -> Answer:
        now, state = self.clock(), DONE
        if word.action in ("pause", "unsubscribe"):
            until = self._until(word, now) if word.action == "pause" else None
            why = "paused by its reader" if until else "unsubscribed by its reader"
            self.store.silence(
                Silence(briefing=delivery.briefing, channel=delivery.channel, recipient=delivery.recipient,
                        since=now, until=until, why=why)
            )  # fmt: skip
            said = self._say(delivery, f"reply_{word.action}", day=until.date().isoformat() if until else "")
        elif word.action == "resume":
            self.store.speak(delivery.briefing, delivery.channel, delivery.recipient)
            said = self._say(delivery, "reply_resume")
        elif word.action == "full":
            title = self._story(edition, word.what).title or word.what
            said, state = self._say(delivery, "reply_full_waits", what=title), WAITING
        else:
            said = self._ledger(word, delivery, edition, via)
        return self._answer(word, delivery, identity, via, state, said)

    def _ledger(self, word: Word, delivery: Delivery, edition: Edition, via: str) -> str:
        if word.action not in feedback.ACTIONS:
            raise UsageError(f'"{word.action}" is nothing that can be asked for')
        place = feedback.place(edition, word.what)
        places = [place]
        if word.action == "wrong" and "." not in word.what:
            # Bullets have no numbers in a mail; whoever calls a story wrong means what it says.
            bullets = self._story(edition, word.what).bullets
            places = [f"{place}.{number}" for number in range(1, len(bullets) + 1)]
        kept = [
            feedback.record(self.store, word.action, one, self.clock(), reader=delivery.recipient, via=via)
            for one in places
        ]
        title = kept[0].detail.get("title") or kept[0].target
        return self._say(delivery, f"reply_{word.action}", what=str(title))

    @staticmethod
    def _story(edition: Edition, what: str) -> Any:
        number = what.partition(".")[0]
        if not number.isdigit() or not 1 <= int(number) <= len(edition.summaries):
            raise UsageError(f'the edition of {edition.slot} has no story "{what}"')
        return edition.summaries[int(number) - 1]

    @staticmethod
    def _until(word: Word, now: datetime) -> datetime:
        if word.until is None:
            return now + timedelta(days=word.days or 7)
        until = datetime.combine(word.until, now.timetz())
        if until <= now:
            raise UsageError(f"{word.until.isoformat()} is past")
        return until

    def _answer(self, word: Word, delivery: Delivery, identity: str, via: str, state: str, said: str) -> Answer:
        return Answer(
            id=identity, delivery=delivery.id, edition=delivery.edition, briefing=delivery.briefing,
            reader=delivery.recipient, action=word.action, what=word.what[:200], via=via, at=self.clock(), state=state,
            said=said, next_try=self.clock() if state == WAITING else None, changed=self.clock(),
        )  # fmt: skip

    def refused(self, delivery: Delivery, identity: str, via: str, key: str, **fields: str) -> Answer:
        """A reply that was not taken, in words for the reader it was signed for."""
        return self._answer(Word("refused"), delivery, identity, via, REFUSED, self._say(delivery, key, **fields))

    def _say(self, delivery: Delivery, key: str, **fields: str) -> str:
        edition = self.store.edition_by_id(delivery.edition)
        words = self.renderer.words(edition.language if edition else "en")
        return one_line(words[key].format(**{name: one_line(value)[:200] for name, value in fields.items()}))

    # Whole articles

    def send_waiting(self) -> list[Answer]:
        """Send the articles that were asked for; returns the answers as they are then. Never raises for one of them."""
        now = self.clock()
        for answer in self.store.answers(state=SENDING):
            if answer.changed is not None and answer.changed <= now - ABANDONED:
                self._settle(
                    answer, FAILED, "reply_full_failed", reason="nobody can know whether it was sent; ask again"
                )
        done = []
        for answer in self.store.answers(state=WAITING):
            if (answer.next_try or now) > now or not self.store.claim_answer(answer, now):
                continue
            self._send(answer)
            done += self.store.answers(identity=answer.id)
        return done

    def _send(self, answer: Answer) -> None:
        now = self.clock()
        delivery, edition = self.delivery(answer.delivery), self.store.edition_by_id(answer.edition)
        channel = self._channel(delivery)
        if delivery is None or edition is None or channel is None:
            self._settle(answer, FAILED, "reply_full_failed", reason="its edition or its channel is gone")
            return
        summary = self._story(edition, answer.what)
        try:
            channel.send(self._article(answer, delivery, edition, summary))
        except DeliveryError as error:
            if error.retryable and now - answer.at < STALE:
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2**answer.attempts)
                words = self._words(answer, "reply_full_waits", what=summary.title or answer.what)
                self.store.settle_answer(answer, WAITING, words, now, now + wait)
            else:
                self._settle(answer, FAILED, "reply_full_failed", reason=error.message)
        except Exception as error:  # a channel may be anybody's class; its bug is this answer's failure only
            log.exception("channel %s", delivery.channel)
            self._settle(answer, FAILED, "reply_full_failed", reason=f"its code failed: {type(error).__name__}")
        else:
            self._settle(answer, DONE, "reply_full", what=summary.title or answer.what)

    def _settle(self, answer: Answer, state: str, key: str, **fields: str) -> None:
        self.store.settle_answer(answer, state, self._words(answer, key, **fields), self.clock())

    def _words(self, answer: Answer, key: str, **fields: str) -> str:
        delivery = self.delivery(answer.delivery)
        if delivery is None:
            return ""
        return self._say(delivery, key, **({"asked": f"{answer.action} {answer.what}", "what": ""} | fields))

    def _channel(self, delivery: Delivery | None) -> Channel | None:
        channels = self.channels().get(delivery.briefing, ()) if delivery else ()
        return next((c for c in channels if delivery and c.name == delivery.channel and "mail" in c.formats), None)

    def _article(self, answer: Answer, delivery: Delivery, edition: Edition, summary: Any) -> Message:
        article = summary.article
        values = {
            "language": edition.language,
            "title": article.title or answer.what,
            "outlet": article.source,
            "authors": list(article.authors),
            "published": format_datetime(article.published.astimezone(UTC)) if article.published else "",
            "url": article.url if (article.url or "").startswith(("http://", "https://")) else "",
            "paragraphs": [part for part in article.text.split("\n") if part.strip()],
            "notes": list(article.notes),
        }
        return Message(
            id=f"<{answer.id}.{delivery.edition}@briefing.local>",
            recipient=delivery.recipient,
            subject=article.title or edition.title,
            day=edition.day,
            made=self.clock(),
            briefing=edition.briefing,
            title=edition.title,
            slot=edition.slot,
            bodies={
                "mailtext": self.renderer.filled("article.txt.j2", values),
                "mail": self.renderer.inlined("article.html.j2", values),
            },
            links=self.links.of(delivery) | {"answers": delivery.message_id},
        )

    def too_old(self, delivery: Delivery) -> bool:
        """Whether an edition is too old to be answered."""
        return self.clock() > expiry(self.links.config, delivery.made)


def _asked(word: Word) -> str:
    return f"{word.action} {word.what}".strip()
