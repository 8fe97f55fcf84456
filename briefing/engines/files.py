"""A model's files: where they are, and whether they may be used.

A model is somebody's files. They must not run code (no pickle, no Python of theirs), and must be whole: what is cut
short, lacks a part or was changed since it was added is refused with the reason, before a library reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.engines import fluency
from briefing.engines.encoder import model_folder
from briefing.engines.fluency import LanguageModel
from briefing.engines.loading import loading
from briefing.errors import ModelUnavailable

__all__ = ["Files", "Pins", "check_files", "check_pins", "digests", "find_files"]

INDEX = "model.safetensors.index.json"
WEIGHTS = "model.safetensors"
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".msgpack", ".joblib", ".npz")
_READ = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model")
"""What is fetched from the hub and pinned: weights and plain text. Never Python, never a pickle."""
_LARGEST_HEADER = 100_000_000
_BLOCK = 1 << 20

_sound: set[tuple[Path, str | None]] = set()
"""Folders whose digests were found to be those of their pins, in this process."""


@dataclass(frozen=True, slots=True)
class Files:
    """A model that was found: what it is called, its folder, its GGUF file if it is one, and its revision."""

    name: str
    folder: Path
    gguf: str | None = None
    revision: str | None = None

    @property
    def key(self) -> str:
        """What it is pinned under."""
        return " ".join(part for part in (self.name, self.gguf) if part)


class Pins:
    """What is remembered of the models that were added: revision, digests of their files, their golden answers."""

    def __init__(self, path: Path | None = None) -> None:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        self.path = path or data / "briefing" / "models.json"

    def all(self) -> dict[str, dict[str, Any]]:
        """Everything, by key. Raises ModelUnavailable if the file is damaged."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                "models", f"{self.path} can't be read; delete it and add the models again"
            ) from error
        return found if isinstance(found, dict) else {}

    def of(self, key: str) -> dict[str, Any] | None:
        """What is remembered of one model."""
        return self.all().get(key)

    def put(self, key: str, pin: dict[str, Any]) -> None:
        """Remember a model. Raises ModelUnavailable if it can't be written."""
        everything = self.all() | {key: pin}
        with loading("models", f"{self.path} can't be written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(dir=self.path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(everything, out, indent=2, sort_keys=True)
            Path(scratch).replace(self.path)


def find_files(
    name: str, revision: str | None = None, gguf: str | None = None, *, base: Path | None = None,
    pins: Pins | None = None, adding: bool = False,
) -> Files:  # fmt: skip
    """The files of the model `name`: a folder, "package:NAME/FOLDER", or a name on the hub.

    A relative folder starts from `base`. A name on the hub needs its revision, given or remembered from when it was
    added; `adding` takes the newest. Raises ModelUnavailable.
    """
    if base is not None and not name.startswith("package:") and (base / name).is_dir():
        folder: Path | None = base / name
    else:
        folder = model_folder(name)
    if folder is not None:
        if name.startswith("package:") and (folder / fluency.GGUF).is_file() and gguf in (None, fluency.GGUF):
            # Reading the packed weights takes long; the copy that shortening uses anyway is them, unpacked.
            return Files(name, LanguageModel(name).prepare())
        return Files(name, folder, gguf)
    if not adding:
        pin = (pins or Pins()).of(Files(name, Path(), gguf).key)
        revision = revision or (pin or {}).get("revision")
        if revision is None:
            remedy = f'give it, or run "briefing models add {name}", which remembers the newest'
            raise ModelUnavailable(
                name, f"there is no such folder, and for a model of the hub a revision is needed; {remedy}"
            )
    return _from_hub(name, revision, gguf)


def _from_hub(name: str, revision: str | None, gguf: str | None) -> Files:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted = [gguf, *(pattern for pattern in _READ if pattern != "*.safetensors")] if gguf else list(_READ)
    # Folders hold other forms of the same weights, and so do files of this name.
    patterns: dict[str, Any] = {"allow_patterns": wanted, "ignore_patterns": ["*/*", "consolidated*"]}
    with loading(name, "it can't be fetched from the hub; look at its name, its revision and the connection"):
        try:
            # A revision that is here already is not asked for again.
            if revision is None:
                raise LocalEntryNotFoundError("the newest is asked for")
            folder = snapshot_download(name, revision=revision, local_files_only=True, **patterns)
            if not _has_weights(Path(folder), gguf):
                raise LocalEntryNotFoundError("only a part is here")
        except LocalEntryNotFoundError:
            folder = snapshot_download(name, revision=revision, **patterns)
    # The folder of a snapshot is called by its commit.
    return Files(name, Path(folder), gguf, Path(folder).name)


def _has_weights(folder: Path, gguf: str | None) -> bool:
    return (folder / gguf).is_file() if gguf else any(folder.glob("*.safetensors"))


def check_files(files: Files) -> None:
    """Raises ModelUnavailable, with the reason, unless the files are whole and none of them would run code."""
    folder = files.folder
    if files.gguf:
        _check_gguf(files, folder / files.gguf)
        return
    config = _json_of(files, folder / "config.json")
    _check_code(files, config)
    index = folder / INDEX
    if index.is_file():
        wanted = _json_of(files, index).get("weight_map")
        if not isinstance(wanted, dict) or not wanted:
            raise ModelUnavailable(files.name, f"{index} names no weights")
        held: dict[str, set[str]] = {}
        for shard in sorted({str(shard) for shard in wanted.values()}):
            if Path(shard).name != shard or not shard.endswith(".safetensors"):
                raise ModelUnavailable(files.name, f'{index} names "{shard}", which is no safetensors file beside it')
            if not (folder / shard).is_file():
                raise ModelUnavailable(files.name, f"{folder / shard} is missing, though {INDEX} names it")
            held[shard] = _check_safetensors(files, folder / shard)
        lacking = [key for key, shard in wanted.items() if key not in held[str(shard)]]
        if lacking:
            raise ModelUnavailable(files.name, f"{wanted[lacking[0]]} lacks {lacking[0]}, which {INDEX} says it holds")
        return
    if (folder / WEIGHTS).is_file():
        _check_safetensors(files, folder / WEIGHTS)
        return
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    ggufs = sorted(path.name for path in folder.glob("*.gguf"))
    if ggufs:
        raise ModelUnavailable(files.name, f"it comes as GGUF; name the file, such as gguf: {ggufs[0]}")
    if pickles:
        why = f"its weights are {pickles[0]}, a kind of file that can run code when it is read"
        raise ModelUnavailable(files.name, f"{why}; only safetensors and GGUF are used")
    raise ModelUnavailable(files.name, f"there is no {WEIGHTS} in {folder}")


def _json_of(files: Files, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelUnavailable(files.name, f"{path} is missing or can't be read") from error
    except (ValueError, RecursionError) as error:
        raise ModelUnavailable(files.name, f"{path} is damaged") from error
    if not isinstance(found, dict):
        raise ModelUnavailable(files.name, f"{path} is damaged")
    return found


def _check_code(files: Files, config: dict[str, Any]) -> None:
    """Refuse what only Python of its own could read. What the library knows itself is read by the library."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    kind = str(config.get("model_type", ""))
    if kind in CONFIG_MAPPING_NAMES:
        return
    if config.get("auto_map"):
        raise ModelUnavailable(files.name, "it needs Python code of its own to be read (auto_map), which is never run")
    raise ModelUnavailable(files.name, f'transformers knows no kind of model called "{kind}"')


def _check_safetensors(files: Files, path: Path) -> set[str]:
    """The names of the tensors of a file whose size is what its header says."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if not 0 < length <= min(_LARGEST_HEADER, size - 8):
            raise ModelUnavailable(files.name, f"{path} is damaged or cut short: its header has no end")
        try:
            header = json.loads(handle.read(length))
            tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
            end = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ModelUnavailable(files.name, f"{path} is damaged: its header can't be read") from error
    if size != 8 + length + end:
        raise ModelUnavailable(files.name, f"{path} has {size:,} bytes where its header tells of {8 + length + end:,}")
    return set(tensors)


def _check_gguf(files: Files, path: Path) -> None:
    if not path.is_file():
        raise ModelUnavailable(files.name, f"there is no {path.name} in {path.parent}")
    with path.open("rb") as handle:
        if handle.read(4) != b"GGUF":
            raise ModelUnavailable(files.name, f"{path} is no GGUF file, or damaged")
    with loading(files.name, f"{path} is damaged or cut short"):
        import gguf

        # Every tensor is laid over the file here; one that reaches past its end does not fit.
        gguf.GGUFReader(path)


def digests(files: Files) -> dict[str, str]:
    """SHA-256 of each file that says what the model answers."""
    patterns = [files.gguf] if files.gguf else list(_READ)
    paths = sorted({path for pattern in patterns for path in files.folder.glob(pattern) if path.is_file()})
    found = {}
    for path in paths:
        with path.open("rb") as handle:
            found[path.name] = hashlib.file_digest(handle, "sha256").hexdigest()
    return found


def check_pins(files: Files, pins: Pins, digest: Callable[[Files], dict[str, str]] = digests) -> None:
    """Raises ModelUnavailable if the files are not those that were added; asked once in a process."""
    place = (files.folder, files.gguf)
    if place in _sound:
        return
    pin = pins.of(files.key)
    wanted = (pin or {}).get("files")
    if isinstance(wanted, dict):
        if files.revision and pin and pin.get("revision") not in (None, files.revision):
            return  # another revision than the one that was added, as the configuration asks
        found = digest(files)
        for name, sha in sorted(wanted.items()):
            if found.get(name) != sha:
                what = "is missing" if name not in found else "is not the file that was added (its sha256 differs)"
                remedy = f'if that is meant, run "briefing models add {files.name}" again'
                raise ModelUnavailable(files.name, f"{files.folder / name} {what}; {remedy}")
    _sound.add(place)
