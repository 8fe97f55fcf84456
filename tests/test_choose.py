"""Choosing: topics on one scale, scores in parts, the reader's minutes kept, feedback that teaches."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy
import pytest
from conftest import NOON

from briefing import choose
from briefing.choose.budget import expected_minutes
from briefing.choose.learn import LEAST, MOST, learn
from briefing.choose.meaning import phrasings
from briefing.choose.topics import needed_nearness, share_below
from briefing.config import LimitsConfig, TopicConfig
from briefing.config.models import DEFAULT_MODEL
from briefing.engines.encoder import TransformerEncoder
from briefing.selection import tell_within
from briefing.types import Article, Bullet, Evidence, Feedback, Pick, Problem, Story, Summary

TEXT = "The quay at Aldmouth was closed on Monday. Nobody was hurt, the harbour master said."


def _story(
    name: str, *, title: str | None = None, outlets: int = 1, hours: float = 5, text: str = TEXT, copies: int = 0
) -> Story:
    articles = [
        Article(
            id=f"{name}-{k}",
            title=title or f"Story {name}",
            text=text,
            source=f"Outlet {k}",
            published=NOON - timedelta(hours=hours),
            language="en",
        )
        for k in range(outlets)
    ]
    marked = frozenset(article.id for article in articles[outlets - copies :]) if copies else frozenset[str]()
    return Story(id=name, articles=tuple(articles), copies=marked)


def _topic(name: str = "Sea", **keys: object) -> TopicConfig:
    return TopicConfig.model_validate({"name": name, "description": f"All about {name}."} | keys)


def _choose(stories: list[Story], topics: list[TopicConfig], near: list[list[float]], **keys: object) -> choose.Choice:
    limits = LimitsConfig.model_validate(keys.pop("limits", {}))
    return choose.choose(stories, topics, numpy.array(near, dtype=numpy.float32), limits, NOON, **keys)


# Topics


def test_one_threshold_means_the_same_for_every_topic() -> None:
    """Descriptions whose cosines lie quite differently let the same share of news through."""
    spread = numpy.random.default_rng(1)
    background = spread.normal(size=(4000, 64)).astype(numpy.float32)
    background[:, 0] += 4  # all news has something in common, and the first aim with it
    background /= numpy.linalg.norm(background, axis=1, keepdims=True)
    aimed = numpy.zeros((2, 64), dtype=numpy.float32)
    aimed[0, 0], aimed[0, 1] = 0.8, 0.6
    aimed[1, 2] = 1.0
    sample, stories = background[:2000], background[2000:]
    cosines = stories @ aimed.T
    assert abs(cosines[:, 0].mean() - cosines[:, 1].mean()) > 0.2
    near = choose.nearness(aimed, stories, stories[:10], sample)
    passing = (near >= needed_nearness(0.5)).mean(axis=0)
    assert all(abs(share - (1 - share_below(needed_nearness(0.5)))) < 0.02 for share in passing)


def test_nearness_needs_no_store_and_no_sample() -> None:
    aimed = numpy.eye(2, 8, dtype=numpy.float32)
    near = choose.nearness(aimed, aimed, numpy.zeros((0, 8), dtype=numpy.float32), None)
    assert near.shape == (2, 2)
    assert near[0, 0] > needed_nearness(0) > near[0, 1]
    ten = choose.nearness(aimed, aimed, numpy.repeat(aimed, 5, axis=0), None)
    assert numpy.isfinite(ten).all()
    assert ten[0, 0] > ten[0, 1]


def test_a_description_is_read_in_its_parts() -> None:
    whole, parts, headings = phrasings("Sea", "Harbours: ships, ferries and what they carry")
    assert whole == ["Harbours: ships, ferries and what they carry"]
    assert parts == ["Harbours", "ships", "ferries"]
    assert headings[1] == "ships news"
    assert phrasings("Sea", "") == (["Sea"], ["Sea"], ["Sea news"])


def test_breadth_goes_from_one_in_fifty_to_three_in_ten() -> None:
    assert share_below(needed_nearness(0)) == pytest.approx(0.98, abs=0.001)
    assert share_below(needed_nearness(1)) == pytest.approx(0.70, abs=0.002)


@pytest.mark.parametrize(
    ("keys", "matched", "said"),
    [
        ({}, True, "nearer in meaning than 98 %"),
        ({"keywords": ["quay"]}, True, '"quay" in its opening'),
        ({"must": ["harbour master"]}, True, '"harbour master" stands in it'),
        ({"must": ["Aldmouth", "Kelby"]}, False, '"Kelby" does not stand in it'),
        ({"never": ["quay"]}, False, '"quay" stands in it'),
        ({"sources": ["outlet 0"]}, True, "told by Outlet 0"),
        ({"sources": ["Another"]}, False, "told by none of Another"),
        ({"languages": ["en-GB", "de"]}, True, "nearer"),
        ({"languages": ["de"]}, False, "its language is en, not de"),
        ({"breadth": 0}, False, "needed 98.0"),
    ],
)
def test_a_match_says_why(keys: dict[str, object], matched: bool, said: str) -> None:
    found = choose.match(_story("a"), _topic(**keys), 2.0)
    assert found.matched is matched
    assert said in "; ".join(found.why)


def test_a_topic_may_be_a_source_and_nothing_else() -> None:
    topic = TopicConfig(name="Wire", sources=("Outlet 0",))
    assert choose.match(_story("a"), topic, None).matched
    assert not choose.match(_story("a"), TopicConfig(name="Nothing"), None).matched


def test_without_meaning_keywords_decide() -> None:
    found = choose.choose([_story("a")], [_topic(keywords=["quay"])], None, LimitsConfig(), NOON)
    assert [pick.topic for pick in found.picks] == ["Sea"]


def test_a_muted_topic_is_silent_until_its_day() -> None:
    stories, near = [_story("a")], [[3.0]]
    until = {"mute_until": "2026-03-12"}
    silent = _choose(stories, [_topic(**until)], near)
    assert silent.picks == ()
    assert silent.muted[0][1] == "the topic Sea is muted until 2026-03-12"
    later = choose.choose(
        stories, [_topic(**until)], numpy.array(near, dtype=numpy.float32), LimitsConfig(), NOON + timedelta(days=1)
    )
    assert len(later.picks) == 1


def test_a_thin_topic_is_not_filled() -> None:
    topics = [_topic("Sea"), _topic("Art")]
    found = _choose([_story("a"), _story("b")], topics, [[2.5, 0.2], [0.1, 0.3]])
    assert [pick.story.id for pick in found.picks] == ["a"]
    (missed,) = found.near
    assert missed[1] == "Art"
    assert "nearer in meaning than only 62 %" in missed[2][0]
    told = [Summary(pick=found.picks[0], bullets=(), engine="e")]
    assert choose.quiet(topics, told, NOON.date()) == ("Art",)
    assert choose.quiet([_topic("Art", mute_until="2026-04-01")], told, NOON.date()) == ()


def test_important_news_outside_the_topics_has_a_small_share() -> None:
    stories = [_story(f"s{k}", outlets=k) for k in range(1, 7)]
    near = [[0.0]] * 6
    found = _choose(stories, [_topic()], near)
    assert [pick.story.id for pick in found.picks] == ["s6", "s5"]
    assert found.picks[0].why[0] == "outside the topics, but 6 independent outlets tell it"
    assert {pick.story.id for pick, _ in found.left} == {"s4", "s3"}
    assert all("2 from outside the topics are enough" in why for _, why in found.left)
    assert _choose(stories, [_topic()], near, limits={"also_today": 0}).picks == ()
    copied = [_story("c", outlets=6, copies=5)]
    assert _choose(copied, [_topic()], [[0.0]]).picks == ()


NEWS = {
    "Sea": "Trawler towed into Aldmouth. A fishing boat lost its engine off the coast and was towed to the quay.",
    "Schools": "Pupils move into a new building. The primary school of Kelby has room for 300 children, its head said.",
    "Sport": "Dunmarrow win the cup. The team beat Northfield 3-1 in the final, with two goals by their captain.",
}
LINES = {
    "Sea": "Ships, harbours, fishing and the coast",
    "Schools": "Schools, teachers, pupils and universities",
    "Sport": "Football, athletics and other sport",
}


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["shipped", "headlines"])
def test_ten_articles_are_enough_on_day_one(sample: str) -> None:
    """The real encoder, with the sample that ships, and with the headlines that stand in for it with another one."""
    encoder = TransformerEncoder(DEFAULT_MODEL)
    held = choose.reference(DEFAULT_MODEL) if sample == "shipped" else encoder.encode(list(choose.HEADLINES))
    vectors = encoder.encode(list(NEWS.values()))
    near = choose.nearness(choose.aims(list(LINES.items()), encoder.encode), vectors, vectors, held)
    for row, name in enumerate(NEWS):
        matches = [choose.match(_story(name), _topic(topic), float(near[row, k])) for k, topic in enumerate(LINES)]
        assert [found.topic for found in matches if found.matched] == [name], near


def test_the_sample_fits_one_encoder_only() -> None:
    assert choose.reference("another/encoder") is None
    held = choose.reference(DEFAULT_MODEL)
    assert held is not None
    assert numpy.allclose(numpy.linalg.norm(held, axis=1), 1, atol=1e-3)


# Scores


def test_copies_are_one_voice() -> None:
    (pick,) = _choose([_story("a", outlets=5, copies=3)], [_topic()], [[3.0]]).picks
    part = next(part for part in pick.parts if part.name == "importance")
    assert part.why == "told by 2 outlets (3 more carry a copy)"


def test_the_score_is_the_sum_of_its_parts() -> None:
    stories = [_story("a", outlets=3), _story("b", hours=60)]
    vectors = numpy.array([[1, 0], [0.9, 0.436]], dtype=numpy.float32)
    found = _choose(stories, [_topic(weight=2)], [[3.0], [2.0]], similar=vectors @ vectors.T, sources={"Outlet 0": 1.5})
    for pick in found.picks:
        assert pick.score == pytest.approx(sum(part.worth for part in pick.parts), abs=1e-4)
        assert all(part.why for part in pick.parts)
    names = [[part.name for part in pick.parts] for pick in found.picks]
    assert names[0] == ["topic", "importance", "freshness", "source"]
    assert names[1] == ["topic", "freshness", "source", "diversity"]
    assert any("much like “Story a”" in why for why in found.picks[1].why)


def test_a_story_that_grows_counts_more() -> None:
    old = _story("a", hours=20)
    late = [Article(id=f"l{k}", text=TEXT, source=f"Late {k}", published=NOON - timedelta(hours=1)) for k in range(2)]
    grown = Story(id="a", articles=(*old.articles, *late))
    (pick,) = _choose([grown], [_topic()], [[3.0]]).picks
    assert any(part.name == "growth" and part.why == "2 more outlets in the last 6 hours" for part in pick.parts)


def test_the_order_of_what_comes_in_changes_nothing() -> None:
    stories = [_story(f"s{k:02}", outlets=1 + k % 4, hours=k) for k in range(30)]
    near = [[1.0 + (k * 7 % 11) / 4, 1.0 + (k * 5 % 13) / 5] for k in range(30)]
    first = _choose(stories, [_topic("Sea"), _topic("Art")], near)
    order = list(range(30))
    random.Random(3).shuffle(order)
    second = _choose([stories[k] for k in order], [_topic("Sea"), _topic("Art")], [near[k] for k in order])
    assert first.picks == second.picks
    assert [pick.story.id for pick, _ in first.left] == [pick.story.id for pick, _ in second.left]


# The budget


def test_the_minutes_are_packed_by_what_stories_add() -> None:
    long = "word " * 400
    stories = [_story(f"s{k}", text=long, hours=k) for k in range(8)]
    found = _choose(stories, [_topic()], [[3.0]] * 8, limits={"minutes": 1.0, "per_topic": 8})
    assert [pick.story.id for pick in found.picks] == ["s0", "s1", "s2"]
    assert sum(expected_minutes(pick.story, 4) for pick in found.picks) <= 1.0
    assert "it would take 0.3 minutes" in found.left[0][1]
    short = [*stories, _story("tiny", hours=40, text="Two words.")]
    more = _choose(short, [_topic()], [[3.0]] * 9, limits={"minutes": 1.0, "per_topic": 9})
    assert "tiny" in {pick.story.id for pick in more.picks}


def test_a_topic_has_its_own_limit() -> None:
    stories = [_story(f"s{k}") for k in range(4)]
    found = _choose(stories, [_topic(limit=1)], [[3.0]] * 4)
    assert len(found.picks) == 1
    assert all(why == "no room: 1 stories of Sea are enough" for _, why in found.left)


def _told(pick: Pick, words: int) -> Summary:
    bullet = Bullet(text="word " * words, evidence=(Evidence(pick.story.lead.id, 0, 4),), support=1.0)
    return Summary(pick=pick, bullets=(bullet,), engine="e")


@pytest.mark.parametrize("words", [5, 60, 90, 200, 1000])
def test_an_edition_stays_in_its_minutes_whatever_is_told(words: int) -> None:
    stories = [_story(f"s{k}", text="word " * 400, hours=k) for k in range(12)]
    limits = LimitsConfig(minutes=2, per_topic=12)
    choice = _choose(stories, [_topic()], [[3.0]] * 12, limits=limits.model_dump())

    def tell(picks: object) -> tuple[list[Summary], list[Problem]]:
        return [_told(pick, words) for pick in picks], []

    kept, left, _ = tell_within(choice, limits, tell)
    assert sum(choose.told_minutes(one) for one in kept) <= 2
    assert {one.pick.story.id for one in kept} | {pick.story.id for pick, _ in left} == {s.id for s in stories}
    assert len(kept) + len(left) == 12
    if words == 1000:
        assert kept == []
        assert any("told, it takes 4.2 minutes" in why for _, why in left)
    if words == 5:
        # What the short ones left was offered to those that had no room.
        assert len(kept) > len(choice.picks)


# Feedback


def _said(action: str, kind: str, target: str, days: float = 0, **keys: object) -> Feedback:
    when = NOON - timedelta(days=days)
    detail = {"title": target, "lead": "text", "topic": "Sea", "sources": ["A", "B"], "articles": ["x"]}
    fields = {"id": f"{action}{target}{days}", "detail": detail if kind == "story" else {}} | keys
    return Feedback(action=action, kind=kind, target=target, briefing="b", edition="e", at=when, **fields)


def test_words_change_factors_and_fade() -> None:
    taste = learn([_said("more", "topic", "Sea"), _said("less", "source", "A")], NOON)
    assert taste.topics["Sea"] == pytest.approx(1.162, abs=0.001)
    assert taste.sources["A"] == pytest.approx(0.861, abs=0.001)
    old = learn([_said("more", "topic", "Sea", days=600)], NOON)
    assert old.topics["Sea"] == 1.0
    many = learn([_said("less", "topic", "Sea", days=k / 9) for k in range(99)], NOON)
    assert many.topics["Sea"] == LEAST
    assert learn([_said("more", "topic", "Sea", days=k / 9) for k in range(99)], NOON).topics["Sea"] == MOST


def test_a_story_stands_for_its_topic_and_sources_a_little() -> None:
    taste = learn([_said("more", "story", "s")], NOON)
    assert 1.0 < taste.sources["A"] < taste.topics["Sea"] < 1.162
    assert taste.stories[0].text == "s. text"


def test_stories_like_one_spoken_of_are_drawn() -> None:
    taste = learn([_said("more", "story", "ferries"), _said("less", "story", "shares")], NOON)
    known = {"ferries. text": [1.0, 0, 0], "shares. text": [0, 1.0, 0]}
    vectors = numpy.array([[0.9, 0, 0.436], [0, 0.9, 0.436], [0, 0, 1]], dtype=numpy.float32)
    found = choose.leaning(taste, vectors, lambda texts: numpy.array([known[t] for t in texts], dtype=numpy.float32))
    assert found[0][0] > 0.8
    assert found[0][1] == "ferries"
    assert found[1][0] < -0.8
    assert found[2] == (0.0, "")


def test_mutes_last_until_their_day() -> None:
    until = date(2026, 3, 12)
    said = [
        _said("mute", "story", "a", until=until),
        _said("mute", "source", "Outlet 0"),
        _said("mute", "topic", "Art", until=until),
    ]
    taste = learn(said, NOON)
    assert taste.mute_of(_story("a"), "Sea", NOON.date()) == "this story is muted until 2026-03-12"
    assert taste.mute_of(_story("b"), "Sea", NOON.date()) == "its only source, Outlet 0, is muted"
    assert taste.mute_of(_story("b", outlets=2), "Sea", NOON.date()) is None
    assert taste.mute_of(_story("b", outlets=2), "Art", NOON.date()) == "the topic Art is muted until 2026-03-12"
    assert taste.mute_of(_story("b", outlets=2), "Art", until) is None
    found = _choose([_story("a", outlets=2)], [_topic()], [[3.0]], taste=taste)
    assert [why for _, why in found.muted] == ["this story is muted until 2026-03-12"]


def test_what_was_said_moves_a_story_up() -> None:
    stories = [_story("a"), _story("b")]
    known = [choose.Circumstances(), choose.Circumstances(leaning=0.8, liked="Ferry aground")]
    found = _choose(stories, [_topic()], [[3.0], [3.0]], known=known)
    assert [pick.story.id for pick in found.picks] == ["b", "a"]
    assert "like “Ferry aground”, of which you asked more" in found.picks[0].why


def test_the_account_holds_the_told_and_the_just_missed() -> None:
    stories = [_story(f"s{k}", hours=k) for k in range(60)]
    near = [[3.0]] * 20 + [[0.5]] * 40
    found = _choose(stories, [_topic()], near, limits={"per_topic": 3})
    summaries = [_told(pick, 20) for pick in found.picks]
    rows = choose.considered(summaries, found.left, found.near, 4)
    assert [row.place for row in rows[:3]] == [1, 2, 3]
    assert len(rows) == 3 + 30
    assert {row.fate for row in rows} == {"told", "no room: 3 stories of Sea are enough", "outside all topics"}
    lines = choose.in_words(rows[0])
    assert lines[0] == "1. Story s0 (Outlet 0)"
    assert "  +0." in "".join(lines)
