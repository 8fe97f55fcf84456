"""What of a story is new to this briefing's reader. Pure but for the encoder."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.guard.lexicon import OPPOSITES
from briefing.guard.quantities import same
from briefing.text import Span
from briefing.types import Article, Bullet, Claim, Evidence, Thread
from briefing.voices.align import Aligner, Line, Match, content, denied, figures

__all__ = ["known_line", "stale"]


def stale(voices: Sequence[Article], thread: Thread, aligner: Aligner) -> frozenset[Evidence]:
    """The sentences of `voices` that say nothing which the thread's earlier chapters do not: neither their bullets nor
    the articles they were told from.

    A sentence stays new if it has a figure that the nearest earlier ones lack, if it denies what they say or the other
    way round, or if its outcome is the opposite one.
    """
    earlier = [line for article in thread.articles for line in aligner.lines(article)]
    earlier += [Line("", Span(0, len(c.text)), c.text, content(c.text)) for c in thread.claims]
    fresh = [(article, line) for article in voices for line in aligner.lines(article)]
    aligner.prepare_lines([line.text for _, line in fresh], earlier)
    told_before = {article.id for article in thread.articles if article in voices}
    return frozenset(
        Evidence(article.id, *line.span)
        for article, line in fresh
        if article.id in told_before or _known(line, aligner.likely(line.text, earlier))
    )


def _known(line: Line, nearest: Sequence[Match]) -> bool:
    if not line.stems:
        return True
    alike = [one for one in nearest if one.cover >= 0.8 or (one.cosine >= 0.72 and one.cover >= 0.5)]
    return any(_says(one.line, line) for one in alike) or _in_pieces(line, nearest)


def _in_pieces(line: Line, nearest: Sequence[Match]) -> bool:
    """Whether two earlier sentences together say it."""
    best = sorted(nearest, key=lambda one: -one.cover)[:2]
    if len(best) < 2:
        return False
    both = best[0].line.stems | best[1].line.stems
    text = f"{best[0].line.text} {best[1].line.text}"
    joined = Line("", Span(0, len(text)), text, both)
    return len(line.stems & both) >= 0.85 * len(line.stems) and _says(joined, line)


def _says(earlier: Line, line: Line) -> bool:
    """Whether an earlier sentence that is much like this one leaves nothing new in it."""
    theirs = figures(earlier.text)
    if any(not any(same(one, two) or same(two, one) for two in theirs) for one in figures(line.text)):
        return False
    if denied(line.text) != denied(earlier.text):
        return False
    gone, come = earlier.stems - line.stems, line.stems - earlier.stems
    return not any(OPPOSITES.get(word, frozenset()) & gone for word in come)


def known_line(bullets: Sequence[Bullet], thread: Thread, aligner: Aligner) -> Claim | None:
    """The claim told before that what is told now goes on from: the nearest to its first bullet; else the last
    chapter's first one."""
    claims = list(thread.claims)
    if not claims or not bullets:
        return claims[0] if claims else None
    newest = next(claim for claim in claims if claim.day == claims[-1].day)
    near = aligner.cosines(bullets[0].text, [claim.text for claim in claims])
    if not near:
        mine = content(bullets[0].text)
        near = [len(mine & content(claim.text)) / max(1, len(mine)) for claim in claims]
    best = max(range(len(claims)), key=lambda at: (near[at], at))
    return claims[best] if near[best] >= 0.4 else newest
