"""The pure pieces of the speed table: what is counted, fitted, timed and drawn."""

from __future__ import annotations

import doctest
import importlib
import itertools
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.common import CommandFailed, watched
from benchmarks.speed import PARTS, ceiling, chart, growth, stages, tables
from benchmarks.speed.__main__ import ONES
from benchmarks.speed.ceiling import Counted, Shape, encoder_bytes, encoder_flops, heads_flops
from benchmarks.speed.run import MEASURES, Run, measured

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("module", [ceiling, chart, growth])
def test_examples_in_docstrings(module: Any) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def test_operations_of_a_tiny_encoder_by_hand() -> None:
    # 5 tokens, hidden 2, inner 3. Four products (5,2)(2,2): 4*2*5*2*2 = 160. (5,2)(2,3) and (5,3)(3,2): 60 + 60.
    # Scores (5,2)(2,5) and values (5,5)(5,2): 100 + 100. One layer 480; three layers over two rows 2,880.
    assert encoder_flops(Shape(layers=1, hidden=2, inner=3), Counted(rows=1, tokens=5)) == 480
    assert encoder_flops(Shape(layers=3, hidden=2, inner=3), Counted(rows=2, tokens=5)) == 2880


def test_bytes_of_a_tiny_encoder_by_hand() -> None:
    # Weights of a layer: 4*4 + 2*6 in matrices, 4*2 + 3 + 2 added, two norms of 2*2: 28 + 13 + 8 = 49.
    # A token's outputs: 8*2 + 2*3 = 22, 110 for five, written and read. 4*(49 + 220) bytes.
    assert encoder_bytes(Shape(layers=1, hidden=2, inner=3), Counted(rows=1, tokens=5)) == 4 * (49 + 220)


def tiny() -> Any:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=16, attn_implementation="eager",
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


@pytest.mark.slow
def test_a_rate_lasts_and_is_no_more_than_its_quickest_moment() -> None:
    from briefing.engines.passes import Passes

    done: list[int] = []
    rate = ceiling.Rate()
    for _ in range(2):
        rate.add(lambda: lambda: done.append(1), 10.0, Passes(ceiling.cores()))
    # Each core tries its work once before it is timed.
    assert rate.done == 10.0 * (len(done) - 2 * ceiling.cores())
    assert 0 < rate.sustained == rate.done / rate.seconds < rate.quickest


def test_turns_of_a_stage_are_added_up() -> None:
    one = ceiling.Worked("read", 1, 2, 3, 4, 5, 6.0, 7.0)
    assert ceiling.together([one, one]) == ceiling.Worked("read", 2, 4, 6, 8, 10, 12.0, 14.0)


@pytest.mark.slow
def test_the_count_is_torchs_own() -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model = tiny()
    recorder = ceiling.Recorder(model)
    ids = torch.ones((3, 7), dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    recorder.close()
    model(input_ids=ids, attention_mask=torch.ones_like(ids))
    shape = Shape.of(model.config)
    assert recorder.passes == [Counted(rows=3, tokens=7)]
    assert len(recorder.seconds) == 1
    assert encoder_flops(shape, recorder.passes[0]) == counter.get_total_flops()
    embedded = sum(weight.numel() for weight in model.embeddings.parameters())
    assert shape.weights == sum(weight.numel() for weight in model.parameters()) - embedded


@pytest.mark.slow
def test_the_heads_are_counted_as_torch_does() -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from briefing.engines.reading import SENTENCE_FEATURES, WORD_FEATURES
    from briefing.engines.salience import build

    heads = build(384)
    first = torch.tensor([0, 5, 11, 20])
    # While it learns it takes no short cut that the counter knows nothing of.
    with FlopCounterMode(display=False) as counter:
        heads(torch.randn(20, 384), torch.randn(20, WORD_FEATURES), torch.randn(3, SENTENCE_FEATURES), first)
    assert heads_flops(heads, 20, 3) == pytest.approx(counter.get_total_flops(), rel=0.01)


def test_a_power_law_is_found_again() -> None:
    found = growth.curve("group", "articles", [(n, 0.02 * n**1.5) for n in (100, 1_000, 10_000)])
    assert found["exponent"] == pytest.approx(1.5)
    assert found["last step"] == pytest.approx(1.5)
    assert found["constant"] == pytest.approx(0.02)


def test_of_one_size_nothing_is_fitted() -> None:
    found = growth.curve("group", "articles", [(100, 3.0)])
    assert (found["exponent"], found["constant"], found["last step"]) == (None, None, None)


def test_a_stage_inside_another_is_counted_once() -> None:
    now = [0.0]
    watch = stages.Watch(lambda: now[0])

    def inner() -> str:
        now[0] += 5
        return "done"

    with watch.stage("outer"):
        now[0] += 1
        assert watch.at("inner", inner)() == "done"
        now[0] += 2
    with pytest.raises(KeyError), watch.stage("inner"):
        now[0] += 10
        raise KeyError
    assert watch.seconds == {"outer": 3.0, "inner": 15.0}


def test_every_door_is_there() -> None:
    for _, owner, function in stages._DOORS:
        assert callable(getattr(owner, function))
    assert {stage for stage, _, _ in stages._DOORS} == set(stages.STAGES)


def test_a_command_that_fails_or_takes_too_long_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="out of order"):
        watched(["sh", "-c", "echo out of order >&2; exit 3"], tmp_path)
    with pytest.raises(CommandFailed, match="-9"):
        watched(["sleep", "60"], tmp_path, most=0.1)
    seconds, _, said = watched(["echo", "7"], tmp_path)
    assert (said, seconds < 30) == ("7\n", True)


@pytest.fixture
def figures() -> dict[str, Any]:
    """As `--json` writes them, of round values."""
    systems = {
        "salience alone": {"each": 0.1, "first": 3.0, "peak": 600.0},
        "with rewriting": {"each": 0.2, "first": 5.0, "peak": 900.0},
        "bart-large-cnn's shape": {"each": 16.0, "first": 20.0, "peak": 4000.0},
    }
    morning = dict.fromkeys((*stages.STAGES, "rest"), 2.0)
    morning |= {"total": 18.0, "articles": 100.0, "told": 90.0, "stories": 80.0, "peak": 1000.0}
    stage = dict.fromkeys(tables.CEILING, 2.0) | {
        "stage": "read <for> telling", "GFLOPS": 60.0, "share %": 60.0, "GFLOPS in passes": 75.0,
        "share in passes %": 75.0, "bound by": "products",
    }  # fmt: skip
    return {
        "title": "Speed",
        "machine": {"system": "a machine", "cores": "2"},
        "systems": tables.systems(systems),
        "stages": tables.stages({"shortened": morning, "whole": morning}),
        "ceiling": {
            "cores": 2, "precision": "float32", "peak GFLOPS": 100.0, "memory GB/s": 20.0,
            "products": [{"product": "512x384x1536", "GFLOPS": 100.0}], "stages": [stage],
        },
        "growth": [
            growth.curve("all of it", "articles", [(100, 10.0), (1_000, 110.0)]),
            growth.curve("group", "articles", [(100, 0.1), (1_000, 10.0)]),
            growth.curve("beyond shared work", "readers", [(1, 0.3), (100, 4.0)]),
        ],
        "peaks": {"articles": {100: 800.0, 1_000: 900.0}, "readers": {1: 200.0, 100: 210.0}},
        "seconds": 100.0,
        "failed": {},
    }  # fmt: skip


def texts_of(root: ElementTree.Element) -> Iterator[str]:
    return (one.text or "" for one in root.iter(f"{SVG}text"))


def test_the_drawing_says_what_the_json_says(figures: dict[str, Any]) -> None:
    # What was written and read again is drawn the same.
    again = chart.drawn(json.loads(json.dumps(figures)))
    assert again == chart.drawn(figures)
    root = ElementTree.fromstring(again)
    desc = root.findtext(f"{SVG}desc") or ""
    shown = list(texts_of(root))
    assert root.findtext(f"{SVG}title") == "Speed"
    for row in figures["systems"]:
        assert row["system"] in shown
        assert f"{row['system']} {chart.number(row['articles/s'])}" in desc
    for row in figures["stages"]:
        assert row["stage"] in shown
    for curve in figures["growth"]:
        assert f"{curve['what']}, exponent {curve['exponent']:.2f}" in shown
    assert "60: 60 %, bound by products" in shown
    assert "read <for> telling" in shown
    # Letters are seven points wide or less on average.
    assert max(len(row["stage"]) for row in figures["stages"]) * 7 <= chart.MARGIN + chart.LABELS - 10


def test_bars_are_as_long_as_their_values(figures: dict[str, Any]) -> None:
    rows = [("a", 1.0, "1", "ours"), ("b", 10.0, "10", "ours"), ("c", 100.0, "100", "other")]
    logarithmic = [bar["width"] for bar in chart.bars(rows, 0)["bars"]]
    assert logarithmic[2] == pytest.approx(2 * logarithmic[1])
    linear = [bar["width"] for bar in chart.bars(rows, 0, log=False)["bars"]]
    assert linear[2] == pytest.approx(10 * linear[1], abs=0.5)


def test_names_of_lines_stand_apart() -> None:
    curves = [growth.curve(f"{n}", "articles", [(10, 1.0), (100, 2.0 + n / 100)]) for n in range(7)]
    names = sorted(line["name"] for line in chart.lines(curves, 0, 0, 900)["lines"])
    assert all(b - a >= chart.LINE - 0.2 for a, b in itertools.pairwise(names))


@pytest.mark.parametrize("part", ["systems", "stages", "ceiling", "growth"])
def test_a_part_alone_can_be_drawn(figures: dict[str, Any], part: str) -> None:
    alone = {key: figures[key] for key in ("title", "machine", part)}
    assert len(ElementTree.fromstring(chart.drawn(alone)).findall(f"{SVG}g")) == (2 if part == "growth" else 1)


def test_a_ratio_needs_what_it_is_beside() -> None:
    (row,) = tables.systems({"sumy TextRank": {"each": 0.5, "first": 1.0, "peak": 100.0}})
    assert row["times as fast as bart"] is None
    names, cells = tables.columns([row])
    assert cells[0][names.index("times as fast as bart")] == "-"
    assert cells[0][names.index("articles/s")] == 2.0


def test_what_was_written_is_printed_again(figures: dict[str, Any]) -> None:
    again = json.loads(json.dumps(figures))
    rows = tables.growth_rows("articles", again["growth"], again["peaks"]["articles"])
    assert rows == tables.growth_rows("articles", figures["growth"], figures["peaks"]["articles"])
    names, cells = tables.columns(rows)
    assert names == ["what", "100", "1,000", "exponent", "last step", "constant, s"]
    assert cells[-1] == ["peak MB", 800.0, 900.0, "-", "-", "-"]


def test_what_a_process_is_asked_for_is_there() -> None:
    for module, function in ONES.values():
        assert callable(getattr(importlib.import_module(f"benchmarks.speed.{module}"), function))
    assert set(MEASURES) == set(PARTS)


def test_what_fails_is_named_and_the_others_are_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(run: Run, limit: int | None) -> dict[str, Any]:
        def measure() -> dict[str, Any]:
            raise CommandFailed("the model is missing")

        assert run.tried("the model", measure) is None
        return {}

    row = {"system": "quick", "s/article": 0.5, "articles/s": 2.0, "times as fast as bart": None, "peak MB": 100.0}
    monkeypatch.setitem(MEASURES, "ceiling", broken)
    monkeypatch.setitem(MEASURES, "systems", lambda run, limit: {"systems": [row]})
    with pytest.raises(SystemExit, match="not measured: the model"):
        measured(["systems", "ceiling"], 5, tmp_path / "speed.json", tmp_path / "speed.svg")
    figures = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert (figures["systems"], figures["failed"]) == ([row], {"the model": "the model is missing"})
    assert "quick" in texts_of(ElementTree.fromstring((tmp_path / "speed.svg").read_text(encoding="utf-8")))
