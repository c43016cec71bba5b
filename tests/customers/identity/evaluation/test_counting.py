"""Counts of pairs, B-cubed and components are what a look at every pair of records says."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.evaluation.counting import bands_of, codes_of, components, pairs_within, score
from quanyu.customers.identity.evaluation.model import Band

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), max_size=30)


def columns(rows: list[tuple[int, int, int]]) -> list[np.ndarray]:
    return [codes_of(np.array([row[i] for row in rows], np.int64)) for i in range(3)]


@given(LABELS)
def test_scores_are_those_of_every_pair(rows):
    truth, found, _ = columns(rows)
    pairs = list(combinations(range(len(rows)), 2))
    same, one = ({p for p in pairs if of[p[0]] == of[p[1]]} for of in (truth, found))
    scores = score(truth, found)
    assert (scores.true_pairs, scores.found_pairs, scores.right_pairs) == (len(same), len(one), len(same & one))
    shares = [np.mean([truth[j] == truth[i] for j in np.flatnonzero(found == found[i])]) for i in range(len(rows))]
    kept = [np.mean([found[j] == found[i] for j in np.flatnonzero(truth == truth[i])]) for i in range(len(rows))]
    assert scores.bcubed_precision == pytest.approx(np.mean(shares) if rows else 1)
    assert scores.bcubed_recall == pytest.approx(np.mean(kept) if rows else 1)


@given(LABELS)
def test_pairs_within_have_all_labels_alike(rows):
    labels = columns(rows)
    alike = [p for p in combinations(range(len(rows)), 2) if all(of[p[0]] == of[p[1]] for of in labels)]
    assert pairs_within(*labels) == len(alike)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=25))
def test_components_are_what_labels_reach(edges):
    found = components(10, np.array([r for r, _ in edges], np.int64), np.array([v for _, v in edges], np.int64))
    group = {record: {record} for record in range(10)}
    for (one, value), (other, same) in combinations(edges, 2):
        if value == same and group[one] is not group[other]:
            group[one] |= group[other]
            for record in group[one]:
                group[record] = group[one]
    assert all((found[a] == found[b]) == (b in group[a]) for a, b in combinations(range(10), 2))


def test_scores_of_a_known_answer():
    scores = score(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1]))
    assert (scores.true_pairs, scores.found_pairs, scores.right_pairs) == (4, 4, 2)
    assert (scores.precision, scores.recall, scores.f1) == (0.5, 0.5, 0.5)
    assert scores.bcubed_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert scores.bcubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)


def test_bands_end_with_the_largest():
    persons, customers = np.repeat([0, 1, 2], [1, 1, 12]), np.arange(14)
    assert bands_of(persons, customers)[0] == Band("1", 2, 14)
    assert bands_of(persons, customers)[-1] == Band("10–99", 1, 0)
    assert len(bands_of(persons, customers)) == 6
