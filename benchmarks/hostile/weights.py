"""Model files that carry code, or are damaged: none runs, none is used."""

from __future__ import annotations

import json
import os
import pickle
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile import Figure

NAME, PROMISE = "model files", 11

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2,
    "num_hidden_layers": 1, "num_key_value_heads": 2, "vocab_size": 64, "max_position_embeddings": 64,
}  # fmt: skip


class _Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._mark),)


def folders(place: Path, mark: Path) -> dict[str, Path]:
    """A model's folder for each attack."""
    found = {}

    def new(name: str, config: dict[str, object] | None = None) -> Path:
        folder = place / name.replace(" ", "-")
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(LLAMA if config is None else config), encoding="utf-8")
        found[name] = folder
        return folder

    for ending in ("pytorch_model.bin", "model.pt", "model.ckpt", "model.pkl"):
        (new(f"pickle {ending}") / ending).write_bytes(pickle.dumps(_Bomb(mark)))
    code = new(
        "code of its own",
        {**LLAMA, "model_type": "mine", "auto_map": {"AutoModelForCausalLM": "mine.Mine", "AutoConfig": "mine.Config"}},
    )
    (code / "mine.py").write_text(f"import os\nos.mkdir({str(mark)!r})\n", encoding="utf-8")
    (code / "model.safetensors").write_bytes(_safetensors({"a": 4}))
    (new("pickle posing as safetensors") / "model.safetensors").write_bytes(pickle.dumps(_Bomb(mark)))
    (new("cut short") / "model.safetensors").write_bytes(_safetensors({"a": 4_000})[:-100])
    (new("header beyond the file") / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + b"{}")
    (new("header not JSON") / "model.safetensors").write_bytes(struct.pack("<Q", 8) + b"nonsense")
    (new("empty") / "model.safetensors").write_bytes(b"")
    (new("missing weights") / "model.safetensors").write_bytes(_safetensors({"other": 4}))
    new("no weights")
    (new("index that leads out") / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": {"a": "../../etc/passwd", "b": "/etc/passwd"}}), encoding="utf-8"
    )
    (new("config not JSON") / "config.json").write_text("{", encoding="utf-8")
    return found


def _safetensors(tensors: dict[str, int]) -> bytes:
    """A file of float32 tensors of these lengths."""
    header, at = {}, 0
    for name, size in tensors.items():
        header[name] = {"dtype": "F32", "shape": [size], "data_offsets": [at, at + 4 * size]}
        at += 4 * size
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(at)


def measure(short: bool) -> Iterator[Figure]:
    """Each folder is named as a model and asked to tell a text."""
    from briefing.config import ChatEngineConfig
    from briefing.engines.local import LocalModel
    from briefing.errors import ModelUnavailable

    with tempfile.TemporaryDirectory() as name:
        place, mark = Path(name), Path(name) / "ran"
        used, odd = [], []
        found = folders(place, mark)
        for attack, folder in list(found.items())[:: 4 if short else 1]:
            try:
                LocalModel(ChatEngineConfig(type="chat", model=str(folder)), place).prepare()
                used.append(attack)
            except ModelUnavailable:
                continue
            except Exception as error:  # another error than ours would reach the user as a traceback
                odd.append(f"{attack}: {type(error).__name__}: {error}"[:120])
        yield Figure("model files whose code ran", str(int(mark.exists())), "0", not mark.exists())
        yield Figure(
            "damaged models that were used",
            f"{len(used)} of {len(found)}" + (f" {used}" if used else ""),
            "0",
            not used,
        )
        yield Figure("refused without a plain reason", str(len(odd)) + (f" {odd}" if odd else ""), "0", not odd)
