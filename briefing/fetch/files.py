"""Files of this machine, within the same bound as what comes from the network."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from briefing.errors import FetchError
from briefing.fetch.failures import too_large


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a local file. Raises FetchError."""
    try:
        if not path.is_file():
            raise FetchError(str(path), "there is no such file" if not path.exists() else "this is not a file")
        size = path.stat().st_size
        if size > max_bytes:
            raise FetchError(str(path), too_large(size, max_bytes))
        with path.open("rb") as handle:
            body = handle.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FetchError(str(path), f"can't be read: {reason}") from error
    if len(body) > max_bytes:
        raise FetchError(str(path), too_large(None, max_bytes))
    return body


def local_path(url: str) -> Path | None:
    """The file a source's address means, or None where it is an address on the network."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(url) if len(parts.scheme) < 2 else None
