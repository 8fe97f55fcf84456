"""PDF and Word files, and mails in mails: bombs, loops, lies about size, entities. Each ends within its bounds, with a word."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.hostile import Figure
from benchmarks.hostile.bounds import peak
from benchmarks.hostile.hiding import PARAGRAPHS
from benchmarks.hostile.servers import canary

NAME, PROMISE = "documents", 10
PDF, MAIL = "application/pdf", "message/rfc822"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SEEN = datetime(2026, 3, 11, tzinfo=UTC)


def pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer\n<< /Root 1 0 R /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    )


def _stream(data: bytes, filters: bytes = b"/FlateDecode", more: bytes = b"") -> bytes:
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (len(data), filters, more, data)


def _paged(
    content: bytes, pages: bytes = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", more: tuple[bytes, ...] = ()
) -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /X 5 0 R >> >> >>"
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, content, *more])


def docx(document: str, more: dict[str, bytes] | None = None) -> bytes:
    """A Word file with this XML for its document."""
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", types)
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        packed.writestr("word/document.xml", document)
        for name, content in (more or {}).items():
            packed.writestr(name, content)
    return out.getvalue()


def _words(inside: str, head: str = "") -> str:
    said = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in PARAGRAPHS)
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<w:document xmlns:w="{_W}"><w:body>{said}{inside}</w:body></w:document>'


def _small_on_paper(body: bytes) -> bytes:
    """The archive with each size in its directory set to a hundred bytes."""
    out, at = bytearray(body), 0
    while (at := body.find(b"PK\x01\x02", at)) >= 0:
        out[at + 24 : at + 28] = struct.pack("<I", 100)
        at += 4
    return bytes(out)


def papers(port: int, short: bool) -> dict[str, tuple[bytes, str]]:
    """Each attack with its type."""
    megabytes = 100 if short else 1000
    machine = zlib.compressobj(9)
    zeros = b"".join(machine.compress(b"(a) Tj " * 150_000) for _ in range(megabytes)) + machine.flush()
    inside = f"http://127.0.0.1:{port}"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    loop = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> /Length 4 >>\nstream\n/X Do\nendstream"
    plain = zlib.compress(b"BT /F 9 Tf (The bridge was opened.) Tj ET /X Do")
    parts = "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
    return {
        "PDF, a page that unpacks to 1 GB": (_paged(_stream(zeros)), PDF),
        "PDF, packed twice": (_paged(_stream(zlib.compress(zeros), b"[/FlateDecode /FlateDecode]")), PDF),
        "PDF, a predictor of wide rows": (_paged(_stream(plain, more=b"/DecodeParms << /Predictor 12 /Columns 2000000000 >>")), PDF),
        "PDF, a form that draws itself": (_paged(_stream(plain), more=(loop,)), PDF),
        "PDF, pages that hold themselves": (_paged(_stream(plain), b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"), PDF),
        "PDF, a billion pages": (_paged(_stream(plain), b"<< /Type /Pages /Kids [" + b"3 0 R " * 50_000 + b"] /Count 1000000000 >>"), PDF),
        "PDF, a table that leads to itself": (pdf([b"<< /Type /Catalog /Pages 2 0 R >>"], b"/Prev 60") + b"startxref\n60\n%%EOF", PDF),
        "PDF, 100,000 brackets": (_paged(b"[" * 100_000), PDF),
        "PDF, cut": (_paged(_stream(plain))[:200], PDF),
        "PDF, names only": (b"%PDF-1.4\n" + b"<< /A " * 50_000, PDF),
        "Word, 1 GB of blanks": (docx(_words(" " * (megabytes * 1_000_000))), DOCX),
        "Word, 1 GB that calls itself small": (_small_on_paper(docx(_words(" " * (megabytes * 1_000_000)))), DOCX),
        "Word, 10,000 parts": (docx(_words(""), {f"word/{n}.xml": b"x" for n in range(10_000)}), DOCX),
        "Word, a billion laughs": (docx(_words("<w:p><w:r><w:t>&l10;</w:t></w:r></w:p>", f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>')), DOCX),
        "Word, a file as an entity": (docx(_words("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')), DOCX),
        "Word, an address as an entity": (docx(_words("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", f'<!DOCTYPE x [<!ENTITY x SYSTEM "{inside}/x">]>')), DOCX),
        "Word, tables in tables": (docx(_words("<w:tbl><w:tr><w:tc>" * 5000)), DOCX),
        "Word, a cell two billion columns wide": (docx(_words('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl>')), DOCX),
        "Word, 100,000 paragraphs": (docx(_words("<w:p><w:r><w:t>It rained.</w:t></w:r></w:p>" * 100_000)), DOCX),
        "Word, paths that lead out": (docx(_words(""), {"../../etc/x": b"x", "/etc/x": b"x"}), DOCX),
        "mail, 5,000 parts in each other": (("Subject: x\n" + parts * 5000).encode(), MAIL),
        "mail, 2,000 mails in each other": (("Subject: x\nContent-Type: message/rfc822\n\n" * 2000).encode(), MAIL),
        "mail, 50,000 parts": (("Subject: x\n" + parts + "\nx\n--b\n" * 50_000).encode(), MAIL),
        "mail, a header of 5 MB": (b"Subject: " + b"=?utf-8?q?a?= " * 400_000 + b"\n\nx", MAIL),
        "mail, 100,000 headers": (b"".join(b"X-%d: a\n" % n for n in range(100_000)) + b"\nx", MAIL),
    }  # fmt: skip


def measure(short: bool) -> Iterator[Figure]:
    """Each through the worker, as a run reads it."""
    from briefing.errors import ItemError
    from briefing.extract import Extractor
    from briefing.types import Item
    from briefing.worker import DEFAULT_MEMORY, DEFAULT_SECONDS, Worker

    worst, where, leaked, odd, refused = 0.0, "", [], [], 0
    with canary() as bird, Worker() as worker:
        extractor = Extractor(worker)
        found = papers(bird.port, short)
        for what, (body, kind) in list(found.items())[:: 4 if short else 1]:
            item = Item(source="hostile", key=what, title=None)
            started = time.perf_counter()
            try:
                texts = [one.text for one in extractor.extract(item, body, kind, None, "https://x.example/a", _SEEN)]
                leaked += [what] if any("root:" in text or text.count("lol") > 1000 for text in texts) else []
            except ItemError:
                refused += 1
            except Exception as error:  # whatever else is raised would take the run with it
                odd.append(f"{what}: {type(error).__name__}")
            worst, where = max((worst, where), (time.perf_counter() - started, what))
        most = worker.call("memory", peak)
        seen = (
            f"{bird.connections} connections, {len(leaked)} leaks, {len(odd)} crashes, {refused} refused, slowest {worst:.1f} s ({where})"
            + (f" {odd} {leaked}" if odd or leaked else "")
        )
        held = not leaked and not odd and bird.connections == 0 and worst < DEFAULT_SECONDS + 10
        yield Figure(
            f"{len(found)} PDF and Word files and mails", seen, f"0, 0, 0, under {DEFAULT_SECONDS + 10:g} s", held
        )
        yield Figure(
            "peak memory of their reader",
            f"{most / 1e6:.0f} MB",
            f"{DEFAULT_MEMORY / 1e6:.0f} MB",
            most < DEFAULT_MEMORY,
        )
