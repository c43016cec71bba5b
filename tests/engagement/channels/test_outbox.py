"""Batches enter the outbox once, with the transaction that decides on them, and may be held back or dropped."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.engagement.channels.test_definitions import HOOK

from quanyu.customers.identity.people import lock_people
from quanyu.engagement.channels import accounts, outbox
from quanyu.engagement.channels.definitions import installed, read_account
from quanyu.engagement.channels.model import Batch
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
BATCH = Batch("j:1:n:t1", "crm_hook", "hello", 1, "marketing", "spring", OrdinalSet.of([1, 5, 9]), 1, AT)


@pytest.fixture
def sending(workspace: Workspace) -> Workspace:
    accounts.add(workspace, read_account(HOOK, installed()))
    with workspace.begin() as connection:
        lock_people(workspace, connection)
    return workspace


def put(ws: Workspace, *batches: Batch) -> None:
    with ws.begin() as connection:
        outbox.enqueue(ws, connection, batches)


def test_a_batch_enters_once_by_its_key(sending: Workspace):
    put(sending, BATCH, replace(BATCH, key="j:1:n:t2"))
    put(sending, replace(BATCH, members=OrdinalSet.of([7])))
    found = outbox.progress(sending)
    assert [(p.key, p.size, p.state, p.open) for p in found] == [
        ("j:1:n:t2", 3, "waiting", 3),
        ("j:1:n:t1", 3, "waiting", 3),
    ]


def test_what_is_rolled_back_is_not_there(sending: Workspace):
    with sending.begin() as connection:
        outbox.enqueue(sending, connection, [BATCH])
        connection.rollback()
    assert outbox.progress(sending) == []


def test_a_batch_of_nobody_leaves_no_trace(sending: Workspace):
    put(sending, replace(BATCH, members=OrdinalSet.empty()))
    assert outbox.progress(sending) == []


def test_faulty_batches_are_refused(sending: Workspace):
    with pytest.raises(NotFound):
        put(sending, replace(BATCH, account="nobody"))
    with pytest.raises(Conflict):
        put(sending, replace(BATCH, epoch=2))
    with pytest.raises(Invalid) as refused:
        put(sending, replace(BATCH, purpose="", campaign="x" * 501), replace(BATCH, content=""))
    assert [f.place for f in refused.value.faults] == [
        "batches[0].purpose",
        "batches[0].campaign",
        "batches[1].content",
    ]


def test_batches_are_held_back_and_dropped_by_the_beginning_of_their_keys(sending: Workspace):
    put(sending, BATCH, replace(BATCH, key="j:1:n:t2"), replace(BATCH, key="other"))
    with sending.begin() as connection:
        assert outbox.pause(sending, connection, "j:1:") == 2
        assert outbox.pause(sending, connection, "j:1:") == 0
        assert outbox.resume(sending, connection, "j:1:n:t2") == 1
        assert outbox.cancel(sending, connection, "j:1:") == 2
        assert outbox.cancel(sending, connection, "j:1:") == 0
    assert {p.key: (p.state, p.open, dict(p.reasons)) for p in outbox.progress(sending)} == {
        "j:1:n:t1": ("cancelled", 0, {"cancelled": 3}),
        "j:1:n:t2": ("cancelled", 0, {"cancelled": 3}),
        "other": ("waiting", 3, {}),
    }
