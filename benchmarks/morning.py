"""A morning: fresh articles collected from a server on this machine, told and delivered; then a run with nothing new.

Each run is a whole process, `briefing run`, as a user starts it. The articles are invented anew: a feed names them, and
each stands on a page of its own with a site's furniture around it. Every story is told, as if a reader had time for
all.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import socket
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import numpy

from benchmarks.common import SEED, arguments, report, whole_process

# The code beside this benchmark, wherever the command is started.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
WORDS = 600
PER_FEED = 20


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)


_SYLLABLES = _words(
    """
    bar bel cor dun el fen gar hal ing jor kel lan mar nor ol pen quil ros sel tor ul ver wen yar zel
    """
)
_ENDS = _words(
    """
    by ton ford worth mere stead ham wick don field burn more low
    """
)
_FIRST = _words(
    """
    Ada Bram Clara Doran Edith Farid Greta Hugo Ines Jonas Karin Leo Mira Nils Olga Piet Rosa Stefan Tilda Urs
    """
)
_THINGS = _words(
    """
    harbour ferry bridge school hospital mill railway orchard reservoir theatre library market quarry cinema
    brewery stadium museum airport tramway vineyard shipyard greenhouse observatory bakery chapel courthouse depot
    dairy embankment fishery foundry gallery glacier granary hangar hatchery hotel kiln laboratory lighthouse lock
    marina monastery nursery pharmacy pipeline plantation printworks prison refinery sawmill shelter sluice smelter
    stables studio substation tannery tavern telescope tower tunnel university vault viaduct warehouse waterworks
    wharf windmill workshop zoo
    """
)
_ROLES = _words(
    """
    mayor minister engineer farmer doctor judge teacher captain manager inspector scientist spokeswoman
    """
)
_DID = _words(
    """
    approved rejected inspected repaired closed opened bought sold flooded rebuilt extended abandoned painted
    insured leased measured searched cleaned fenced heated lit moved named photographed planned praised criticised
    protected restored
    """
)
_WHY = _words(
    """
    storm strike shortage lawsuit drought election fire theft survey festival merger outbreak landslide audit
    accident holiday protest budget inquiry heatwave
    """
)
_LIKE = _words(
    """
    old new empty famous costly small hidden broken crowded modern wooden northern southern public private
    """
)
_PATTERNS = (
    "The {like} {thing} in {town} was {did} on {day} after {a_why} that had lasted {number} days.",
    "{person}, the {role} of {town}, said on {day} that the {thing} would be {did} within {number} months.",
    "About {number} people who work at the {thing} were told by letter that it had been {did}.",
    "“We have {did} the {thing} and we will pay for it,” said {person}, {a_role} from {town}.",
    "The {thing}, which was built in {year}, cost {number} million crowns, according to the {role}.",
    "Work on the {like} {thing} began in {month} and was held up by {a_why} near {town}.",
    "A report by {firm} found that {number} percent of all visitors had never seen the {like} {thing}.",
    "{firm} {did} the {thing} for {number} million crowns, its {role} said in a statement.",
    "Because of {a_why}, the {like} {thing} has been shut since {month}, and the {role} hopes to open it soon.",
    "In {town}, where {number} families live, the {role} has {did} the {thing} without asking anybody.",
    "{person} did not answer questions about the {like} {thing}.",
    "Those who used the {thing} must now travel {number} kilometres to {town}.",
    "The council voted by {number} to {small} to keep the {thing}, although {firm} had warned of {a_why}.",
    "It was the first time in {number} years that the {like} {thing} had been {did}.",
)
_DAYS = _words("Monday Tuesday Wednesday Thursday Friday")
_MONTHS = _words("January March April June September November")


def article(number: int) -> tuple[str, list[str]]:
    """Headline and paragraphs of the invented article of that number, `WORDS` words or a few more."""
    rng = random.Random(f"{SEED} {number}")

    def name() -> str:
        return (rng.choice(_SYLLABLES) + rng.choice(_SYLLABLES) + rng.choice(_ENDS)).capitalize()

    towns, firms = [name(), name()], [f"{name()} {rng.choice(('Works', 'Trust', 'Partners'))}", name() + " Ltd"]
    people = [f"{rng.choice(_FIRST)} {name()}" for _ in range(3)]
    things, causes = rng.sample(_THINGS, 5), rng.sample(_WHY, 3)

    def a(word: str) -> str:
        return f"an {word}" if word[0] in "aeiou" else f"a {word}"

    def sentence() -> str:
        role, why = rng.choice(_ROLES), rng.choice(causes)
        text = rng.choice(_PATTERNS).format(
            like=rng.choice(_LIKE), thing=rng.choice(things), town=rng.choice(towns), did=rng.choice(_DID), why=why,
            day=rng.choice(_DAYS), number=rng.randrange(5, 900), person=rng.choice(people), role=role,
            year=rng.randrange(1850, 2020), month=rng.choice(_MONTHS), firm=rng.choice(firms),
            small=rng.randrange(2, 5), a_why=a(why), a_role=a(role),
        )  # fmt: skip
        return text[:1].upper() + text[1:]

    parts: list[str] = []
    words = 0
    while words < WORDS:
        parts.append(" ".join(sentence() for _ in range(rng.randrange(1, 4))))
        words += len(parts[-1].split())
    return f"{things[0].capitalize()} in {towns[0]} {rng.choice(_DID)} after {causes[0]}", parts


def page(number: int) -> bytes:
    """A page with the article of that number, in a site's furniture."""
    title, parts = article(number)
    body = "".join(f"<p>{part}</p>" for part in parts)
    links = "".join(f"<li><a href='/page/{number + n}'>Read more news {n}</a></li>" for n in range(30))
    return (
        f"<!doctype html><html lang=en><head><title>{title} | Paper</title></head><body><nav><ul>{links}</ul></nav>"
        f"<main><article><h1>{title}</h1>{body}</article></main><aside><ul>{links}</ul></aside>"
        "<footer>Subscribe to our newsletter</footer></body></html>"
    ).encode()


def _feed(feed: int, count: int, newest: datetime, origin: str) -> bytes:
    items = []
    for number in range(feed * PER_FEED, min(count, (feed + 1) * PER_FEED)):
        when = newest - timedelta(minutes=number % 600)
        title, parts = article(number)
        items.append(
            f"<item><title>{title}</title><link>{origin}/page/{number}</link><guid>{number}</guid>"
            f"<pubDate>{when:%a, %d %b %Y %H:%M:%S} GMT</pubDate><description>{parts[0][:120]}</description></item>"
        )
    return f"<rss version='2.0'><channel><title>Paper {feed}</title>{''.join(items)}</channel></rss>".encode()


def _serve(count: int, newest: datetime, pipe: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, _, number = self.path.strip("/").partition("/")
            body, status = b"", 404
            if kind in ("feed", "page"):
                known = self.headers.get("If-None-Match") == f'"{self.path}"'
                status = 304 if known else 200
                if not known:
                    origin = f"http://{self.headers['Host']}"
                    body = page(int(number)) if kind == "page" else _feed(int(number), count, newest, origin)
            self.send_response(status)
            self.send_header("ETag", f'"{self.path}"')
            self.send_header("Content-Type", "text/html" if kind == "page" else "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    from aiosmtpd.controller import Controller

    class Inbox:
        mails = 0

        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 (the name the mail server asks for)
            Inbox.mails += 1
            return "250 OK"

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inbox = Controller(Inbox(), hostname="127.0.0.1", port=port)
    inbox.start()
    pipe.send((server.server_port, port))
    while pipe.recv():
        pipe.send(Inbox.mails)
    inbox.stop()


def _config(count: int, web: int, mail: int, shorten: bool) -> str:
    origin = f"http://127.0.0.1:{web}"
    feeds = [f"  - {{name: Paper {n}, type: feed, url: '{origin}/feed/{n}'}}" for n in range(-(-count // PER_FEED))]
    most = min(count, 500)
    return "\n".join(
        [
            "sources:", *feeds,
            "briefings:",
            f"  - name: morning\n    limits: {{stories: {most}, per_topic: {most}, minutes: null}}\n    channels:",
            "    - {type: file, folder: editions}",
            f"    - {{type: mail, host: 127.0.0.1, port: {mail}, security: none, sender: a@x.example, "
            "to: [b@x.example]}",
            f"fetch: {{private: ['{origin}']}}",
            f"summarizer: {{engines: [{{type: embedded, shorten: {str(shorten).lower()}}}]}}",
        ]
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    options = arguments(__doc__ or "")
    options.add_argument("--articles", type=int, nargs="+", default=[100, 500], help="how many, one morning each")
    options.add_argument("--whole", action="store_true", help="only whole sentences, without the rewriter")
    chosen = options.parse_args()
    table: list[list[object]] = []
    for shorten in [False] if chosen.whole else [False, True]:
        for count in chosen.articles:
            here, there = multiprocessing.Pipe()
            context = multiprocessing.get_context("spawn")
            newest = datetime.now(UTC) - timedelta(hours=1)
            server = context.Process(target=_serve, args=(count, newest, there), daemon=True)
            server.start()
            there.close()
            web, mail = here.recv()
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                (folder / "config.yaml").write_text(_config(count, web, mail, shorten))
                seconds, peak = whole_process(["run"], folder, env=ENVIRONMENT, every=0.5)
                again, _ = whole_process(["run"], folder, env=ENVIRONMENT, every=0.5)
                page = next((folder / "editions").glob("*.md")).read_text(encoding="utf-8")
            here.send(True)
            mails = here.recv()
            here.send(False)
            server.join(5)
            told = page.count("\n### ")
            table.append(
                ["shortened" if shorten else "whole", count, told, mails, seconds, count / seconds, again, peak]
            )
    columns = ["sentences", "articles", "stories told", "mails", "s", "articles/s", "again, s", "peak MB"]
    report(f"A morning of articles of {WORDS} words, from a server on this machine", columns, table, chosen.json)
    for kind in dict.fromkeys(row[0] for row in table):
        rows = [row for row in table if row[0] == kind]
        if len(rows) > 1:
            x, y = (numpy.log([float(str(row[at])) for row in rows]) for at in (1, 4))
            print(f"{kind}: seconds grow as the number of articles to the power {numpy.polyfit(x, y, 1)[0]:.2f}")


if __name__ == "__main__":
    main()
