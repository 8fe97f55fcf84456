"""What a reader says of an edition goes into the ledger: more or less of this, mute it, this bullet is wrong.

A target is named by its place: `EDITION/3` is the third story of the edition with that id, `EDITION/3.2` the second
bullet of it, `EDITION/topic:Science` and `EDITION/source:Valley Wire` what they say. A signed link holds such a place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from briefing.errors import UsageError
from briefing.store import Store
from briefing.text import digest, one_line
from briefing.types import Article, Bullet, Edition, Feedback, Summary

__all__ = ["ACTIONS", "LEAD_WORDS", "Case", "Tally", "cases", "place", "record", "tally"]

ACTIONS = ("more", "less", "mute", "wrong")
LEAD_WORDS = 60
"""Words of a story's opening that are kept with a word on it: what it was about is learned from them."""

_NUMBER = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))?")


def place(edition: Edition, what: str, topics: Sequence[str] = (), sources: Sequence[str] = ()) -> str:
    """The lasting target of what a reader names: "3", "3.2", a story's id, or the name of a topic or a source.

    `topics` and `sources` are names that are known beside those of the edition.
    Raises UsageError if there is nothing of that name.
    """
    what = what.strip().lstrip("#")
    if _NUMBER.fullmatch(what):
        _found(edition, what)
        return f"{edition.id}/{what}"
    for number, summary in enumerate(edition.summaries, 1):
        if summary.pick.story.id == what:
            return f"{edition.id}/{number}"
    kind, _, name = what.partition(":")
    kinds = {"topic": (*edition.topics, *topics), "source": (*_sources(edition), *sources)}
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


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the editions of some days, and how often their readers called a bullet wrong.

    `by_engine` and `by_source` map a name to wrong and to all bullets it told.
    """

    editions: int
    stories: int
    bullets: int
    checked: int
    replaced: int
    dropped: int
    wrong: int
    by_engine: dict[str, tuple[int, int]]
    by_source: dict[str, tuple[int, int]]


def tally(store: Store, briefing: str, now: datetime, days: int) -> Tally:
    """The readers' own error rate over the editions made in the last `days` days.

    A bullet that several readers call wrong is one. Its source is that of the article its first evidence stands in.
    """
    since = now - timedelta(days=days)
    editions = [e for slot in store.slots(briefing) if (e := store.edition(briefing, slot)) and e.made >= since]
    engines: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for edition in editions:
        for summary in edition.summaries:
            engines[summary.engine] += len(summary.bullets)
            sources.update(_quoted(summary, bullet, 0)["source"] for bullet in summary.bullets if bullet.evidence)
    known = {edition.id for edition in editions}
    said = {s.target: s for s in store.feedback(briefing) if s.action == "wrong" and s.edition in known}
    wrong_engines = Counter(str(one.detail.get("engine", "")) for one in said.values())
    wrong_sources = Counter(str(e["source"]) for one in said.values() for e in one.detail.get("evidence", ())[:1])
    return Tally(
        editions=len(editions),
        stories=sum(len(edition.summaries) for edition in editions),
        bullets=sum(engines.values()),
        checked=sum(edition.receipt.checked for edition in editions),
        replaced=sum(edition.receipt.replaced for edition in editions),
        dropped=sum(edition.receipt.dropped for edition in editions),
        wrong=len(said),
        by_engine={name: (wrong_engines[name], told) for name, told in engines.items()},
        by_source={name: (wrong_sources[name], told) for name, told in sources.items()},
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A bullet a reader called wrong, and the article it was told from."""

    bullet: str
    article: Article
    source: str


def cases(store: Store, briefing: str) -> list[Case]:
    """The wrong bullets of a briefing as regression cases, oldest first; the texts are those they were told from."""
    found = []
    for said in store.feedback(briefing):
        edition = store.edition_by_id(said.edition) if said.action == "wrong" else None
        if edition is None:
            continue
        summary, _ = _found(edition, said.target.partition("/")[2])
        named = {str(evidence["article"]) for evidence in said.detail.get("evidence", ())}
        article = next((a for a in summary.pick.story.articles if a.id in named), summary.article)
        found.append(Case(str(said.detail["bullet"]), article, article.source))
    return found


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
