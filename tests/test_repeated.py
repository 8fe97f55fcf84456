"""What a source puts under every article is learned and dropped; what recurs because it is news stays."""

from __future__ import annotations

from datetime import timedelta

from conftest import NOON, Make

from briefing.extract.language import settled
from briefing.extract.repeated import marks, sightings, without
from briefing.store.blocks import MOST, Blocks
from briefing.types import Article, Sighting

FOOT = "The Lakeside Gazette is made by readers like you; support local journalism from 3 a month."
TOPICS = [
    ("Ferry runs aground at Aldmouth", "The ferry lost power in a strong wind shortly after leaving the quay, the harbour master told reporters."),
    ("Wheat harvest the best in years", "Farmers around Kelby brought in a third more grain than last summer, helped by rain in May and a dry July."),
    ("Council closes two libraries", "Reading rooms in Dunmarrow and Northam will shut at Easter because the budget for books was halved."),
    ("Striker signs for Harrow Cross", "The forward, aged 24, scored eleven goals for the visitors and has agreed on a contract until 2029."),
    ("Bat colony stops the new bypass", "Surveyors counted 400 rare pipistrelles under the old viaduct, so builders must wait until autumn."),
]  # fmt: skip


def _articles(extra: str = FOOT) -> list[Article]:
    return [
        Article(
            id=f"a{at}",
            source="Gazette",
            title=title,
            text=f"{text}\n\n{title}: {text}\n\nMore is expected by noon.\n\n{extra}",
        )
        for at, (title, text) in enumerate(TOPICS)
    ]


def _known(articles: list[Article]) -> list[Sighting]:
    return [one for article in articles for one in sightings(article)]


def test_a_paragraph_under_every_article_is_dropped_once_it_is_known() -> None:
    articles = _articles()
    assert FOOT in without(articles[2], _known(articles[:2])).text
    told = without(articles[4], _known(articles[:4])).text
    assert FOOT not in told
    assert told.startswith(TOPICS[4][1])


def test_its_numbers_may_change() -> None:
    articles = _articles()
    last = Article(id="z", source="Gazette", title=TOPICS[4][0], text=articles[4].text.replace("from 3", "from 14"))
    assert "support local" not in without(last, _known(articles[:4])).text


def test_background_that_recurs_in_reports_of_one_event_stays() -> None:
    background = "The ferry Northern Light ran aground off Aldmouth on Monday with 212 passengers on board."
    reports = [
        "Divers looked at the hull of the Northern Light on Tuesday and found a tear of four metres.",
        "Passengers of the ferry told the inquiry in Aldmouth that no alarm had sounded.",
        "The owner of the Northern Light said a tug would pull the ferry free at the next high tide.",
        "Aldmouth's harbour stayed closed for a third day while oil was pumped out of the ferry.",
        "The ferry was refloated on Friday and towed from Aldmouth to a yard at Dunholm.",
        "Prosecutors asked for the log of the ferry Northern Light.",
    ]
    articles = [
        Article(id=f"r{at}", source="Gazette", title=f"Ferry at Aldmouth, day {at}", text=f"{text}\n\n{background}")
        for at, text in enumerate(reports)
    ]
    assert background in without(articles[-1], _known(articles[:-1])).text


def test_the_same_article_read_again_is_one_article() -> None:
    articles = _articles()
    assert without(articles[1], _known([articles[0]] * 6)) == articles[1]


def test_an_article_that_is_mostly_furniture_is_left_alone() -> None:
    articles = _articles(extra=FOOT * 5)
    assert without(articles[4], _known(articles[:4])) == articles[4]


def test_the_store_remembers_by_source_and_forgets_what_came_once(make_app: Make) -> None:
    blocks = Blocks(make_app().store)
    articles = _articles()
    for article in articles[:4]:
        blocks.met("Gazette", sightings(article), NOON)
    block = list(marks(articles[0]))[-1]
    assert len([one for one in blocks.met("Gazette", sightings(articles[4]), NOON) if one.block == block]) == 4
    assert blocks.met("Wire", sightings(articles[4]), NOON) == []
    # Weeks later what stood in one article is gone, and what stood in many is not.
    blocks.met("Gazette", sightings(articles[0]), NOON + timedelta(days=20))
    later = blocks.met("Gazette", sightings(articles[0]), NOON + timedelta(days=20))
    assert len([one for one in later if one.block == block]) == 5
    first = next(iter(marks(articles[1])))
    blocks.forget(["Gazette"], NOON + timedelta(days=20))
    assert [one for one in blocks.met("Gazette", sightings(articles[1]), NOON) if one.block == first] == []


def test_sightings_of_one_paragraph_are_bounded(make_app: Make) -> None:
    blocks = Blocks(make_app().store)
    for at in range(MOST + 5):
        blocks.met("Gazette", [Sighting("b", f"a{at}", "0")], NOON)
    assert len(blocks.met("Gazette", [Sighting("b", "a0", "0")], NOON)) == MOST


def test_language_is_what_the_page_declares_unless_the_text_says_otherwise() -> None:
    german = (
        "Die Brücke wurde am Dienstag nach vierzehn Monaten wieder für den Verkehr geöffnet, teilte der Kreis mit. "
    )
    assert settled("en", german * 4) == "de"
    assert settled("en-GB", " ".join(text for _, text in TOPICS)) == "en-GB"
    assert settled(None, german) == "de"
    assert settled("en", "Guten Tag.") == "en"
    assert settled(None, "") is None
    assert (
        settled("no", "Broen ble åpnet igjen tirsdag etter fjorten måneder med reparasjoner, sa fylket. " * 5) == "no"
    )
