"""What all loading of models shares: one way to fail, and silence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from briefing.errors import ModelUnavailable

__all__ = ["has_bfloat16", "loading", "quiet"]

# Read when torch is first imported: where another program wants the cores, threads that wait by spinning for each
# other make a pass five times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextlib.contextmanager
def loading(name: str, failure: str) -> Iterator[None]:
    """Raises ModelUnavailable for `name` for whatever goes wrong inside; `failure` says what and the remedy."""
    try:
        yield
    except Exception as error:  # damaged files make the libraries raise anything, and none of it may stop an edition
        text = str(error).strip()
        first = text.splitlines()[0] if text else type(error).__name__
        raise ModelUnavailable(name, f"{failure} ({first})") from error


def quiet() -> None:
    """Keep transformers from writing into what the program prints."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 numbers faster than single ones: with AMX it does.

    AVX-512 BF16 alone is no reason: on a Xeon that has it without AMX they take half as long again as single ones.
    """
    import torch

    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16"))
