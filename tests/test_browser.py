"""A new reader in a real browser, at a desk and on a phone: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import re
import shutil
import time
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
SECRET = "correct horse battery"
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
    made.faults = faults  # for tests in which an error is what is looked for
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


def test_goes_from_a_story_to_its_timeline_and_back(page: Page) -> None:
    page.goto("/editions/daily/2026-03-11")
    page.get_by_role("link", name="Timeline of story 1").click()
    expect(page).to_have_url(re.compile(r"/stories/daily/[0-9a-f]{16}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ferry runs aground at Aldmouth")
    page.locator(".thread .bullet summary").first.click()
    expect(page.locator(".thread mark").first).to_be_visible()
    page.locator(".thread h3 a").click()
    expect(page.locator("#story-1")).to_be_in_viewport()


def test_changes_a_source_while_somebody_else_does(page: Page, browser: Browser, site: str) -> None:
    page.goto("/sources")
    expect(page.locator(".sources li")).to_have_count(1)
    expect(page.locator(".sources .state")).to_have_text("well")
    page.get_by_role("link", name="Add a source").click()
    page.get_by_label("Name").fill("Kelby Post")
    page.get_by_label("Address").fill("http://127.0.0.1:9/feed")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("status").first).to_contain_text("address")
    expect(page.get_by_label("Name")).to_have_value("Kelby Post")
    page.get_by_label("Address").fill("https://kelby.example/feed")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".sources li")).to_have_count(2)
    page.get_by_role("link", name="Change Kelby Post").click()
    other = browser.new_context(base_url=site).new_page()
    other.goto("/sources/edit?name=Kelby%20Post")
    other.get_by_label("Weight").fill("3")
    other.get_by_role("button", name="Save").click()
    other.context.close()
    page.get_by_label("Language").fill("en")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed by somebody else meanwhile. Nothing was saved.")
    expect(page.locator(".now")).to_contain_text("Weight 3")
    expect(page.get_by_label("Language")).to_have_value("en")
    page.faults.clear()  # 409 is what the browser calls an error
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/sources$"))
    page.get_by_role("link", name="Change Kelby Post").click()
    page.get_by_role("button", name="Take this source out").click()
    expect(page.locator(".sources li")).to_have_count(1)


def test_imports_a_list_of_feeds(page: Page) -> None:
    opml = b"""<opml version="2.0"><body><outline text="Towns"><outline text="Dunmarrow" type="rss"
        xmlUrl="https://dunmarrow.example/rss"/></outline></body></opml>"""
    page.goto("/sources")
    page.get_by_label("Import an OPML file").set_input_files(
        {"name": "mine.opml", "mimeType": "text/x-opml", "buffer": opml}
    )
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("1 feeds were added")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export the feeds").click()
    assert "https://dunmarrow.example/rss" in Path(download.value.path()).read_text(encoding="utf-8")


def test_looks_at_charts_and_their_numbers(page: Page) -> None:
    page.goto("/status")
    page.get_by_role("link", name="Charts").click()
    expect(page.locator("svg.chart rect").first).to_be_attached()
    box = page.locator("svg.chart").first.bounding_box()
    assert box is not None
    assert box["width"] > 80
    page.get_by_text("Numbers: stories by topic").click()
    expect(page.get_by_role("region", name="Numbers: stories by topic")).to_contain_text("18 March")
    page.get_by_role("link", name="Last 90 days").click()
    expect(page).to_have_url(re.compile("days=90"))


def test_bullets_stand_there_while_the_rest_is_written(page: Page, tmp_path: Path) -> None:
    import json

    from modelserver import serving
    from test_drafts import FIRST, SECOND, Slow, parts_of
    from test_summaries import TEXT

    slow = Slow(*parts_of(FIRST, SECOND))
    with serving(slow) as server:
        config = tmp_path / "config.yaml"
        engines = json.dumps([{"type": "server", "url": server.url, "model": "m", "deadline": 60, "tries": 1}])
        config.write_text(config.read_text(encoding="utf-8").replace("engines: []", f"engines: {engines}"), "utf-8")
        page.goto("/ask")
        page.get_by_label("or a text").fill(TEXT)
        page.get_by_label("Bullets").select_option("2")
        page.get_by_role("button", name="Summarise").click()
        expect(page.locator("#doing")).to_contain_text("Telling 1 of 1", timeout=30_000)
        slow.go.release()
        draft = page.locator("#told .draft .bullet")
        expect(draft).to_have_count(1, timeout=30_000)
        draft.locator("summary").click()
        expect(draft.locator("mark").first).to_be_visible()
        slow.go.release()
        expect(draft).to_have_count(2, timeout=30_000)
        slow.go.release()
        expect(page.locator("#doing")).to_contain_text("Done: 1 story", timeout=30_000)
        expect(page.locator("#told .draft")).to_have_count(0)
        expect(page.locator("#told .bullet")).to_have_count(2)


@pytest.fixture
def with_users(tmp_path: Path, site: str) -> None:
    """The same page, once there are users."""
    from briefing import people
    from briefing.store import User, open_store

    store = open_store("briefing.db", tmp_path)
    for name, role in (("root", "admin"), ("ann", "reader")):
        store.people.add_user(User(name, role, people.hashed(SECRET), NOW))
    store.close()
    # It is believed for two seconds that there are none.
    time.sleep(2.1)


def logs_in(page: Page, name: str, password: str = SECRET) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_logs_in_makes_a_token_and_logs_out(page: Page, with_users: None) -> None:
    page.goto("/topics")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    logs_in(page, "root", "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    page.faults.clear()  # 401 is what the browser calls an error
    logs_in(page, "root")
    expect(page).to_have_url(re.compile(r"/topics$"))
    page.get_by_role("link", name="Your account, root").click()
    page.get_by_label("A new token").fill("wall clock")
    page.get_by_label("ask for summaries").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator(".secret")).to_have_text(re.compile(r"^brf_[0-9a-f]{16}_[\w-]{43}$"))
    page.goto("/account")
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("button", name="Remove the token wall clock").click()
    expect(page.get_by_text("You have none.")).to_be_visible()
    page.goto("/log")
    expect(page.locator("tbody tr").first).to_contain_text("token removed")
    page.goto("/")
    page.locator(".story").first.get_by_role("button", name="Mute").click()
    expect(page.locator("#said")).to_have_text("This story is muted.")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    logs_in(page, "ann")
    expect(page.locator(".story").first.locator(".bullet").first).to_be_visible()
    page.goto("/topics")
    expect(page.get_by_role("link", name="Add a topic")).to_have_count(0)


def test_pages_of_people_have_no_serious_fault(page: Page, with_users: None) -> None:
    page.goto("/login")
    assert serious(page, "/login") == []
    logs_in(page, "root")
    expect(page.get_by_role("heading", level=1)).to_have_text("Morning news")
    for path in ("/account", "/log", "/"):
        page.goto(path)
        assert serious(page, path) == []


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


def serious(page: Page, path: str) -> list[str]:
    """Serious faults of accessibility that axe finds, and whether the page is wider than the screen."""
    found = [
        f"{path} {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *([f"{path} is wider than the screen"] if wide else [])]


def test_has_no_serious_fault_of_accessibility(page: Page) -> None:
    paths = (
        "/", "/editions", "/search?q=ferry", "/ask", "/status", "/topics", "/topics/edit?name=Sea", "/sources",
        "/sources/edit", "/sources/edit?name=Local", "/charts", "TIMELINE",
    )  # fmt: skip
    for path in paths:
        if path == "TIMELINE":
            page.goto("/")
            path = str(page.get_by_role("link", name="Timeline of story 1").get_attribute("href"))
        page.goto(path)
        if path == "/":
            page.locator(".bullet summary").first.click()
        if path == "/charts":
            page.get_by_text("Numbers: stories by topic").click()
        assert serious(page, path) == []
