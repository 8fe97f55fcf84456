"""Every fixture is a folder: a source as it was scraped, and what must come out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from briefing.errors import ExtractError
from briefing.extract.cascade import read
from briefing.extract.draft import Draft

FIXTURES = Path(__file__).parent / "fixtures" / "extract"
KINDS = {".txt": "text/plain", ".html": "text/html", ".md": "text/markdown", ".eml": "message/rfc822"}


def _plain(text: str) -> str:
    return " ".join(text.split())


def _drafts(folder: Path) -> list[Draft]:
    source = next(path for path in folder.iterdir() if path.stem == "source")
    try:
        return read(folder.name, source.read_bytes(), KINDS[source.suffix], None, None)
    except ExtractError:
        return []


@pytest.mark.parametrize("folder", sorted(p for p in FIXTURES.iterdir() if p.is_dir()), ids=lambda p: p.name)
def test_fixture(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    drafts = _drafts(folder)
    assert [draft.title and _plain(draft.title) for draft in drafts] == [a["title"] for a in expected["articles"]]
    for draft, article in zip(drafts, expected["articles"], strict=True):
        text = _plain(draft.text)
        when = draft.published
        stated = None if when is None else when.strftime("%Y-%m-%d" if draft.day_only else "%Y-%m-%dT%H:%M")
        assert stated == article["published"]
        assert text.startswith(article["begins"]), text[:100]
        assert text.endswith(article["ends"]), text[-100:]
        assert [_plain(point) for point in draft.key_points] == article["key_points"]
        if "authors" in article:
            assert list(draft.authors) == article["authors"]
        if "paragraphs" in article:
            assert draft.text.count("\n\n") + 1 == article["paragraphs"]
    whole = _plain(" ".join(draft.text for draft in drafts))
    assert [word for word in expected.get("absent", []) if word in whole] == []
    assert [word for word in expected.get("present", []) if word not in whole] == []
