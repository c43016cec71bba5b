"""The algebra of sets agrees with Python's own sets."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import GREATEST, OrdinalSet

BORDERS = [0, 1, 62, 63, 64, 65, 127, 128, 4095, 4096, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 1 << 17]
MEMBERS = st.sets(st.sampled_from(BORDERS) | st.integers(0, 300) | st.integers(0, 200_000))


def members(of: OrdinalSet) -> set[int]:
    return set(of.ordinals().tolist())


@given(MEMBERS, MEMBERS)
def test_operations_agree_with_python_sets(one, other):
    a, b = OrdinalSet.of(list(one)), OrdinalSet.of(list(other))
    for operation in (operator.and_, operator.or_, operator.sub, operator.xor):
        result = operation(a, b)
        assert members(result) == operation(one, other)
        assert result == OrdinalSet.of(sorted(operation(one, other)))
        assert result.count() == len(result) == len(operation(one, other))
    assert members(a.complement(b)) == other - one


@given(MEMBERS, MEMBERS)
def test_comparisons_agree_with_python_sets(one, other):
    a, b = OrdinalSet.of(list(one)), OrdinalSet.of(list(other))
    assert (a == b) == (one == other)
    assert bool(a) == bool(one)
    assert a.isdisjoint(b) == one.isdisjoint(other)
    assert a.issubset(b) == one.issubset(other)
    assert (a & b).issubset(a)
    assert hash(a & b) == hash(b & a)


@given(MEMBERS, st.integers(-1, 200_001))
def test_members_ranks_and_rests_agree_with_python_sets(one, ordinal):
    a = OrdinalSet.of(list(one))
    assert (ordinal in a) == (ordinal in one)
    assert a.rank(ordinal) == sum(member < ordinal for member in one)
    assert members(a.after(ordinal)) == {member for member in one if member > ordinal}


@given(MEMBERS)
def test_ordinals_ascend_and_words_are_canonical(one):
    a = OrdinalSet.of(np.array([*one, *one], dtype=np.int64))
    assert a.ordinals().tolist() == sorted(one)
    assert a.ordinals().dtype == np.int64
    assert a.words.dtype == np.uint64
    assert a.words.flags.c_contiguous
    assert not a.words.flags.writeable
    assert not a.words.size or a.words[-1]


@given(MEMBERS, st.integers(1, 400))
def test_chunks_reunite_in_order(one, size):
    chunks = list(OrdinalSet.of(list(one)).chunks(size))
    assert np.concatenate([np.zeros(0, np.int64), *(chunk.ordinals() for chunk in chunks)]).tolist() == sorted(one)
    assert all(chunk.count() == size for chunk in chunks[:-1])
    assert all(chunk for chunk in chunks)


def test_a_walk_resumes_after_its_position():
    people = OrdinalSet.of(range(0, 10_000, 7))
    delivered, position = OrdinalSet.empty(), -1
    while chunk := next(people.after(position).chunks(100), None):
        assert delivered.isdisjoint(chunk)
        delivered |= chunk
        position = int(chunk.ordinals()[-1])
    assert delivered == people


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 128, (1 << 16) - 1, 1 << 16, (1 << 16) + 1])
def test_first_is_a_range(n):
    assert OrdinalSet.first(n).ordinals().tolist() == list(range(n))


@given(st.lists(st.booleans(), max_size=200))
def test_a_mask_gives_its_true_positions(mask):
    found = OrdinalSet.from_mask(np.array(mask, dtype=np.bool_))
    assert found.ordinals().tolist() == [at for at, chosen in enumerate(mask) if chosen]


@given(MEMBERS, st.integers(0, 500), st.integers())
def test_a_sample_is_exact_reproducible_and_nested(one, n, seed):
    a = OrdinalSet.of(list(one))
    sample = a.sample(n, seed)
    assert sample.count() == min(n, len(one))
    assert sample.issubset(a)
    assert sample == OrdinalSet.of(list(one)).sample(n, seed)
    assert a.sample(n // 2, seed).issubset(sample)


def test_a_sample_is_the_same_on_every_machine():
    assert OrdinalSet.first(1000).sample(5, 42).ordinals().tolist() == [495, 499, 526, 538, 669]


@pytest.mark.parametrize("people", [range(100), range(0, 6400, 64)], ids=["dense", "one a word"])
def test_samples_are_uniform(people):
    a = OrdinalSet.of(people)
    times = np.zeros(len(people))
    for seed in range(4000):
        times[np.searchsorted(people, a.sample(10, seed).ordinals())] += 1
    assert chisquare(times).pvalue > 0.001
    assert times.std() > 0.7 * np.sqrt(400 * 0.9)


def test_samples_of_neighbouring_seeds_are_independent():
    a = OrdinalSet.first(1000)
    shared = [(a.sample(100, seed) & a.sample(100, seed + 1)).count() for seed in range(400)]
    assert abs(np.mean(shared) - 10) < 0.6


def test_the_greatest_ordinal_is_held_and_the_next_refused():
    assert GREATEST in OrdinalSet.of([GREATEST])
    with pytest.raises(Invalid, match="outside"):
        OrdinalSet.of([GREATEST + 1])
    with pytest.raises(Invalid) as refused:
        OrdinalSet.of([3, -1])
    assert refused.value.received == "-1"


@pytest.mark.parametrize(
    "wrong",
    [[1.5], [True], ["1"], [[1, 2]], np.array([2**63], np.uint64)],
    ids=["float", "bool", "text", "2d", "uint64"],
)
def test_what_is_no_ordinal_is_refused(wrong):
    with pytest.raises(Invalid):
        OrdinalSet.of(wrong)


def test_a_mask_must_be_a_mask():
    with pytest.raises(Invalid, match="ordinals"):
        OrdinalSet.from_mask(np.ones(3, np.int64))


@pytest.mark.parametrize(
    "call",
    [
        lambda a: a.sample(-1, 0),
        lambda a: a.chunks(0),
        lambda _: OrdinalSet.first(-1),
        lambda _: OrdinalSet.first(1 << 33),
    ],
)
def test_numbers_out_of_range_are_refused(call):
    with pytest.raises(Invalid, match="outside"):
        call(OrdinalSet.first(3))


def test_a_set_cannot_be_changed():
    people = OrdinalSet.first(100)
    with pytest.raises(ValueError, match="read-only"):
        people.words[0] = 0


def test_other_things_are_not_equal_and_not_members():
    assert OrdinalSet.first(1) != {0}
    assert repr(OrdinalSet.of([3, 200])) == "OrdinalSet(2 below 256)"
    assert -64 not in OrdinalSet.first(64)
