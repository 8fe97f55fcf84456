"""A new reader in a real browser, at a desk and on a phone: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import STORY
from playwright.sync_api import Browser, Page, expect, sync_playwright

from briefing.app import App
from briefing.web.server import Server

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TWO = Path(__file__).parent / "fixtures" / "extract" / "02_txt_two_run_together" / "source.txt"
NOW = datetime(2026, 3, 18, 7, tzinfo=UTC)
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 740}}

CONFIG = """\
sources:
  - {name: Local, type: file, path: news}
topics:
  - name: Sea  # my own harbour
    keywords: [ferry, harbour]
  - name: Everything else
    keywords: [mill, council, library, bridge]
briefings:
  - {name: daily, title: Morning news, limits: {max_age: null}, channels: [{type: file, folder: out}]}
summarizer: {model: NOWHERE, engines: []}
"""

MILL = """\
Mill at Kelby burns down
17 March 2026

KELBY: The old corn mill burned down on Monday night, and nobody was hurt, the fire service said.

Sixty firefighters from four towns pumped water out of the canal until the morning to keep the flames from the library.

The council will decide on Thursday whether the walls can stay, its surveyor said at the scene.
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no chromium was found; Debian's package of that name brings it (apt-get install chromium)"
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A page with two editions, last week's and today's."""
    news = tmp_path / "news"
    news.mkdir()
    moment = [NOW - timedelta(days=7)]
    story = STORY.format(
        title="Ferry runs aground at Aldmouth", day="10 March 2026", place="Aldmouth", weekday="Tuesday"
    )
    (news / "ferry.txt").write_text(story, encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("NOWHERE", f"{tmp_path}/no-model"), encoding="utf-8")
    with App.from_file(config, at=lambda: moment[0]) as app:
        app.run()
        moment[0] = NOW
        (news / "mill.txt").write_text(MILL, encoding="utf-8")
        app.run()
        with Server(app, port=0) as server:
            yield server.url.rstrip("/")


@pytest.fixture(params=list(SIZES))
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    phone = request.param == "phone"
    context = browser.new_context(
        viewport=SIZES[request.param],
        base_url=site,
        has_touch=phone,
        color_scheme="dark" if phone else "light",
    )
    faults: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield made
    context.close()
    assert faults == [], "the console stays empty: no fault of a script, nothing the content policy stops"


def pressed(page: Page, key: str) -> None:
    page.keyboard.press(key)


def test_reads_a_bullets_evidence(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Morning news")
    bullet = page.locator(".bullet").first
    expect(bullet.locator("mark")).to_be_hidden()
    bullet.locator("summary").click()
    expect(bullet.locator("mark")).to_be_visible()
    expect(bullet.locator("mark")).to_contain_text("The old corn mill burned down on Monday night")
    bullet.get_by_role("link", name="Whole text").click()
    expect(page.locator("mark#mark")).to_be_in_viewport()
    expect(page.locator("article")).to_contain_text("whether the walls can stay")


def test_summarises_a_pasted_text_and_sees_bullets_come(page: Page) -> None:
    page.goto("/ask")
    # How many stories stand there is written down whenever that changes.
    page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => window.seen.push(
           [document.querySelectorAll("#told .bullet").length, document.getElementById("doing").textContent]))
           .observe(document.getElementById("answer"), {childList: true, subtree: true, characterData: true}) }"""
    )
    page.get_by_label("or a text").fill(TWO.read_text(encoding="utf-8"))
    page.get_by_label("Bullets").select_option("2")
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#doing")).to_contain_text("Done: 2 stories", timeout=30_000)
    expect(page.locator("#told .bullet")).to_have_count(4)
    counts = [count for count, _ in page.evaluate("window.seen")]
    assert 2 in counts, "the first story stood there before the second was told"
    page.locator("#told summary").first.click()
    expect(page.locator("#told mark").first).to_be_visible()


def test_a_file_is_chosen_and_a_wrong_address_is_told(page: Page) -> None:
    page.goto("/ask")
    file = {"name": "mill.txt", "mimeType": "text/plain", "buffer": MILL.encode()}
    page.get_by_label("or a file").set_input_files(file)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#doing")).to_contain_text("Done: 1 story", timeout=30_000)
    page.goto("/ask")
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#problems")).to_contain_text("Give an address, a text or a file")


def test_finds_last_weeks_story(page: Page) -> None:
    page.goto("/")
    pressed(page, "/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("ferry")
    pressed(page, "Enter")
    hit = page.locator(".hits li", has_text="Told in daily").first
    expect(hit).to_contain_text("Ferry runs aground at Aldmouth")
    hit.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/editions/daily/2026-03-11#story-1$"))
    expect(page.locator("#story-1")).to_be_in_viewport()
    page.get_by_role("link", name="Archive").click()
    expect(page.locator(".days li")).to_have_count(2)


def test_adds_a_topic_and_watches_the_preview_change(page: Page) -> None:
    page.goto("/topics")
    page.get_by_role("link", name="Add a topic").click()
    page.get_by_label("Name").fill("Fires")
    count = page.locator("#preview strong")
    expect(count).to_have_text("0")
    page.get_by_label("Words that make a story belong").fill("mill")
    expect(count).to_have_text("1")
    expect(page.locator("#preview")).to_contain_text("Mill at Kelby burns down")
    page.get_by_label("Words that keep it out").fill("library")
    expect(count).to_have_text("0")
    page.get_by_label("Words that keep it out").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/topics$"))
    expect(page.get_by_role("heading", name="Fires")).to_be_visible()


def test_mutes_a_story(page: Page) -> None:
    page.goto("/")
    story = page.locator(".story").first
    expect(story.locator(".bullet").first).to_be_visible()
    story.get_by_role("button", name="Mute").click()
    expect(page.get_by_role("status").last).to_have_text("This story is muted.")
    expect(story.locator(".bullet").first).to_be_hidden()
    page.reload()
    expect(page.locator(".story").first.locator(".bullet").first).to_be_hidden()
    page.locator(".story").first.get_by_role("button", name="More").click()
    expect(page.locator(".story").first.locator(".bullet").first).to_be_visible()


def test_is_read_with_keys(page: Page) -> None:
    page.goto("/editions/daily/2026-03-11")
    pressed(page, "j")
    expect(page.locator(".story.at h3")).to_have_text("Ferry runs aground at Aldmouth")
    pressed(page, "e")
    expect(page.locator(".story.at mark").first).to_be_visible()
    pressed(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    pressed(page, "g")
    pressed(page, "h")
    expect(page).to_have_url(re.compile(r"/$"))


def test_works_without_a_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()
    page.goto("/")
    page.locator(".bullet summary").first.click()
    expect(page.locator(".bullet mark").first).to_be_visible()
    page.goto("/ask")
    page.get_by_label("or a text").fill(MILL)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#told .bullet").first).to_be_visible()
    context.close()


def test_has_no_serious_fault_of_accessibility(page: Page) -> None:
    for path in ("/", "/editions", "/search?q=ferry", "/ask", "/status", "/topics", "/topics/edit?name=Sea"):
        page.goto(path)
        if path == "/":
            page.locator(".bullet summary").first.click()
        found = Axe().run(page).response["violations"]
        serious = [
            f"{path} {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} is wider than the screen"
