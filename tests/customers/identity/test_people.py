"""Who exists is one row, made once, locked by whoever gives out ordinals."""

import threading

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.people import lock_people, read_people
from quanyu.customers.identity.tables import population
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace


def test_nobody_before_the_first_import(workspace: Workspace):
    people = read_people(workspace)
    assert (people.epoch, people.records, people.customers, people.alive.count()) == (0, 0, 0, 0)


def test_the_row_is_made_once_and_read_back(workspace: Workspace):
    with workspace.begin() as connection:
        assert lock_people(workspace, connection).epoch == 1
        alive = to_bytes(OrdinalSet.of(np.array([0, 2])))
        connection.execute(sa.update(population).values(records=4, customers=3, alive=alive))
    people = read_people(workspace)
    assert (people.records, people.customers, people.alive.ordinals().tolist()) == (4, 3, [0, 2])


def test_two_cannot_give_out_ordinals_at_once(workspace: Workspace):
    order: list[str] = []

    def wait() -> None:
        with workspace.begin() as connection:
            lock_people(workspace, connection)
            order.append("second")

    with workspace.begin() as connection:
        lock_people(workspace, connection)
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.5)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]
