"""Lots: even, the same again, independent between seeds, and exact within strata."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn, lots, parted, parted_evenly, parted_within

MANY = np.arange(200_000)
SHARES = st.lists(st.integers(1, 20), min_size=2, max_size=5).map(lambda w: [x / sum(w) for x in w])


def test_lots_are_even_and_do_not_depend_on_who_else_draws():
    whole = lots(MANY, "one")
    assert kstest(whole, "uniform").pvalue > 0.001
    some = MANY[::7]
    assert (lots(some, "one") == whole[::7]).all()


def test_draws_of_two_experiments_are_independent():
    seeds = ["control/a", "control/b", "a/lot", "global/1/2026Q1", "global/1/2026Q2"]
    groups = [(lots(MANY, seed) * 4).astype(int) for seed in seeds]
    for i, one in enumerate(groups):
        for other in groups[:i]:
            assert chisquare(np.bincount(one * 4 + other)).pvalue > 1e-4


@given(st.sets(st.integers(0, 5_000), max_size=300), SHARES, st.text(max_size=8))
def test_everybody_is_in_one_group_of_his_share(people: set[int], shares: list[float], seed: str):
    customers = OrdinalSet.of(sorted(people))
    for part in (parted, parted_evenly):
        groups = part(customers, shares, seed)
        assert sum(group.count() for group in groups) == len(people)
        assert groups == part(customers, shares, seed)
    for group, share in zip(parted_evenly(customers, shares, seed), shares, strict=True):
        assert abs(group.count() - share * len(people)) < 1 + 1e-6


@given(st.lists(st.integers(1, 80), min_size=1, max_size=6), SHARES)
def test_each_stratum_has_exact_shares(sizes: list[int], shares: list[float]):
    ends = np.cumsum([0, *sizes])
    strata = [OrdinalSet.of(np.arange(a, b)) for a, b in pairwise(ends)]
    groups = parted_within(strata, shares, "lot")
    for stratum, size in zip(strata, sizes, strict=True):
        for group, share in zip(groups, shares, strict=True):
            assert abs((group & stratum).count() - share * size) < 1 + 1e-6


def test_one_customer_alone_has_the_chances_of_the_shares():
    alone = [parted_evenly(OrdinalSet.of([i]), [0.2, 0.3, 0.5], "lot") for i in range(3_000)]
    counts = [sum(groups[g].count() for groups in alone) for g in range(3)]
    assert chisquare(counts, [600, 900, 1_500]).pvalue > 0.001


def test_within_a_stratum_each_has_his_chances():
    counts = np.zeros(10)
    for seed in range(2_000):
        counts[parted_evenly(OrdinalSet.first(10), [0.3, 0.7], f"{seed}")[0].ordinals()] += 1
    assert chisquare(counts).pvalue > 0.001
    assert counts.sum() == pytest.approx(2_000 * 3)


def test_a_smaller_share_is_within_a_larger_one():
    everybody = OrdinalSet.first(10_000)
    assert not drawn(everybody, 0.01, "g") - drawn(everybody, 0.02, "g")
