"""Documents, transcripts, and pages behind walls."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import docx
import pytest
from conftest import Make

from benchmarks.hostile.servers import serving
from briefing.errors import ExtractError
from briefing.extract.cascade import read
from briefing.walls import bot_wall, wall_in

PARAGRAPHS = (
    "The council of Kelby voted on Monday to reopen the old lift bridge to carts and to people on foot.",
    "The works took a year and cost less than was feared, the engineer Mira Oke said on the evening of the vote.",
    "Boats will wait at most ten minutes, and the bridge stays down at night from the first of April.",
)


def pdf(*pages: list[str], info: str = "") -> bytes:
    """A plain PDF: each page's lines, one under the other."""
    objects: list[str] = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        drawn = "BT /F1 11 Tf 50 780 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    objects.append(f"<< {info} >>")
    out = "%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n"
    return (out + f"{out.index('xref')}\n%%EOF").encode("latin-1")


def wrapped(text: str, width: int = 60) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)


def word(**about: object) -> bytes:
    made = docx.Document()
    made.add_heading("Bridge reopens in Kelby", 0)
    for text in PARAGRAPHS:
        made.add_paragraph(text)
    made.core_properties.author = "Mira Oke"
    made.core_properties.modified = datetime(2026, 3, 10, 9, 0)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_pdf_is_read_in_paragraphs() -> None:
    pages = [["Kelby Post", "", *wrapped(text), "", str(number)] for number, text in enumerate(PARAGRAPHS, 1)]
    body = pdf(*pages, info="/Title (Bridge reopens in Kelby) /Author (Mira Oke) /CreationDate (D:20260310090000Z)")
    (draft,) = read("D", body, "application/octet-stream", None, None)
    assert draft.title == "Bridge reopens in Kelby" and draft.authors == ("Mira Oke",)
    assert draft.published is not None and draft.published.year == 2026
    assert all(text in draft.text for text in PARAGRAPHS)
    assert "Kelby Post" not in draft.text


def test_a_pdf_without_text_or_damaged_says_so() -> None:
    with pytest.raises(ExtractError, match="no text"):
        read("D", pdf([]), "application/pdf", None, None)
    for broken in (b"%PDF-1.4\n" + b"\x00" * 500, pdf(["x"])[:200], b"%PDF-1.7"):
        with pytest.raises(ExtractError):
            read("D", broken, "application/pdf", None, None)


def test_a_word_file() -> None:
    (draft,) = read("D", word(), "application/octet-stream", None, None)
    assert draft.title == "Bridge reopens in Kelby" and draft.authors == ("Mira Oke",)
    assert draft.text == "\n\n".join(PARAGRAPHS)


def test_a_word_file_that_is_a_bomb() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b" " * 250_000_000)
    with pytest.raises(ExtractError, match="unpacks to 250 MB"):
        read("D", out.getvalue(), "application/zip", None, None)
    with pytest.raises(ExtractError, match="damaged"):
        read("D", word()[:3000] + b"word/", "application/msword", None, None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("WEBVTT\n\nNOTE x\n\n1\n00:00:01.000 --> 00:00:04.000\n<v Mira>The bridge\n\n00:00:04.000 --> 00:00:06.000\n<v Mira>opened.\n\n00:07.000 --> 00:08.000\n<v Tom>At last.\n", "text/vtt"),
        ("1\n00:00:01,000 --> 00:00:04,000\nMira: The bridge\n\n2\n00:00:04,000 --> 00:00:06,000\nopened.\n\n3\n00:00:07,000 --> 00:00:08,000\nTom: At last.\n", "text/plain"),
        ('{"version": "1.0.0", "segments": [{"speaker": "Mira", "body": "The bridge"}, {"speaker": "Mira", "body": "opened."}, {"speaker": "Tom", "body": "At last."}]}', "application/json"),
    ],
)  # fmt: skip
def test_transcripts(text: str, kind: str) -> None:
    (draft,) = read("T", text.encode(), kind, None, None)
    assert draft.text == "Mira: The bridge opened.\n\nTom: At last."


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html lang='en'><head><title>Bridge reopens</title>{head}</head><body><article><h1>Bridge reopens in Kelby</h1>{body}</article></body></html>".encode()


def test_a_paywall_is_said_and_what_stands_before_it_told() -> None:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    (draft,) = read(
        "P",
        page(body + "<p>Subscribe now to continue reading this story. Already a subscriber? Log in.</p>"),
        "text/html",
        None,
        None,
    )
    assert "Subscribe" not in draft.text and PARAGRAPHS[2] in draft.text
    assert any("behind a paywall" in note for note in draft.notes)
    locked = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'
    (draft,) = read("P", page(body, locked), "text/html", None, None)
    assert any("behind a paywall" in note for note in draft.notes)
    with pytest.raises(ExtractError, match="a paywall"):
        read(
            "P",
            page(
                "<p>The bridge is open.</p><p>This article is for subscribers only. To continue reading, please subscribe or log in. Choose your plan: monthly or yearly, cancel at any time you like.</p>"
            ),
            "text/html",
            None,
            None,
        )


def test_a_whole_article_that_asks_for_subscribers_is_no_wall() -> None:
    body = "".join(f"<p>{text} It was the {n}th time.</p>" for n in range(6) for text in PARAGRAPHS)
    (draft,) = read("P", page(body + "<p>Become a member to support us.</p>"), "text/html", None, None)
    assert not any("paywall" in note for note in draft.notes)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (
            "<p>We value your privacy. We and our 842 partners store and/or access information on a device, such as cookies.</p><p>With your consent we process personal data for personalised ads.</p><p>Accept all. Reject all. Manage preferences. Privacy policy. Cookie settings.</p>",
            "a cookie banner",
        ),
        (
            "<p>Bevor Sie fortfahren: Wir verwenden Cookies und Ihre Einwilligung. Alle akzeptieren. Datenschutz. Cookies ablehnen.</p>",
            "a cookie banner",
        ),
        ("<p>Please enable JavaScript and cookies to continue. Verify you are human.</p>", "a bot wall"),
    ],
)
def test_other_walls_are_never_news(body: str, what: str) -> None:
    with pytest.raises(ExtractError, match=what):
        read("P", page(body).replace(b"<h1>Bridge reopens in Kelby</h1>", b""), "text/html", None, None)


def test_news_about_cookies_and_subscribers_is_news() -> None:
    text = "The regulator fined the company on Monday for its cookie banner. Reject all was hidden behind two clicks, it said. The company said it would appeal. Privacy groups welcomed the decision, which is the largest of its kind this year, and said that others would follow before the summer. The company has 40 million subscribers in nine countries."
    assert wall_in(text) is None
    assert (
        bot_wall(
            200,
            {},
            f"<p>{text * 3}</p><script src='https://www.google.com/recaptcha/api.js' class='g-recaptcha'></script>",
        )
        is None
    )


def test_the_teaser_stands_in_for_a_page_behind_a_wall(make_app: Make) -> None:
    with serving() as server:
        server.at["/a"] = page(
            "<p>Accept all cookies. We value your privacy. Reject all. Manage preferences. Our partners.</p>"
        )
        server.at["/feed"] = (
            f"<rss version='2.0'><channel><item><title>Bridge reopens</title><link>{server.origin}/a</link><description>{PARAGRAPHS[0]}</description></item></channel></rss>".encode()
        )
        app = make_app(
            f"- {{name: F, type: feed, url: '{server.origin}/feed'}}", more=f"fetch: {{private: ['{server.origin}']}}"
        )
        edition = app.run().edition
    assert [s.article.text for s in edition.summaries] == [PARAGRAPHS[0]]
    assert any("a cookie banner" in problem.message for problem in edition.problems)


def test_a_watched_folder_takes_what_is_whole(make_app: Make, tmp_path: Path) -> None:
    news = tmp_path / "news"
    (news / "bridge.docx").write_bytes(word())
    (news / "~$bridge.docx").write_bytes(b"lock")
    (news / ".hidden.txt").write_text("no")
    (news / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    app = make_app()
    assert {summary.title for summary in app.run().edition.summaries} == {
        "Ferry runs aground at Aldmouth",
        "Bridge reopens in Kelby",
    }
