"""A week of invented news: twelve stories that develop, written as three outlets would; what each day brings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """An article as an outlet publishes it; with the `key` of an earlier one, it replaces that one's page."""

    day: int
    outlet: str
    key: str
    title: str
    text: str
    hour: int = 6


A, B, C = "Harrow Courier", "Kelby Post", "Dunmarrow Times"

WEEK = (
    # 1. A collapse whose toll rises; two outlets differ on the first day.
    Piece(1, A, "quay", "Quay at Dunmarrow collapses",
          "The old quay at Dunmarrow collapsed on Monday while dockers were unloading a ship.\n\n"
          "The collapse of the quay at Dunmarrow killed 12 people, the harbour police said.\n\n"
          "Divers are searching the harbour basin for containers that sank."),
    Piece(1, B, "quay", "Deadly collapse at Dunmarrow harbour",
          "The old quay at Dunmarrow collapsed on Monday under a stack of containers.\n\n"
          "The collapse of the quay at Dunmarrow killed 15 people, the fire service said.\n\n"
          "The port authority had closed one of the cranes in January because of rust."),
    Piece(2, A, "quay2", "Toll of Dunmarrow quay collapse rises to 17",
          "The old quay at Dunmarrow collapsed on Monday while dockers were unloading a ship.\n\n"
          "The collapse of the quay at Dunmarrow killed 17 people, the harbour police said on Tuesday."),
    Piece(4, C, "quay3", "Port director of Dunmarrow is arrested over the quay",
          "The port director of Dunmarrow, Oskar Brandt, was arrested on Thursday over the collapse of the quay.\n\n"
          "The collapse of the quay at Dunmarrow killed 17 people, the harbour police said on Tuesday."),
)  # fmt: skip
