"""An installation on paper: what is counted, what saturates, what can't be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.costs import Costs, costs_of, stored
from benchmarks.scale import DAY, Load, Machine, Plan, grouping, main, plan
from briefing.scheduler import LONGEST_LEAD
from briefing.stories import WINDOW

COSTS = Costs(read=0.1, embed=0.0, ask=0.0, keep=0.01, rows=5, kept_bytes=10_000, held_bytes=5_000, group_grows=1.0)


def cores(made: Plan, name: str) -> float:
    return next(stage.cores for stage in made.stages if stage.name == name)


def used(made: Plan, name: str) -> float:
    return next(limit.share for limit in made.limits if limit.name.startswith(name))


def test_cores_are_seconds_in_the_time_there_is() -> None:
    made = plan(COSTS, Load(articles=864_000, readers=1, told=9_000, moments=1, peak=2.0))
    assert cores(made, "read pages") == pytest.approx(864_000 * 0.1 * 2 / DAY)
    assert cores(made, "tell") == pytest.approx(9_000 * COSTS.tell / 3_600)
    assert made.gigabytes_a_day == pytest.approx(8.64)
    assert made.rows_a_second == pytest.approx(100)


def test_grouping_grows_as_it_was_measured() -> None:
    assert grouping(Costs(), 100_000) == (71.0, pytest.approx(1439 / 1024))
    seconds, memory = grouping(Costs(), 1_000_000)
    assert seconds == pytest.approx(71 * 10**1.03)
    assert memory == pytest.approx(10 * 1439 / 1024)


def test_what_is_used_most_stands_first() -> None:
    made = plan(Costs(), Load())
    shares = [limit.share for limit in made.limits]
    assert shares == sorted(shares, reverse=True)
    assert made.limits[0].name.startswith("memory of the process")
    assert made.limits[0].share > 1


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (Load(articles=10_000_000), "grouping"),
        (Load(readers=10_000_000), "readers' editions"),
        (Load(readers=1_000_000), "mails to one provider"),
        (Load(told=1_000_000), "telling without Ray"),
        (Load(articles=10_000_000), "one process that writes"),
    ],
)
def test_more_of_anything_saturates_what_there_is_one_of(load: Load, name: str) -> None:
    assert (
        used(plan(Costs(keep=0.02), Load(articles=1_000, readers=10, told=10)), name)
        < 1
        < used(plan(Costs(keep=0.02), load), name)
    )


def test_machines_are_whole_and_never_none() -> None:
    assert plan(COSTS, Load(articles=1, readers=1, told=1)).machines == 1
    many = plan(COSTS, Load(articles=50_000_000), one=Machine(cores=4, use=0.5))
    assert many.machines == -(-sum(stage.cores for stage in many.stages) // (4 * 0.5))
    assert many.money["machines"] == pytest.approx(many.machines * 4 * 24 * 0.04)


def test_a_server_that_tells_needs_tokens() -> None:
    made = plan(Costs(tokens_in=1_000, tokens_out=100), Load(told=1_000, moments=1))
    assert made.tokens == 1_100_000
    assert made.gpus == pytest.approx((1_000_000 / 4_000 + 100_000 / 1_000) / 3_600)


def test_what_is_taken_from_the_program_is_still_so() -> None:
    from benchmarks import scale
    from briefing.config.channels import MailChannelConfig
    from briefing.config.models import LimitsConfig

    assert LONGEST_LEAD.total_seconds() == scale.LEAD
    assert LimitsConfig().max_age == scale.WINDOW * 24
    assert scale.WINDOW + WINDOW.days == scale.HELD
    assert MailChannelConfig.model_fields["per_minute"].default == scale.DOMAIN_A_MINUTE


def test_measured_costs_replace_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "speed.json", tmp_path / "plan.json"
    given.write_text(json.dumps({"machine": {}, "costs": {"tell": 7200}}), encoding="utf-8")
    assert costs_of(given).tell == 7200
    assert costs_of(given).read == Costs().read
    words = ["--speed", str(given), "--articles", "1000", "--readers", "5", "--told", "8", "--json", str(out)]
    assert main(words) == 0
    assert "SATURATED" not in capsys.readouterr().out
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["costs"]["tell"] == 7200
    assert found["plan"]["limits"][0]["name"].startswith("telling without Ray")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"tel": 1}', "nothing is called tel"),
        ('{"tell": "fast"}', "expected numbers"),
        ('{"tell": -1}', "expected numbers"),
        ('{"tell": NaN}', "expected numbers"),
        ('{"tell": true}', "expected numbers"),
        ("[1]", "expected names and numbers"),
        ("{", "Expecting"),
    ],
)
def test_what_is_wrong_with_measured_costs_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    given = tmp_path / "speed.json"
    given.write_text(text, encoding="utf-8")
    assert main(["--speed", str(given)]) == 2
    assert said in capsys.readouterr().err


def test_costs_of_the_store_are_measured() -> None:
    found = stored(30)
    assert found["rows"] > 3
    assert found["kept_bytes"] > 0
    assert found["held_bytes"] > 3_000
    assert 0 < found["keep"] < 60
