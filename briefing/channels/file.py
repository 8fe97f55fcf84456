"""Editions as files: YYYY-MM-DD.md, .html, .txt, .json, or a note for Obsidian or Logseq; YYYY-MM-DDTHHMM where a
briefing comes several times a day."""

from __future__ import annotations

import os
from pathlib import Path

from briefing.channels.folder import file_name, stem, write_all
from briefing.config import FileChannelConfig
from briefing.errors import DeliveryError
from briefing.types import Message, Recipient


class FileChannel:
    """Each file is written aside and moved into place, so nobody ever reads half an edition."""

    repeatable = True
    lasting = True

    def __init__(self, config: FileChannelConfig, base: Path) -> None:
        self.name = "file" if config.layout == "plain" else config.layout
        plain = config.layout == "plain"
        self.formats: tuple[str, ...] = tuple(dict.fromkeys(config.formats)) if plain else (config.layout,)
        self._folder = (base / Path(config.folder).expanduser()).absolute()

    def recipients(self) -> tuple[Recipient, ...]:
        """The folder."""
        return (Recipient(self.name, str(self._folder)),)

    def send(self, message: Message) -> str:
        """Write the files; returns their paths, one a line."""
        files = {self._path(message, form): message.bodies[form] for form in self.formats}
        return "\n".join(str(path) for path in write_all(Path(message.recipient), files))

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

    @staticmethod
    def _path(message: Message, form: str) -> str:
        if form == "obsidian":
            return f"Briefings/{message.day:%Y}/{stem(message)} {file_name(message.title)}.md"
        if form == "logseq":
            # Three low lines stand for the slash of a page's name.
            return f"pages/{file_name(message.title)}___{stem(message)}.md"
        return f"{stem(message)}.{form}"
