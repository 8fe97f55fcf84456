"""Time and memory for any page: nesting, broken bytes, floods, and a worker that is killed and comes again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hostile import Figure
from benchmarks.hostile.hiding import PARAGRAPHS, page

NAME, PROMISE = "bounds of reading", 10
_SEEN = datetime(2026, 3, 11, tzinfo=UTC)


def nested(kilobytes: int, tags: str) -> str:
    """A page with so much nested markup in its middle."""
    close = "".join("</" + name for name in reversed(tags.split("<")[1:]))
    count = kilobytes * 1000 // (len(tags) + len(close))
    return page(tags * count + "word " + close * count)


def floods() -> dict[str, bytes]:
    """Pages that are hard to read, by name."""
    rng = random.Random(7)
    noise = bytes(rng.randrange(256) for _ in range(300_000))
    half = page("").encode()
    return {
        "random bytes": noise,
        "broken UTF-8": half.replace(b"<p>", b"<p>\xc3\x28\xff\xfe\xed\xa0\x80\xf0\x9f"),
        "cut in a character": page("<p>" + "é" * 1000).encode()[:-101],
        "NULs": half.replace(b" ", b"\x00 "),
        "one line of 2 MB": page("<p>" + "a" * 2_000_000 + "</p>").encode(),
        "100,000 attributes": page("<p " + " ".join(f"a{at}=1" for at in range(100_000)) + ">x</p>").encode(),
        "50,000 paragraphs": page("<p>It rained.</p>" * 50_000).encode(),
        "50,000 hidden pieces": page("<p><i hidden>x</i>y</p>" + "<i hidden>x</i>y" * 50_000).encode(),
        "20,000 style rules": page(
            "<p class=c1>x</p>", "".join(f".c{at} p:nth-child({at}){{display:none}}" for at in range(20_000))
        ).encode(),
        "unclosed comment": page("<!--" + "-" * 500_000).encode(),
        "200,000 brackets": page("<p>" + "<" * 200_000).encode(),
        "entities": page("<p>" + "&amp;" * 200_000 + "&#xd800;&#0;&#x110000;&bogus;").encode(),
        "deep lists": page("<ul><li>" * 3000 + "x").encode(),
        "deep tables": page("<table><tr><td>" * 2000 + "x").encode(),
        "headings": page("".join(f"<h2><a href=/{at}>{at}</a></h2><p>By A B</p>" for at in range(5000))).encode(),
        "regex food": page(
            "<p>" + "By " + "A" * 50_000 + " , " * 20_000 + "</p>" + "<p>" + "(" * 20_000 + "</p>"
        ).encode(),
    }


def measure(short: bool) -> Iterator[Figure]:
    """Each through the worker, as a run reads it."""
    from briefing.errors import ExtractError, ItemError
    from briefing.extract import Extractor
    from briefing.types import Item
    from briefing.worker import DEFAULT_MEMORY, DEFAULT_SECONDS, Worker

    with Worker() as worker:
        extractor = Extractor(worker)

        def read(name: str, body: bytes) -> tuple[float, str]:
            item = Item(source="hostile", key=name, title=None)
            started = time.perf_counter()
            try:
                found = extractor.extract(item, body, "text/html", None, "https://x.example/a", _SEEN)
                said = "read" if any(PARAGRAPHS[0] in one.text for one in found) else "read in part"
            except ExtractError as error:
                said = error.message
            return time.perf_counter() - started, said

        read("warm", page("").encode())
        for tags in ("<b><i>",) if short else ("<b><i>", "<span>", "<div>", "<font><a>"):
            times = [read(tags, nested(size, tags).encode()) for size in (107, 214, 429)]
            seen = ", ".join(f"{seconds:.1f} s" for seconds, _ in times)
            held = all(seconds < 10 and said == "read" for seconds, said in times)
            yield Figure(f"107, 214, 429 KB of nested {tags}", seen, "each read, under 10 s", held)
        found = floods()
        chosen = dict(list(found.items())[:4]) if short else found
        results = {name: read(name, body) for name, body in chosen.items()}
        worst = max(results, key=lambda name: results[name][0])
        stopped = [f"{name}: {said}" for name, (_, said) in results.items() if said not in ("read", "read in part")]
        yield Figure(
            f"{len(results)} floods and broken pages; the slowest ({worst})", f"{results[worst][0]:.1f} s", f"under {DEFAULT_SECONDS + 10:g} s",
            results[worst][0] < DEFAULT_SECONDS + 10,
        )  # fmt: skip
        yield Figure(
            "of these, refused with a reason",
            str(len(stopped)) + (f" ({'; '.join(stopped)[:200]})" if stopped else ""),
            "any",
            True,
        )
        most = worker.call("memory", peak)
        yield Figure(
            "peak memory of the reader", f"{most / 1e6:.0f} MB", f"{DEFAULT_MEMORY / 1e6:.0f} MB", most < DEFAULT_MEMORY
        )
    with Worker(seconds=2.0, memory=800_000_000) as worker:
        attacks: dict[str, Callable[[], object]] = {
            "segfault": _crash,
            "hang": _hang,
            "threads that spin": _spin,
            "memory": _eat,
            "exit": _leave,
        }
        lost = []
        for name, attack in attacks.items():
            try:
                worker.call(name, attack)
                lost.append(f"{name}: no error")
            except ItemError:
                pass
            if worker.call("after", _alive) != "alive":
                lost.append(f"{name}: dead after")
        yield Figure(
            "crashes that outlive their item",
            f"{len(lost)} of {len(attacks)}" + (f" {lost}" if lost else ""),
            "0",
            not lost,
        )


def peak() -> int:
    """The most memory this process has had, in bytes. Not `ru_maxrss`, which a process takes over from the one that started it."""
    status = Path("/proc/self/status")
    if not status.is_file():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang() -> None:
    while True:
        time.sleep(1)


def _spin() -> None:
    import hashlib

    while True:
        hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10_000_000)


def _eat() -> int:
    return len(b"x" * 3_000_000_000)


def _leave() -> None:
    os._exit(3)


def _alive() -> str:
    return "alive"
