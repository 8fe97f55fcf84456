"""The work spread by Ray: two nodes on this machine give what one process gives, also when one of them is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from benchmarks.morning import article
from briefing.app import App
from briefing.config import RayConfig, parse_config
from briefing.errors import FetchError, UsageError

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
COUNT = 8


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # The nodes' processes shall find this very code, wherever it is installed from.
    root = str(Path(__file__).parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 200_000_000})
    yield made
    ray.shutdown()
    made.shutdown()


def _news(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(COUNT):
        title, paragraphs = article(number)
        (folder / f"{number:02}.txt").write_text("\n\n".join([title, *paragraphs[:9]]), encoding="utf-8")


def _edition(news: Path, folder: Path, runtime: str, report: object = None) -> dict[str, bytes]:
    """What an edition leaves in its folder."""
    folder.mkdir()
    (folder / "config.yaml").write_text(
        f"""
sources: [{{name: news, type: file, path: {news}}}]
runtime: {runtime}
summarizer: {{engines: [{{type: embedded, shorten: false}}]}}
briefings:
  - name: noon
    limits: {{stories: {COUNT}, per_topic: {COUNT}, minutes: null, max_age: null}}
    channels: [{{type: file, folder: out, formats: [md, html]}}]
""",
        encoding="utf-8",
    )
    hear = {"report": report} if report else {}
    with App.from_file(folder / "config.yaml", at=lambda: NOON, **hear) as app:
        made = app.run()
    assert made.edition.problems == ()
    assert len(made.edition.summaries) > COUNT // 2
    # How long it took is the one thing that differs from run to run.
    return {
        path.name: re.sub(rb"in \d+ s\b", b"in N s", path.read_bytes())
        for path in sorted((folder / "out").rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_two_nodes_give_what_one_process_gives_also_when_one_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    _news(tmp_path / "news")
    alone = _edition(tmp_path / "news", tmp_path / "local", "local")
    second = cluster.add_node(num_cpus=1, object_store_memory=200_000_000)
    cluster.wait_for_nodes()
    runtime = f"{{type: ray, address: '{cluster.address}'}}"
    assert _edition(tmp_path / "news", tmp_path / "both", runtime) == alone
    lost = []

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "Telling" and done >= 3 and not lost:
            lost.append(done)
            cluster.remove_node(second, allow_graceful=False)

    assert _edition(tmp_path / "news", tmp_path / "one", runtime, kill) == alone
    assert lost


def test_errors_travel_between_processes_as_they_are() -> None:
    import pickle

    error = FetchError("https://a.example/", "it is gone", kind="gone", status=410, retry_after=3.0)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is FetchError
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_run_on_one_machine_imports_no_ray(tmp_path: Path) -> None:
    code = "import sys, briefing.app, briefing.cli.main; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0


def test_the_configuration_names_a_runtime() -> None:
    base = "sources: [{type: file, path: ., name: a}]\nbriefings: [{name: b}]\n"
    assert parse_config(base, None, {}).runtime.type == "local"
    chosen = parse_config(base + "runtime: ray\n", None, {}).runtime
    assert isinstance(chosen, RayConfig)
    assert chosen.address is None


def test_a_budget_needs_the_number_of_those_who_share_it(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: [{type: file, path: ., name: a}]\nbriefings: [{name: b}]\nruntime: ray\nsummarizer: {engines: "
        "[{type: server, url: 'http://127.0.0.1:1/v1', model: m, budget_tokens: 1000}]}\n",
        encoding="utf-8",
    )
    with App.from_file(tmp_path / "config.yaml", at=lambda: NOON) as app, pytest.raises(UsageError, match="actors: N"):
        app.run()
