"""Counters count in how many sets each customer is."""

from collections import Counter as Counted

from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.counters import Counter

FAR = 200_000
FEW = st.sets(st.integers(0, 5) | st.integers(FAR - 5, FAR), min_size=1)
NEAR = st.sets(st.integers(0, 9))
EVERYBODY = OrdinalSet.first(FAR + 1)


def numbers_of(bits: list[OrdinalSet]) -> dict[int, int]:
    found = Counted[int]()
    for place, members in enumerate(bits):
        for ordinal in members.ordinals().tolist():
            found[ordinal] += 1 << place
    return found


@given(st.lists(FEW | NEAR, max_size=9), FEW)
def test_how_many_sets_each_is_in(sets: list[set[int]], asked: set[int]):
    counter, wanted = Counter(), Counted[int]()
    for members in sets:
        counter.add(OrdinalSet.of(sorted(members)))
        wanted.update(members)
    assert numbers_of(counter.bits()) == wanted
    assert numbers_of(counter.bits_of(EVERYBODY)) == wanted
    some = OrdinalSet.of(sorted(asked))
    assert numbers_of(counter.bits_of(some)) == {each: wanted[each] for each in asked if wanted[each]}


def test_what_was_told_stays_when_more_is_counted():
    counter, some = Counter(), OrdinalSet.of([1, 150_000])
    counter.add(some)
    before, of_some = counter.bits(), counter.bits_of(some)
    counter.add(some)
    assert numbers_of(before) == numbers_of(of_some) == {1: 1, 150_000: 1}
    assert numbers_of(counter.bits()) == {1: 2, 150_000: 2}
