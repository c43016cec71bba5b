"""Rates: published and hand-computed intervals, and counts so small that the plain method breaks."""

import numpy as np
import pytest

from quanyu.targeting.experiments.rates import compare_rates


def people(count: int, size: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [count, size - count])


@pytest.mark.parametrize(
    ("count1", "n1", "count0", "n0", "low", "high"),
    [
        # Newcombe 1998, table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_published_intervals(count1: int, n1: int, count0: int, n0: int, low: float, high: float):
    estimate = compare_rates(people(count1, n1), people(count0, n0))
    assert (round(estimate.absolute_low or 0, 4), round(estimate.absolute_high or 0, 4)) == (low, high)


def test_by_hand():
    estimate = compare_rates(people(20, 100), people(10, 100))
    se = (0.2 * 0.8 / 100 + 0.1 * 0.9 / 100) ** 0.5
    assert estimate.absolute == pytest.approx(0.1)
    assert estimate.plain_low == pytest.approx(0.1 - 1.959964 * se, abs=1e-7)
    assert estimate.relative == pytest.approx(1.0)
    spread = 1.959964 * (1 / 20 - 1 / 100 + 1 / 10 - 1 / 100) ** 0.5
    assert estimate.relative_low == pytest.approx(2 * np.exp(-spread) - 1, abs=1e-6)
    assert estimate.relative_high == pytest.approx(2 * np.exp(spread) - 1, abs=1e-6)
    # Chi-square without correction: 200 (20·90 − 80·10)² / (100·100·30·170) = 3.9216.
    assert estimate.p_value == pytest.approx(0.047670, abs=1e-6)
    assert estimate.detectable == pytest.approx((1.959964 + 0.841621) * se, abs=1e-6)
    assert estimate.power == pytest.approx(0.5160, abs=1e-3)


def test_nobody_in_either_group_is_not_taken_for_certainty():
    estimate = compare_rates(people(0, 20), people(0, 20))
    assert (estimate.plain_low, estimate.plain_high) == (0.0, 0.0)
    assert (estimate.absolute_low or 0) < -0.1
    assert (estimate.absolute_high or 0) > 0.1
    assert (estimate.relative, estimate.relative_low, estimate.power, estimate.detectable) == (None, None, None, None)
    assert estimate.p_value == 1.0


def test_nobody_in_the_arm():
    estimate = compare_rates(people(0, 50), people(5, 50))
    assert (estimate.relative, estimate.relative_low) == (-1.0, -1.0)
    assert -1 < (estimate.relative_high or 0) < 1


def test_every_small_table_gives_an_interval_around_the_estimate():
    seen = 0
    for n1, n0 in [(2, 2), (3, 12), (12, 4), (30, 1_000)]:
        for count1 in range(min(n1, 12) + 1):
            for count0 in range(min(n0, 12) + 1):
                estimate = compare_rates(people(count1, n1), people(count0, n0))
                low, high = estimate.absolute_low, estimate.absolute_high
                assert low is not None
                assert high is not None
                assert -1 - 1e-9 <= low <= estimate.absolute + 1e-9
                assert estimate.absolute - 1e-9 <= high <= 1 + 1e-9
                assert 0 <= (estimate.p_value or 0) <= 1
                seen += 1
    assert seen == 9 + 52 + 65 + 169
