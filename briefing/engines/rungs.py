"""The embedded engines in the order in which they are asked, and what the best of them needs."""

from __future__ import annotations

from collections.abc import Callable

from briefing.engines import Embedder, Engine
from briefing.engines.embedded import EmbeddedEngine
from briefing.engines.encoder import TransformerEncoder, WordEncoder
from briefing.engines.fluency import MODEL, LanguageModel
from briefing.engines.rewrite import Rewriter
from briefing.engines.salience import Salience
from briefing.engines.syntax import PIPELINE, Parser

__all__ = ["ladder", "models"]


def ladder(encoder: Embedder, transformer: TransformerEncoder | None, shorten: bool = True) -> tuple[Engine, ...]:
    """The embedded engines from the best down to one that needs no model; each tells where those before can't.

    `transformer` is the encoder the trained heads fit, or None if another one is configured. Without `shorten` all tell
    whole sentences.
    """
    plain = (EmbeddedEngine(encoder), EmbeddedEngine(WordEncoder()))
    if transformer is None:
        return plain
    salience = Salience(transformer)
    whole = EmbeddedEngine(encoder, salience)
    if not shorten:
        return (whole, *plain)
    rewriter = Rewriter(model=LanguageModel(passes=transformer.passes))
    return (EmbeddedEngine(encoder, salience, rewriter), whole, *plain)


def models(transformer: TransformerEncoder) -> tuple[tuple[str, Callable[[], object]], ...]:
    """What the best embedded engine needs, by name, and how each is loaded; loading raises ModelUnavailable."""
    return (
        (transformer.name, transformer.load),
        ("salience", Salience(transformer).load),
        (PIPELINE, Parser().load),
        (MODEL, LanguageModel().load),
    )
