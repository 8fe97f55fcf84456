"""Bullets from all articles of a story: what several outlets report first, then what only one has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from briefing.engines.reading import is_english
from briefing.guard.quantities import same
from briefing.text import Span
from briefing.types import Article, Bullet, Evidence, Story, Summary
from briefing.voices.align import Aligner, Match, content, figures, same_figures
from briefing.voices.revise import is_correction

__all__ = ["MOST_VOICES", "united", "voices_of"]

MOST_VOICES = 6
"""Articles a story is told from; what more outlets would add, these have said."""
SHOWN = 2
"""Other outlets whose sentences are shown beside a bullet's own."""


def voices_of(story: Story) -> tuple[Article, ...]:
    """The articles to tell a story from, its lead first: one of each independent outlet, then outlets' further ones.

    Copies (wire reports) speak with the voice of what they repeat, and a correction speaks of another article, so they
    are left out.
    """
    own = [article for article in story.articles if article.id not in story.copies and not is_correction(article)]
    if story.lead not in own:
        own.insert(0, story.lead)
    first = list({article.source: article for article in reversed(own)}.values())[::-1]
    first.sort(key=own.index)
    rest = [article for article in own if article not in first]
    return tuple([*first, *rest][:MOST_VOICES])


@dataclass(frozen=True, slots=True)
class _Said:
    """A bullet, its home, and its nearest sentence in each article of other outlets.

    `opens`: it is what the story's newest full report begins with.
    """

    bullet: Bullet
    article: Article
    matches: tuple[tuple[Article, Match], ...]
    place: int
    english: bool
    opens: bool = False

    @property
    def others(self) -> tuple[tuple[Article, Match], ...]:
        """Of each other outlet that reports it, its nearest sentence."""
        found: dict[str, tuple[Article, Match]] = {}
        for article, match in self.matches:
            # Stems and meaning are those of English; elsewhere only what is nearly the same counts.
            sure = self.english or (match.cover >= 0.7 and match.cosine >= 0.7)
            if sure and match.same and same_figures(self.bullet.text, match.line.text):
                best = found.get(article.source)
                if best is None or match.cosine > best[1].cosine:
                    found[article.source] = (article, match)
        return tuple(found.values())


def united(summary: Summary, voices: Sequence[Article], aligner: Aligner, most: int) -> Summary:
    """The summary with its bullets in the order in which a reader needs them, at most `most`, none said twice.

    Each bullet gets the outlets that report it and, as evidence, a sentence of up to two others. A bullet whose
    like no other outlet has is marked as told by one only; where that is not clear, as in languages other than English,
    it is not.
    """
    by_id = {article.id: article for article in voices}
    several = len({article.source for article in voices}) > 1
    english = all(is_english(article.text) for article in voices)
    aligner.prepare([bullet.text for bullet in summary.bullets], voices)
    said = []
    for place, bullet in enumerate(summary.bullets):
        home = by_id[bullet.evidence[0].article]
        others = [article for article in voices if article.source != home.source]
        nearest = [(article, aligner.nearest(bullet.text, aligner.lines(article))) for article in others]
        found = tuple((article, match) for article, match in nearest if match is not None)
        first = aligner.lines(home)[:1] if home is voices[0] else ()
        opens = any(bullet.evidence[0].start < line.span.end for line in first)
        said.append(_Said(bullet, home, found, place, english, opens))
    kept: list[_Said] = []
    for one in sorted(said, key=lambda one: (-len(one.others), one.place)):
        if not any(_repeats(one.bullet, other.bullet, aligner) for other in kept):
            kept.append(one)
    chosen = _both_heard(kept, most)
    return replace(summary, bullets=tuple(_marked(one, several) for one in _ordered(chosen)))


def _both_heard(kept: list[_Said], most: int) -> list[_Said]:
    """At most `most`; if all of these rest on one outlet, the last gives way to another's."""
    chosen = kept[:most]
    if not chosen:
        return chosen
    heard = {one.article.source for one in chosen} | {a.source for one in chosen for a, _ in one.others}
    other = next((one for one in kept[most:] if one.article.source not in heard), None)
    if len(heard) == 1 and other is not None:
        chosen = [*chosen[: max(1, most - 1)], other][:most]
    return chosen


def _ordered(chosen: Sequence[_Said]) -> list[_Said]:
    """What several report, then what may be reported by several, then what only one has; each as it came.

    Where nothing is surely told by several, the first of all opens: it is what the newest report begins with.
    """
    opening = min(chosen, key=lambda one: one.place, default=None)
    several = any(one.others for one in chosen)

    def rank(one: _Said) -> tuple[int, int]:
        if not several and one is opening:
            return 0, one.place
        core = bool(one.others) or (one.opens and not _alone(one))
        return (0 if core else 2 if _alone(one) else 1), one.place

    return sorted(chosen, key=rank)


def _alone(one: _Said) -> bool:
    return one.english and bool(one.matches) and not any(match.near for _, match in one.matches)


def _marked(one: _Said, several: bool) -> Bullet:
    if not several:
        return one.bullet
    spans = [Evidence(match.line.article, *match.line.span) for _, match in one.others[:SHOWN]]
    outlets = (one.article.source, *(article.source for article, _ in one.others))
    return replace(one.bullet, evidence=(*one.bullet.evidence, *spans), outlets=outlets, only=_alone(one))


def _repeats(one: Bullet, kept: Bullet, aligner: Aligner) -> bool:
    """Whether a bullet says nothing that another one does not."""
    if _overlap(one, kept):
        return True
    mine, theirs = content(one.text), content(kept.text)
    shared = len(mine & theirs)
    cover, back = shared / max(1, len(mine)), shared / max(1, len(theirs))
    near = aligner.cosines(one.text, [kept.text])
    cosine = near[0] if near else cover
    # A figure the other lacks is news, if it is not all there is.
    new = [f for f in figures(one.text) if not any(same(f, g) or same(g, f) for g in figures(kept.text))]
    if cover >= 0.8 or (cosine >= 0.85 and max(cover, back) >= 0.4):
        return True
    return cosine >= 0.7 and max(cover, back) >= 0.5 and not new


def _overlap(one: Bullet, other: Bullet) -> bool:
    a, b = one.evidence[0], other.evidence[0]
    mine, theirs = Span(a.start, a.end), Span(b.start, b.end)
    return a.article == b.article and mine.start < theirs.end and theirs.start < mine.end and one.text == other.text
