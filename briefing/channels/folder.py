"""What channels that write into a folder share."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from briefing.errors import DeliveryError
from briefing.text import normalise, one_line
from briefing.types import Message

# What no file system, nor a link of a note-taker, takes in a name.
_UNSAFE = re.compile(r'[\\/:*?"<>|#^\[\]%]|[\x00-\x1f]|[^\S ]')
_LONGEST = 80


def stem(message: Message) -> str:
    """What an issue's files are called: its slot, which is a date and, where there are several a day, a time."""
    return re.sub(r"[^0-9A-Za-z_.+-]", "", message.slot) or message.day.isoformat()


def file_name(text: str) -> str:
    """Text as a part of a file's name on any system.

    >>> file_name("Q3: up/down?")
    'Q3 up down'
    """
    plain = one_line(_UNSAFE.sub(" ", normalise(text).encode("utf-8", "replace").decode()))
    return plain[:_LONGEST].strip(" .") or "briefing"


def write_all(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files, by their paths inside `folder`; each is written aside and moved into place.

    Raises DeliveryError, to be tried again.
    """
    written = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                aside.write_text(text, encoding="utf-8", errors="replace")
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)
            written.append(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DeliveryError(str(folder), f"can't be written: {reason}", retryable=True) from error
    return written
