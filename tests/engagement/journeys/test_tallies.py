"""Numbers kept as sets add up and compare as numbers do."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from quanyu.engagement.journeys.tallies import Tallies, at_least, plus
from quanyu.foundation.sets.algebra import OrdinalSet

PEOPLE = 70
NUMBERS = st.lists(st.integers(0, 40), min_size=PEOPLE, max_size=PEOPLE)
EVERYBODY = OrdinalSet.first(PEOPLE)


def bits_of(numbers: list[int]) -> list[OrdinalSet]:
    return [OrdinalSet.of([i for i, n in enumerate(numbers) if n >> bit & 1]) for bit in range(6)]


def numbers_of(bits: list[OrdinalSet]) -> list[int]:
    return [sum((i in those) << bit for bit, those in enumerate(bits)) for i in range(PEOPLE)]


@given(NUMBERS, NUMBERS)
def test_sums(one: list[int], other: list[int]):
    assert numbers_of(plus(bits_of(one), bits_of(other))) == [a + b for a, b in zip(one, other, strict=True)]


@given(NUMBERS, st.integers(-1, 80))
def test_at_least(numbers: list[int], least: int):
    found = at_least(bits_of(numbers), least, EVERYBODY)
    assert found == OrdinalSet.of([i for i, n in enumerate(numbers) if n >= least])


def test_what_was_counted_is_there_the_next_day(club):
    some, others = OrdinalSet.of([1, 2, 3]), OrdinalSet.of([3, 4])
    monday, tuesday = date(2026, 3, 9), date(2026, 3, 10)
    told = Tallies(club, 1, monday)
    told.add(("all", "channel:sms"), some)
    told.add(("all",), others)
    assert numbers_of(told.since("all", monday, EVERYBODY))[:6] == [0, 1, 1, 2, 1, 0]
    with club.begin() as connection:
        told.keep(connection)
    told = Tallies(club, 1, tuesday)
    assert numbers_of(told.since("all", monday, EVERYBODY))[:6] == [0, 1, 1, 2, 1, 0]
    assert numbers_of(told.since("channel:sms", monday, EVERYBODY))[:6] == [0, 1, 1, 1, 0, 0]
    assert told.since("all", tuesday, EVERYBODY) == []
    told.add(("all",), some)
    assert numbers_of(told.since("all", monday, EVERYBODY))[:6] == [0, 2, 2, 3, 1, 0]
    with club.begin() as connection:
        told.keep(connection)
    assert numbers_of(Tallies(club, 1, tuesday).since("all", monday, EVERYBODY))[:6] == [0, 2, 2, 3, 1, 0]
    assert Tallies(club, 2, tuesday).since("all", monday, EVERYBODY) == []
