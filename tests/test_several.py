"""Pages in the layouts of the web: one article stays one, several are several, and nothing is lost."""

from __future__ import annotations

import pytest

from benchmarks.layouts import SEVERAL, SINGLE, Told
from briefing.extract.html import page_drafts

FERRY = Told(
    "Ferry runs aground at Aldmouth", "2026-03-10", "Mara Lind",
    (
        "The harbour of Aldmouth was closed on Tuesday after a ferry ran aground at its mouth, the master said.",
        "All 212 passengers were brought ashore by lifeboats within three hours, and nobody was hurt.",
        "The ferry lost power to its engines in a strong westerly wind shortly after it had left the quay.",
        "A tug from Dunholm is expected on Thursday, and the owners said they would pay for the salvage.",
        "Fishing boats were asked to use the old dock until the wreck had been moved to deeper water.",
    ),
)  # fmt: skip
WHEAT = Told(
    "Wheat harvest the best in years", "2026-03-11", "Tom Okafor",
    (
        "Farmers around Kelby brought in a third more grain than last summer, helped by rain in May and a dry July.",
        "The mill at Harrow Cross has taken on twelve people to work through the autumn, its manager said.",
        "Prices have fallen by a tenth since June, and bakers hope to pass that on before Christmas.",
        "Storage is short, so part of the crop will travel by barge to the silos at Port Ellison.",
        "The union of growers called it luck, and asked the ministry once more for a fund for bad years.",
    ),
)  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_one_article_stays_one(name: str) -> None:
    drafts = page_drafts(SINGLE[name](FERRY), "https://herald.example/ferry")
    assert len(drafts) == 1
    assert [text for text in FERRY.paragraphs if text not in drafts[0].text] == []
    assert "cookies" not in drafts[0].text


@pytest.mark.parametrize("name", SEVERAL)
def test_several_articles_are_several(name: str) -> None:
    drafts = page_drafts(SEVERAL[name]([FERRY, WHEAT]), "https://herald.example/")
    assert [draft.title for draft in drafts] == [FERRY.title, WHEAT.title]
    for draft, told in zip(drafts, (FERRY, WHEAT), strict=True):
        assert draft.text.split("\n\n") == list(told.paragraphs)
        assert draft.published is not None
        assert draft.published.date().isoformat() == told.day


def test_articles_of_one_page_have_their_own_addresses() -> None:
    drafts = page_drafts(SEVERAL["blog posts"]([FERRY, WHEAT]), "https://herald.example/")
    assert [draft.url for draft in drafts] == [
        "https://herald.example/2026-03-10/30",
        "https://herald.example/2026-03-11/31",
    ]


def test_comments_are_no_articles() -> None:
    comment = '<div class="comment"><h4><a href="#c{0}">Reader {0}</a></h4><time>2026-03-10</time><p>{1}</p></div>'
    comments = "".join(comment.format(at, " ".join(WHEAT.paragraphs)) for at in range(3))
    page = SINGLE["semantic"](FERRY).replace("<footer>", f'<div class="comments">{comments}</div><footer>')
    assert [draft.title for draft in page_drafts(page, None)] == [FERRY.title]
