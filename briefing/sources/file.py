"""Files of news: one file, a folder that is watched, or a glob. What is dropped there is read at the next run."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from briefing.config import FileConfig
from briefing.errors import SourceError
from briefing.sources import Tools
from briefing.text import digest
from briefing.types import Collected, Item

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".eml": "message/rfc822",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
}
"""What a file is, by its ending (in small letters)."""


class FileSource:
    """Each file is an item; a file whose size and time of change are the same as before is not read again."""

    def __init__(self, config: FileConfig, tools: Tools) -> None:
        self.name = config.name
        self.address = config.path
        self._pattern = config.path
        self._language = config.language
        self._base = tools.base

    def collect(self, state: Mapping[str, str]) -> Collected:
        """All files that are there, in the order of their names. One that goes away meanwhile is not there."""
        items = []
        for path in self._files():
            try:
                stat = path.stat()
            except OSError:
                continue
            items.append(
                Item(
                    source=self.name,
                    key=str(path),
                    url=path.as_uri(),
                    language=self._language,
                    media_type=MEDIA_TYPES[path.suffix.lower()],
                    updated=f"{stat.st_mtime_ns}:{stat.st_size}",
                )
            )
        mark = digest(*(f"{item.key}:{item.updated}" for item in items))
        return Collected(items=tuple(items), state={"files": mark}, unchanged=mark == state.get("files"))

    def _files(self) -> list[Path]:
        root = (self._base / Path(self._pattern).expanduser()).absolute()
        try:
            if root.is_file():
                if root.suffix.lower() not in MEDIA_TYPES:
                    raise SourceError(self.name, f'"{root.name}" is none of {", ".join(sorted(MEDIA_TYPES))}')
                return [root]
            if root.is_dir():
                found = sorted(path for path in root.rglob("*") if path.is_file())
            else:
                found = sorted(Path(name) for name in glob.glob(str(root), recursive=True) if Path(name).is_file())
                if not found:
                    raise SourceError(self.name, f'there is no file at "{self._pattern}"', kind="missing")
        except OSError as error:
            raise SourceError(self.name, f'"{self._pattern}" can\'t be read: {error.strerror}') from error
        readable = [path for path in found if path.suffix.lower() in MEDIA_TYPES and not _unfinished(path)]
        if not readable and found:
            raise SourceError(self.name, f'no file at "{self._pattern}" is one of {", ".join(sorted(MEDIA_TYPES))}')
        return readable


def _unfinished(path: Path) -> bool:
    """Whether a file is hidden, or the kind that programs write while they save or download."""
    return path.name.startswith((".", "~$", "~")) or ".part." in path.name.lower() or ".tmp." in path.name.lower()
