"""The MCP server, asked by the SDK's own client: over pipes, as an assistant starts it, and over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Clock
from mcp import Client, StdioServerParameters

from briefing.app import App
from briefing.mcp import create_server
from briefing.web import Site

ROOT = Path(__file__).parent.parent
TEXT = "The mill at Kelby burned down on Monday. Nobody was hurt, the fire service said. It will be rebuilt by spring."

CONFIG = """\
sources: [{name: Local, type: file, path: news}]
topics:
  - name: Sea  # mine
    keywords: [ferry]
briefings:
  - name: daily
    limits: {max_age: null}
    channels: [{type: file, folder: out}]
summarizer: {model: /nowhere, engines: []}
"""


@pytest.fixture
def config(tmp_path: Path, news: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def data(result: Any) -> Any:
    assert not result.is_error, result.content
    found = result.structured_content
    return found["result"] if set(found) == {"result"} else found


async def use(client: Client) -> None:
    """What an assistant does: looks what there is, reads an edition, tells a text, sets a topic."""
    names = {tool.name for tool in (await client.list_tools()).tools}
    assert {"search_articles", "get_edition", "summarize", "list_topics", "save_topic_as"} <= names

    edition = data(await client.call_tool("get_edition", {}))
    bullet = edition["stories"][0]["bullets"][0]
    assert bullet["evidence"][0]["text"]
    (hit, *_) = data(await client.call_tool("search_articles", {"query": "ferry"}))
    assert "erry" in hit["title"]

    told = data(await client.call_tool("summarize", {"text": TEXT, "title": "Fire", "bullets": 1}))
    (story,) = told["stories"]
    (span, *_) = story["bullets"][0]["evidence"]
    assert TEXT[span["start"] : span["end"]] == span["text"]

    (topic,) = data(await client.call_tool("list_topics", {}))
    change = {"name": "Sea", "mark_seen": topic["mark"], "breadth": 0.2}
    saved = data(await client.call_tool("save_topic_as", change))
    assert (saved["breadth"], saved["keywords"]) == (0.2, ["ferry"])
    late = await client.call_tool("save_topic_as", change)
    assert late.is_error, "the mark is of a state that is gone"
    wrong = await client.call_tool("summarize", {"url": "file:///etc/passwd"})
    assert wrong.is_error
    assert "only http and https" in str(wrong.content)


def test_in_this_process(config: Path, clock: Clock) -> None:
    with App.from_file(config, at=clock) as app:
        app.run()

        async def main() -> None:
            async with Client(create_server(Site(app))) as client:
                await use(client)

        anyio.run(main)
    assert "# mine" in config.read_text(encoding="utf-8"), "comments stay"


@pytest.mark.slow
def test_over_pipes_and_over_http(config: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "briefing"]
    subprocess.run([*command, "run", "-c", str(config)], env=environment, check=True, capture_output=True)
    pipes = StdioServerParameters(command=command[0], args=[*command[1:], "mcp", "-c", str(config)], env=environment)
    anyio.run(_over, pipes)
    config.write_text(CONFIG, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*command, "mcp", "--http", "--port", str(port), "-c", str(config)], env=environment, stderr=subprocess.PIPE
    )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, server.stderr and server.stderr.read()
            time.sleep(0.1)
        anyio.run(_over, f"http://127.0.0.1:{port}/mcp")
    finally:
        server.terminate()
        server.wait(20)


async def _over(where: Any) -> None:
    async with Client(where) as client:
        await use(client)
