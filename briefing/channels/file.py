"""Editions as files: YYYY-MM-DD.md, .html, .txt; YYYY-MM-DDTHHMM where a briefing comes several times a day."""

from __future__ import annotations

import os
from pathlib import Path

from briefing.config import FileChannelConfig
from briefing.errors import DeliveryError
from briefing.types import Message, Recipient


class FileChannel:
    """Each file is written aside and moved into place, so nobody ever reads half an edition."""

    repeatable = True
    lasting = True

    def __init__(self, config: FileChannelConfig, base: Path) -> None:
        self.name = "file"
        self.formats: tuple[str, ...] = tuple(dict.fromkeys(config.formats))
        self._folder = (base / Path(config.folder).expanduser()).absolute()

    def recipients(self) -> tuple[Recipient, ...]:
        """The folder."""
        return (Recipient(self.name, str(self._folder)),)

    def send(self, message: Message) -> str:
        """Write the files; returns their paths, one a line."""
        folder = Path(message.recipient)
        written = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for form in self.formats:
                path = folder / f"{(message.slot or message.day.isoformat()).replace(':', '')}.{form}"
                aside = path.with_name(f".{path.name}.{os.getpid()}")
                aside.write_text(message.bodies[form], encoding="utf-8")
                aside.replace(path)
                written.append(str(path))
        except OSError as error:
            raise DeliveryError(str(folder), f"can't be written: {error.strerror}", retryable=True) from error
        return "\n".join(written)

    def probe(self) -> str:
        """Look whether its folder can be written. Raises DeliveryError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = self._folder / f".probe.{os.getpid()}"
            aside.write_bytes(b"")
            aside.unlink()
        except OSError as error:
            raise DeliveryError(str(self._folder), f"{self._folder} can't be written: {error.strerror}") from error
        return f"{self._folder} can be written"
