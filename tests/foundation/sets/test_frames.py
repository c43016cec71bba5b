"""Sets of few among many, kept in frames, are sets like others."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.frames import LEAST_REACH, RARE, Frame, is_rare
from quanyu.foundation.sets.storage import from_bytes, to_bytes

FAR = 300_000
OPERATIONS = (operator.and_, operator.or_, operator.sub, operator.xor)
BORDERS = [0, 7, 8, 63, 64, LEAST_REACH - 1, LEAST_REACH, FAR - 1, FAR]
FEW = st.sets(st.sampled_from(BORDERS) | st.integers(0, FAR), max_size=40)
MANY = st.tuples(st.integers(0, FAR), st.integers(1, 90_000), st.integers(1, 7))


def set_of(numbers: set[int]) -> OrdinalSet:
    return OrdinalSet.of(sorted(numbers))


def numbers_of(members: OrdinalSet) -> set[int]:
    return set(members.ordinals().tolist())


def agrees(members: OrdinalSet, numbers: set[int]) -> None:
    assert members.ordinals().tolist() == sorted(numbers)
    assert members.count() == len(numbers)
    assert bool(members) == bool(numbers)
    mask = np.zeros(FAR + 1, np.bool_)
    mask[sorted(numbers)] = True
    plain = OrdinalSet.from_mask(mask)
    assert members == plain
    assert plain == members
    assert hash(members) == hash(plain)
    assert np.array_equal(members.words, plain.words)
    assert to_bytes(members) == to_bytes(plain)
    assert from_bytes(to_bytes(members)) == members


@given(FEW, FEW, MANY)
def test_operations_with_others_and_with_what_comes_of_them(few, others, span):
    start, length, step = span
    many = set(range(start, min(start + length, FAR), step))
    ours = {"few": (set_of(few), few), "others": (set_of(others), others), "many": (set_of(many), many)}
    ours["part"] = ours["few"][0] & ours["many"][0], few & many
    ours["rest"] = ours["few"][0] - ours["many"][0], few - many
    ours["joined"] = ours["few"][0] | ours["others"][0], few | others
    for members, numbers in ours.values():
        agrees(members, numbers)
    for one, one_numbers in ours.values():
        for other, other_numbers in ours.values():
            for operation in OPERATIONS:
                assert numbers_of(operation(one, other)) == operation(one_numbers, other_numbers)
            assert (one == other) == (one_numbers == other_numbers)
            assert one.isdisjoint(other) == one_numbers.isdisjoint(other_numbers)
            assert one.issubset(other) == one_numbers.issubset(other_numbers)


@given(FEW, st.integers(-1, FAR + 1), st.integers(1, 9))
def test_walks_over_a_part_of_a_frame(few, ordinal, size):
    part = set_of(few) - OrdinalSet.first(100)
    numbers = {number for number in few if number >= 100}
    assert (ordinal in part) == (ordinal in numbers)
    assert part.rank(ordinal) == sum(number < ordinal for number in numbers)
    assert numbers_of(part.after(ordinal)) == {number for number in numbers if number > ordinal}
    assert [number for chunk in part.chunks(size) for number in chunk.ordinals().tolist()] == sorted(numbers)


@given(FEW, MANY)
def test_having_bits_in_words(few, span):
    start, length, step = span
    many = set_of(set(range(start, min(start + length, FAR), step)))
    padded = np.concatenate((many.words, np.zeros(5, np.uint64)))
    for members in (set_of(few), set_of(few) | many):
        assert members.having(padded) == members & many


def test_what_is_parted_from_few_stays_in_their_frame():
    few = OrdinalSet.of([5, 70_000, 5_000_000])
    everybody = OrdinalSet.first(6_000_000)
    assert few.is_framed
    assert not everybody.is_framed
    assert (few & everybody).is_framed
    assert ((everybody & few) - OrdinalSet.of([5])).is_framed
    assert not (everybody - few).is_framed
    assert not (everybody | few).is_framed


def test_what_reaches_near_or_is_many_is_kept_as_words():
    assert not is_rare(1, LEAST_REACH)
    assert is_rare(1, LEAST_REACH + 1)
    assert not is_rare(FAR // RARE + 1, FAR)
    assert not OrdinalSet.of([1, 2, 3]).is_framed


def test_the_ordinals_of_a_frame_are_nobodys_to_change():
    given_ = np.array([3, 900_000])
    few = OrdinalSet.of(given_)
    given_[0] = 4
    few.ordinals()[0] = 5
    assert numbers_of(few) == {3, 900_000}
    with pytest.raises(ValueError, match="read-only"):
        Frame(np.array([1])).ordinals[0] = 2
