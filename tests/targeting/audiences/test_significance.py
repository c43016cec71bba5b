"""Figures agree with the usual tests where those apply, allow for shared people, and find nothing in noise."""

import numpy as np
import pytest
import scipy.stats as stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportions_ztest

from quanyu.targeting.audiences.significance import (
    associate,
    compare_parts,
    correct,
    exact,
    information,
    shares,
    two_sides,
)

TABLES = st.lists(st.tuples(st.integers(40, 500), st.integers(40, 500)), min_size=2, max_size=7)


@given(TABLES)
def test_apart_and_within_it_is_the_usual_chi_square(table) -> None:
    here, there = np.array(table).T
    usual = stats.chi2_contingency(np.array([here, there]), correction=False)
    nobody = np.zeros_like(here)
    for groups in ([here, nobody, there], [nobody, here, there], [here, there, nobody]):
        found = associate(np.array(groups))
        assert found.chi_square == pytest.approx(usual.statistic)
        assert (found.freedom, found.p) == (usual.dof, pytest.approx(usual.pvalue))
        plain = stats.contingency.association(np.array([here, there]), "cramer")
        assert found.v is not None
        assert found.v**2 == pytest.approx(max(0, plain**2 - usual.dof / np.sum(table)))
        ps = compare_parts(np.array(groups))
        sums = here.sum(), there.sum()
        assert ps == [pytest.approx(float(proportions_ztest([a, b], sums)[1])) for a, b in table]


def test_people_in_both_groups_are_allowed_for() -> None:
    """Where the groups are drawn without regard to the tag, p below 5% comes up in 5% of draws, not less."""
    rng = np.random.default_rng(4)
    drawn = [np.array([rng.multinomial(n, [0.2, 0.3, 0.5]) for n in (300, 900, 400)], np.int64) for _ in range(2_000)]
    low = np.mean([(associate(table).p or 1) < 0.05 for table in drawn])
    parts = np.mean([(compare_parts(table)[0] or 1) < 0.05 for table in drawn])
    assert 0.04 < low < 0.06
    assert 0.04 < parts < 0.06
    here, there = shares(drawn[0])
    assert here.tolist() == pytest.approx(((drawn[0][0] + drawn[0][1]) / 1_200).tolist())
    assert there.tolist() == pytest.approx(((drawn[0][1] + drawn[0][2]) / 1_300).tolist())


@given(st.integers(0, 30), st.integers(0, 30), st.integers(30, 90), st.integers(30, 5_000))
def test_few_people_are_tested_exactly(here: int, there: int, of_here: int, of_there: int) -> None:
    usual = stats.fisher_exact([[here, of_here - here], [there, of_there - there]])
    assert exact(here, there, of_here, of_there) == pytest.approx(usual.pvalue, rel=1e-6)


def test_where_few_are_expected_parts_are_exact_and_pooled() -> None:
    table = np.array([[0, 0, 0], [63, 10, 74], [110, 90, 7_888]])
    assert compare_parts(table)[0] == pytest.approx(exact(63, 110, 147, 8_088))
    assert (compare_parts(table)[0] or 1) < 1e-50, "2% of 147 are three people, and 63 came"
    assert (associate(table).freedom, associate(table).p) == (1, pytest.approx(exact(73, 200, 147, 8_088)))
    assert (associate(table).v or 0) > 0.35, "a rare value that says much is not lost in the pool"
    same = np.array([[0, 0], [40, 60], [0, 0]])
    assert associate(same).p is None
    assert compare_parts(same) == [None, None]
    assert associate(np.zeros((3, 2), np.int64)).v is None
    few = associate(np.array([[0, 0, 0], [3, 4, 3], [9_000, 8_000, 9_000]]))
    assert (few.freedom, few.p) == (0, None), "ten people over three parts say nothing"


def test_people_in_both_belong_to_neither_side() -> None:
    apart = np.array([[10, 20], [500, 600], [30, 5]])
    assert two_sides(apart).tolist() == [[10, 20], [30, 5]]
    within, around = apart.copy(), apart.copy()
    within[0] = around[2] = 0
    assert two_sides(within).tolist() == [[500, 600], [30, 5]]
    assert two_sides(around).tolist() == [[10, 20], [500, 600]]


def test_many_tests_are_corrected() -> None:
    ps = [0.001, None, 0.04, 0.03, None, 0.5]
    expected = iter(stats.false_discovery_control([0.001, 0.04, 0.03, 0.5]).tolist())
    assert correct(ps) == [None if p is None else pytest.approx(next(expected)) for p in ps]
    assert correct([None, None]) == [None, None]
    assert correct([]) == []
    rng = np.random.default_rng(2)
    found = [q for _ in range(200) for q in correct(rng.random(100).tolist()) if q is not None and q < 0.05]
    assert len(found) < 30, "one by one, a thousand would be"


def test_information_is_all_nothing_or_between() -> None:
    assert information(np.array([[500, 0], [0, 500]])) == (pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.01))
    assert information(np.array([[300, 500], [300, 500]])) == (0, 0)
    assert information(np.zeros((2, 0), np.int64)) == (0, 0)
    table = np.array([[60, 40], [20, 80]])
    mutual = (
        stats.entropy([0.4, 0.6], base=2) - (stats.entropy([0.6, 0.4], base=2) + stats.entropy([0.2, 0.8], base=2)) / 2
    )
    assert information(table)[0] == pytest.approx(mutual - 1 / (2 * 200 * np.log(2)))


def test_parts_without_meaning_tell_nothing_however_many() -> None:
    rng = np.random.default_rng(3)
    few = [information(np.array([rng.multinomial(300, [1 / 60] * 60) for _ in range(2)]))[0] for _ in range(200)]
    two = [
        information(np.array([rng.multinomial(300, [share, 1 - share]) for share in (0.4, 0.6)]))[0] for _ in range(200)
    ]
    assert np.mean(few) < 0.015 < np.mean(two), "uncorrected, the sixty would seem to tell more than twice as much"
