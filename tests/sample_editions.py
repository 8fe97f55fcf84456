"""Editions built by hand, for what dresses and delivers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from briefing.types import (
    Article,
    Bullet,
    Claim,
    Correction,
    Disagreement,
    Edition,
    Evidence,
    Message,
    Pick,
    Problem,
    Story,
    Summary,
    Version,
)

DAY = date(2026, 3, 11)
MADE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
_SENTENCES = (
    "The lift bridge at Kelby opened to trains on Monday after a year of repairs.",
    "The work cost 14 million crowns, two million more than planned, the operator said.",
    "A strike by bridge keepers had delayed the opening twice since the autumn.",
)


def summary(number: int, title: str | None, *, topic: str = "Transport", length: int = 1) -> Summary:
    """One told story of three bullets; `length` makes its sentences longer."""
    sentences = [" ".join([one] * length) for one in _SENTENCES]
    text = " ".join(sentences)
    article = Article(
        id=f"article-{number}", title=title, text=text, source="Harbour Courier",
        url=f"https://news.example.org/story/{number}?a=1&b=2", published=MADE, language="en",
    )  # fmt: skip
    bullets, at = [], 0
    for position, sentence in enumerate(sentences):
        evidence = Evidence(article.id, at, at + len(sentence))
        told = sentence.replace(", the operator said", "") if position == 1 else sentence
        bullets.append(
            Bullet(text=told, evidence=(evidence,), support=0.9, made="shortened" if position == 1 else "quoted")
        )
        at += len(sentence) + 1
    pick = Pick(
        story=Story(id=f"story-{number}", articles=(article,)), topic=topic, score=0.5, why=("close in meaning",)
    )
    return Summary(pick=pick, bullets=tuple(bullets), engine="embedded")


def edition(titles: Sequence[str | None] = ("Bridge opens at Kelby",), *, name: str = "daily", length: int = 1,
            title: str = "Daily briefing", problems: Sequence[Problem] = ()) -> Edition:  # fmt: skip
    """An edition that tells a story for each title."""
    return Edition(
        id="0123456789abcdef", briefing=name, slot=DAY.isoformat(), title=title, day=DAY, language="en",
        time_zone="Europe/Berlin", made=MADE, problems=tuple(problems), topics=("Transport",),
        summaries=tuple(summary(number, one, length=length) for number, one in enumerate(titles, 1)),
    )  # fmt: skip


def message(bodies: dict[str, str], recipient: str, *, subject: str = "Daily briefing", title: str = "Daily briefing",
            links: dict[str, str] | None = None) -> Message:  # fmt: skip
    """A message for one recipient."""
    return Message(
        id="<00112233aabbccdd.0123456789abcdef@briefing.local>", recipient=recipient, subject=subject, day=DAY,
        made=MADE, briefing="daily", bodies=bodies, title=title, slot=DAY.isoformat(), links=links or {},
    )  # fmt: skip


def developing() -> Edition:
    """An edition with a correction, an update, and a figure that outlets tell differently."""
    found = edition(["Bridge opens at Kelby", "Ferry sails again"])
    first = found.summaries[0]
    rests = tuple(bullet.evidence for bullet in first.bullets)
    versions = (
        Version(text="14 million", outlets=("Harbour Courier",), evidence=rests[1]),
        Version(text="twelve million", outlets=("Kelby Post",), evidence=rests[0]),
    )
    known = Claim(text="The lift bridge at Kelby was to open in May.", day=DAY)
    story = replace(first, known=known, differing=(Disagreement(versions=versions, about="crowns"),))
    mended = Correction(
        story="story-9", title="Mayor of Corvale sells a park", outlet="Dunmarrow Times", day=DAY, article="article-9",
        told="The mayor sold Linden Park to her cousin.", now="The papers were forged.", text="0", noted=True,
        url="https://news.example.org/story/9",
    )  # fmt: skip
    return replace(found, summaries=(story, *found.summaries[1:]), corrections=(mended,))
