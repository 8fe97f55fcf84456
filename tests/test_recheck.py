"""Told articles are looked at again: conditionally, a few at a time, for three days; one that fails stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from conftest import NOON, Clock, Make

from briefing.engines.encoder import WordEncoder
from briefing.errors import ExtractError
from briefing.extract import Extractor
from briefing.fetch import Fetcher, Limits, Response
from briefing.following import recheck
from briefing.guard import Support
from briefing.store import Store, open_store
from briefing.text import Span
from briefing.threads import correction_note, corrections, refers
from briefing.types import Article, Bullet, Claim, Collected, Edition, Evidence, Item, Pick, Story, Summary, Thread
from briefing.voices import Aligner

OLD = "The bridge at Kelby will be closed for 40 days. Buses take the northern road."
NEW = "The bridge at Kelby will be closed for 14 days. Buses take the northern road."
URL = "https://news.example/bridge"


class Reads:
    """An extractor that takes a page's bytes for the text of its one article."""

    def extract(
        self, item: Item, body: bytes, media_type: str, charset: str | None, url: str | None, seen: object
    ) -> tuple[Article, ...]:
        if not body:
            raise ExtractError(item.key, "it is empty")
        return (Article(id=item.key, text=body.decode(), source=item.source, url=url, published=NOON, seen=NOON),)


Answer = Callable[[httpx.Request], httpx.Response]


def fetcher(answer: Answer, rules: str | None = None) -> Fetcher:
    """A network where `answer` gives the pages and every server has the `rules`, or none, for a robots.txt."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/robots.txt":
            return answer(request)
        return httpx.Response(404) if rules is None else httpx.Response(200, stream=httpx.ByteStream(rules.encode()))

    return Fetcher(Limits(tries=1), httpx.MockTransport(respond))


def told(store: Store, key: str = "bridge", url: str = URL, text: str = OLD) -> Article:
    """An article that an edition has told."""
    item = Item(source="S", key=key, url=url, follow=True)
    store.note_items("S", Collected(items=(item,)), NOON)
    (waiting,) = (one for one in store.unread(["S"], None) if one.item.key == key)
    article = Article(id=key, text=text, source="S", url=url, published=NOON, seen=NOON)
    store.keep_articles(waiting.id, [article])
    end = text.index(".") + 1
    bullet = Bullet(text=text[:end], evidence=(Evidence(key, 0, end),), support=1.0)
    pick = Pick(story=Story(id=f"story-{key}", articles=(article,)))
    edition = Edition(
        id=f"edition-{key}"[:16], briefing="daily", slot=key, title="Daily", day=date(2026, 3, 11), language="en",
        time_zone="UTC", made=NOON, summaries=(Summary(pick=pick, bullets=(bullet,), engine="e"),),
    )  # fmt: skip
    assert store.save_edition(edition, [])
    return article


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store("a.db", tmp_path)


def text_of(store: Store) -> str:
    (article,) = store.articles(["S"], None, NOON + timedelta(days=9))
    return article.text


def look(store: Store, answer: Answer, hours: float = 24, most: int = 40, rules: str | None = None) -> list[str]:
    with fetcher(answer, rules) as opened:
        extractor: Extractor = Reads()
        return [one.message for one in recheck(store, opened, extractor, NOON + timedelta(hours=hours), most=most)]


def test_a_changed_page_is_kept_and_the_old_text_too(store: Store) -> None:
    told(store)
    store.note_page("bridge", '"1"', None, None)
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"2"':
            return httpx.Response(304)
        return httpx.Response(200, stream=httpx.ByteStream(NEW.encode()), headers={"ETag": '"2"'})

    assert look(store, answer) == []
    assert text_of(store) == NEW
    assert look(store, answer, 24.5) == []  # just looked at
    assert look(store, answer, 30) == []
    assert asked == ['"1"', '"2"']
    (thread,) = store.threads("daily").values()
    assert thread.articles[0].text == OLD
    assert look(store, answer, 80) == []  # after three days nobody asks
    assert len(asked) == 2


def test_one_that_fails_is_a_problem_and_no_more(store: Store) -> None:
    told(store, "a", "https://news.example/a")
    told(store, "b", "https://news.example/b")
    told(store, "c", "https://news.example/c")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/a":
            return httpx.Response(500)
        return httpx.Response(200, stream=httpx.ByteStream(b"" if request.url.path == "/b" else NEW.encode()))

    (message,) = look(store, answer)
    assert message.startswith("2 told before could not be looked at again")
    texts = {article.id: article.text for article in store.articles(["S"], None, NOON + timedelta(days=9))}
    assert texts == {"a": OLD, "b": OLD, "c": NEW}


def test_a_page_that_lost_its_text_changes_nothing(store: Store) -> None:
    told(store)
    assert look(store, lambda _: httpx.Response(200, stream=httpx.ByteStream(b"Please subscribe."))) == []
    assert text_of(store) == OLD
    note = b"This article has been withdrawn."
    assert look(store, lambda _: httpx.Response(200, stream=httpx.ByteStream(note)), 30) == []
    assert text_of(store) == note.decode()


def test_so_many_in_a_run(store: Store) -> None:
    for key in "abc":
        told(store, key, f"https://news.example/{key}")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(304)

    look(store, answer, most=2)
    assert asked == ["/a", "/b"]
    look(store, answer, 24.1, most=2)
    assert asked == ["/a", "/b", "/c"]


def test_a_page_is_looked_at_again_as_its_robots_txt_allows(store: Store) -> None:
    told(store, "a", "https://news.example/open/a")
    told(store, "b", "https://news.example/closed/b")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, stream=httpx.ByteStream(NEW.encode()))

    assert look(store, answer, rules="User-agent: *\nDisallow: /closed/\n") == []
    assert asked == ["/open/a"]
    texts = {article.id: article.text for article in store.articles(["S"], None, NOON + timedelta(days=9))}
    assert texts == {"a": NEW, "b": OLD}


def test_a_page_whose_server_wants_pauses_waits_without_a_word(store: Store) -> None:
    for key in "ab":
        told(store, key, f"https://news.example/{key}")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(304)

    assert look(store, answer, rules="User-agent: *\nCrawl-delay: 3600\n") == []
    assert len(asked) == 1


class Judges:
    """Supports what shares its figures with the article."""

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: object = None,
    ) -> list[Support]:
        text = source if isinstance(source, str) else source.text
        fits = [all(word in text for word in claim.split() if word.isdigit()) for claim in claims]
        return [Support(float(fit), fit, () if fit else ("no",), ()) for fit in fits]


def thread(*claims: str, text: str = OLD) -> Thread:
    article = Article(id="x", text=text, source="S")
    made = tuple(
        Claim(text=one, day=date(2026, 3, 11), evidence=(Evidence("x", text.find(one), text.find(one) + len(one)),))
        for one in claims
    )
    return Thread(story="s", title="Bridge at Kelby", claims=made, articles=(article,))


def found(own: Thread, text: str) -> list[tuple[str, str, bool]]:
    again = Article(id="x", text=text, source="S")
    made = corrections(own, again, own.articles[0].text, Judges(), Aligner(WordEncoder()))
    return [(one.told, one.now, one.noted) for one in made]


CLOSED = "The bridge at Kelby will be closed for 40 days."


def test_what_the_new_text_no_longer_supports_is_corrected() -> None:
    own = thread(CLOSED, "Buses take the northern road.")
    assert found(own, NEW) == [(CLOSED, "The bridge at Kelby will be closed for 14 days.", False)]


def test_more_text_and_other_words_correct_nothing() -> None:
    own = thread(CLOSED)
    assert found(own, f"{OLD} The mayor was pleased.") == []
    assert found(own, "For 40 days the bridge at Kelby stays closed. Buses take the northern road.") == []
    assert found(own, OLD) == []
    assert found(own, "Subscribe.") == []


def test_a_note_of_correction_is_told_even_where_the_bullet_holds() -> None:
    own = thread("Buses take the northern road.", CLOSED)
    note = "Correction: An earlier version of this article gave a wrong reason why the bridge at Kelby was closed."
    assert found(own, f"{OLD}\n\n{note}") == [(CLOSED, note, True)]


@pytest.mark.parametrize(
    ("text", "is_note"),
    [
        ("Correction: the toll was 14, not 40.", True),
        ("This article has been corrected to say that the bridge is open.", True),
        ("Editor's note: Corrected on Monday to give the right name.", True),
        ("An earlier version of this story gave a wrong date.", True),
        ("We have retracted this article.", True),
        ("The correction of the river's course took ten years.", False),
        ("The minister corrected himself later.", False),
        ("The report was welcomed by the union.", False),
    ],
)
def test_what_is_a_note(text: str, is_note: bool) -> None:
    assert bool(correction_note(f"The bridge fell.\n\n{text}")) is is_note


def test_a_correction_as_an_item_of_its_own_refers_to_what_was_told() -> None:
    own = thread(CLOSED)
    item = Article(id="y", title="Correction: Bridge at Kelby", source="S", text="The bridge is closed for 14 days.")
    made = refers(item, [own])
    assert made is not None
    assert (made.told, made.now) == (CLOSED, "The bridge is closed for 14 days.")
    other = Article(id="z", title="Correction: Choir of Harrow Cross", source="S", text="The choir sang on Sunday.")
    assert refers(other, [own]) is None
    elsewhere = Article(id="y", title=item.title, source="Another", text=item.text)
    assert refers(elsewhere, [own]) is None


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>N</title><item><title>Bridge at Kelby closed</title>
<guid>bridge</guid><link>https://news.example/bridge</link><pubDate>Wed, 11 Mar 2026 09:00:00 GMT</pubDate>
<description>The bridge is closed.</description></item></channel></rss>"""
PAGE = """<html><head><title>Bridge at Kelby closed</title></head><body><article><h1>Bridge at Kelby closed</h1>
<p>The bridge at Kelby will be closed for {days} days while divers look at its pillars, the council said.</p>
<p>Buses take the northern road until then, which adds twenty minutes to the way to the school at Harrow Cross.</p>
<p>Fishing boats may pass below the bridge between six and eight in the morning, as the divers begin at nine.</p>
</article></body></html>"""


def test_from_the_page_to_the_edition(make_app: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    def get(self: Fetcher, url: str, *, etag: str | None = None, **_: object) -> Response:
        asked.append((url.rpartition("/")[2], etag))
        if url.endswith("/feed"):
            return Response(url, FEED.encode(), "application/rss+xml")
        days = 40 if clock.now == NOON else 14
        if etag == f'"{days}"':
            return Response(url, b"", "", unchanged=True, etag=etag)
        return Response(url, PAGE.format(days=days).encode(), "text/html", "utf-8", etag=f'"{days}"')

    monkeypatch.setattr(Fetcher, "get", get)
    app = make_app("- {name: News, type: feed, url: https://news.example/feed}")
    first = app.run().edition
    (summary,) = first.summaries
    assert any("40 days" in bullet.text for bullet in summary.bullets)
    clock.now = NOON + timedelta(days=1)
    second = app.run().edition
    assert ("bridge", '"40"') in asked
    (correction,) = second.corrections
    assert (correction.outlet, correction.day, correction.noted) == ("News", date(2026, 3, 11), False)
    assert "40 days" in correction.told
    assert "14 days" in correction.now
    text = " ".join(app.renderer.render(second, "txt").split())
    assert text.index("CORRECTIONS") < text.index("News says now")
    clock.now = NOON + timedelta(days=2)
    assert app.run().edition.corrections == ()
    assert asked[-1] == ("bridge", '"14"')
    # The first edition is what it was.
    kept = app.store.edition("daily", first.slot)
    assert kept is not None
    assert kept.summaries[0].article.text == summary.article.text
