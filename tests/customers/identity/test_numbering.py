"""Equal things have equal numbers, whatever their words are, and groups agree or do not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.numbering import (
    agreed,
    at_once,
    in_order,
    number_by_first,
    number_pairs,
    only,
    renumber,
    spread,
)

SIGNED = st.sampled_from((-(2**63), -1, 0, 1, 2**32, 2**62, 2**63 - 1)) | st.integers(-5, 5)
WORDS = SIGNED | st.integers(-(2**63), 2**63 - 1)


def number_alike(number, things):
    """Say whether the numbers are those from 0 and tell apart what differs, and only that."""
    told = dict(zip(things, number.tolist(), strict=True))
    return [told[thing] for thing in things] == number.tolist() and sorted(told.values()) == list(range(len(told)))


@given(st.lists(st.tuples(WORDS, WORDS), max_size=60))
def test_hashes_differ_by_either_word(pairs):
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    assert number_alike(number_pairs(left, right), pairs)


@given(st.lists(st.tuples(st.integers(0, 9), SIGNED), max_size=60))
def test_a_group_agrees_when_it_has_one_value(pairs):
    group, value = np.array(pairs, np.int64).reshape(-1, 2).T
    count, first = agreed(group, value, 10)
    for each in range(10):
        values = [mine for its, mine in pairs if its == each]
        assert (count[each], first[each]) == (min(len(set(values)), 2), values[0] if values else 0)


@given(st.lists(st.integers(0, 40), max_size=60))
def test_numbers_close_up_in_their_order(numbers):
    given_ = np.array(numbers, np.int64)
    assert renumber(given_).tolist() == np.unique(given_, return_inverse=True)[1].tolist()


@given(st.lists(st.integers(0, 9), max_size=60))
def test_numbers_are_put_in_their_order(numbers):
    begin, order = in_order(np.array(numbers, np.int64), 10)
    assert order.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
    assert begin.tolist() == [sum(each < number for each in numbers) for number in range(11)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=20))
def test_spans_are_spread_into_what_lies_within(spans):
    begin, many = np.array(spans, np.int64).reshape(-1, 2).T
    place, at = spread(begin, begin + many)
    within = [(i, each) for i, (first, length) in enumerate(spans) for each in range(first, first + length)]
    assert list(zip(place.tolist(), at.tolist(), strict=True)) == within


@pytest.mark.parametrize("rows", [0, 10**9])
def test_columns_come_back_in_their_order(rows):
    columns = [np.full(3, number) for number in range(5)]
    assert [each.tolist() for each in at_once(np.negative, columns, rows)] == [[-number] * 3 for number in range(5)]


@given(st.lists(st.integers(0, 9), max_size=40), st.lists(st.booleans(), min_size=10, max_size=10))
def test_chosen_groups_are_numbered_by_their_first_places(groups, chosen):
    order = [each for each in dict.fromkeys(groups) if chosen[each]]
    expected = [order.index(each) if chosen[each] else -1 for each in groups]
    assert number_by_first(np.array(groups, np.int64), np.array(chosen)).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 2)), max_size=40),
    st.lists(st.integers(-1, 3), min_size=6, max_size=6),
)
def test_a_place_has_the_one_value_that_its_groups_tell(told, places):
    group, value = np.array(told, np.int64).reshape(-1, 2).T
    found = only(group, np.array(places), value, 4)
    for place in range(4):
        values = {said for each, said in told if places[each] == place and said}
        assert found[place] == (values.pop() if len(values) == 1 else 0)
