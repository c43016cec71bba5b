"""Ids stay with the records they were opened for: the oldest survives a merge, and who returns has his own."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.assigning import Assignment, assign
from quanyu.customers.identity.resolving import NOBODY, Known, Links
from quanyu.customers.identity.waiting import Waiting


@dataclass
class House:
    """Everybody there is, as the database keeps it; records `follows` are devices."""

    records: int
    follows: frozenset[int] = frozenset()
    customer: dict[int, int] = field(default_factory=dict[int, int])
    founder: dict[int, int] = field(default_factory=dict[int, int])
    alive: frozenset[int] = frozenset()

    def become(self, *components: int) -> Assignment:
        """Let records be in these components, and carry out what follows."""
        count, nothing = self.records, np.zeros(self.records, np.int64)
        follows = np.isin(np.arange(count), list(self.follows))
        known = Known(np.arange(count), nothing, follows, nothing, nothing, nothing, nothing)
        none = np.array([], np.int64)
        before = np.array([self.customer.get(record, NOBODY) for record in range(count)], np.int64)
        waiting = Waiting(known, Links(none, none, none, [], none.astype(np.bool_)), before, none, none)
        founded = pa.table({"customer": pa.array(self.founder, pa.int64()),
                            "founder": pa.array(self.founder.values(), pa.int64())})  # fmt: skip
        found = assign(waiting, np.array(components, np.int64), founded, len(self.founder))
        self.customer |= dict(zip(found.records.tolist(), found.customers.tolist(), strict=True))
        self.customer = {record: mine for record, mine in self.customer.items() if mine != NOBODY}
        self.founder |= dict(zip(found.created.tolist(), found.founders.tolist(), strict=True))
        self.alive = (self.alive | set(found.opened.tolist())) - set(found.closed.tolist())
        return found


def test_everybody_new_is_opened_for_his_first_record():
    house = House(4)
    found = house.become(0, 1, 0, 2)
    assert house.customer == {0: 0, 1: 1, 2: 0, 3: 2}
    assert (house.founder, found.recognised) == ({0: 0, 1: 1, 2: 3}, 4)
    assert house.alive == {0, 1, 2}
    assert house.become(0, 1, 0, 2).idle


def test_of_those_who_are_one_the_oldest_stays():
    house = House(3)
    house.become(0, 1, 2)
    found = house.become(0, 1, 0)
    assert house.customer == {0: 0, 1: 1, 2: 0}
    assert (found.merged.tolist(), found.survivors.tolist()) == ([2], [0])
    assert (found.closed.tolist(), found.origins.tolist(), house.alive) == ([2], [], {0, 1})


def test_who_was_merged_away_comes_back_with_his_id():
    house = House(4)
    house.become(0, 1, 0, 1)
    house.become(0, 0, 0, 0)
    assert house.alive == {0}
    found = house.become(0, 1, 0, 1)
    assert house.customer == {0: 0, 1: 1, 2: 0, 3: 1}
    assert (found.opened.tolist(), len(found.created), house.alive) == ([1], 0, {0, 1})
    assert list(zip(found.origins.tolist(), found.parted.tolist(), strict=True)) == [(0, 1)]


def test_who_turns_out_to_be_several_is_whom_he_was_opened_for():
    house = House(3)
    house.become(0, 0, 0)
    found = house.become(0, 1, 1)
    assert house.customer == {0: 0, 1: 1, 2: 1}
    assert (found.origins.tolist(), found.parted.tolist(), found.founders.tolist()) == ([0], [1], [1])
    assert len(found.merged) == 0


def test_records_that_become_nobody_s_leave():
    house = House(3, follows=frozenset({1}))
    house.become(0, 0, 1)
    found = house.become(0, NOBODY, 1)
    assert house.customer == {0: 0, 2: 1}
    assert (found.records.tolist(), found.customers.tolist()) == ([1], [NOBODY])
    assert (found.origins.tolist(), found.merged.tolist(), found.closed.tolist()) == ([], [], [])


def test_a_person_keeps_his_id_when_a_device_that_came_before_him_leaves():
    """Nobody is opened for a device: it goes where its persons send it, and would take the id along."""
    house = House(3, follows=frozenset({0}))
    house.become(0, 0, 1)
    assert house.founder == {0: 1, 1: 2}
    house.become(NOBODY, 0, 1)
    assert (house.customer, house.alive) == ({1: 0, 2: 1}, {0, 1})


def test_nobody_at_all():
    assert House(0).become().idle


@given(st.data())
def test_whatever_comes_ids_follow_their_records(data: st.DataObject):
    records = data.draw(st.integers(1, 8))
    house = House(records, follows=frozenset(data.draw(st.sets(st.integers(0, records - 1), max_size=2))))
    persons = [record for record in range(records) if record not in house.follows]
    for _ in range(data.draw(st.integers(1, 5))):
        numbers = data.draw(st.lists(st.integers(0, 3), min_size=records, max_size=records))
        owned = list(dict.fromkeys(numbers[record] for record in persons))
        before = house.alive
        found = house.become(*(owned.index(number) if number in owned else NOBODY for number in numbers))
        assert house.alive == set(house.customer.values())
        groups = {number: {house.customer.get(r) for r in range(records) if numbers[r] == number} for number in owned}
        assert all(len(mine) == 1 for mine in groups.values())
        assert len(set().union(*groups.values())) == len(owned)
        for one in house.alive:
            record = house.founder[one]
            assert house.customer[record] == one
            assert record not in house.follows
        assert set(found.closed.tolist()) == before - house.alive
        assert set(found.opened.tolist()) == house.alive - before
        assert set(found.merged.tolist()) <= before - house.alive
        assert set(found.survivors.tolist()) <= house.alive
        assert set(found.origins.tolist()) <= before & house.alive
