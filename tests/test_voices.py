"""Several outlets on one event: what counts as one voice, what is told of it, where they disagree and where not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from briefing.engines.encoder import WordEncoder
from briefing.telling import Teller
from briefing.types import Article, Bullet, Disagreement, Evidence, Pick, Story, Summary
from briefing.voices import Aligner, disagreements, outdated, revisions, united, voices_of

A_TEXT = (
    "At least two cranes fell when the quay at Dunmarrow gave way on Monday, the harbour master said.\n\n"
    "Twelve people were killed in the collapse of the quay at Dunmarrow, the police said.\n\n"
    "The harbour will stay closed until the pillars have been examined by divers."
)
B_TEXT = (
    "The quay at Dunmarrow collapsed on Monday morning under the weight of a stack of containers.\n\n"
    "The collapse of the quay at Dunmarrow killed 15 people, the fire service said.\n\n"
    "A choir had been singing on the promenade for the mayor's birthday."
)


def article(text: str, source: str, day: str = "2026-03-10T09:00+00:00", key: str = "") -> Article:
    return Article(text=text, title=f"Quay at Dunmarrow {key}", source=source, published=day, id=f"{source}{key}")


def aligner() -> Aligner:
    return Aligner(WordEncoder())


def line(*texts: str) -> list[Disagreement]:
    """What outlets A, B, C … disagree on, each with one sentence."""
    voices = [article(text, name) for text, name in zip(texts, "ABC", strict=False)]
    return list(disagreements(voices, aligner()))


def test_a_copy_is_no_voice_and_outlets_come_before_their_further_articles() -> None:
    first, wire, other, more = (article(A_TEXT, s, key=k) for s, k in (("A", "1"), ("W", "2"), ("B", "3"), ("A", "4")))
    story = Story(id="s", articles=(first, more, wire, other), copies=frozenset({wire.id}))
    assert [one.id for one in voices_of(story)] == ["A1", "B3", "A4"]


def test_differing_tolls_are_told() -> None:
    (found,) = line(A_TEXT, B_TEXT, "Police said 12 people were killed when the quay at Dunmarrow collapsed.")
    assert found.about == "dead"
    assert [(version.text, version.outlets) for version in found.versions] == [("Twelve", ("A", "C")), ("15", ("B",))]
    assert all(len(version.evidence) >= 1 for version in found.versions)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # rounding
        ("About 1,200 people were evacuated from Kelby.", "Some 1,187 people were evacuated from Kelby."),
        ("The flood in Kelby made 12,000 homes unfit.", "The flood in Kelby made 11,870 homes unfit."),
        # other units
        ("The pipe under Kelby is 5 kilometres long and burst.", "The pipe under Kelby is 3 miles long and burst."),
        # another fate
        ("12 people were killed in the crash at Kelby.", "30 people were injured in the crash at Kelby."),
        # bounds and ranges that hold the other figure
        ("At least 12 people were killed in the crash at Kelby.", "The crash at Kelby killed 15 people."),
        ("Between 10 and 20 people were killed in the crash at Kelby.", "The crash at Kelby killed 15 people."),
        # a part of them
        ("The crash at Kelby killed 12 people, including 3 children.", "The crash at Kelby killed 12 people."),
        ("The crash at Kelby killed another 3 people.", "The crash at Kelby killed 12 people."),
        # another time
        ("In 2019 a crash at Kelby killed 40 people.", "The crash at Kelby killed 12 people."),
        # another event
        ("A fire in Harrow Cross killed 4 people.", "The crash at Kelby killed 12 people."),
        ("The storm left 120,000 homes in Kelby dark.", "The storm left 35,000 homes in Dunmarrow dark."),
        # another share
        ("Unemployment rose to 5.2 percent in May.", "Youth unemployment rose to 15.6 percent in May."),
        # forecasts are no outcomes
        ("The council may reject the plan for the bypass.", "The council approved the plan for the bypass."),
    ],
)  # fmt: skip
def test_what_is_no_disagreement(one: str, other: str) -> None:
    assert line(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "about", "texts"),
    [
        (
            "At least 41 people died when a bus fell into a ravine near Kelby, rescuers said.",
            "A bus fell into a ravine near Kelby, killing 38 people and injuring 12.",
            "dead",
            ["38", "At least 41"],
        ),
        (
            "The death toll of the bus that fell into a ravine near Kelby stood at 38.",
            "A bus fell into a ravine near Kelby, killing 41 people and injuring 12.",
            "dead",
            ["38", "41"],
        ),
        (
            "The storm left 120,000 homes in Kelby dark.",
            "The storm left 95,000 homes in Kelby dark, the grid operator said.",
            "homes",
            ["95,000", "120,000"],
        ),
        (
            "Kelby will pay $3.2 million to settle the lawsuit over flooded cellars.",
            "Kelby agreed to pay $4.5 million to settle the lawsuit over flooded cellars.",
            "",
            ["$3.2 million", "$4.5 million"],
        ),
    ],
)
def test_what_is_a_disagreement(one: str, other: str, about: str, texts: list[str]) -> None:
    (found,) = line(one, other)
    assert found.about == about
    assert [version.text for version in found.versions] == texts


def test_who_gives_both_figures_does_not_contradict() -> None:
    both = "The crash at Kelby killed 15 people. Police had said 12 people were killed in the crash at Kelby."
    assert line("The crash at Kelby killed 12 people.", both) == []


def test_opposite_outcomes_are_told() -> None:
    (found,) = line(
        "The council of Kelby approved the plan for the bypass on Tuesday.",
        "The council of Kelby rejected the plan for the bypass on Tuesday.",
    )
    assert found.kind == "outcome"
    assert [version.outlets for version in found.versions] == [("A",), ("B",)]


def test_a_later_figure_of_the_same_outlet_stands() -> None:
    early = article("The crash at Kelby killed 12 people.", "A", "2026-03-10T08:00+00:00", "1")
    late = article("The crash at Kelby killed 15 people.", "A", "2026-03-10T12:00+00:00", "2")
    other = article("The crash at Kelby killed 15 people, police said.", "B", "2026-03-10T12:00+00:00")
    assert disagreements([late, other, early], aligner()) == ()
    assert outdated([late, other, early], aligner()) == {Evidence("A1", 0, 36)}


def test_a_figure_is_stale_when_another_outlet_has_a_newer_one() -> None:
    old = article("The crash at Kelby killed 12 people.", "A", "2026-03-09T08:00+00:00")
    new = article("The crash at Kelby killed 15 people.", "B", "2026-03-10T12:00+00:00")
    same_day = article("The crash at Kelby killed 15 people.", "B", "2026-03-09T12:00+00:00")
    assert outdated([new, old], aligner()) == {Evidence("A", 0, 36)}
    assert outdated([same_day, old], aligner()) == frozenset()


def test_an_earlier_day_is_no_other_account() -> None:
    old = article("The crash at Kelby killed 12 people.", "A", "2026-03-08T08:00+00:00")
    new = article("The crash at Kelby killed 15 people.", "B", "2026-03-10T12:00+00:00")
    assert disagreements([new, old], aligner()) == ()


class Quotes:
    """An engine that tells every article's sentences, in order."""

    name = "quotes"

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        lead = pick.story.lead
        made = []
        at = 0
        for text in lead.text.split("\n\n"):
            start = lead.text.index(text, at)
            made.append(Bullet(text=text, evidence=(Evidence(lead.id, start, start + len(text)),), support=1.0))
            at = start + len(text)
        return Summary(pick=pick, bullets=tuple(made[:most]), engine=self.name)


def told(articles: Sequence[Article], most: int = 4, copies: frozenset[str] = frozenset()) -> Summary:
    story = Story(id="s", articles=tuple(articles), copies=copies)
    summary, problems = Teller([Quotes()], aligner=aligner()).tell(Pick(story=story), None, most)
    assert summary is not None
    assert problems == []
    return summary


def test_told_as_one_the_core_comes_first_and_what_one_has_last() -> None:
    a = article(A_TEXT.replace("Twelve", "15"), "A")
    summary = told([a, article(B_TEXT, "B")], 6)
    first = summary.bullets[0]
    assert "15 people" in first.text
    assert first.outlets == ("A", "B")
    assert {summary.article_of(one).source for one in first.evidence} == {"A", "B"}
    assert summary.bullets[-1].only
    # The same, told by both, is told once.
    assert sum("15 people" in bullet.text for bullet in summary.bullets) == 1
    assert not any(bullet.only and len(bullet.outlets) > 1 for bullet in summary.bullets)


def test_in_other_languages_nobody_is_called_the_only_one_and_nothing_differs() -> None:
    a = article(
        "Die alte Brücke in Kelby ist am Montag eingestürzt, dabei starben 1.200 Schafe und die Kuh ist weg.",
        "A",
    )
    b = article("Der Bürgermeister von Kelby sagte, dass die Feuerwehr noch 12 Schafe aus dem Fluss gerettet hat.", "B")
    summary = told([a, b])
    assert not any(bullet.only for bullet in summary.bullets)
    assert summary.differing == ()


def test_two_voices_are_heard_where_there_are_two() -> None:
    a = article("The mayor of Kelby resigned.\n\nShe had been in office since May.", "A")
    summary = told([a, article("A swan held up the trams of Kelby.", "B")], 2)
    assert {summary.article_of(bullet.evidence[0]).source for bullet in summary.bullets} == {"A", "B"}


def test_the_same_words_from_a_wire_stay_one_voice() -> None:
    a, copy = article(A_TEXT, "A"), article(A_TEXT, "W")
    summary = told([a, copy], copies=frozenset({copy.id}))
    assert all(bullet.outlets == () and not bullet.only for bullet in summary.bullets)


def test_one_article_is_told_as_ever() -> None:
    a = article(A_TEXT, "A")
    pick = Pick(story=Story(id="s", articles=(a,)))
    assert Teller([Quotes()], aligner=aligner()).tell(pick, None, 4) == Teller([Quotes()]).tell(pick, None, 4)


def test_bullets_of_a_summary_without_others_are_kept_as_they_are() -> None:
    a = article(A_TEXT, "A")
    summary = Quotes().tell(Pick(story=Story(id="s", articles=(a,))))
    assert united(summary, [a], aligner(), 4).bullets == summary.bullets


def test_a_lead_whose_figure_has_changed_is_still_told_with_the_change() -> None:
    old = article(
        "Kestrel will build a battery factory worth 4.2bn crowns at Dunmarrow, the company said.\n\n"
        "The grants come to 254,000 crowns for each job.",
        "A",
        "2026-03-10T09:00+00:00",
    )
    new = article(
        "The minister thanked everybody at the opening of the fair.\n\n"
        "A brass band played in the rain for an hour.\n\n"
        "Kestrel will build a battery factory worth 3.9bn crowns at Dunmarrow, the company said.",
        "B",
        "2026-03-11T12:00+00:00",
    )
    (one,) = revisions([old, new], aligner())
    assert one.opening
    assert (one.old, one.new.article) == (Evidence("A", 0, 87), "B")
    assert [version.text for version in one.change.versions] == ["4.2bn", "3.9bn"]
    assert one.change.about == "crowns"
    teller = Teller([Quotes()], aligner=aligner())
    told, _ = teller.tell(Pick(story=Story(id="s", articles=(new, old))), None, 2)
    assert told is not None
    assert any("4.2bn" in bullet.text for bullet in told.bullets)
    assert [one.kind for one in told.differing] == ["revised"]
    told, _ = teller.tell(Pick(story=Story(id="s", articles=(new, old))), None, 4)
    assert told is not None
    assert not any("4.2bn" in bullet.text for bullet in told.bullets)
    assert told.differing == ()


def test_a_correction_is_no_voice_and_takes_its_outlets_figure_away() -> None:
    wrong = article(
        "The meals will cost 4.1 billion crowns a year, the ministry said.\n\nThe bill now goes to the Senate.",
        "A",
        "2026-03-10T09:00+00:00",
        "1",
    )
    right = article("Free meals were approved by the Assembly on Tuesday.", "B")
    note = Article(
        text="We gave a wrong figure.\n\nIt was 4.1 billion crowns a year. It should have been 1.4 billion.",
        title="Correction: the cost of meals",
        source="A",
        published="2026-03-11T09:00+00:00",
        id="A2",
    )
    story = Story(id="s", articles=(right, wrong, note))
    assert [one.id for one in voices_of(story)] == ["B", "A1"]
    (one,) = revisions([right, wrong, note], aligner())
    assert one.old == Evidence("A1", 0, 65)
    (version,) = one.change.versions
    assert version.text == "It was 4.1 billion crowns a year. It should have been 1.4 billion."
    told, _ = Teller([Quotes()], aligner=aligner()).tell(Pick(story=story), None, 6)
    assert told is not None
    assert not any("4.1" in bullet.text for bullet in told.bullets)
    assert [one.kind for one in told.differing] == ["corrected"]


def test_a_toll_that_rose_is_told_and_not_the_old_one() -> None:
    old = article("A barge hit the bridge at Dunmarrow, injuring nine people, police said.", "A")
    new = article(
        "The number of people treated for injuries after the barge hit the bridge at Dunmarrow rose to 17.",
        "B",
        "2026-03-11T12:00+00:00",
    )
    assert outdated([old, new], aligner()) == {Evidence("A", 0, len(old.text))}


def test_a_figure_that_a_later_report_says_is_not_so() -> None:
    old = article("Kestrel will build a 4.2bn-crown factory at Dunmarrow.", "A")
    new = article("It put its outlay at 3.9 billion crowns, not 4.2 billion.", "B", "2026-03-11T12:00+00:00")
    rise = article("It put its outlay at 3.9 billion crowns, up from 4.2 billion.", "B", "2026-03-11T12:00+00:00")
    (one,) = revisions([old, new], aligner())
    assert [version.text for version in one.change.versions] == ["4.2bn", "3.9 billion"]
    assert revisions([old, rise], aligner()) == ()
