"""When an import is taken back, whoever is concerned is looked at again: what is then so is as if it had never come."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity import waiting
from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.workspace import Workspace

Deliver = Callable[..., object]
Ask = Callable[..., list[Any]]
HOUSE = rooms_of(ROOMS)
LONG = "key type scope value"
EVENTS = "event_id name occurred_at customer device"
PHONE = ("phone", "", "13800138001")
CUSTOMERS = "select count(*), count(distinct customer) from record_customer"


@pytest.fixture(autouse=True)
def followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let recognition follow what waits, instead of reading everything, as it does for so few records."""
    monkeypatch.setattr(waiting, "LARGE", 2.0)


def back(workspace: Workspace, ask: Ask) -> None:
    """Take the last import back that stands."""
    ((number,),) = ask("select max(number) from data_import where state = 'landed'")
    take_back(workspace, number, HOUSE)


def named(deliver: Deliver, *people: tuple[str, str], source: str = "erp") -> None:
    deliver("customer_record", "key name", list(people), source=source)


def test_those_whom_too_many_records_parted_are_one_again(deliver: Deliver, workspace: Workspace, ask: Ask):
    deliver("identifier", LONG, [(f"r{n}", *PHONE) for n in range(4)])
    assert recognise(workspace) == Recognised(4, 1, 0, 1)
    deliver("identifier", LONG, [("r4", *PHONE)])
    assert recognise(workspace).customers == 5
    back(workspace, ask)
    recognise(workspace)
    assert ask(CUSTOMERS) == [(4, 1)]


def test_a_nameless_account_is_the_only_name_s_again(deliver: Deliver, workspace: Workspace, ask: Ask):
    named(deliver, ("wang", "王芳"))
    deliver("identifier", LONG, [("wang", *PHONE)])
    deliver("identifier", LONG, [("x", *PHONE)], source="web")
    named(deliver, ("li", "李强"))
    recognise(workspace)
    assert ask(CUSTOMERS) == [(3, 2)]
    deliver("identifier", LONG, [("li", *PHONE)])
    recognise(workspace)
    assert ask(CUSTOMERS) == [(3, 3)]
    back(workspace, ask)
    recognise(workspace)
    assert ask(CUSTOMERS) == [(3, 2)]


def test_a_name_that_is_taken_back_parts_nobody_any_more(deliver: Deliver, workspace: Workspace, ask: Ask):
    """The record stays, since another import names it; its name does not."""
    deliver("identifier", LONG, [("a", *PHONE)])
    deliver("identifier", LONG, [("x", *PHONE)], source="web")
    named(deliver, ("x", "王芳"), source="web")
    assert recognise(workspace).customers == 1
    named(deliver, ("a", "李强"))
    assert recognise(workspace).customers == 2
    back(workspace, ask)
    assert ask("select count(*) from record_evidence") == [(1,)]
    recognise(workspace)
    assert ask(CUSTOMERS) == [(2, 1)]


def test_a_device_of_two_is_the_other_s_again(deliver: Deliver, workspace: Workspace, ask: Ask):
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1")], source="app")
    deliver("identifier", LONG, [("a", "device", "", "d1")], source="app")
    assert recognise(workspace) == Recognised(2, 1, 0, 1)
    deliver("identifier", LONG, [("b", "device", "", "d1")], source="app")
    recognise(workspace)
    assert ask(CUSTOMERS) == [(2, 2)]
    back(workspace, ask)
    recognise(workspace)
    assert ask(CUSTOMERS) == [(2, 1)]


def test_a_device_stays_named_by_whoever_names_it_yet(deliver: Deliver, workspace: Workspace, ask: Ask):
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1")], source="app")
    deliver("identifier", LONG, [("a", "device", "", "d1")], source="app")
    ((first,),) = ask("select max(number) from data_import")
    deliver("identifier", LONG, [("b", "device", "", "d1")], source="app")
    recognise(workspace)
    take_back(workspace, first, HOUSE)
    recognise(workspace)
    assert ask(CUSTOMERS) == [(2, 1)]
    assert ask("select count(*) from identifier") == [(2,)]


def test_a_device_is_named_anew(deliver: Deliver, workspace: Workspace, ask: Ask):
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1")], source="app")
    deliver("identifier", LONG, [("a", "device", "", "d1")], source="app")
    recognise(workspace)
    back(workspace, ask)
    recognise(workspace)
    assert ask(CUSTOMERS) == [(0, 0)]
    deliver("identifier", LONG, [("b", "device", "", "d1")], source="app")
    recognise(workspace)
    assert ask(CUSTOMERS) == [(2, 1)]


def test_who_was_opened_for_a_record_that_goes_keeps_his_id_with_another_of_his_own(
    deliver: Deliver, workspace: Workspace, ask: Ask
):
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1")], source="app")
    deliver("identifier", LONG, [("a", *PHONE)])
    deliver("identifier", LONG, [("x", *PHONE), ("x", "device", "app", "d1")], source="web")
    recognise(workspace)
    ids = ask("select customer from record_customer")
    ((first,),) = ask("select min(number) from data_import where source = 'erp'")
    take_back(workspace, first, HOUSE)
    assert ask("select count(*) from customer c join record r on r.record = c.founder and not r.follows") == [(1,)]
    recognise(workspace)
    assert set(ask("select customer from record_customer")) == set(ids)
