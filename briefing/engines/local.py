"""Models of transformers on this machine: checked, loaded once, asked within a deadline."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from briefing.engines.chats import Usage
from briefing.engines.encoder import short_name
from briefing.engines.files import Files, Pins, check_files, check_pins, digests, find_files
from briefing.engines.loading import has_bfloat16, loading, quiet
from briefing.errors import ModelError, ModelUnavailable
from briefing.text import digest

if TYPE_CHECKING:
    from briefing.config import ChatEngineConfig, Seq2SeqEngineConfig

__all__ = [
    "Deadline",
    "Loaded",
    "LocalModel",
    "add",
    "check_weights",
    "device_of",
    "dtype_of",
    "is_seq2seq",
    "pad",
]

Kind = Literal["chat", "seq2seq"]

GOLDEN = "The bridge over the river was closed on Monday, and the ferry"
"""A sentence every model of text can go on from; what it says matters little, that it is the same matters."""
GOLDEN_TOKENS = 16
_BUFFERS = ("inv_freq", "masked_bias", "attn.bias", "position_ids", "final_logits_bias")
"""Ends of names of tables that older files hold and newer versions of the library work out themselves."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be asked."""

    tokenizer: Any
    model: Any
    device: str

    def window(self) -> int:
        """Tokens it reads, as its files say; where they do not, as many as any model reads."""
        config = self.model.config
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        names = ("max_encoder_position_embeddings", "max_position_embeddings", "n_positions")
        # The RoBERTa family counts positions from behind the padding token's number.
        taken = int(text.pad_token_id or 0) + 1 if "roberta" in str(getattr(text, "model_type", "")) else 0
        sizes = [getattr(text, name, None) for name in names]
        stated = [size - taken if isinstance(size, int) else None for size in sizes]
        stated.append(self.tokenizer.model_max_length)
        known = [int(size) for size in stated if isinstance(size, int) and 0 < size < 10_000_000]
        return min(known, default=512)


class Deadline:
    """Ends generation when its time has come (a stopping criterion of transformers); `passed` tells that it did."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.passed = False

    def __call__(self, ids: Any, scores: Any, **more: Any) -> Any:  # noqa: D102 - the library's own protocol
        import torch

        self.passed = self.passed or time.monotonic() > self._until
        return torch.full((ids.shape[0],), self.passed, dtype=torch.bool, device=ids.device)


class LocalModel:
    """Finds, checks and loads a model with its first use, once; a failure is kept, and said again in the same words."""

    def __init__(
        self, settings: ChatEngineConfig | Seq2SeqEngineConfig, base: Path | None = None, pins: Pins | None = None
    ) -> None:
        self.settings = settings
        self.kind: Kind = settings.type
        self.usage = Usage()
        self.pins = pins or Pins()
        self._base = base
        self._loaded: Loaded | None = None
        self._failure: ModelUnavailable | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Its name as people say it."""
        return short_name(self.settings.model)

    @property
    def revision(self) -> str:
        """Revision where there is one, and what of the configuration its answers depend on."""
        pin = self.pins.of(Files(self.settings.model, Path(), self._gguf).key) or {}
        options = self.settings.model_dump_json(exclude={"deadline", "batch", "threads"})
        return digest(options, str(pin.get("revision")), str(pin.get("files")))

    @property
    def _gguf(self) -> str | None:
        return self.settings.gguf if self.settings.type == "chat" else None

    @property
    def subject(self) -> str:
        """What a problem with it is about."""
        return f"{self.kind} ({self.name})"

    def prepare(self) -> None:
        """Load it now. Raises ModelUnavailable."""
        self.loaded()

    def loaded(self) -> Loaded:
        """The model, loaded and checked with the first call. Raises ModelUnavailable."""
        with self._lock:
            if self._failure is not None:
                raise ModelUnavailable(self._failure.subject, self._failure.message)
            if self._loaded is None:
                try:
                    files = self.find()
                    check_files(files)
                    check_pins(files, self.pins)
                    ready = self.read(files)
                    self._compare(files, ready)
                except ModelUnavailable as error:
                    self._failure = ModelUnavailable(self.subject, error.message)
                    raise self._failure from error
                self._loaded = ready
            return self._loaded

    def find(self, *, adding: bool = False) -> Files:
        """Its files. Raises ModelUnavailable."""
        settings = self.settings
        return find_files(settings.model, settings.revision, self._gguf, base=self._base, pins=self.pins, adding=adding)

    def read(self, files: Files) -> Loaded:
        """Tokenizer and weights from files that were checked. Raises ModelUnavailable."""
        settings = self.settings
        with loading(self.name, f"{files.folder} can't be loaded"), contextlib.redirect_stderr(io.StringIO()):
            import torch
            import transformers

            quiet()
            if settings.threads:
                torch.set_num_threads(settings.threads)
            device = device_of(settings.device)
            common: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            unpacked: dict[str, Any] = {}
            if files.gguf:
                common["gguf_file"] = files.gguf
                config = getattr(transformers, "GgufConfig", None)
                unpacked = {"quantization_config": config(dequantize=True)} if config else {}
            else:
                unpacked = {"use_safetensors": True}
            kinds = {"chat": transformers.AutoModelForCausalLM, "seq2seq": transformers.AutoModelForSeq2SeqLM}
            tokenizer = transformers.AutoTokenizer.from_pretrained(files.folder, **common)
            model, info = kinds[self.kind].from_pretrained(
                files.folder, dtype=dtype_of(settings.dtype, device), output_loading_info=True, **common, **unpacked
            )
            model = model.to(device).eval()
        check_weights(self.name, model, info)
        return Loaded(tokenizer, model, device)

    def golden(self, ready: Loaded) -> dict[str, str]:
        """What the model answers to the golden prompt, and by what it was run. Raises ModelUnavailable."""
        import torch
        import transformers

        dtype = str(ready.model.dtype).removeprefix("torch.")
        # Sums in another order may choose another word, so an answer holds for one way of running.
        where = f"{transformers.__version__}/{torch.__version__}/{ready.device}/{dtype}/{torch.get_num_threads()}"
        with loading(self.name, "it can't answer the golden prompt"), torch.inference_mode():
            inputs = ready.tokenizer(GOLDEN, return_tensors="pt").to(ready.device)
            inputs.pop("token_type_ids", None)
            out = ready.model.generate(
                **inputs, do_sample=False, num_beams=1, max_new_tokens=GOLDEN_TOKENS, output_logits=True,
                return_dict_in_generate=True, pad_token_id=pad(ready.tokenizer),
            )  # fmt: skip
            finite = all(bool((~step.isnan()).all() and step.isfinite().any()) for step in out.logits)
            new = out.sequences[0] if self.kind == "seq2seq" else out.sequences[0, inputs["input_ids"].shape[1] :]
            tokens = [int(token) for token in new]
            text = ready.tokenizer.decode(tokens)
        if not finite:
            raise ModelUnavailable(
                self.name, "its answer to the golden prompt is not a number; its weights are damaged"
            )
        if not text.strip():
            raise ModelUnavailable(self.name, "its answer to the golden prompt is empty")
        return {"where": where, "digest": hashlib.sha256(repr(tokens).encode()).hexdigest(), "text": text}

    def _compare(self, files: Files, ready: Loaded) -> None:
        found = self.golden(ready)
        pin = self.pins.of(files.key) or {}
        same = files.revision is None or pin.get("revision") == files.revision
        wanted = pin.get("golden") if same else None
        if isinstance(wanted, dict) and wanted.get("where") == found["where"] and wanted["digest"] != found["digest"]:
            remedy = f'if that is meant, run "briefing models add {self.settings.model}" again'
            raise ModelUnavailable(self.name, f"it does not answer the golden prompt as when it was added; {remedy}")

    @contextlib.contextmanager
    def asked(self) -> Iterator[None]:
        """Whatever goes wrong while it writes is its failure, not the edition's."""
        import torch

        try:
            with torch.inference_mode():
                yield
        except ModelError:
            raise
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise ModelUnavailable(self.subject, "there is not enough memory for it") from error
        except (RuntimeError, ValueError, IndexError, KeyError, TypeError) as error:
            text = str(error).strip().splitlines()
            first = text[0][:160] if text else type(error).__name__
            raise ModelUnavailable(self.subject, f"it failed while writing ({first})") from error

    def late(self) -> ModelUnavailable:
        """The error of an article that takes too long."""
        return ModelUnavailable(self.subject, f"not finished within {self.settings.deadline:g} s")

    def begin(self) -> None:
        """A new edition: usage is counted anew."""
        self.usage = Usage()


def add(model: LocalModel, say: Callable[[str], None]) -> None:
    """Find, check and load a model, and remember its digests and golden answer. Raises ModelUnavailable."""
    files = model.find(adding=True)
    check_files(files)
    say(f"{files.folder}: whole, and runs no code")
    ready = model.read(files)
    golden = model.golden(ready)
    found = digests(files)
    model.pins.put(files.key, {"kind": model.kind, "revision": files.revision, "files": found, "golden": golden})
    say(f"remembered in {model.pins.path}: {len(found)} files and what it answers")


def is_seq2seq(files: Files) -> bool:
    """Whether a model's configuration says that it has an encoder beside its decoder."""
    if files.gguf:
        return False
    with loading(files.name, f"{files.folder / 'config.json'} can't be read"):
        config = json.loads((files.folder / "config.json").read_text(encoding="utf-8"))
        return bool(config.get("is_encoder_decoder"))


def device_of(wanted: str) -> str:
    """The device that is meant by "auto", or the one that is named."""
    import torch

    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def dtype_of(wanted: str, device: str) -> Any:
    """The precision that is meant by "auto" on a device, or the one that is named."""
    import torch

    if wanted != "auto":
        return getattr(torch, wanted)
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "mps":
        return torch.float16
    return torch.bfloat16 if has_bfloat16() else torch.float32


def check_weights(name: str, model: Any, info: dict[str, Any]) -> None:
    """Raises ModelUnavailable if a weight is missing, left over, of another shape, or no number."""
    import torch

    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    missing = sorted(key for key in info["missing_keys"] if key not in tied and not key.endswith(_BUFFERS))
    over = sorted(key for key in info["unexpected_keys"] if not key.endswith(_BUFFERS))
    shaped = sorted(str(entry[0] if isinstance(entry, tuple) else entry) for entry in info["mismatched_keys"])
    for found, what in ((missing, "are missing"), (over, "belong to another model"), (shaped, "have another shape")):
        if found:
            raise ModelUnavailable(name, f"{len(found)} of its weights {what}, first {found[0]}")
    for key, value in model.named_parameters():
        if not bool(torch.isfinite(value).all()):
            raise ModelUnavailable(name, f"its weights are damaged: {key} holds what is not a number")


def pad(tokenizer: Any) -> int:
    """The token that fills up shorter texts; any will do, as it is never looked at."""
    return int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0)
