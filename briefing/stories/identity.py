"""Story ids that last: through repeated runs, articles that arrive late, merging and splitting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from briefing.text import digest


def name_stories(
    clusters: Sequence[Sequence[str]], known: Mapping[str, str], born: Mapping[str, int] | None = None
) -> tuple[list[str], dict[str, str]]:
    """An id for each cluster of article ids (each in order of time), and which ids went into which.

    `known` has the story an article was in before. A cluster keeps the id its articles had. Where several stories
    became one, the id of the one that began first stays (`born` has the age rank of ids; by default the order in
    which their articles stand here), and the others are returned as {gone: kept}. Where one story became
    several, the one with most of its articles keeps the id, the others get a new one, made from their first article.

    >>> name_stories([["a", "b"], ["c"]], {"b": "s1", "c": "s2"})[0]
    ['s1', 's2']
    >>> name_stories([["a", "b", "c"]], {"b": "s1", "c": "s2"})
    (['s1'], {'s2': 's1'})
    """
    if born is None:
        seen: dict[str, int] = {}
        for cluster in clusters:
            for article in cluster:
                if article in known:
                    seen.setdefault(known[article], len(seen))
        born = seen
    claims = [Counter(known[article] for article in cluster if article in known) for cluster in clusters]
    # Of the parts of a split story the largest is its heir; ties go to the part that stands first.
    heir: dict[str, int] = {}
    for at, counts in enumerate(claims):
        for story, count in counts.items():
            if story not in heir or count > claims[heir[story]][story]:
                heir[story] = at
    taken = set(heir)
    names: list[str] = []
    merged: dict[str, str] = {}
    for at, (cluster, counts) in enumerate(zip(clusters, claims, strict=True)):
        own = sorted((story for story in counts if heir[story] == at), key=lambda s: (born.get(s, len(born)), s))
        if own:
            names.append(own[0])
            merged |= dict.fromkeys(own[1:], own[0])
            continue
        names.append(_fresh(cluster, taken))
        taken.add(names[-1])
    return names, merged


def _fresh(cluster: Sequence[str], taken: Collection[str]) -> str:
    made = digest("story", cluster[0])
    turn = 1
    while made in taken:
        turn += 1
        made = digest("story", cluster[0], str(turn))
    return made
