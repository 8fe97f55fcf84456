"""What an edition looks like outside: valid HTML, nothing active or remote, under Gmail's limit; notes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import html5lib
import pytest
from naughty import titles
from ruamel.yaml import YAML
from sample_editions import developing, edition, message
from servers import plain_smtp_server

from briefing.channels.file import FileChannel
from briefing.channels.mail import MailChannel
from briefing.config import FileChannelConfig, MailChannelConfig
from briefing.forms import PREVIEW, Format, Offer, preview
from briefing.render import MAIL_BYTES, Renderer
from briefing.types import Problem

XHTML = "{http://www.w3.org/1999/xhtml}"


def _offer(word: str, what: str) -> str:
    return f"mailto:reply@example.org?subject={word}%20{what}"


def parsed(page: str) -> html5lib.HTMLParser:
    """The page by a parser that follows the standard and stops at any fault."""
    return html5lib.HTMLParser(strict=True).parse(page)


def check_nothing_active(page: str) -> None:
    root = html5lib.HTMLParser(strict=True).parse(page)
    for element in root.iter():
        tag = str(element.tag).removeprefix(XHTML)
        assert tag not in {
            "script",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "base",
            "link",
            "img",
            "video",
            "svg",
        }
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on")
            assert str(name) not in {"src", "srcset", "background", "poster", "ping"}
            if name == "href":
                assert re.match(r"(https?|mailto):|#", value), value
            if name == "style":
                assert "url(" not in value
        if tag == "style":
            assert "url(" not in (element.text or "")
            assert "@import" not in (element.text or "")


@pytest.mark.parametrize("form", ["html", "mail"])
def test_pages_are_valid_and_nothing_in_them_is_active_or_remote(form: Format) -> None:
    renderer = Renderer()
    problems = [Problem("source", "<b>Kelby</b>", "answered 404 & nothing else")]
    for found in (edition(), edition([]), edition(titles()[:150], problems=problems)):
        page = renderer.render(
            found, form, offer=Offer(_offer, by_mail=True), page="https://news.example.org/daily/2026-03-11.html"
        )
        check_nothing_active(page)


def test_a_page_that_is_wrong_would_be_seen() -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        check_nothing_active("<!doctype html><title>x</title><p><div></p>")
    with pytest.raises(AssertionError):
        check_nothing_active("<!doctype html><title>x</title><img src='https://example.org/x.gif' alt=''>")


def test_a_feeds_entry_is_a_valid_fragment() -> None:
    fragment = Renderer().render(edition(titles()[:100]), "entry")
    html5lib.HTMLParser(strict=True).parseFragment(fragment)
    assert "<script" not in fragment


def test_a_mail_is_laid_out_in_tables_with_its_styles_inside() -> None:
    page = Renderer().render(edition(), "mail", offer=Offer(_offer, by_mail=True))
    assert '<td class="in" style="' in page
    assert 'role="presentation"' in page
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page
    assert "<!--[if mso]>" in page
    for word in ("more%201", "less%201", "full%201", "pause", "unsubscribe"):
        assert word in page
    head = page.partition("</style>")[0].partition("<style>")[2]
    assert len(head) < 8192, "Gmail drops longer styles"


@pytest.mark.parametrize("form", ["mail", "mailtext"])
def test_stories_laid_out_once_for_all_make_the_same_mail(form: Format, tmp_path: Path) -> None:
    """With templates of the user's own nothing is laid out before: both ways give the same, byte for byte."""
    once, whole = Renderer(), Renderer(tmp_path)
    odd = edition(["<!--story 1-->", "a\nb", *titles()[::25]])
    why = ('“a” & "b"', "<c> 'd'\xa0e &amp; f", "gap0x")
    first = replace(odd.summaries[0], pick=replace(odd.summaries[0].pick, why=why))
    for made in (developing(), replace(odd, summaries=(first, *odd.summaries[1:]))):
        for offer in (None, Offer(_offer, by_mail=True)):
            found = [one.render(made, form, offer=offer, page="https://news.example.org/") for one in (once, whole)]
            assert found[0] == found[1]


@pytest.mark.parametrize("form", ["mail", "mailtext"])
def test_mails_of_one_shape_differ_in_their_texts_alone(form: Format, tmp_path: Path) -> None:
    once, whole = Renderer(), Renderer(tmp_path)
    odd = ["<b>&amp; \"'\xa0", "x" * 170, 'a="', "Ünder 🥖\u202e", "</title><p>"]
    for at in range(len(odd)):
        names = [*odd[at:], *odd[:at]]
        problems = [Problem("source", names[1], names[2])]
        made = replace(edition(names[at % 2 :], title=names[0], problems=problems), day=date(2026, 3, 11 + at))
        page = f"https://news.example.org/?a={at}&b=\"'<"
        found = [one.render(made, form, page=page, confirmed=names[:1]) for one in (once, whole)]
        assert found[0] == found[1]


@pytest.mark.parametrize("number", [3, 200])
def test_a_cut_mail_is_the_same_either_way(number: int, tmp_path: Path) -> None:
    made = edition([f"Story {n} at Kelby" for n in range(number)], length=400 if number < 10 else 30)
    found = [one.render(made, "mail", page="https://news.example.org/") for one in (Renderer(), Renderer(tmp_path))]
    assert found[0] == found[1]


def test_a_mails_preview_is_cut_at_a_word() -> None:
    lead = [{"title": "Bread and roses"}] * 20
    line = preview([], lead, {})
    assert len(line) <= PREVIEW
    assert re.search(r"(?:·|Bread|and|roses)\.\.\.$", line)
    assert preview(lead[:1], lead, {"corrections": "Corrected"}) == "Corrected: Bread and roses"


def test_a_mail_over_the_limit_is_cut_at_a_story_and_links_on() -> None:
    found = edition([f"Story {n} at Kelby" for n in range(1, 201)])
    page = Renderer().render(
        found, "mail", page="https://news.example.org/daily/2026-03-11.html", offer=Offer(_offer, by_mail=True)
    )
    assert 90_000 < len(page.encode()) <= MAIL_BYTES
    check_nothing_active(page)
    told = [int(n) for n in re.findall(r"<h3[^>]*><span[^>]*>(\d+)\.</span>", page)]
    assert told == list(range(1, len(told) + 1))
    rest = 200 - len(told)
    assert f"{rest} more stories did not fit into this mail" in page
    named = page.partition("Not in this mail")[2]
    assert f"https://news.example.org/story/{len(told) + 1}?" in named
    assert "https://news.example.org/daily/2026-03-11.html" in named
    assert "What became of everything" in named
    text = Renderer().render(found, "txt")
    assert "Story 200 at Kelby" in text, "the text part is whole"


def test_even_without_any_room_the_rest_is_named() -> None:
    page = Renderer().render(edition([f"Story {n}" for n in range(1, 4)], length=400), "mail")
    assert len(page.encode()) <= MAIL_BYTES
    assert "3 more stories did not fit" in page or "2 more stories did not fit" in page


def _lines(raw: bytes) -> list[bytes]:
    head = raw.partition(b"\r\n\r\n")[0]
    return [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]


def test_no_headline_adds_a_header(tmp_path: Path) -> None:
    renderer, made = Renderer(), titles()
    assert len(made) >= 515
    expected = {
        b"From", b"To", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"List-Id", b"Precedence", b"Auto-Submitted",
        b"X-Auto-Response-Suppress", b"MIME-Version", b"Content-Type",
    }  # fmt: skip
    # The server adds two of its own.
    added = {b"X-Peer", b"X-MailFrom", b"X-RcptTo"}
    with plain_smtp_server() as server:
        config = MailChannelConfig.model_validate(
            {"type": "mail", "host": "localhost", "port": server.port, "security": "none",
             "sender": "briefing@example.org", "to": ["a@example.org"]}
        )  # fmt: skip
        channel = MailChannel(config, tmp_path)
        plain = renderer.render(edition(["Kelby"]), "mail")
        for title in made:
            found = edition([title], title=title)
            bodies = {"mailtext": renderer.render(found, "mailtext"), "mail": plain}
            links = {"reply_to": "reply@example.org"}
            channel.send(message(bodies, "a@example.org", subject=title, title=title, links=links))
        assert len(server.box.mails) == len(made)
        for title, raw, (recipients, mail) in zip(made, server.box.raw, server.box.mails, strict=True):
            names = [line.partition(b":")[0] for line in _lines(raw)]
            assert set(names) - added == expected, title[:80]
            assert len(names) == len(set(names)), title[:80]
            assert recipients == ["a@example.org"]
            assert mail["Reply-To"] == "reply@example.org"
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", mail["Subject"] or "")
            assert [part.get_content_type() for part in mail.walk()] == [
                "multipart/alternative", "text/plain", "text/html",
            ]  # fmt: skip
            assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_headlines_arrive_whole_where_nothing_is_wrong_with_them() -> None:
    config = MailChannelConfig.model_validate(
        {"type": "mail", "host": "localhost", "sender": "briefing@example.org", "to": ["a@example.org"]}
    )
    for title in ("Мост открыт в Келби", "桥梁开通", "Fête à “Kelby”: 5 €", "a" * 300):
        bodies = {"mailtext": "x", "mail": "<p>x</p>"}
        mail = MailChannel(config, Path()).mail(message(bodies, "a@example.org", subject=title, title=title))
        assert mail["Subject"] == title
        assert mail["From"].addresses[0].display_name == title
        assert mail["From"].addresses[0].addr_spec == "briefing@example.org"


def test_the_headers_of_a_list() -> None:
    config = MailChannelConfig.model_validate(
        {"type": "mail", "host": "localhost", "sender": "briefing@example.org", "to": ["a@example.org"]}
    )
    links = {
        "reply_to": "reply+abc@example.org",
        "unsubscribe": "https://news.example.org/answer/abc.def",
        "unsubscribe_mail": "mailto:reply+abc@example.org?subject=unsubscribe",
    }
    mail = MailChannel(config, Path()).mail(
        message({"mailtext": "x", "mail": "<p>x</p>"}, "a@example.org", links=links)
    )
    assert mail["List-Id"] == "<daily.example.org>"
    assert mail["List-Unsubscribe"] == f"<{links['unsubscribe']}>, <{links['unsubscribe_mail']}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Precedence"] == "list"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Wed, 11 Mar 2026 06:00:00 +0000"
    assert mail["Message-ID"] == "<00112233aabbccdd.0123456789abcdef@example.org>"
    without = MailChannel(config, Path()).mail(message({"mailtext": "x", "mail": "<p>x</p>"}, "a@example.org"))
    assert "List-Unsubscribe" not in without
    assert "List-Unsubscribe-Post" not in without


def _note(tmp_path: Path, layout: str, headlines: list[str], title: str = "Daily: briefing?") -> tuple[Path, str]:
    found = edition(headlines, title=title)
    channel = FileChannel(FileChannelConfig.model_validate({"type": "file", "layout": layout}), tmp_path)
    bodies = {form: Renderer().render(found, form) for form in channel.formats}
    path = Path(channel.send(message(bodies, str(tmp_path / "vault"), title=title)))
    return path, path.read_text(encoding="utf-8")


def test_a_note_for_obsidian(tmp_path: Path) -> None:
    path, text = _note(tmp_path, "obsidian", ["Bridge: opens", 'A "quoted" [[title]]', *titles()[:200]])
    assert path.relative_to(tmp_path / "vault") == Path("Briefings/2026/2026-03-11 Daily briefing.md")
    assert text.startswith("---\n")
    front = YAML(typ="safe").load(text.split("\n---\n")[0].removeprefix("---\n"))
    assert front["title"] == "Daily: briefing?, Wednesday, 11 March 2026"
    assert front["date"].isoformat() == "2026-03-11"
    assert front["tags"] == ["briefing", "briefing/transport"]
    assert front["outlets"] == ["Harbour Courier"]
    assert "[[title]]" not in text, "a headline makes no link"


def test_a_note_for_logseq(tmp_path: Path) -> None:
    path, text = _note(tmp_path, "logseq", ["Bridge opens", *titles()[:200]])
    assert path.relative_to(tmp_path / "vault") == Path("pages/Daily briefing___2026-03-11.md")
    head, _, body = text.partition("\n\n")
    assert all("::" in line for line in head.splitlines())
    # Everything is a block or goes on inside one.
    assert all(re.match(r"\t*(- |  \S)", line) for line in body.splitlines() if line.strip()), body[:500]


@pytest.mark.parametrize("form", ["mail", "mailtext", "json", "entry", "blocks"])
def test_what_leaves_this_machine_names_none_of_its_files(form: Format) -> None:
    found = edition(["Bridge opens"])
    told = found.summaries[0]
    article = replace(told.article, url="file:///home/ada/news/bridge.txt")
    local = replace(told, pick=replace(told.pick, story=replace(told.pick.story, articles=(article,))))
    text = Renderer().render(replace(found, summaries=(local,)), form)
    assert "Bridge opens" in text
    assert "/home/ada" not in text


def test_json_is_one_document_for_any_headline() -> None:
    data = json.loads(Renderer().render(edition(titles()), "json"))
    assert len(data["stories"]) == len(titles())
    assert not any("\u202e" in (story["title"] or "") for story in data["stories"])
