"""Evidence, and the smaller things that rest on it. `briefing.types` hands all of these on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Claim", "Correction", "Disagreement", "Evidence", "Version"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of an article's text."""

    article: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Version:
    """What some outlets say of a disputed fact, in their words: a figure, or a sentence."""

    text: str
    outlets: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A fact that outlets tell differently, or that one has told anew.

    `kind` is "figure" or "outcome" where they disagree, "revised" where the second version is a later report's, and
    "corrected" where the only version is what an outlet says of its own mistake. `about` says what is counted: "dead",
    "injured", "arrested", "missing", "rescued" and "evacuated" are told in the edition's language, anything else in the
    articles' words.
    """

    versions: tuple[Version, ...]
    about: str = ""
    kind: str = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A bullet an edition has told, of the day `day`, with the evidence it rested on."""

    text: str
    day: date
    evidence: tuple[Evidence, ...] = ()
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Something an edition told that its outlet no longer says.

    `told` is the bullet and `day` the edition's; `now` is what the article says instead, with the outlet's own note of
    correction where there is one (then `noted`), and is empty where it says nothing of it any more. `article` and
    `text` (a digest) name what it was found in, so that nothing is corrected twice.
    """

    story: str
    title: str
    outlet: str
    told: str
    day: date
    now: str
    article: str
    text: str
    url: str | None = None
    noted: bool = False
