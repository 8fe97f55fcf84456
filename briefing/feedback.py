"""What a reader says of an edition goes into the ledger: more or less of this, mute it, this bullet is wrong.

A target is named by its place: `EDITION/3` is the third story of the edition with that id, `EDITION/3.2` the second
bullet of it, `EDITION/topic:Science` and `EDITION/source:Valley Wire` what they say. A signed link holds such a place.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from briefing.errors import UsageError
from briefing.store import Store
from briefing.text import digest, one_line
from briefing.types import Bullet, Edition, Feedback, Summary

__all__ = ["ACTIONS", "LEAD_WORDS", "place", "record"]

ACTIONS = ("more", "less", "mute", "wrong")
LEAD_WORDS = 60
"""Words of a story's opening that are kept with a word on it: what it was about is learned from them."""

_NUMBER = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))?")


def place(edition: Edition, what: str) -> str:
    """The lasting target of what a reader names: "3", "3.2", a story's id, or the name of a topic or a source.

    Raises UsageError if the edition has nothing of that name.
    """
    what = what.strip().lstrip("#")
    if _NUMBER.fullmatch(what):
        _found(edition, what)
        return f"{edition.id}/{what}"
    for number, summary in enumerate(edition.summaries, 1):
        if summary.pick.story.id == what:
            return f"{edition.id}/{number}"
    kind, _, name = what.partition(":")
    kinds = {"topic": edition.topics, "source": _sources(edition)}
    for each, names in kinds.items():
        wanted = name.strip() if kind.casefold() == each and name else what
        for known in names:
            if known.casefold() == wanted.casefold():
                return f"{edition.id}/{each}:{known}"
    raise UsageError(
        f'the edition of {edition.slot} has no story, topic or source "{what}"; '
        f"its stories are numbered 1 to {len(edition.summaries)}"
        if edition.summaries
        else f'the edition of {edition.slot} has no stories, and no topic or source "{what}"'
    )


def record(
    store: Store,
    action: str,
    target: str,
    now: datetime,
    *,
    reader: str = "",
    until: date | None = None,
    via: str = "command",
) -> Feedback:
    """Put a reader's word into the ledger and return it. The same word on the same target again changes its moment.

    `target` is a place as `place` makes it. `reader` is the address it came from, empty for the owner of the
    configuration. `via` says how it came ("command", "link", "reply"). What it was about is kept with it, so it can
    be learned from, and a wrong bullet looked at, when the edition is long gone.

    Raises UsageError if the action or the target is not known.
    """
    if action not in ACTIONS:
        raise UsageError(f'expected one of {", ".join(ACTIONS)}, got "{action}"')
    identity, _, what = target.partition("/")
    edition = store.edition_by_id(identity)
    if edition is None:
        raise UsageError(f'no edition is known as "{identity}"')
    kind, name, detail = _meant(edition, what)
    if action == "wrong" and kind != "bullet":
        raise UsageError('"wrong" is said of a bullet, such as 3.2')
    if action in ("more", "less", "mute") and kind == "bullet":
        # Who asks for more of a bullet asks for more of its story.
        kind, name, detail = _meant(edition, what.partition(".")[0])
    if until is not None and action != "mute":
        raise UsageError("only mute has an end")
    said = Feedback(
        # More, less and mute of one thing exclude each other: the last word counts.
        id=digest(edition.briefing, reader, "wrong" if action == "wrong" else "taste", kind, name),
        action=action,
        kind=kind,
        target=name,
        briefing=edition.briefing,
        reader=reader,
        edition=edition.id,
        at=now,
        until=until,
        via=via,
        detail=detail,
    )
    store.keep_feedback(said)
    return said


def _sources(edition: Edition) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a.source for s in edition.summaries for a in s.pick.story.articles))


def _found(edition: Edition, what: str) -> tuple[Summary, Bullet | None]:
    match = _NUMBER.fullmatch(what)
    assert match is not None
    number = int(match[1])
    if not 1 <= number <= len(edition.summaries):
        raise UsageError(f"the edition of {edition.slot} has {len(edition.summaries)} stories, no number {number}")
    summary = edition.summaries[number - 1]
    if match[2] is None:
        return summary, None
    place_of = int(match[2])
    if not 1 <= place_of <= len(summary.bullets):
        raise UsageError(f"story {number} of {edition.slot} has {len(summary.bullets)} bullets, no number {place_of}")
    return summary, summary.bullets[place_of - 1]


def _meant(edition: Edition, what: str) -> tuple[str, str, dict[str, Any]]:
    """Kind, name and what is kept of a target."""
    kind, _, name = what.partition(":")
    if kind in ("topic", "source") and name:
        return kind, name, {}
    if not _NUMBER.fullmatch(what):
        raise UsageError(f'expected a story such as 3, a bullet such as 3.2, topic:NAME or source:NAME, got "{what}"')
    summary, bullet = _found(edition, what)
    story = summary.pick.story
    detail: dict[str, Any] = {
        "title": summary.title,
        "topic": summary.pick.topic,
        "sources": list(story.outlets),
        "articles": [article.id for article in story.articles],
        "lead": " ".join(story.lead.text.split()[:LEAD_WORDS]),
        "score": summary.pick.score,
    }
    if bullet is None:
        return "story", story.id, detail
    quoted = [_quoted(summary, bullet, at) for at in range(len(bullet.evidence))]
    detail |= {
        "bullet": bullet.text,
        "evidence": quoted,
        "made": bullet.made,
        "support": bullet.support,
        "engine": summary.engine,
        "prompts": list(summary.prompts),
    }
    return "bullet", f"{edition.id}/{what}", detail


def _quoted(summary: Summary, bullet: Bullet, at: int) -> dict[str, str]:
    evidence = bullet.evidence[at]
    source = next((a.source for a in summary.pick.story.articles if a.id == evidence.article), "")
    return {"article": evidence.article, "source": source, "text": one_line(summary.quote(evidence))}
