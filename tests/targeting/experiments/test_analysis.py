"""Analyses: known figures of a public test, coverage of the intervals, symmetry, and what is refused."""

import runpy
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.files import read_table
from quanyu.targeting.experiments.model import Analysis, Effect

HILLSTROM = Path(__file__).parents[4] / "shared" / "data" / "hillstrom" / "hillstrom.csv.gz"
EXAMPLE = Path(__file__).parents[3] / "examples" / "email_test"
OUTCOMES = ["visit", "conversion", "spend"]
# Arm, outcome: lift and the normal approximation's interval, as published; rates in percentage points.
KNOWN = {
    ("Mens E-Mail", "visit"): (7.659, 6.995, 8.323),
    ("Mens E-Mail", "conversion"): (0.681, 0.500, 0.861),
    ("Mens E-Mail", "spend"): (0.7698, 0.485, 1.055),
    ("Womens E-Mail", "visit"): (4.523, 3.889, 5.157),
    ("Womens E-Mail", "conversion"): (0.311, 0.150, 0.472),
    ("Womens E-Mail", "spend"): (0.4244, 0.169, 0.680),
}


def draw_spend(generator: np.random.Generator, people: int, buyers: float, times: float = 1.0) -> np.ndarray:
    bought = generator.random(people) < buyers
    return np.where(bought, times * generator.lognormal(3.0, 1.0, people), 0.0)


def as_table(arms: dict[str, np.ndarray], outcome: str = "spend") -> pa.Table:
    names = np.repeat(list(arms), [values.size for values in arms.values()])
    return pa.table({"segment": names.tolist(), outcome: np.concatenate(list(arms.values()))})


def only(analysis: Analysis, arm: str, outcome: str) -> Effect:
    return next(e for e in analysis.effects if (e.arm, e.outcome) == (arm, outcome))


@pytest.fixture(scope="module")
def hillstrom() -> Analysis:
    if not HILLSTROM.is_file():
        pytest.skip("needs ../shared/data/hillstrom")
    return analyze(read_table(HILLSTROM), "segment", "No E-Mail", OUTCOMES)


def test_hillstrom_control_means(hillstrom: Analysis):
    means = [round(only(hillstrom, "Mens E-Mail", outcome).control_mean, 6) for outcome in OUTCOMES]
    assert means == [0.106167, 0.005726, 0.652789]
    assert hillstrom.rows_read == 64_000
    assert {a.name: a.customers for a in hillstrom.arms}["No E-Mail"] == 21_306


@pytest.mark.parametrize(("arm", "outcome"), list(KNOWN))
def test_hillstrom_known_figures(hillstrom: Analysis, arm: str, outcome: str):
    effect = only(hillstrom, arm, outcome)
    times, digits = (1, 4) if outcome == "spend" else (100, 3)
    lift, low, high = KNOWN[arm, outcome]
    assert round(times * effect.absolute, digits) == lift
    assert (round(times * effect.plain_low, 3), round(times * effect.plain_high, 3)) == (low, high)


def test_hillstrom_our_intervals_stay_near_the_plain_ones(hillstrom: Analysis):
    for effect in hillstrom.effects:
        assert effect.absolute_low is not None
        assert effect.absolute_high is not None
        width = effect.plain_high - effect.plain_low
        near = 0.03
        assert abs(effect.absolute_low - effect.plain_low) < near * width
        assert abs(effect.absolute_high - effect.plain_high) < near * width
        assert effect.certain


def test_hillstrom_split_is_as_planned(hillstrom: Analysis):
    assert hillstrom.sample_ratio.assumed_equal
    assert hillstrom.sample_ratio.p_value == pytest.approx(0.9037, abs=1e-4)
    assert not hillstrom.sample_ratio.alarm


@pytest.mark.each_point
@pytest.mark.parametrize(
    ("arm_people", "control_people", "times"),
    [(1_500, 1_500, 1.0), (1_500, 1_500, 1.5), (6_000, 1_500, 1.0), (1_500, 6_000, 1.5)],
)
def test_amount_intervals_cover(arm_people: int, control_people: int, times: float):
    generator = np.random.default_rng(20_260_701)
    mean = 0.1 * np.exp(3.5)
    absolute, relative, runs = 0, 0, 300
    for _ in range(runs):
        arms = {
            "mail": draw_spend(generator, arm_people, 0.1, times),
            "none": draw_spend(generator, control_people, 0.1),
        }
        effect = analyze(as_table(arms), "segment", "none", ["spend"]).effects[0]
        assert effect.absolute_low is not None
        assert effect.absolute_high is not None
        assert effect.relative_low is not None
        assert effect.relative_high is not None
        absolute += effect.absolute_low <= (times - 1) * mean <= effect.absolute_high
        relative += effect.relative_low <= times - 1 <= effect.relative_high
    assert 0.92 <= absolute / runs <= 0.98
    assert 0.92 <= relative / runs <= 0.98


@pytest.mark.parametrize(("arm_rate", "control_rate"), [(0.02, 0.02), (0.12, 0.08)])
def test_rate_intervals_cover(arm_rate: float, control_rate: float):
    generator = np.random.default_rng(7)
    absolute, relative, runs = 0, 0, 300
    for _ in range(runs):
        arms = {
            "mail": (generator.random(800) < arm_rate).astype(float),
            "none": (generator.random(800) < control_rate).astype(float),
        }
        effect = analyze(as_table(arms, "visit"), "segment", "none", ["visit"]).effects[0]
        assert effect.absolute_low is not None
        assert effect.absolute_high is not None
        assert effect.relative_low is not None
        assert effect.relative_high is not None
        absolute += effect.absolute_low <= arm_rate - control_rate <= effect.absolute_high
        relative += effect.relative_low <= arm_rate / control_rate - 1 <= effect.relative_high
    assert 0.92 <= absolute / runs <= 0.98
    assert 0.92 <= relative / runs <= 0.98


@pytest.fixture
def campaign() -> pa.Table:
    generator = np.random.default_rng(5)
    arms = {"a": draw_spend(generator, 500, 0.3, 1.4), "b": draw_spend(generator, 400, 0.2)}
    table = as_table(arms)
    return table.append_column("visit", pa.array((table["spend"].to_numpy() > 20).astype(int)))


def test_swapped_arms_flip_the_sign(campaign: pa.Table):
    one = analyze(campaign, "segment", "b", ["spend", "visit"]).effects
    other = analyze(campaign, "segment", "a", ["spend", "visit"]).effects
    for left, right in zip(one, other, strict=True):
        assert left.absolute == pytest.approx(-right.absolute)
        assert left.absolute_low == pytest.approx(-(right.absolute_high or 0))
        assert left.absolute_high == pytest.approx(-(right.absolute_low or 0))
        assert 1 + (left.relative or 0) == pytest.approx(1 / (1 + (right.relative or 0)))
        assert 1 + (left.relative_low or 0) == pytest.approx(1 / (1 + (right.relative_high or 0)))
        assert left.p_value == pytest.approx(right.p_value)


def test_order_of_rows_does_not_matter(campaign: pa.Table):
    shuffled = campaign.take(np.random.default_rng(1).permutation(campaign.num_rows))
    before = analyze(campaign, "segment", "b", ["spend", "visit"])
    after = analyze(shuffled, "segment", "b", ["spend", "visit"])
    assert before.arms == after.arms
    for left, right in zip(before.effects, after.effects, strict=True):
        figures = [name for name, value in vars(left).items() if isinstance(value, float)]
        assert len(figures) > 10
        assert [getattr(left, n) for n in figures] == pytest.approx([getattr(right, n) for n in figures], rel=1e-9)


def test_rows_without_arm_do_not_matter(campaign: pa.Table):
    strangers = pa.table({"segment": [None, "", "  "], "spend": [1e6, None, -5.0], "visit": [1, 0, 7]})
    more = pa.concat_tables([campaign, strangers.cast(campaign.schema)])
    analysis = analyze(more, "segment", "b", ["spend", "visit"])
    assert analysis.rows_without_arm == 3
    assert analysis.effects == analyze(campaign, "segment", "b", ["spend", "visit"]).effects


def test_missing_values_are_left_out_of_their_outcome_only():
    table = pa.table(
        {
            "g": list("aaaabbbb"),
            "visit": [1, 0, 1, None, 0, 1, 0, None],
            "spend": [1.0, float("nan"), 3, 4, -1, 2, 3, 9],
        }
    )
    analysis = analyze(table, "g", "b", ["visit", "spend"])
    visit, spend = analysis.outcomes
    assert (visit.kind, visit.missing, visit.negative) == ("rate", 2, 0)
    assert (spend.kind, spend.missing, spend.negative) == ("amount", 1, 1)
    assert [(e.arm_customers, e.control_customers) for e in analysis.effects] == [(3, 3), (3, 4)]


def test_text_of_a_csv_counts_as_numbers():
    table = pa.table({"g": [" a", "a ", "b", "b"], "x": ["TRUE", "false", "1", " 0"], "y": ["1.5", "NA", "2e1", "-.5"]})
    with pytest.raises(Invalid) as refused:
        analyze(table, "g", "b", ["x", "y"])
    assert [fault.place for fault in refused.value.faults] == ["outcomes.y"]
    analysis = analyze(pa.concat_tables([table, table]), "g", "b", ["x", "y"])
    assert [o.kind for o in analysis.outcomes] == ["rate", "amount"]
    assert analysis.effects[1].arm_mean == 1.5
    assert analysis.effects[1].control_mean == 9.75


def test_holm_corrects_over_all_comparisons():
    generator = np.random.default_rng(3)
    table = pa.table(
        {
            "g": generator.choice(["a", "b", "c"], 900).tolist(),
            "x": generator.integers(0, 2, 900),
            "y": generator.random(900),
        }
    )
    effects = analyze(table, "g", "c", ["x", "y"]).effects
    raw = sorted(e.p_value or 0 for e in effects)
    stepped = np.minimum(1, np.maximum.accumulate(np.array(raw) * [4, 3, 2, 1]))
    assert sorted(e.p_holm or 0 for e in effects) == pytest.approx(list(stepped))


def test_uneven_groups_raise_the_alarm_unless_they_were_planned():
    table = pa.table({"g": ["a"] * 900 + ["b"] * 100, "x": [0, 1] * 500})
    assert analyze(table, "g", "b", ["x"]).sample_ratio.alarm
    planned = analyze(table, "g", "b", ["x"], {"a": 9, "b": 1}).sample_ratio
    assert not planned.alarm
    assert planned.p_value == 1.0
    assert planned.expected == {"a": 0.9, "b": 0.1}


def test_sample_ratio_by_hand():
    table = pa.table({"g": ["a"] * 60 + ["b"] * 40, "x": [0, 1] * 50})
    # (60 - 50)² / 50 + (40 - 50)² / 50 = 4, and P(chi² with one degree > 4) = 0.0455.
    assert analyze(table, "g", "b", ["x"]).sample_ratio.p_value == pytest.approx(0.0455003, abs=1e-7)


def test_all_faults_come_at_once():
    table = pa.table({"g": ["a"] * 5 + ["b"] * 5 + ["c", None], "x": ["0"] * 11 + ["many"], "t": ["2026-01-01"] * 12})
    with pytest.raises(Invalid) as refused:
        analyze(table, "g", "none", ["nope", "x", "t"])
    faults = {fault.place: fault for fault in refused.value.faults}
    assert set(faults) == {"outcomes.nope", "control", "arm", "outcomes.x", "outcomes.t"}
    assert faults["outcomes.nope"].allowed == ("g", "x", "t")
    assert faults["control"].received == "none"
    assert faults["control"].allowed == ("a", "b")
    assert "12" in faults["outcomes.x"].problem.en


@pytest.mark.parametrize(
    ("table", "arm", "control", "outcomes", "places"),
    [
        ({"g": ["a", "a"], "x": [0, 1]}, "g", "a", ["x"], ["arm"]),
        ({"g": ["a", "a", "b", "b"], "x": [0, 1, 0, 1]}, "h", "a", ["x"], ["arm"]),
        ({"g": ["a", "a", "b", "b"], "x": [0, 1, 0, 1]}, "g", "a", [], ["outcomes"]),
        ({"g": ["a", "a", "b", "b"], "x": [0, 1, 0, 1]}, "g", "a", ["g"], ["outcomes.g"]),
        ({"g": ["a", "a", "b", "b"], "x": [0.0, float("inf"), 0, 1]}, "g", "a", ["x"], ["outcomes.x"]),
        ({"g": ["a", "a", "b", "b"], "x": [[1]] * 4}, "g", "a", ["x"], ["outcomes.x"]),
        ({"g": [[1]] * 4, "x": [0, 1, 0, 1]}, "g", "a", ["x"], ["arm"]),
        ({"g": ["a", "a", "b", "b"], "x": pa.nulls(4)}, "g", "a", ["x"], ["outcomes.x"]),
        ({"g": pa.array([], pa.string()), "x": pa.array([], pa.int64())}, "g", "a", ["x"], ["arm", "control"]),
    ],
)
def test_refuses(table: dict[str, object], arm: str, control: str, outcomes: list[str], places: list[str]):
    with pytest.raises(Invalid) as refused:
        analyze(pa.table(table), arm, control, outcomes)
    assert [fault.place for fault in refused.value.faults] == places
    assert refused.value.remedy is not None


def test_a_column_of_people_is_refused_without_naming_anybody():
    people = [f"person{i}@example.com" for i in range(60)]
    many = pa.table({"email": people, "x": [0, 1] * 30})
    few = many.slice(0, 6)
    for table in (many, few):
        with pytest.raises(Invalid) as refused:
            analyze(table, "email", "nobody", ["x"])
        assert "example.com" not in str(refused.value.describe())


def test_planned_shares_must_name_every_group(campaign: pa.Table):
    with pytest.raises(Invalid) as refused:
        analyze(campaign, "segment", "b", ["spend"], {"a": 0.0})
    assert [fault.place for fault in refused.value.faults] == ["expected_shares", "expected_shares"]
    assert refused.value.faults[0].allowed == ("a", "b")


def test_the_example_is_what_its_script_writes_and_shows_every_verdict(tmp_path: Path):
    write = runpy.run_path(str(EXAMPLE / "make.py"))["write"]
    write(tmp_path / "campaign.csv")
    assert (tmp_path / "campaign.csv").read_bytes() == (EXAMPLE / "campaign.csv").read_bytes()
    effects = analyze(read_table(EXAMPLE / "campaign.csv"), "segment", "No E-Mail", OUTCOMES).effects
    verdicts = {(e.certain, (e.p_holm or 0) < 0.05) for e in effects}
    assert verdicts == {(True, True), (True, False), (False, False)}
