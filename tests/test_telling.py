"""The ladder behind the guard: deadlines, failures, what is remembered, what becomes of bullets that do not hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from conftest import Make
from typer.testing import CliRunner

from briefing.cli.main import app as commands
from briefing.engines import Engine, patience
from briefing.errors import BadReply, ModelUnavailable, Unsupported
from briefing.guard import Support
from briefing.replay import by_engine, differences, rebuilt, view
from briefing.telling import Teller, verified
from briefing.text import Span
from briefing.types import Article, Bullet, Evidence, Pick, Story, Summary
from briefing.verifying import LIKELY, UNLIKELY

TEXT = (
    "The old bridge over the Tarn was closed on Monday after engineers found cracks in two pillars.\n\n"
    "Repairs will cost 3 million euros and last until autumn, the mayor, Lena Vogt, said.\n\n"
    "Buses take the northern road until then, which adds twenty minutes to the way to school."
)
ARTICLE = Article(text=TEXT, title="Bridge closed", source="Local")
PICK = Pick(story=Story(id=ARTICLE.id, articles=(ARTICLE,)), score=1.0)


def written(text: str, start: int = 0, end: int = 94) -> Bullet:
    return Bullet(text=text, evidence=(Evidence(ARTICLE.id, start, end),), support=0.0, made="written")


class Says:
    """An engine that says what it is told to, or raises it."""

    def __init__(self, *answers: str | Exception, name: str = "says", key: str = "") -> None:
        self.name = name
        self.key = key
        self.asked = 0
        self._answers = answers

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        made = tuple(
            replace(written(text), evidence=(Evidence(pick.story.lead.id, 0, 94),)) for text in answer.split("|")
        )
        return Summary(pick=pick, bullets=made, engine=self.name)


_NEAR = Span(0, 94)


class Believes:
    """A judge that believes all but what holds one of its words; `near` is its evidence of everything."""

    def __init__(self, *doubts: str, near: Span = _NEAR) -> None:
        self.doubts = doubts
        self.near = near
        self.seen: list[str] = []

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> list[Support]:
        return [self._check(claim) for claim in claims]

    def _check(self, claim: str) -> Support:
        self.seen.append(claim)
        wrong = [word for word in self.doubts if word in claim]
        return Support(0.1 if wrong else 0.9, not wrong, tuple(f'"{w}" is not there' for w in wrong), (self.near,))


def teller(*engines: Engine, doubts: Sequence[str] = ()) -> Teller:
    return Teller(engines, Believes(*doubts))


def test_the_first_engine_that_answers_tells() -> None:
    broken, good = Says(BadReply("broken", "it said nothing")), Says("The bridge is closed.")
    told, problems = teller(broken, good).tell(PICK, None, 4)
    assert told is not None
    assert [b.text for b in told.bullets] == ["The bridge is closed."]
    assert told.checked == 1
    assert told.bullets[0].support == 0.9
    assert [(p.subject, p.message) for p in problems] == [("broken", "it said nothing")]


def test_a_bullet_that_does_not_hold_gives_way_to_the_nearest_sentence() -> None:
    told, _ = teller(Says("The bridge is closed.|The BBC saw it."), doubts=["BBC"]).tell(PICK, None, 4)
    assert told is not None
    assert [(b.text[:14], b.made) for b in told.bullets] == [
        ("The bridge is ", "written"),
        ("The old bridge", "quoted"),
    ]
    assert [(s.text, s.reasons, s.quoted) for s in told.stopped] == [("The BBC saw it.", ('"BBC" is not there',), True)]


def test_no_sentence_is_quoted_twice() -> None:
    told, _ = teller(Says("The BBC saw it.|The BBC heard it."), doubts=["BBC"]).tell(PICK, None, 4)
    assert told is not None
    assert len(told.bullets) == 1
    assert [one.quoted for one in told.stopped] == [True, False]


def test_where_nothing_holds_the_next_engine_tells() -> None:
    # Its nearest sentence is none: an empty span overlaps nothing.
    judge = Believes("BBC", near=Span(0, 0))
    told, problems = Teller([Says("The BBC saw it.", name="inventor"), Says("The bridge is closed.")], judge).tell(
        PICK, None, 4
    )
    assert told is not None
    assert told.engine == "says"
    assert problems[0].subject == "inventor"
    assert "none of its 1 bullets" in problems[0].message
    with pytest.raises(Unsupported):
        verified(judge, Says("The BBC saw it.").tell(PICK))


def test_a_quotation_is_not_checked_but_a_false_one_is() -> None:
    judge = Believes()
    true = Bullet(text="Engineers found cracks in two pillars.", evidence=(Evidence(ARTICLE.id, 0, 94),), support=1.0)
    false = replace(true, text="Engineers found cracks in three pillars.")
    verified(judge, Summary(pick=PICK, bullets=(true, false), engine="own"))
    assert judge.seen == ["Engineers found cracks in three pillars."]


def test_a_written_headline_is_checked_like_a_bullet() -> None:
    told = replace(Says("The bridge is closed.").tell(PICK), headline="BBC: bridge closed")
    checked = verified(Believes("BBC"), told)
    assert checked.headline is None
    assert [(one.text, one.quoted) for one in checked.stopped] == [("BBC: bridge closed", False)]
    assert checked.checked == 2
    assert len(checked.bullets) == 1
    assert verified(Believes(), told).headline == "BBC: bridge closed"


def test_what_a_model_wrote_must_be_likely_to_be_right() -> None:
    class Weighs(Believes):
        def _check(self, claim: str) -> Support:
            likely = 0.9 if "euros" in claim else LIKELY - 0.1 if "cracks" in claim else float("nan")
            return replace(super()._check(claim), probability=likely)

    texts = ("There are cracks.", "It costs 3 million euros.", "The bridge is closed.")
    shortened = replace(written("Engineers found cracks in two pillars."), made="shortened")
    told = Summary(pick=PICK, bullets=(*(written(text, 0, 0) for text in texts), shortened), engine="own")
    checked = verified(Weighs(near=Span(0, 0)), told)
    assert [one.text for one in checked.bullets] == [*texts[1:], shortened.text]
    assert [(one.text, one.reasons) for one in checked.stopped] == [("There are cracks.", (UNLIKELY,))]
    headed = verified(Weighs(), replace(told, bullets=told.bullets[1:2], headline="Bridge has cracks"))
    assert (headed.headline, headed.stopped[0].reasons) == (None, (UNLIKELY,))


def test_an_engine_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE", 0.05)
    freed = threading.Event()

    class Hangs(Says):
        deadline = 0.05

        def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
            self.asked += 1
            freed.wait(20)
            return super().tell(pick)

    slow = Hangs("Too late.", name="slow")
    ladder = teller(slow, Says("The bridge is closed."))
    started = time.monotonic()
    subjects = [problem.message for _ in range(4) for problem in ladder.tell(PICK, None, 4)[1]]
    assert time.monotonic() - started < 5
    assert slow.asked == 2
    assert subjects[0] == "it did not answer within 0.05 seconds"
    assert subjects[-1] == "it failed 2 times in a row and was not asked again in this edition"
    assert len(subjects) == 3
    ladder.begin()
    ladder.tell(PICK, None, 4)
    assert slow.asked == 3
    freed.set()


def test_a_bug_of_an_engine_is_its_own_failure() -> None:
    class Buggy(Says):
        deadline = 5.0

        def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
            raise KeyError("bullets")

    told, problems = teller(Buggy("", name="mine"), Says("The bridge is closed.")).tell(PICK, None, 4)
    assert told is not None
    assert problems[0].message == "its code failed: KeyError: 'bullets'"


class Begins(Says):
    """An engine that reads ahead, and says in which thread it told."""

    certain = True

    def __init__(self, *answers: str | Exception) -> None:
        super().__init__(*answers)
        self.told: dict[str, str] = {}

    def load(self) -> None:
        pass

    def read_ahead(self, articles: Sequence[Article]) -> None:
        pass

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        self.told[pick.story.lead.source] = threading.current_thread().name
        return super().tell(pick, bullets, most)


def picks(*sources: str) -> list[Pick]:
    articles = [replace(ARTICLE, source=source, text=f"{TEXT} It was {source}.") for source in sources]
    return [Pick(story=Story(id=one.id, articles=(one,)), score=1.0) for one in articles]


def test_what_is_told_next_is_begun_meanwhile_and_told_once() -> None:
    engine = Begins("The bridge is closed.")
    telling = teller(engine)
    coming = picks("one", "two", "three")
    telling.expect(coming, 4)
    told = [telling.tell(pick, None, 4)[0] for pick in coming]
    assert [one.bullets[0].text for one in told if one] == ["The bridge is closed."] * 3
    assert engine.asked == 3
    assert all(name.startswith("ahead") for name in engine.told.values())


def test_what_is_asked_again_is_not_begun_from_memory() -> None:
    engine = Begins("The bridge is closed.")
    telling = teller(engine)
    telling.begin(fresh=True)
    coming = picks("one", "two")
    telling.expect(coming, 4)
    for pick in coming:
        telling.tell(pick, None, 4)
    assert engine.asked == 2


def test_what_fails_when_it_is_begun_is_said_when_it_is_told() -> None:
    engine, plain = Begins(ModelUnavailable("begins", "its file is missing")), Says("The bridge is closed.")
    telling = teller(engine, plain)
    coming = picks("one", "two")
    telling.expect(coming, 4)
    told, problems = telling.tell(coming[0], None, 4)
    assert told is not None
    assert told.engine == "says"
    assert [problem.message for problem in problems] == ["its file is missing"]


def test_one_failure_between_answers_tires_nobody() -> None:
    engine = Says(
        ModelUnavailable("m", "down"), "The bridge is closed.", ModelUnavailable("m", "down"), "It is closed."
    )
    ladder = teller(engine, Says("The road is open."))
    assert [ladder.tell(PICK, None, 4)[0].bullets[0].text[:8] for _ in range(4)] == [
        "The road", "The brid", "The road", "It is cl",
    ]  # fmt: skip


ENGINE = f"[{{type: '{__name__}:Counted'}}]"


class Counted:
    """An engine of a configuration that counts how often it was asked."""

    asked = 0
    name = "counted"
    key = "counted/1"

    def __init__(self, *_: object) -> None:
        pass

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        type(self).asked += 1
        article = pick.story.lead
        end = article.text.index(".") + 1
        made = Bullet(
            text="A ferry ran aground at Aldmouth.",
            evidence=(Evidence(article.id, 0, end),),
            support=0.0,
            made="written",
        )
        return Summary(pick=pick, bullets=(made,), engine=self.name, prompts=("bullets@12345678",))


def test_the_same_article_costs_one_call(make_app: Make) -> None:
    Counted.asked = 0
    app = make_app(engines=ENGINE)
    for _ in range(2):
        outcome = app.run(dry=True)
    assert Counted.asked == 1
    assert outcome.edition.receipt.checked == 1
    assert "bullets@12345678" in outcome.edition.receipt.prompts
    app.run(dry=True, fresh=True)
    assert Counted.asked == 2


def test_an_edition_comes_out_the_same_again(make_app: Make) -> None:
    app = make_app(engines=ENGINE)
    edition = app.run().edition
    replay = rebuilt(app, edition)
    assert differences(app, replay) == []
    assert replay.again.edition == edition
    other = by_engine(app, edition, "embedded")
    found = view(other)
    assert found["stories"][0]["stored"][0]["made"] == "written"
    assert found["stories"][0]["again"][0]["made"] == "quoted"
    page = app.renderer.page("replay.html.j2", found)
    assert "A ferry ran aground at Aldmouth." in page
    assert differences(app, other) != []


def test_replay_says_what_it_found(make_app: Make, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp := make_app().base).joinpath("config.yaml").write_text(
        "sources: [{name: Local, type: file, path: news}]\n"
        f"briefings: [{{name: daily, limits: {{max_age: null}}}}]\nsummarizer: {{model: ./none, engines: {ENGINE}}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp)
    run = CliRunner().invoke
    assert run(commands, ["run"]).exit_code == 0
    from briefing.app import App

    with App.from_file(tmp / "config.yaml") as opened:
        day = opened.store.slots("daily")[0][:10]
    done = run(commands, ["replay", day])
    assert done.exit_code == 0, done.output
    assert "byte for byte" in done.output
    assert "no engine is called" in run(commands, ["replay", day, "--engine", "gpt"]).output
    beside = run(commands, ["replay", day, "--engine", "embedded", "--page", "both.html"])
    assert beside.exit_code == 0, beside.output
    assert "<h2>Ferry" in (tmp / "both.html").read_text(encoding="utf-8")
    assert run(commands, ["replay", "2020-01-01"]).exit_code == 2
