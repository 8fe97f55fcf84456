"""What no reader sees is gone before anything reads the page; what readers see stays."""

from __future__ import annotations

import time

import pytest

from benchmarks.hostile import hiding
from briefing.extract.html import page_drafts

PAGES = hiding.pages()


@pytest.mark.parametrize("name", PAGES)
def test_no_hiding_trick_passes(name: str) -> None:
    assert not hiding.leaks(PAGES[name])


@pytest.mark.parametrize("name", ["style: font 0", "element: template", "sheet: class", "element: comment"])
def test_nor_in_a_feed_or_a_mail(name: str) -> None:
    assert not hiding.leaks(PAGES[name], "text/x-html-fragment")


SEEN = "The ferry stops at the end of the month, and the buses use the bridge."


@pytest.mark.parametrize(
    "carrier",
    [
        '<p style="color:#767676">{}</p>',
        '<p style="opacity:.6">{}</p>',
        '<div style="background:#000"><p style="color:white">{}</p></div>',
        '<div style="background:url(dark.png)"><p style="color:white">{}</p></div>',
        '<div style="font-size:0"><p style="font-size:16px">{}</p></div>',
        '<div style="visibility:hidden"><p style="visibility:visible">{}</p></div>',
        '<p style="position:relative;left:-8px">{}</p>',
        '<p style="overflow:hidden;max-height:2000px;width:100%">{}</p>',
        '<p style="transform:translateY(8px)">{}</p>',
        '<p style="text-indent:2em">{}</p>',
        "<details><summary>More</summary><p>{}</p></details>",
        "<dialog open><p>{}</p></dialog>",
        '<p style="clip-path:circle(60%)">{}</p>',
        "<p style=\"font:16px/1.5 'Source Serif'\">{}</p>",
    ],
)
def test_what_readers_see_stays(carrier: str) -> None:
    assert SEEN in page_drafts(hiding.page(carrier.format(SEEN)), None)[0].text


@pytest.mark.parametrize(
    "sheet",
    [
        ".x{display:none}",
        "@media print{p{display:none}}",
        "@media (max-width:600px){p{display:none}}",
        "p:hover{display:none}",
        "p::before{display:none}",
        "p{display:none}p{display:block}",
        "body{visibility:hidden;opacity:0}",
        "@media (prefers-color-scheme:dark){p{color:white}}",
        "p{display:none",
        "}} p{",
        "{display:none}",
    ],
)
def test_styles_that_hide_nothing_here(sheet: str) -> None:
    html = hiding.page(f"<p>{SEEN}</p>", sheet)
    # A sheet that is never closed is closed by its end, as browsers do it.
    hidden = sheet == "p{display:none"
    assert (SEEN in " ".join(draft.text for draft in page_drafts(html, None))) is not hidden


@pytest.mark.parametrize("tag", ["<b><i>", "<span>", "<font><a>"])
def test_nested_tags_take_no_more_than_linear_time(tag: str) -> None:
    def processor_time(kilobytes: int) -> float:
        close = "".join("</" + name for name in reversed(tag.split("<")[1:]))
        count = kilobytes * 1000 // (len(tag) + len(close))
        html = hiding.page(tag * count + "word " + close * count)
        started = time.process_time()
        assert hiding.PARAGRAPHS[0] in page_drafts(html, None)[0].text
        return time.process_time() - started

    processor_time(1)
    assert processor_time(429) < 10
