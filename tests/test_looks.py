"""Mails and pages as a browser shows them: wide and narrow, light and dark, with nothing loaded from anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from naughty import titles
from playwright.sync_api import Browser, sync_playwright
from sample_editions import developing, edition

from briefing.forms import Format, Offer
from briefing.render import Renderer
from briefing.types import Problem

pytestmark = pytest.mark.browser

LINK = "https://news.example.org/answer/" + "a" * 200

# Of every element with a text of its own: its contrast to what lies behind it (WCAG 2.2, 1.4.3).
CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((sign) => {
      const c = sign / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor, parts = channels(colour);
      if (parts.length < 4 || parts[3] > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.tagName + "." + element.className, element.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("chromium is not installed, so no mail was looked at: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


def pages() -> dict[str, str]:
    renderer = Renderer()
    problems = [Problem("source", "https://kelby.example.org/" + "feed" * 60, "answered 503")]
    found = edition(["Bridge opens at Kelby", *titles()[::9]], problems=problems)
    offer = Offer(lambda word, what: f"{LINK}{word}{what}", by_mail=True)
    values = {
        "language": "en", "title": "Bridge opens " + "x" * 300, "outlet": "Harbour Courier", "authors": ["A. Reader"],
        "published": "", "url": LINK, "paragraphs": ["The bridge opened.", "y" * 500], "notes": ["cut"],
    }  # fmt: skip
    forms: tuple[Format, ...] = ("mail", "html")
    made = {form: renderer.render(found, form, offer=offer, page=LINK, confirmed=["Noted."]) for form in forms}
    made["developing mail"] = renderer.render(developing(), "mail", offer=offer, page=LINK, confirmed=["Noted."])
    made["cut mail"] = renderer.render(edition([f"Story {n} at Kelby" for n in range(200)]), "mail", page=LINK)
    made["article"] = renderer.inlined("article.html.j2", values)
    made["answer"] = renderer.filled(
        "answer.html.j2", {"language": "en", "heading": "Daily", "text": "z" * 200, "button": "Less like this"}
    )
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 375])
def test_nothing_overflows_and_everything_can_be_read(browser: Browser, width: int, scheme: Any) -> None:
    for name, page in pages().items():
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        asked: list[str] = []
        context.route("**/*", lambda route, asked=asked: (asked.append(route.request.url), route.abort()))
        tab = context.new_page()
        tab.set_content(page)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, f"{name} overflows"
        contrasts = tab.evaluate(CONTRASTS)
        assert contrasts[0][0] >= 4.5, f"{name}: {contrasts[0]}"
        dark = sum(
            int(part) for part in tab.evaluate("getComputedStyle(document.body).backgroundColor")[4:-1].split(",")
        )
        assert (dark < 200) == (scheme == "dark"), name
        assert asked == [], f"{name} loads from elsewhere"
        context.close()


def test_what_outlets_tell_differently_keeps_its_distance(browser: Browser) -> None:
    mail = Renderer().render(developing(), "mail", page=LINK)
    assert all(word in mail for word in ("Corrections", "Update:", "Accounts differ", "twelve million"))
    tab = browser.new_page(viewport={"width": 375, "height": 800})
    tab.set_content(mail)
    gap = """() => {
      const quoted = [...document.querySelectorAll("td > .q")].pop();
      return quoted.nextElementSibling.getBoundingClientRect().top - quoted.getBoundingClientRect().bottom;
    }"""
    assert tab.evaluate(gap) >= 8
    tab.close()


def test_a_page_that_overflows_or_hides_its_text_would_be_seen(browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 375, "height": 800})
    tab.set_content("<body style='background:#fff'><div style='width:500px;color:#ccc'>wide and pale</div>")
    assert tab.evaluate("document.documentElement.scrollWidth") > 375
    assert tab.evaluate(CONTRASTS)[0][0] < 4.5
    tab.close()
