"""Content codings undone piece by piece: a piece never holds more than `PIECE` bytes, however much it stood for."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

PIECE = 65_536
MOST_CODINGS = 2
_SPOON = 256
_WINDOW = 8 * 1024 * 1024
"""Largest window of zstd that a content coding may ask for (RFC 9659)."""


class BrokenCoding(Exception):
    """The bytes are not what their coding says."""


def decoded(chunks: Iterable[bytes], header: str) -> Iterator[bytes]:
    """The content of `chunks`, whose Content-Encoding is `header`, in pieces of at most `PIECE` bytes.

    Codings nobody knows are passed over, as browsers do. Raises BrokenCoding.
    """
    codings = [name.strip().lower() for name in header.split(",")]
    known = [_CODINGS[name] for name in codings if name in _CODINGS]
    if len(known) > MOST_CODINGS:
        raise BrokenCoding(f"it is compressed {len(known)} times")
    stream: Iterable[bytes] = chunks
    for undo in reversed(known):
        stream = undo(iter(stream))
    yield from stream


def _gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Some servers say gzip and send plain text.
    first = b""
    while len(first) < 2 and (chunk := next(chunks, b"")):
        first += chunk
    if first and first[:2] != b"\x1f\x8b":
        yield first
        yield from chunks
        return
    yield from _inflate(_chain(first, chunks), lambda _: zlib.MAX_WBITS | 16)


def _deflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Meant is zlib's format, but some send the bare stream.
    yield from _inflate(chunks, lambda first: zlib.MAX_WBITS if first[0] & 0x0F == 8 else -zlib.MAX_WBITS)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _inflate(chunks: Iterator[bytes], bits: Callable[[bytes], int]) -> Iterator[bytes]:
    machine = None
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if machine is None:
                    machine = zlib.decompressobj(bits(data))
                piece = machine.decompress(data, PIECE)
                data = machine.unconsumed_tail
                if piece:
                    yield piece
                if machine.eof:
                    # Another member may follow; padding after the last one is nobody's content.
                    data = machine.unused_data if machine.unused_data[:2] == b"\x1f\x8b" else b""
                    machine = None
                    if not data:
                        return
            while machine is not None and (piece := machine.decompress(b"", PIECE)):
                yield piece
    except zlib.error as error:
        raise BrokenCoding(str(error)) from error
    if machine is not None and not machine.eof:
        raise BrokenCoding("it ended too early")


def _brotli(chunks: Iterator[bytes]) -> Iterator[bytes]:
    import brotli

    machine = brotli.Decompressor()
    some = False
    try:
        for chunk in chunks:
            some = True
            piece = machine.process(chunk, output_buffer_limit=PIECE)
            while True:
                if piece:
                    yield from _pieces(piece)
                if machine.can_accept_more_data():
                    break
                piece = machine.process(b"", output_buffer_limit=PIECE)
    except brotli.error as error:
        raise BrokenCoding(str(error)) from error
    if some and not machine.is_finished():
        raise BrokenCoding("it ended too early")


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


def _zstd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard

    made = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    machine = None
    try:
        for chunk in chunks:
            # The library bounds no output, so it is given little at a time: four bytes can stand for a block of 128 KB.
            for start in range(0, len(chunk), _SPOON):
                data = chunk[start : start + _SPOON]
                while data:
                    machine = machine or made.decompressobj()
                    yield from _pieces(machine.decompress(data))
                    data = machine.unused_data if machine.eof else b""
                    machine = None if machine.eof else machine
    except zstandard.ZstdError as error:
        raise BrokenCoding(str(error)) from error
    if machine is not None:
        raise BrokenCoding("it ended too early")


_CODINGS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def gunzip(body: bytes, most: int) -> bytes:
    """`body`, uncompressed if it is a gzip file (sitemaps are kept so). Raises BrokenCoding, also past `most` bytes."""
    if body[:2] != b"\x1f\x8b":
        return body
    out = bytearray()
    for piece in _gzip(iter([body])):
        out += piece
        if len(out) > most:
            raise BrokenCoding(f"it holds more than {most / 1e6:g} MB")
    return bytes(out)
