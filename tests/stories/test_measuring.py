"""Campaigns of the simulated company, whose truth is known: intervals cover it, and nothing is seen in nothing."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import measure_effects
    finally:
        sys.path.pop(0)
    return measure_effects


def test_a_campaign_is_measured_near_the_truth(bench):
    found = bench.measure(6, 2_000, 0.5)
    written, nobody = found["written"], found["nobody"]
    assert written["covered"] >= 5 / 6
    assert 0.7 < written["width"] <= 2
    assert written["truth_mean"] > 0
    assert nobody["alarms"] <= 2


@pytest.mark.scale
def test_forty_campaigns_of_four_thousand(bench):
    found = bench.measure(40, 4_000, 0.5)
    assert 0.9 <= found["written"]["covered"] <= 1
    assert found["written"]["width"] <= 2
    assert 0 <= found["nobody"]["alarms"] <= 5
    assert found["written"]["width"] <= found["written"]["width_unadjusted"]
