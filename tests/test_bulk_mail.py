"""Mail in bulk, to a real server: connections shared and opened again, domains in turn, a kill in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from conftest import Clock, Make
from servers import Box, free_port

from briefing import clock as clocks
from briefing import outbox
from briefing.channels import mail
from briefing.channels.lines import Allowance
from briefing.points import VARIABLE


class Counting(Box):
    """A box that counts connections, and ends one after so many mails where told to."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0
        self.hang_up_after = 0
        self._taken: Counter[int] = Counter()

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.hang_up_after and self._taken[id(server)] >= self.hang_up_after:
            server.transport.abort()
        self._taken[id(server)] += 1
        envelope.mail_from = address
        return "250 OK"

    def to(self) -> list[str]:
        """Who got mail, in order."""
        return [address for addresses, _ in self.mails for address in addresses]


@contextmanager
def server() -> Iterator[tuple[Counting, int]]:
    box = Counting()
    controller = Controller(box, hostname="localhost", port=free_port())
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


def _channel(port: int, to: list[str], more: str = "per_minute: null") -> str:
    addresses = ", ".join(to)
    server = f"host: localhost, port: {port}, security: none"
    return f"- {{type: mail, {server}, sender: n@example.org, to: [{addresses}], {more}}}"


def test_mails_share_a_connection(make_app: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "PER_CONNECTION", 10)
    to = [f"r{n:02}@example.org" for n in range(25)]
    with server() as (box, port):
        outcome = make_app(channels=_channel(port, to)).run()
        assert not outcome.undelivered
        assert sorted(box.to()) == to
        assert box.connections == 3


def test_a_refused_mail_spoils_no_connection(make_app: Make) -> None:
    to = [f"r{n:02}@example.org" for n in range(9)]
    with server() as (box, port):
        box.refuse = {"r03@example.org": "550 nobody", "r05@example.org": "450 later"}
        outcome = make_app(channels=_channel(port, to)).run()
        assert {(one.recipient, one.state) for one in outcome.undelivered} == {
            ("r03@example.org", "failed"),
            ("r05@example.org", "pending"),
        }
        assert len(box.to()) == 7
        assert box.connections == 1


def test_a_connection_the_server_ends_is_opened_again(make_app: Make) -> None:
    to = [f"r{n:02}@example.org" for n in range(9)]
    with server() as (box, port):
        box.hang_up_after = 4
        outcome = make_app(channels=_channel(port, to)).run()
        assert not outcome.undelivered
        assert sorted(box.to()) == to
        assert box.connections == 3


def test_a_connection_that_dies_after_the_text_is_uncertain_and_the_next_mail_goes_on(make_app: Make) -> None:
    with server() as (box, port):
        box.drop = True
        outcome = make_app(channels=_channel(port, ["a@example.org", "b@example.org"])).run()
        assert [one.state for one in outcome.deliveries] == ["uncertain", "uncertain"]
        assert sorted(box.to()) == ["a@example.org", "b@example.org"]


def test_readers_of_one_server_share_its_connections(make_app: Make, tmp_path: Path, clock: Clock) -> None:
    with server() as (box, port):
        app = make_app(channels=_channel(port, ["a@example.org"]))
        reader = [app.config.briefings[0].model_copy(update={"name": f"r{n}"}) for n in range(5)]
        app.reload(app.config.model_copy(update={"briefings": tuple(reader)}))
        app.config._by_name.update({one.name: one for one in reader})
        for one in reader:
            app.run(one.name)
        before = box.connections
        clock.now = clock.now.replace(day=12)
        found = app.issues([(one, _due(app, one)) for one in reader])
        assert len(found.made) == 5
        outbox.deliver(app.outbox)
        assert len(box.to()) == 10
        assert box.connections - before == 1


def _due(app: Any, briefing: Any) -> Any:
    return clocks.due_on(briefing.plan, app.now().date(), app.now(), None)


def test_a_domain_that_had_enough_waits_and_the_others_do_not() -> None:
    seconds = [0.0]
    allowance = Allowance(lambda: seconds[0])
    for _ in range(3):
        assert allowance.wait("a@Big.example", 3) == 0
        allowance.note("a@big.example")
        seconds[0] += 10
    assert allowance.wait("b@big.example", 3) == pytest.approx(30)
    assert allowance.wait("b@small.example", 3) == 0
    assert allowance.wait("b@big.example", None) == 0
    seconds[0] = 60
    assert allowance.wait("b@big.example", 3) == 0


def test_what_a_domain_may_not_get_yet_stays_pending(make_app: Make) -> None:
    to = ["a@big.example", "b@big.example", "c@big.example", "d@small.example"]
    with server() as (box, port):
        app = make_app(channels=_channel(port, to, "per_minute: 2"))
        app.issue(app.config.briefings[0], _due(app, app.config.briefings[0]))
        rows = outbox.deliver(app.outbox, patience=2.0)
        assert {one.recipient: one.state for one in rows} == {
            "a@big.example": "sent",
            "b@big.example": "sent",
            "c@big.example": "pending",
            "d@small.example": "sent",
        }
        assert box.to()[-1] == "d@small.example"


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from briefing.app import App
from briefing.config import parse_config
base = Path(sys.argv[1])
text = (base / "config.yaml").read_text()
now = datetime(2026, 3, 11, 12, int(sys.argv[2]), tzinfo=UTC)
with App(parse_config(text, None, {}), base, at=lambda: now) as app:
    from briefing import clock
    app.issues([(one, clock.due_on(one.plan, now.date(), now, None)) for one in app.config.briefings])
    app.deliver_pending()
    for row in app.store.deliveries():
        print(row.recipient, row.state)
"""


@pytest.mark.parametrize("place", ["send mail: before#12", "claim: before commit#7", "settle: after commit#20"])
def test_killed_in_the_middle_nothing_is_lost_or_sent_twice(tmp_path: Path, news: Path, place: str) -> None:
    readers = "".join(f"\n      - {{name: r{n}, to: [r{n}@example.org]}}" for n in range(30))
    with server() as (box, port):
        text = f"""
            sources: [{{name: Local, type: file, path: news}}]
            briefings:
              - name: daily
                limits: {{max_age: null}}
                channels: [{{type: mail, host: localhost, port: {port}, security: none, sender: n@example.org}}]
                readers:{textwrap.indent(readers, "          ")}
            summarizer: {{model: ./none}}
            """
        (tmp_path / "config.yaml").write_text(textwrap.dedent(text), encoding="utf-8")

        def run(minute: int, **more: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(minute)]
            root = str(Path(__file__).parent.parent)
            there = {**os.environ, "PYTHONPATH": root, **more}
            return subprocess.run(command, capture_output=True, text=True, check=False, env=there)

        killed = run(0, **{VARIABLE: place})
        assert killed.returncode == -9, killed.stderr
        assert 0 < len(box.to()) < 30
        ended = run(15)
        assert ended.returncode == 0, ended.stderr
        state = dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())
        assert len(state) == 30
        counts = Counter(box.to())
        assert max(counts.values()) == 1
        # What nobody can know is said to be uncertain, and is neither lost nor sent again.
        uncertain = [to for to, one in state.items() if one == "uncertain"]
        assert len(uncertain) == (1 if place.startswith("send") else 0)
        assert {to for to, one in state.items() if one == "sent"} == set(counts) - set(uncertain)
        assert len(counts) + len(set(uncertain) - set(counts)) == 30
