"""From bytes to text: byte order mark, UTF-8, what was declared, and only then a guess."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Markup in two or four bytes a character, without a mark.
_WIDE = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_EBCDIC = "<?xml".encode("cp037")  # the same in all its code pages
_META = re.compile(rb"""(?i)(?:charset\s*=\s*["']?|encoding\s*=\s*["'])([a-z0-9_.:-]{2,40})""")
# Guesses that differ from Windows-1252 only in letters that Western news does not use.
_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_1", "iso8859_15", "cp1250", "cp1254", "cp1257", "mac_roman",
                      "cp850", "cp858", "cp437", "iso8859_9", "iso8859_2", "cp1258", "mac_latin2", "hp_roman8", "cp775",
                      "cp852", "iso8859_3", "iso8859_4", "iso8859_10", "iso8859_13", "iso8859_14", "iso8859_16",
                      "cp500", "cp037",
                      "cp1140", "mac_iceland", "mac_turkish", "cp860", "cp863", "cp865", "cp861"})  # fmt: skip

_LONGEST_HEAD = 100_000
"""Bytes of a mail's headers together."""


def decode(body: bytes, charset: str | None = None, *, markup: bool = False) -> str:
    """The text in `body`. `charset` is what the sender declared; with `markup`, a declaration inside the
    first 2,048 bytes counts too. UTF-8 is tried before either: bytes that are valid UTF-8 hardly ever are
    anything else, and declarations are often wrong.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace")
    for start, name in _WIDE:
        if body.startswith(start):
            return body.decode(name, "replace")
    if body.startswith(_EBCDIC):
        return _from_mainframe(body)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = [charset] if charset else []
    if markup:
        match = _META.search(body[:2048])
        declared += [match[1].decode("ascii")] if match else []
    for name in declared:
        try:
            # "iso-8859-1" on the web means Windows-1252 (WHATWG Encoding).
            found = codecs.lookup(name).name
            return body.decode("cp1252" if found in ("iso8859-1", "ascii") else found)
        except (LookupError, UnicodeError, ValueError, AssertionError):
            continue
    from charset_normalizer import from_bytes

    guess = from_bytes(body[:50_000]).best()
    name = guess.encoding if guess else "cp1252"
    return body.decode("cp1252" if name in _WESTERN else name, "replace")


def _from_mainframe(body: bytes) -> str:
    """Text in a code page of EBCDIC: the one its own declaration names (XML 1.0, appendix F), or the American one."""
    match = _META.search(body[:200].decode("cp037").encode("ascii", "replace"))
    try:
        name = codecs.lookup(match[1].decode("ascii")).name if match else "cp037"
        return body.decode(name if "<?xml".encode(name) == _EBCDIC else "cp037", "replace")
    except (LookupError, UnicodeError):
        return body.decode("cp037", "replace")


def short_head(body: bytes) -> bytes:
    """The mail with its head cut to what heads have: parsing 5 MB of a subject takes 2 GB."""
    end = re.search(rb"\r?\n\r?\n", body)
    head = body[: end.start()] if end else body
    if len(head) <= _LONGEST_HEAD:
        return body
    head = re.sub(rb"([^\n]{2000})[^\n]+", rb"\1", head)[:_LONGEST_HEAD]
    return head[: head.rfind(b"\n") + 1] + b"\n" + (body[end.end() :] if end else b"")
