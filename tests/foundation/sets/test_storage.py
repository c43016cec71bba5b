"""A stored set comes back the same, and other Roaring readers and writers agree on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes

CONTAINER = 1 << 16  # ordinals in one container of the format
BORDERS = [0, 63, 64, 65, CONTAINER - 1, CONTAINER, CONTAINER + 1, 2 * CONTAINER - 1, 2 * CONTAINER]
DENSE = to_bytes(OrdinalSet.of(range(0, 30_000, 3)))
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


@given(st.integers(0, 2**32), st.lists(st.sampled_from([0, 1, 50, 4_000, 4_096, 4_097, 30_000, CONTAINER]), max_size=5))
def test_dense_and_sparse_containers_come_back(seed, cards):
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(CONTAINER, card, replace=False) + CONTAINER * key for key, card in enumerate(cards)]
    members = np.concatenate([np.zeros(0, np.int64), *drawn])
    people = OrdinalSet.of(members)
    data = to_bytes(people)
    assert from_bytes(data) == people
    theirs = BitMap.deserialize(data)
    assert theirs == BitMap(members.tolist())
    assert from_bytes(BitMap(members.tolist(), optimize=False).serialize()) == people
    assert len(data) <= len(BitMap(members.tolist(), optimize=False).serialize())


@given(st.lists(st.tuples(st.integers(0, 8 * CONTAINER), st.integers(1, 2 * CONTAINER)), min_size=1, max_size=12))
def test_runs_come_back(runs):
    people = OrdinalSet.of(np.concatenate([np.arange(start, start + length) for start, length in runs]))
    theirs = BitMap(people.ordinals().tolist(), optimize=True)
    for data in (to_bytes(people), theirs.serialize()):
        assert from_bytes(data) == people
        assert BitMap.deserialize(data) == theirs


def test_the_form_is_small_where_the_set_is_regular():
    assert len(to_bytes(OrdinalSet.empty())) == 8
    assert len(to_bytes(OrdinalSet.first(1_000_000))) < 300


def test_a_set_of_far_reach_comes_back():
    people = OrdinalSet.of([5, (1 << 27) + 3])
    assert from_bytes(to_bytes(people)) == people


@pytest.mark.parametrize(
    "damaged",
    [b"", b"x", b"\xff" * 64, to_bytes(OrdinalSet.of(range(0, 1000, 3)))[:-1], DENSE[:-1], DENSE[8:]],
    ids=["no", "one", "ff", "cut", "dense cut", "dense headless"],
)
def test_damaged_bytes_are_refused(damaged):
    with pytest.raises(Invalid, match="stored set") as refused:
        from_bytes(damaged)
    assert refused.value.received == f"{len(damaged)} bytes"
