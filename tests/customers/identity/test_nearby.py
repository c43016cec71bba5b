"""What hangs together with some records is read whole, each link once, or as far as was asked for."""

from collections.abc import Callable

import numpy as np
from tests.customers.identity.test_recognising import members

from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.nearby import Nearby, read_around, read_waiting
from quanyu.customers.identity.policy import default_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
CHAIN = ("a,13800138001,", "b,13800138001,u1", "c,,u1", "d,13800138009,")


def ordinals(workspace: Workspace, *names: str) -> list[int]:
    with workspace.begin() as connection:
        return [entry.record for entry in find_entries(workspace, connection, names)]


def around(workspace: Workspace, record: int, most: int) -> Nearby:
    with workspace.begin() as connection:
        return read_around(workspace, connection, default_policy(), np.array([record]), most)


def links(found: Nearby) -> list[tuple[int, str]]:
    return sorted((int(record), found.kinds[kind][0]) for record, kind in zip(found.holder, found.kind, strict=True))


def test_a_chain_is_followed_to_its_end_from_wherever_it_begins(bring: Import, workspace: Workspace):
    bring(**members(*CHAIN))
    *chain, alone = ordinals(workspace, *(f"members:{key}" for key in "abcd"))
    assert around(workspace, alone, 10).record.tolist() == [alone]
    for recognised in (False, True):
        if recognised:
            recognise(workspace)
        found = [around(workspace, record, 10) for record in chain]
        for each in found:
            assert each.record.tolist() == sorted(chain)
            assert not each.cut_off
            assert links(each) == links(found[0])
            assert len(set(each.customer.tolist())) == 1
            assert (each.customer >= 0).all() == recognised
        assert len(links(found[0])) == 4


def test_what_was_asked_for_is_where_it_ends(bring: Import, workspace: Workspace):
    bring(**members(*CHAIN))
    one, next_one = ordinals(workspace, "members:a", "members:b")
    found = around(workspace, one, 2)
    assert found.record.tolist() == sorted([one, next_one])
    assert found.cut_off


def test_what_waits_is_read_with_all_that_it_leads_to(bring: Import, workspace: Workspace):
    bring(**members(*CHAIN[:2]))
    recognise(workspace)
    bring(**members(*CHAIN[2:], source="later"))
    with workspace.begin() as connection:
        found = read_waiting(workspace, connection, default_policy(), 2)
    assert found.record.tolist() == [0, 1, 2, 3]
    assert sorted(found.sources.values()) == ["later", "members"]
    assert found.founded.num_rows == 1
