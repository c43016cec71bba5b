"""A stored set comes back the same, and other Roaring readers and writers agree on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes

CONTAINER = 1 << 16  # ordinals in one container of the format
BORDERS = [0, 63, 64, 65, CONTAINER - 1, CONTAINER, CONTAINER + 1, 2 * CONTAINER - 1, 2 * CONTAINER]
RANGES = st.tuples(st.sampled_from(BORDERS), st.integers(0, CONTAINER + 10), st.integers(1, 40))


@given(st.sets(st.sampled_from(BORDERS) | st.integers(0, 300_000)), RANGES)
def test_what_is_stored_comes_back(scattered, spread):
    start, length, step = spread
    members = scattered | set(range(start, start + length, step))
    people = OrdinalSet.of(list(members))
    data = to_bytes(people)
    assert from_bytes(data) == people
    assert list(BitMap.deserialize(data)) == sorted(members)
    assert from_bytes(BitMap(members, optimize=False).serialize()) == people


def test_the_form_is_small_where_the_set_is_regular():
    assert len(to_bytes(OrdinalSet.empty())) == 8
    assert len(to_bytes(OrdinalSet.first(1_000_000))) < 300


def test_a_set_of_far_reach_comes_back():
    people = OrdinalSet.of([5, (1 << 27) + 3])
    assert from_bytes(to_bytes(people)) == people


@pytest.mark.parametrize(
    "damaged",
    [b"", b"x", b"\xff" * 64, to_bytes(OrdinalSet.of(range(0, 1000, 3)))[:-1]],
    ids=["no", "one", "ff", "cut"],
)
def test_damaged_bytes_are_refused(damaged):
    with pytest.raises(Invalid, match="stored set") as refused:
        from_bytes(damaged)
    assert refused.value.received == f"{len(damaged)} bytes"
