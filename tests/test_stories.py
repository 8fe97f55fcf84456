"""Grouping: one event is one story, copies are one voice, ids last."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

import numpy
import pytest
from conftest import NOON, Clock, Make

import briefing
from benchmarks.stories import bcubed, encoder, f1, nmi, ours, purity, sample
from briefing import stories
from briefing.engines.encoder import WordEncoder
from briefing.stories import canonical_url, copies
from briefing.stories.events import SAME_EVENT, link
from briefing.stories.identity import name_stories
from briefing.types import Article

FLOORS = Path(__file__).parent.parent / "benchmarks" / "floors.json"
FERRY = [
    (
        "Ferry runs aground at Harrow Cross",
        "The ferry Anna ran aground at Harrow Cross harbour on Monday.",
    ),
    (
        "Passengers taken off stranded ferry",
        "All 212 people on the ferry Anna, aground at Harrow Cross, are ashore.",
    ),
    ("Harrow Cross: lifeboats empty grounded ferry", "Lifeboats took 212 people off the Anna at Harrow Cross harbour."),
]
MILL = [
    (
        "Dunmarrow mill to close",
        "The paper mill at Dunmarrow will close in June, Oster Paper said; 340 jobs go.",
    ),
    (
        "340 jobs go as Oster Paper shuts mill",
        "Oster Paper shuts its Dunmarrow mill in June; 340 people work there.",
    ),
]
OTHER_FERRY = [
    (
        "Ferry fares to Kelby rise",
        "Fares on the ferry to Kelby island rise by 8 percent in April, its owner said.",
    )
]


def articles(told: list[tuple[str, str]], name: str, start: int = 0) -> list[Article]:
    return [
        Article(id=f"{name}{i}", title=title, text=text, source=f"S{i}", published=NOON + timedelta(hours=start + i))
        for i, (title, text) in enumerate(told)
    ]


NEWS = [*articles(FERRY, "ferry"), *articles(MILL, "mill"), *articles(OTHER_FERRY, "fares")]


def words_of(given: list[Article]) -> numpy.ndarray:
    return WordEncoder().encode([f"{a.title} {a.text}" for a in given])


def parts(found: stories.Grouping) -> list[set[str]]:
    return [{a.id[:-1] for a in story.articles} for story in found.stories]


@pytest.mark.slow
def test_events_are_stories_and_a_shared_subject_is_not() -> None:
    found = briefing.group(NEWS)
    assert sorted(sorted(a.id for a in story.articles) for story in found) == [
        ["fares0"],
        ["ferry0", "ferry1", "ferry2"],
        ["mill0", "mill1"],
    ]


@pytest.mark.slow
def test_titles_alone_are_enough() -> None:
    bare = [Article(id=a.id, title=a.title, text="", published=a.published) for a in NEWS if a.id[0] == "f"]
    found = briefing.group(bare)
    together = next(s for s in found if any(a.id == "ferry0" for a in s.articles))
    assert "fares0" not in {a.id for a in together.articles}


def test_the_order_of_articles_makes_no_difference() -> None:
    shuffled = NEWS[:]
    random.Random(1).shuffle(shuffled)
    one, other = stories.group(NEWS, words_of(NEWS)), stories.group(shuffled, words_of(shuffled))
    assert one.membership == other.membership
    assert [s.id for s in one.stories] == [s.id for s in other.stories]


def test_quiet_days_close_a_story() -> None:
    late = [
        Article(
            id="late0",
            title="Ferry ran aground at Harrow Cross",
            text=FERRY[0][1] + " It was long ago.",
            published=NOON + timedelta(days=9),
        )
    ]
    given = [NEWS[1], *late]
    assert len(stories.group(given, words_of(given)).stories) == 2


def test_vectors_must_fit() -> None:
    with pytest.raises(ValueError, match="6 articles but 2 vectors"):
        stories.group(NEWS, words_of(NEWS[:2]))
    assert stories.group([], numpy.zeros((0, 4), dtype=numpy.float32)).stories == ()


@pytest.mark.slow
def test_quality_floors_on_our_sample() -> None:
    given, wanted = sample()
    p, r = bcubed(ours(given, encoder()(given), SAME_EVENT), wanted)
    found = {"P": 100 * p.mean(), "R": 100 * r.mean(), "F1": 100 * f1(p.mean(), r.mean())}
    for column, floor in json.loads(FLOORS.read_text(encoding="utf-8"))["stories sample"].items():
        assert found[column] >= floor, column


def test_measures() -> None:
    found, wanted = ["a", "a", "b", "b"], ["x", "x", "x", "y"]
    p, r = bcubed(found, wanted)
    assert p.tolist() == [1.0, 1.0, 0.5, 0.5]
    assert r.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1.0])
    assert purity(found, wanted) == 0.75
    assert nmi(found, found) == pytest.approx(1.0)
    assert nmi(["a", "b", "a", "b"], ["x", "x", "y", "y"]) == pytest.approx(0.0)


# Ids


def test_an_id_survives_a_second_run_and_a_late_earlier_article() -> None:
    first = stories.group(NEWS[1:], words_of(NEWS[1:]))
    again = stories.group(NEWS[1:], words_of(NEWS[1:]), known=first.membership)
    assert again.membership == first.membership
    late = stories.group(NEWS, words_of(NEWS), known=first.membership)
    assert late.membership["ferry0"] == late.membership["ferry1"] == first.membership["ferry1"]
    assert {k: v for k, v in late.membership.items() if k != "ferry0"} == first.membership
    assert late.merged == {}


def test_two_stories_that_become_one_keep_the_older_id() -> None:
    known = {"ferry0": "a", "ferry1": "b", "ferry2": "b"}
    found = stories.group(NEWS, words_of(NEWS), known=known)
    assert {found.membership[i] for i in known} == {"a"}
    assert found.merged == {"b": "a"}


def test_a_story_that_was_two_is_split_and_the_larger_part_keeps_the_id() -> None:
    known = dict.fromkeys(["ferry0", "ferry1", "ferry2", "mill0", "mill1"], "a")
    found = stories.group(NEWS, words_of(NEWS), known=known)
    assert found.membership["ferry0"] == "a"
    assert found.membership["mill0"] == found.membership["mill1"] != "a"


def test_new_ids_are_never_taken_twice() -> None:
    names, merged = name_stories([["x"], ["y"]], {})
    again, _ = name_stories([["y", "z"], ["x"]], {"z": names[0], "y": names[0]})
    assert len(set(again)) == 2
    assert again[0] == names[0]
    assert merged == {}


def test_the_store_keeps_stories(make_app: Make, clock: Clock) -> None:
    app = make_app()
    edition = app.run().edition
    story = edition.summaries[0].pick.story
    assert app.store.stories_of([story.lead.id, "unknown"]) == {story.lead.id: story.id}
    assert app.store.story(story.id) == (story.id, [story.lead.id])
    app.store.keep_stories({story.lead.id: "older"}, {story.id: "older"})
    assert app.store.story(story.id)[0] == "older"
    app.store.keep_stories({}, {"older": "oldest"})
    assert app.store.story(story.id) == app.store.story("oldest")
    clock.now = NOON + timedelta(hours=1)
    assert app.run(dry=True).edition.summaries == ()
    assert app.store.stories_of([story.lead.id]) == {story.lead.id: "oldest"}


# Copies


def long_text(seed: int, count: int = 150) -> list[str]:
    rng = random.Random(seed)
    return [f"w{rng.randrange(5000)}" for _ in range(count)]


def test_copies_near_and_exact() -> None:
    text = long_text(1)
    near = [*text[:40], "changed", *text[41:90], "too", *text[91:]]
    half = text[:75] + long_text(2, 75)
    given = [
        Article(id="a", text=" ".join(text), published="2026-03-10T08:00"),
        Article(id="b", text=" ".join(near), published="2026-03-10T09:00"),
        Article(id="c", text=" ".join(half), published="2026-03-10T10:00"),
        Article(id="d", text=" ".join(text[:90]), published="2026-03-10T11:00"),
        Article(id="e", text=" ".join(near), published="2026-03-10T07:00"),
    ]
    assert copies(given) == {"a": "e", "b": "e", "d": "e"}


def test_short_texts_are_copies_only_with_their_headlines() -> None:
    given = [
        Article(id="1", title="Kelby bridge closed to lorries", text="", published="2026-03-10"),
        Article(id="2", title="Kelby bridge closed to lorries | Kelby Post", text="", published="2026-03-11"),
        Article(id="3", title="Kelby bridge open again", text="More soon.", published="2026-03-11"),
        Article(id="4", title="Harrow mill to close in June", text="More soon.", published="2026-03-11"),
        Article(id="5", title="", text="", published="2026-03-11"),
        Article(id="6", title="", text="", published="2026-03-12"),
    ]
    assert copies(given) == {"2": "1"}


def test_another_figure_is_no_repetition() -> None:
    text = "The collapse of the old quay at Dunmarrow on Monday killed {} people, the harbour police said on {}."
    brief = [Article(id=str(n), text=text.format(n, "Monday"), published="2026-03-10") for n in (12, 17)]
    assert copies(brief) == {}
    filler = " ".join(long_text(9, 200))
    given = [
        Article(id="a", text=f"{text.format(12, 'Monday')} {filler}", published="2026-03-10T08:00"),
        Article(id="b", text=f"{text.format(17, 'Monday')} {filler}", published="2026-03-10T09:00"),
        Article(id="c", text=f"{text.format(12, 'Tuesday')} {filler}", published="2026-03-10T10:00"),
    ]
    assert copies(given) == {"b": "a", "c": "a"}
    found = stories.group(given, words_of(given), told=["a"])
    assert [[a.id for a in story.articles] for story in found.stories] == [["b"]]
    assert found.repeated == {"c"}


def test_versions_of_one_page_are_one_voice_but_a_page_may_hold_two_articles() -> None:
    text = long_text(3)
    url = "https://kelby.example/news/ferry"
    given = [
        Article(id="1", text=" ".join(text[:80] + long_text(4, 60)), url=url),
        Article(
            id="2", text=" ".join(text[:80] + long_text(5, 60)), url="http://m.kelby.example/news/ferry?utm_source=x"
        ),
        Article(id="3", text=" ".join(long_text(6)), url=url + "#2"),
    ]
    assert copies(given) == {"2": "1"}
    assert copies([given[0], Article(id="2", text=given[1].text, url="https://other.example/1")]) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.kelby.example/a/b?utm_source=x&id=3#top", "http://kelby.example/a/b?id=3"),
        ("https://kelby.example/a/b/amp/", "https://amp.kelby.example/a/b"),
        ("https://kelby.example/a.amp.html", "https://kelby.example/a"),
        ("https://www.google.com/amp/s/kelby.example/a", "https://kelby.example/a"),
        ("https://kelby.example:443/a?fbclid=1&b=1&a=2", "https://kelby.example/a?a=2&b=1"),
        ("https://kelby.example/a%7Eb", "https://kelby.example/a~b"),
    ],
)
def test_one_page_has_one_address(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://kelby.example/a?id=1", "https://kelby.example/a?id=2"),
        ("https://kelby.example/view?cid=1", "https://kelby.example/view?cid=2"),
        ("https://mail.kelby.example/a", "https://kelby.example/a"),
        ("https://kelby.example/ampere", "https://kelby.example/ere"),
        ("https://kelby.example/A", "https://kelby.example/a"),
    ],
)
def test_pages_that_differ_stay_apart(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize("url", [None, "", "file:///tmp/a", "https://", "https://kelby.example", "http://[::1", "x:y"])
def test_what_names_no_page(url: str | None) -> None:
    assert canonical_url(url) is None


# Linking


def linked(days: list[float], edges: dict[tuple[int, int], float], threshold: float) -> list[int]:
    return link(days, numpy.array(list(edges), dtype=numpy.int32), numpy.array(list(edges.values())), threshold)


def test_average_linkage() -> None:
    edges = {(1, 0): 0.6, (2, 1): 0.5, (2, 0): 0.1, (3, 2): 0.3}
    assert len(set(linked([0.0] * 4, edges, 0.25))) == 2
    assert len(set(linked([0.0] * 4, edges, 0.32))) == 3
    assert len(set(linked([0.0, 0.0, 0.0, 5.0], edges, 0.25))) == 2
    assert len(set(linked([float("nan")] * 4, edges, 0.25))) == 2


def test_linking_does_not_depend_on_the_order_of_pairs() -> None:
    rng = random.Random(7)
    edges = [((i, j), rng.random()) for i in range(60) for j in range(i) if rng.random() < 0.2]
    days = [i / 10 for i in range(60)]
    shuffled = edges[:]
    rng.shuffle(shuffled)
    assert linked(days, dict(edges), 0.5) == linked(days, dict(shuffled), 0.5)
