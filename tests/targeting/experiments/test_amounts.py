"""Amounts: hand-computed figures, agreement of the two intervals with the test, and samples that do not vary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
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


SPENT, TAIL = 0.12, 1.2


def few_alone(seed: int, alone: int, people: int, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray, float]:
    """Draw customers of whom few spend and some of them much: who was written to, who was not, and what it brought."""
    chance = np.random.default_rng(seed)
    amounts = np.where(chance.random(people) < SPENT, chance.lognormal(5, TAIL, people), 0.0)
    return amounts[alone:] * (1 + lift), amounts[:alone], lift * float(amounts[alone:].mean())


@pytest.mark.each_point
@pytest.mark.parametrize(("alone", "people"), [(20, 250), (50, 500), (100, 1_000)])
@pytest.mark.parametrize("lift", [0.0, 0.3])
def test_with_few_left_alone_the_truth_is_covered(alone: int, people: int, lift: float):
    covered, welch, swapped, runs = 0, 0, 0, 300
    for seed in range(runs):
        arm, control, truth = few_alone(seed, alone, people, lift)
        found, other = compare_amounts(arm, control), compare_amounts(control, arm)
        covered += (found.absolute_low or 0) <= truth <= (found.absolute_high or 0)
        swapped += (other.absolute_low or 0) <= -truth <= (other.absolute_high or 0)
        own = stats.ttest_ind(arm, control, equal_var=False).confidence_interval(0.95)
        welch += own.low <= truth <= own.high
    assert welch / runs < 0.9  # what each group's own spread says
    assert covered / runs >= 0.95
    assert swapped == covered


def test_a_small_group_that_spends_wildly_is_believed():
    chance = np.random.default_rng(4)
    arm = np.where(chance.random(60) < SPENT, chance.lognormal(7, TAIL, 60), 0.0)
    control = np.where(chance.random(900) < SPENT, chance.lognormal(4, 0.5, 900), 0.0)
    own = stats.ttest_ind(arm, control, equal_var=False).confidence_interval(0.95)
    found = compare_amounts(arm, control)
    assert (found.absolute_low, found.absolute_high) == pytest.approx((own.low, own.high))


@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(100, 600))
def test_little_is_never_more_certain_than_its_own_spread_says(seed: int, alone: int, people: int):
    arm, control, _ = few_alone(seed, alone, people)
    found = compare_amounts(arm, control)
    if found.absolute_low is None or found.absolute_high is None:
        return
    raw = float(np.sqrt(arm.var(ddof=1) / arm.size + control.var(ddof=1) / control.size))
    assert found.se >= raw * (1 - 1e-9)
    outside = found.absolute_low > 0 or found.absolute_high < 0
    assert outside == ((found.p_value or 1) < 0.05)
    if found.relative_low is not None and found.relative_high is not None:
        assert outside == (found.relative_low > 0 or found.relative_high < 0)
