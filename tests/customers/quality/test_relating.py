"""The array code says of any values what sets and dictionaries say of them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.quality.relating import count_points, tied_records

ROWS = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 30), st.integers(0, 3)), max_size=40)


@given(ROWS)
def test_points_are_counted_by_source(rows: list[tuple[int, int, int]]):
    points, _, sources = columns(rows)
    distinct, shared = count_points(points, sources, 4)
    for source in range(4):
        times = Counter(point for point, _, from_ in rows if from_ == source)
        assert distinct[source] == len(times)
        assert shared[source] == sum(n for n in times.values() if n > 1)


@given(ROWS)
def test_records_are_tied_where_another_source_has_the_point(rows: list[tuple[int, int, int]]):
    homes: dict[int, set[int]] = {}
    for point, _, source in rows:
        homes.setdefault(point, set()).add(source)
    expected = {record for point, record, _ in rows if len(homes[point]) > 1}
    assert set(tied_records(*columns(rows)).tolist()) == expected


@pytest.mark.parametrize("extreme", [-(2**63), 2**63 - 1])
def test_points_at_the_ends_of_their_range(extreme: int):
    rows = [(extreme, 1, 0), (0, 2, 0), (extreme, 3, 1)]
    assert sorted(tied_records(*columns(rows)).tolist()) == [1, 3]
    assert count_points(columns(rows)[0], columns(rows)[2], 2)[0].tolist() == [2, 1]


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points, records and sources."""
    points, records, sources = ([row[place] for row in rows] for place in range(3))
    return np.array(points, np.int64), np.array(records, np.int64), np.array(sources, np.int16)
