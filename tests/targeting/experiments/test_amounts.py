"""Amounts: hand-computed figures, agreement of the two intervals with the test, and samples that do not vary."""

import numpy as np
import pytest
from scipy import stats

from quanyu.targeting.experiments.amounts import compare_amounts


def test_without_skew_it_is_welchs_interval():
    arm, control = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 2, 4, 4])
    estimate = compare_amounts(arm, control)
    welch = stats.ttest_ind(arm, control, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert estimate.absolute == pytest.approx(0.0)
    assert (estimate.absolute_low, estimate.absolute_high) == pytest.approx((interval.low, interval.high))
    assert estimate.p_value == pytest.approx(welch.pvalue)


def test_plain_interval_by_hand():
    estimate = compare_amounts(np.array([0.0, 0, 0, 8]), np.array([0.0, 0, 0, 4]))
    # Variances 16 and 4: the standard error is the root of 16/4 + 4/4.
    assert estimate.absolute == 1.0
    assert estimate.plain_low == pytest.approx(1 - 1.959964 * 5**0.5, abs=1e-6)
    assert estimate.detectable == pytest.approx(2.801585 * 5**0.5, abs=1e-5)
    assert estimate.relative == 1.0
    assert estimate.few


def test_skew_of_the_smaller_group_lengthens_its_side():
    generator = np.random.default_rng(2)
    control = np.where(generator.random(20_000) < 0.05, generator.lognormal(3, 1, 20_000), 0)
    arm = np.where(generator.random(2_000) < 0.05, generator.lognormal(3, 1, 2_000), 0)
    estimate = compare_amounts(arm, control)
    welch = stats.ttest_ind(arm, control, equal_var=False).confidence_interval(0.95)
    assert estimate.absolute_low == pytest.approx(welch.low)
    assert (estimate.absolute_high or 0) > welch.high + 0.05 * (welch.high - welch.low)
    assert not estimate.few


@pytest.mark.parametrize("seed", range(40))
def test_both_intervals_and_the_test_agree(seed: int):
    generator = np.random.default_rng(seed)
    arm = np.where(generator.random(700) < 0.4, generator.lognormal(1.2, 1, 700), 0)
    control = np.where(generator.random(300) < 0.4, generator.lognormal(1, 1, 300), 0)
    estimate = compare_amounts(arm, control)
    assert estimate.absolute_low is not None
    assert estimate.absolute_high is not None
    assert estimate.relative_low is not None
    assert estimate.relative_high is not None
    outside = estimate.absolute_low > 0 or estimate.absolute_high < 0
    assert outside == ((estimate.p_value or 1) < 0.05)
    assert outside == (estimate.relative_low > 0 or estimate.relative_high < 0)
    assert estimate.relative_low < (estimate.relative or 0) < estimate.relative_high


def test_amounts_that_do_not_vary():
    same = compare_amounts(np.full(5, 0.1), np.full(7, 0.1))
    assert (same.absolute_low, same.absolute_high, same.power, same.detectable) == (None, None, None, None)
    assert same.p_value == 1.0
    apart = compare_amounts(np.full(5, 2.0), np.full(7, 1.0))
    assert (apart.absolute, apart.absolute_low, apart.p_value) == (1.0, None, None)


def test_nobody_spent_in_one_group():
    spent, none = np.array([0.0, 0, 3, 9, 1, 2]), np.zeros(6)
    over_nothing = compare_amounts(spent, none)
    assert over_nothing.relative is None
    assert over_nothing.absolute_low is not None
    nothing = compare_amounts(none, spent)
    assert (nothing.relative, nothing.relative_low) == (-1.0, None)


def test_a_control_that_may_be_zero_has_no_bounded_lift():
    estimate = compare_amounts(np.array([5.0, 6, 7, 8]), np.array([-4.0, 5, -3, 4]))
    assert estimate.relative is not None
    assert (estimate.relative_low, estimate.relative_high) == (None, None)


def test_unit_of_money_does_not_matter():
    generator = np.random.default_rng(9)
    arm, control = generator.lognormal(0, 1, 80), generator.lognormal(0, 1, 60)
    yuan, fen = compare_amounts(arm, control), compare_amounts(arm * 100, control * 100)
    assert fen.absolute_low == pytest.approx(100 * (yuan.absolute_low or 0))
    assert fen.relative_high == pytest.approx(yuan.relative_high)
    assert fen.p_value == pytest.approx(yuan.p_value)
