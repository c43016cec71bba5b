"""The stability index is nought for the same shares, grows with the distance, and is silent about few rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.quality.drifting import GREAT, NOTABLE, bins_above, stability_index

BINS = st.lists(st.integers(0, 10_000), min_size=10, max_size=10)


def test_known_values():
    assert stability_index([50, 50], [500, 500]) == 0
    assert stability_index([50, 50], [90, 10]) == pytest.approx(0.4 * 2.19722, abs=1e-4)
    assert stability_index([60, 40], [50, 50]) < NOTABLE < GREAT < stability_index([60, 40], [20, 80])
    assert stability_index([100, 0], [0, 100]) == pytest.approx(10.545, abs=1e-2)


def test_few_rows_say_nothing():
    assert stability_index([50, 49], [500, 500]) is None
    assert stability_index([500, 500], []) is None


@given(BINS, BINS)
def test_it_is_never_negative_nor_endless(before: list[int], latest: list[int]):
    found = stability_index(before, latest)
    assert found is None or 0 <= found < 60


@given(st.lists(st.integers(0, 9), max_size=50), st.sets(st.integers(0, 9), min_size=1))
def test_bins_between_edges_hold_every_value(values: list[int], edges: set[int]):
    ordered = sorted(edges)
    bins = bins_above(len(values), [sum(value > edge for value in values) for edge in ordered])
    assert sum(bins) == len(values)
    assert bins[0] == sum(value <= ordered[0] for value in values)
