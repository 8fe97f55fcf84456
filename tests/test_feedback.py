"""What readers say: signed on the way, named by number, kept with what it was about, the last word counting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import NOON, Make

from briefing import feedback
from briefing.app import App
from briefing.errors import UsageError
from briefing.signing import Signer

SECRET = b"0123456789abcdef0123456789abcdef"


def test_a_token_says_what_was_signed() -> None:
    signer = Signer(SECRET)
    token = signer.sign("mute", "Ädä@example.org", "abc/topic:Söme", NOON + timedelta(days=1))
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    found = signer.verify(token, NOON)
    assert (found.action, found.reader, found.target) == ("mute", "Ädä@example.org", "abc/topic:Söme")
    with pytest.raises(UsageError, match="good until 2026-03-12"):
        signer.verify(token, NOON + timedelta(days=2))


def test_a_token_that_was_changed_is_refused() -> None:
    signer = Signer(SECRET)
    token = signer.sign("more", "a@example.org", "abc/3")
    # The last sign of a part may hold unused bits, so that changing it may change nothing: every other is tried.
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        try:
            assert signer.verify(changed, NOON) == signer.verify(token, NOON)
            assert at in (token.index(".") - 1, len(token) - 1)
        except UsageError:
            pass
    for broken in ("", ".", token[:-4], token.partition(".")[0], "ä.ö", token + "x"):
        with pytest.raises(UsageError):
            signer.verify(broken, NOON)
    with pytest.raises(UsageError):
        Signer(SECRET[::-1]).verify(token, NOON)


def test_a_code_is_good_for_its_reader_and_target_only() -> None:
    signer = Signer(SECRET)
    code = signer.code("a@example.org", "abc")
    assert len(code) == 26
    assert signer.is_code(code.upper(), "a@example.org", "abc")
    assert not signer.is_code(code, "b@example.org", "abc")
    assert not signer.is_code(code, "a@example.org", "abd")
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(b"short")


def test_the_secret_is_made_once(make_app: Make) -> None:
    first, second = make_app(), make_app()
    token = first.signer.sign("more", "", "abc/1")
    assert second.signer.verify(token, NOON).target == "abc/1"


@pytest.fixture
def app(make_app: Make) -> App:
    made = make_app()
    made.run()
    return made


def test_the_last_word_on_a_story_counts(app: App) -> None:
    edition = app.find_edition(None, None)
    place = feedback.place(edition, "1")
    assert place == f"{edition.id}/1" == feedback.place(edition, edition.summaries[0].pick.story.id)
    feedback.record(app.store, "more", place, NOON)
    feedback.record(app.store, "less", place, NOON + timedelta(minutes=1), via="link")
    feedback.record(app.store, "less", place, NOON, reader="b@example.org")
    mine, other = sorted(app.store.feedback("daily"), key=lambda said: said.reader)
    assert (mine.action, mine.kind, mine.via, other.reader) == ("less", "story", "link", "b@example.org")
    assert mine.detail["title"] == "Ferry runs aground at Aldmouth"
    assert mine.detail["lead"].startswith("NORTHAM: The harbour")
    assert mine.at == datetime(2026, 3, 11, 12, 1, tzinfo=UTC)


def test_a_wrong_bullet_is_kept_with_its_evidence(app: App) -> None:
    edition = app.find_edition(None, None)
    said = feedback.record(app.store, "wrong", feedback.place(edition, "1.2"), NOON)
    bullet = edition.summaries[0].bullets[1]
    assert said.detail["bullet"] == bullet.text
    assert said.detail["evidence"][0]["source"] == "Local"
    assert said.detail["engine"] == edition.summaries[0].engine
    assert app.store.forget_feedback("daily") == 0
    assert app.store.feedback() == [said]
    assert app.store.forget_feedback("daily", wrong=True) == 1


def test_more_of_a_bullet_is_more_of_its_story(app: App) -> None:
    edition = app.find_edition(None, None)
    assert feedback.record(app.store, "more", f"{edition.id}/1.1", NOON).kind == "story"


def test_sources_are_muted_by_name(app: App) -> None:
    edition = app.find_edition(None, None)
    said = feedback.record(app.store, "mute", feedback.place(edition, "local"), NOON, until=date(2026, 4, 1))
    assert (said.kind, said.target, said.until) == ("source", "Local", date(2026, 4, 1))
    assert app.store.feedback() == [said]
    assert app.store.drop_feedback(said.id)
    assert not app.store.drop_feedback(said.id)


def test_what_is_not_there_is_said(app: App) -> None:
    edition = app.find_edition(None, None)
    for what, words in [("9", "1 stories, no number 9"), ("1.9", "bullets, no number 9"), ("0", "no number 0")]:
        with pytest.raises(UsageError, match=words):
            feedback.place(edition, what)
    with pytest.raises(UsageError, match='no story, topic or source "Sport"'):
        feedback.place(edition, "Sport")
    for action, target, words in [
        ("love", f"{edition.id}/1", "expected one of more, less, mute, wrong"),
        ("wrong", f"{edition.id}/1", "said of a bullet"),
        ("more", "nowhere/1", "no edition"),
        ("more", f"{edition.id}/x", "expected a story"),
    ]:
        with pytest.raises(UsageError, match=words):
            feedback.record(app.store, action, target, NOON)
    with pytest.raises(UsageError, match="only mute has an end"):
        feedback.record(app.store, "more", f"{edition.id}/1", NOON, until=date(2026, 4, 1))
