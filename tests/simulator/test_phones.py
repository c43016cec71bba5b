"""Numbers reach their holders, change hands, and are mistyped as fingers do it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.simulator.arguments import Arguments, Dirt
from quanyu.simulator.people import draw_people
from quanyu.simulator.phones import DUMMIES, draw_phones, holder, mistyped, phone_number, staff_number, virtual_number
from quanyu.simulator.world import build_world


@pytest.fixture(scope="module")
def drawn():
    world = build_world(Arguments(16_384, seed=5, dirt=Dirt(recycled=0.03)))
    people = draw_people(world, 0)
    return world, people, draw_phones(world, people)


def test_a_number_leads_back_to_the_person_it_was_first_given_to():
    person = np.arange(100_000)
    numbers = phone_number(9, person * 2)
    assert len(np.unique(numbers)) == len(person)
    assert (holder(9, numbers) == person).all()
    assert ((numbers >= 13_000_000_000) & (numbers < 20_000_000_000)).all()
    assert (holder(9, staff_number(9, np.arange(2000))) == -1).all()
    assert (holder(9, virtual_number(np.arange(1000))) == -1).all()
    assert (holder(9, np.array([11_111_111_111, 12_345_678_901])) == -1).all()


def test_a_recycled_number_has_two_holders_one_after_the_other(drawn):
    world, people, phones = drawn
    takers = np.flatnonzero(phones.recycled)
    assert abs(len(takers) / len(people) - 0.03) < 0.002
    giver = np.searchsorted(np.sort(phones.before), phones.after[takers])
    givers = np.argsort(phones.before)[giver]
    assert (phones.before[givers] == phones.after[takers]).all()
    assert (givers != takers).all()
    assert (phones.change[takers] >= phones.change[givers] + 90).all()
    days = np.arange(-900, world.arguments.days, 30)
    for day in days:
        held = phones.on(np.arange(len(people)), np.full(len(people), day))
        assert len(np.unique(held)) == len(people), "two people hold one number on one day"


@given(st.integers(13_000_000_000, 19_999_999_999), st.integers(0, 2**55))
def test_a_slip_changes_exchanges_or_loses_digits_and_nothing_else(number, luck):
    slipped = str(mistyped(np.array([number]), np.array([luck]))[0])
    given_digits = str(number)
    if len(slipped) == 10:
        assert any(given_digits[:i] + given_digits[i + 1 :] == slipped for i in range(11))
    else:
        differing = [i for i in range(11) if given_digits[i] != slipped[i]]
        exchanged = sorted(given_digits) == sorted(slipped) and len(differing) == 2
        assert len(differing) == 1 or (exchanged and differing[1] == differing[0] + 1)


def test_dummies_are_numbers_that_people_make_up():
    assert 13_800_138_000 in DUMMIES
    assert len(set(DUMMIES.tolist())) == len(DUMMIES)
