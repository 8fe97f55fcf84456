"""A week of invented news: twelve stories that develop, told by three outlets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from briefing.text import sentences
from briefing.types import Bullet, Evidence, Pick, Summary

A, B, C = "Harrow Courier", "Kelby Post", "Dunmarrow Times"


@dataclass(frozen=True)
class Piece:
    """An article as an outlet publishes it on a day (1 to 7); with a key used before, it replaces that article."""

    day: int
    outlet: str
    key: str
    title: str
    text: str

    def write(self, base: Path) -> Path:
        """As a file, headline and date first."""
        path = base / self.outlet.split()[0] / f"{self.key}.txt"
        path.parent.mkdir(exist_ok=True)
        paragraphs = "\n\n".join(self.text.strip().split("\n"))
        path.write_text(f"{self.title}\n{8 + self.day} March 2026\n\n{paragraphs}\n", encoding="utf-8")
        return path


class Lines:
    """An engine that tells every sentence of an article, in order: what is told is then decided by rule alone."""

    name = "lines"

    def __init__(self, *_: object) -> None:
        pass

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        """At most so many, quoted."""
        article = pick.story.lead
        spans = sentences(article.text)[:most]
        made = tuple(
            Bullet(text=article.text[a:b], evidence=(Evidence(article.id, a, b),), support=1.0) for a, b in spans
        )
        return Summary(pick=pick, bullets=made, engine=self.name)


WEEK = (
    # A collapse: two outlets differ on the toll, it rises, somebody is arrested.
    Piece(1, A, "quay1", "Quay at Dunmarrow collapses", """\
The old quay at Dunmarrow collapsed on Monday while a ship was being unloaded.
The collapse of the quay at Dunmarrow killed 12 people, the harbour police said.
Divers are searching the harbour basin for sunken containers."""),
    Piece(1, B, "quay1", "Old quay at Dunmarrow harbour collapses", """\
The old quay at Dunmarrow harbour collapsed on Monday under a stack of containers.
The collapse of the quay at Dunmarrow killed 15 people, the fire service said.
A rusty crane beside the warehouse had been closed in January."""),
    Piece(2, A, "quay2", "Toll of the quay collapse at Dunmarrow rises", """\
The old quay at Dunmarrow collapsed on Monday while a ship was being unloaded.
The collapse of the quay at Dunmarrow killed 17 people, the harbour police said."""),
    Piece(4, C, "quay4", "Port director of Dunmarrow arrested over quay collapse", """\
Port director Oskar Brandt was arrested over the collapse of the quay at Dunmarrow.
The collapse of the quay at Dunmarrow killed 17 people, the harbour police said."""),
    # A decision that is reversed.
    Piece(1, A, "bypass1", "Council of Tarnbrook approves the Elm Valley bypass", """\
The council of Tarnbrook approved the Elm Valley bypass by 21 votes to 18.
Farmers in the Elm Valley would lose about 60 hectares of meadow."""),
    Piece(3, B, "bypass3", "Council of Tarnbrook rejects the Elm Valley bypass after all", """\
The council of Tarnbrook rejected the Elm Valley bypass in a second vote.
Farmers in the Elm Valley would lose about 60 hectares of meadow."""),
    # Told once; the next day another outlet has nothing to add.
    Piece(1, A, "ferry1", "Ferry Linnet runs aground off Saltness", """\
The ferry Linnet ran aground off Saltness in thick fog with 212 passengers on board.
Lifeboats brought all 212 passengers of the ferry Linnet ashore at Saltness."""),
    Piece(2, B, "ferry2", "Ferry Linnet aground off Saltness", """\
The ferry Linnet with 212 passengers ran aground in thick fog off Saltness.
All 212 passengers of the ferry Linnet were brought ashore at Saltness by lifeboats."""),
    # A strike that goes quiet and comes back.
    Piece(1, C, "strike1", "Tram drivers of Ostermouth begin a strike", """\
Tram drivers of Ostermouth began a strike over night shifts at the Ferrier depot.
Ostermouth has run no trams since the Ferrier depot locked its gates."""),
    Piece(6, C, "strike6", "Tram drivers of Ostermouth end their strike", """\
Tram drivers of Ostermouth accepted a pay rise of 4 percent and ended the strike at the Ferrier depot.
Ostermouth has run no trams since the Ferrier depot locked its gates."""),
    # A flood whose figure is corrected by the outlet.
    Piece(2, B, "flood2", "Flood at Wennaby damages homes", """\
The river Wenna burst its banks at Wennaby and damaged 140 homes.
Pumps from three counties were set up along Mill Lane in Wennaby."""),
    Piece(4, B, "flood2", "Flood at Wennaby damages homes", """\
The river Wenna burst its banks at Wennaby and damaged 14 homes.
Pumps from three counties were set up along Mill Lane in Wennaby.
Correction: An earlier version of this article said that 140 homes were damaged at Wennaby."""),
    # A report that is retracted.
    Piece(2, C, "mayor2", "Mayor of Corvale accused of selling a park", """\
Mayor Edith Rowan of Corvale sold Linden Park to her cousin, papers of the land office show.
Corvale residents have called for an inquiry into the sale of Linden Park."""),
    Piece(3, C, "mayor2", "Retracted: Mayor of Corvale accused of selling a park", """\
This article has been retracted because the papers it rested on were forged.
We apologise to our readers and to all who were named in it."""),
    # Two that look alike and are not one.
    Piece(3, A, "mill3", "Paper mill at Birchley burns down", """\
A paper mill at Birchley burned down during the night and 30 workers fled through a window.
Sparks from a grinding machine set bales of straw alight, the Birchley fire chief said."""),
    Piece(3, B, "mill3", "Flour mill at Stonegate burns down", """\
A flour mill at Stonegate burned down at noon and a watchman was taken to hospital with burns.
Lightning had struck the mill's roof in Stonegate, a neighbour said."""),
    # Two outlets agree.
    Piece(5, A, "asthma5", "Asthma spray Veloran cuts attacks by 38 percent", """\
The asthma spray Veloran cut attacks by 38 percent in a trial with 1,200 children.
Doctors in Penhallow will offer the asthma spray Veloran from May."""),
    Piece(5, C, "asthma5", "Trial shows asthma spray Veloran cuts attacks", """\
In a trial with 1,200 children the asthma spray Veloran cut attacks by 38 percent.
The maker of Veloran wants to test the spray on adults next."""),
    # A museum, of which the outlet later publishes a correction as an item of its own.
    Piece(5, B, "museum5", "Sail loft museum at Greyhaven opens", """\
The sail loft museum at Greyhaven opened with 90 model ships given by the Ashdown family.
Entry to the sail loft museum at Greyhaven is free on Sundays."""),
    Piece(7, B, "museum7", "Correction: Sail loft museum at Greyhaven", """\
Our report on the sail loft museum at Greyhaven said the 90 model ships were given by the Ashdown family.
They were lent by the navy."""),
    # Wire copy in two outlets is one voice.
    Piece(6, A, "comet6", "Comet Hale-Ferris can be seen without a telescope", """\
The comet Hale-Ferris can be seen without a telescope from Thursday, the observatory at Mount Ilven said.
It will return in 840 years, astronomers at Mount Ilven calculated."""),
    Piece(6, B, "comet6", "Comet Hale-Ferris can be seen without a telescope", """\
The comet Hale-Ferris can be seen without a telescope from Thursday, the observatory at Mount Ilven said.
It will return in 840 years, astronomers at Mount Ilven calculated."""),
    # Plain news of the last day.
    Piece(7, A, "bakery7", "Bakers of Ludmoor bring back the half-pound loaf", """\
Bakers of Ludmoor voted to bring back the half-pound loaf after 30 years.
The guild hall of Ludmoor will show loaves from every century."""),
)  # fmt: skip
"""Twelve stories: quay, bypass, ferry, strike, flood, mayor, two mills, asthma, museum, comet, bakery."""
