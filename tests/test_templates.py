"""Templates of users: sandboxed, escaped, bounded in time, memory and size, with nothing of the environment in reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_editions import edition

from benchmarks.hostile.templates import BOMBS, ESCAPES, escaped
from briefing.errors import RenderError
from briefing.render import Renderer


@pytest.mark.parametrize("template", ESCAPES)
def test_nothing_but_the_edition_is_in_reach(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "ZEBRAFINCH")
    assert not escaped(template, tmp_path)


@pytest.mark.parametrize("template", BOMBS)
def test_time_memory_and_size_are_bounded(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefing.render.TEMPLATE_SECONDS", 1.0)
    (tmp_path / "x.html.j2").write_text(template, encoding="utf-8")
    with pytest.raises(RenderError, match=r"x\.html\.j2"):
        Renderer(tmp_path).page("x.html.j2", {"title": "News"})


def test_markdown_and_html_are_escaped_by_themselves(tmp_path: Path) -> None:
    bad = "[x](javascript:alert(1)) <script>alert(1)</script>"
    (tmp_path / "x.md.j2").write_text("# {{ title }}\n{{ title | md }}", encoding="utf-8")
    (tmp_path / "x.html.j2").write_text("<p title='{{ title }}'>{{ title }}</p>", encoding="utf-8")
    made = Renderer(tmp_path).page("x.md.j2", {"title": bad})
    first, second = made.removeprefix("# ").split("\n")
    assert first == second
    assert "<script" not in made.replace("\\<", "")
    assert "<script" not in Renderer(tmp_path).page("x.html.j2", {"title": bad})


def test_a_story_without_a_headline_opens_with_whole_words() -> None:
    made = Renderer(None).render(edition([None], length=2), "md")
    assert "### 1. [The lift bridge at Kelby opened to trains on Monday after a year of repairs. …](" in made
