"""The shape of the house: imports run one way, start-up loads no model, rooms stay small."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "briefing"

# Blocks from top to bottom. A room imports from blocks above its own, and inside its own wing.
BLOCKS = [
    {"errors", "evidence", "message", "receipt", "types", "points", "notify", "heap"},
    {"text", "clock", "pace", "plugins", "signing", "links", "health", "markup", "turn", "drafts", "kept"},
    {"lines", "config", "prompts", "addressed", "escape", "forms", "walls", "decode"},
    {"fetch", "store", "worker", "filling", "gaps"},
    {"mails"},
    {"sources", "extract", "stories", "choose", "engines", "render", "channels"},
    {"guard", "screening"},
    {"voices", "memory", "verifying", "ahead"},
    {"threads", "grounds"},
    {"telling", "selection", "tasks"},
    {"runtime"},
    {"cluster"},
    {"collecting"},
    {"following"},
    {"together"},
    {"pipeline", "outbox", "feedback", "reloading", "people"},
    {"answers"},
    {"app"},
    {"scheduler", "ondemand", "replay"},
    {"web"},
    {"mcp"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(BLOCKS) for room in rooms}


def _imports(path: Path) -> set[str]:
    """Rooms a module imports, wherever in it; what only the type checker sees does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    rooms: set[str] = set()
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "briefing":
            parts = node.module.split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            rooms |= {a.name.split(".")[1] for a in node.names if a.name.startswith("briefing.")}
    return rooms - {"__version__"}


def test_imports_run_one_way() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        assert room in LEVEL, f"{room} stands in no block; say where it belongs"
        for other in _imports(path) - {room}:
            # Inside the first two blocks modules build on each other; stages never import each other.
            allowed = LEVEL[other] < LEVEL[room] or (LEVEL[other] == LEVEL[room] and LEVEL[room] < 3)
            if not allowed:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {other}")
    assert wrong == []


def test_a_wrong_import_would_be_seen(tmp_path: Path) -> None:
    module = tmp_path / "bad.py"
    module.write_text("def f():\n    from briefing.pipeline import tell\n", encoding="utf-8")
    assert _imports(module) == {"pipeline"}


@pytest.mark.parametrize("code", ["import briefing", "from briefing.cli.main import app"])
def test_start_up_loads_no_model(code: str) -> None:
    slow = {"torch", "transformers", "numpy", "trafilatura", "openai", "fastapi", "uvicorn", "mcp"}
    check = f"{code}\nimport sys\nprint(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_app_loads_what_tells_with_the_first_edition() -> None:
    slow = {"briefing.pipeline", "briefing.guard", "briefing.engines.embedded", "briefing.extract", "briefing.fetch"}
    check = f"import briefing.app\nimport sys\nprint(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_no_model() -> None:
    check = (
        "import sys\nfrom briefing.cli import main\nsys.argv = ['briefing', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "slow = {'torch', 'transformers', 'numpy', 'openai', 'fastapi', 'uvicorn', 'mcp'}\n"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "summarize" in done.stdout


def test_rooms_stay_small() -> None:
    long = [path.name for path in PACKAGE.rglob("*.py") if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    assert long == []


@pytest.mark.parametrize(
    "name",
    [
        "text",
        "lines",
        "types",
        "addressed",
        "escape",
        "extract.css",
        "stories.addresses",
        "stories.duplicates",
        "stories.identity",
        "stories.terms",
        "signing",
        "clock",
        "walls",
        "links",
        "markup",
        "health",
        "fetch.addresses",
        "sources.known",
        "sources.formats.entry",
        "fetch.manners",
        "choose.meaning",
        "choose.topics",
        "engines.encoder",
        "engines.frames",
        "engines.grounded",
        "engines.replies",
        "engines.chats",
        "prompts",
        "engines.claims",
        "engines.cuts",
        "engines.reading",
        "forms",
        "answers.words",
        "answers.links",
        "channels.folder",
        "channels.push",
        "channels.mail",
        "store.search",
        "store.vectors",
        "web.views",
        "web.figures",
        "threads.corrections",
        "selection",
    ],
)
def test_examples_in_docstrings(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"briefing.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_what_is_let_pass_says_why_where_it_stands() -> None:
    """A handler of everything, a silenced linter or type checker: each has its reason on its own line."""
    root = PACKAGE.parent
    wide = re.compile(r"\bexcept( \(?(Base)?Exception\b|:)|# (noqa|type: ignore|pragma)")
    reason = re.compile(
        r"except [^#]*:  # \S+ \S+|# noqa: [A-Z]+\d+ (- )?\(?\w+ \w+|# type: ignore\[[\w,-]+\]  # \w+ \w+"
    )
    silent = [
        f"{path.relative_to(root)}:{number}"
        for folder in ("briefing", "benchmarks", "training", "tests")
        for path in sorted((root / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wide.search(line) and not reason.search(line) and path != Path(__file__)
    ]
    assert silent == []
