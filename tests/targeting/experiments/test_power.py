"""What is planned comes true: drawn again and again, tests of a planned size find the lift as often as was said."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments._contrast import ENOUGH_SPENDERS
from quanyu.targeting.experiments.amounts import compare_amounts
from quanyu.targeting.experiments.power import (
    FOUND,
    NEARLY,
    amount,
    base_of,
    chance,
    detectable,
    in_words,
    judge,
    needed,
    propose,
    rate,
)
from quanyu.targeting.experiments.rates import compare_rates

RATES = st.floats(0.002, 0.6)
SIZES = st.integers(500, 5_000_000)


def test_a_textbook_size_of_two_equal_groups():
    """10% against 15%, 5% two-sided, power 0.8, by the formula of Fleiss without his correction: 686 in each."""
    found = needed(rate(0.10), 0.05)
    assert found.customers == pytest.approx(2 * 686, rel=0.01)
    assert chance(rate(0.10), 0.05, 686, 686) == pytest.approx(0.8, abs=0.005)


def test_rates_are_found_as_often_as_planned():
    random = np.random.default_rng(7)
    base, lift = rate(0.06), 0.02
    size = propose(base, lift, 6_000)
    assert size.enough
    found = 0
    for _ in range(400):
        arm = (random.random(size.arms[0]) < base.mean + lift).astype(float)
        control = (random.random(size.control) < base.mean).astype(float)
        found += (compare_rates(arm, control).p_value or 1) < 0.05
    assert found / 400 == pytest.approx(size.power, abs=0.06)


def test_skewed_money_is_found_as_often_as_planned():
    """One in five buys, amounts are lognormal; the lift comes by more buyers."""
    random = np.random.default_rng(11)

    def spent(count: int, buyers: float) -> np.ndarray:
        return np.where(random.random(count) < buyers, random.lognormal(4, 0.9, count), 0.0)

    base = base_of(spent(200_000, 0.2), "amount")
    lift = 0.2 * base.mean
    size = needed(base, lift)
    found = 0
    for _ in range(300):
        estimate = compare_amounts(spent(size.arms[0], 0.24), spent(size.control, 0.2))
        found += (estimate.p_value or 1) < 0.05
    assert found / 300 == pytest.approx(FOUND, abs=0.08)


@settings(max_examples=12)
@given(RATES, st.floats(0.03, 0.5), SIZES, st.integers(1, 2))
@example(0.125, 0.13671875, 22_884, 2)  # half a customer of an arm decides
def test_the_control_proposed_is_the_smallest_that_shows_the_lift(now, relative, customers, arms):
    base, lift = rate(now), now * relative
    size = propose(base, lift, customers, arms)
    assert size.customers == customers
    assert len(size.arms) == arms
    assert size.control <= round(customers / (1 + arms**0.5))
    arm = (customers - size.control) // arms
    if size.enough:
        fewer = size.control - max(2, size.control // 100)
        assert chance(base, lift, (customers - fewer) // arms, fewer, arms) < FOUND + 1e-3
        assert size.detectable is not None
        assert size.detectable <= lift * 1.01
    else:
        best = round(customers / (1 + arms**0.5))
        at_best = detectable(base, (customers - best) // arms, best, arms)
        seen = detectable(base, arm, size.control, arms)
        if at_best is not None and seen is not None:
            assert seen <= at_best * NEARLY * 1.001
        assert size.needed is None or size.needed >= customers * 0.99


@settings(max_examples=12)
@given(RATES, st.floats(0.02, 0.6), st.integers(1, 2))
def test_the_fewest_that_can_tell_do_tell_and_fewer_do_not(now, relative, arms):
    base, lift = rate(now), now * relative
    size = needed(base, lift, arms)
    assert size.enough
    assert not propose(base, lift, int(size.customers * 0.95) - 5, arms).enough


def test_groups_of_unequal_size_are_judged_by_the_smallest():
    base = rate(0.05)
    found = judge(base, 0.01, [20_000, 4_000], 6_000)
    assert found.power == chance(base, 0.01, 4_000, 6_000, 2)
    assert found.needed is not None
    parts = found.needed / 30_000
    assert chance(base, 0.01, 4_000 * parts, 6_000 * parts, 2) == pytest.approx(FOUND, abs=0.002)


def test_a_control_of_money_has_buyers_enough():
    size = propose(amount(10, 25, 0.02), 8, 1_000_000)
    assert size.control * 0.02 >= ENOUGH_SPENDERS


def test_it_says_so_in_words_when_it_cannot_tell():
    base, lift = rate(0.05), 0.0075
    few, words = propose(base, lift, 4_000), in_words(rate(0.05), propose(base, lift, 4_000))
    assert words[0].en == "Of a hundred customers who are left alone 5 do it, as given."
    assert words[1].en == (
        f"Cannot tell with 4,000 customers ({few.arms[0]:,} against {few.control:,} left alone): a lift below "
        "+46.5% (2.3 in 100) stays hidden. Of the lift that is expected, +15.0% (0.75 in 100), 29,000 could tell."
    )
    assert "4,000 位客户无法判断" in words[1].zh
    assert "29,000 位客户可以判断" in words[1].zh
    assert "can tell" in in_words(base, propose(base, lift, 40_000))[1].en


@pytest.mark.parametrize("customers", [0, 1, 2, 3, 10])
def test_a_handful_shows_nothing(customers):
    size = propose(rate(0.05), 0.01, customers, 2)
    assert not size.enough
    assert "Cannot tell" in in_words(rate(0.05), size)[1].en


@pytest.mark.parametrize(
    ("base", "lift"), [(rate(0.0), 0.1), (rate(0.95), 0.1), (amount(10, 0), 1), (amount(10, 5), -1), (rate(0.1), 0)]
)
def test_what_cannot_be_planned_is_refused(base, lift):
    with pytest.raises(Invalid) as raised:
        propose(base, lift, 1_000)
    assert raised.value.faults[0].allowed
