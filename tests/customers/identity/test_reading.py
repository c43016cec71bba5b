"""The lake's roll and the database tell the same of all records, whatever came and was taken back."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import delivered
from tests.customers.conftest import furnishing

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.policy import Policy, default_policy
from quanyu.customers.identity.reading import Waiting, read_database, read_lake
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.resolving import NOBODY, UNDATED
from quanyu.customers.identity.tables import population
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Ask = Callable[..., list[Any]]
HOUSE = rooms_of(ROOMS)
LONG = "key type scope value observed_at"
EVENTS = "event_id name occurred_at customer device"
MESSAGES = "message_id channel customer recipient recipient_type sent_at status"


def told(read: Waiting) -> tuple[list[Any], set[Any]]:
    """Return what a reading says, without the numbers that it has made up; lonely devices are nobody's either way."""
    known, links = read.known, read.links
    tied = set(links.record.tolist())
    columns = (known.record, known.follows, known.family, known.name, known.born, known.gender, read.customer)
    people = [
        row
        for place, row in enumerate(zip(*(column.tolist() for column in columns), strict=True))
        if not row[1] or row[-1] != NOBODY or place in tied
    ]
    holders: dict[int, set[Any]] = {}
    seen = links.seen.tolist() or [UNDATED] * len(links.record)
    for place, key, parted, day in zip(
        links.record.tolist(), links.key.tolist(), links.parted.tolist(), seen, strict=True
    ):
        kind = links.kinds[int(links.kind[key])]
        holders.setdefault(key, set()).add((int(known.record[place]), kind, parted, day))
    sources: dict[int, set[int]] = {}
    for record, source in zip(known.record.tolist(), known.source.tolist(), strict=True):
        if record in {row[0] for row in people}:
            sources.setdefault(source, set()).add(record)
    return people, {frozenset(some) for some in (*holders.values(), *sources.values())}


def both(workspace: Workspace, policy: Policy | None) -> tuple[Any, Any]:
    with workspace.begin() as connection:
        return (
            told(read_lake(workspace, connection, read_people(workspace), policy)),
            told(read_database(workspace, connection, policy)),
        )


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("filled")) as (workspace, _):
        fill(partial(delivered, workspace, tmp_path_factory.mktemp("delivered")))
    return module_settings


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """A home with everything that points at records: persons, devices and recipients, named before and after."""
    return workspace


def fill(deliver: Callable[..., Any]) -> None:
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1"), ("e2", "Page", "2026-03-01", "c9", "d2")])
    deliver("message", MESSAGES, [("m1", "sms", "", "13800138001", "phone", "2026-03-01 10:00:00", "sent")])
    deliver("customer_record", "key name birthday gender", [("a", "王芳", "03-08", "f"), ("b", "Li Qiang", "", "m")])
    deliver("identifier", LONG, [("a", "phone", "", "13800138001", ""), ("b", "phone", "", "13800138001", "")])
    deliver("identifier", LONG, [("a", "device", "", "d1", "2026-03-01"), ("z", "cookie", "web", "f00", "2026-03-02")])
    deliver("message", MESSAGES, [("m2", "sms", "", "13800138002", "phone", "2026-03-01 10:00:00", "sent")])
    deliver(
        "identifier", LONG, [("b", "phone", "", "13800138002", ""), ("y", "phone", "", "13800138001", "")], source="app"
    )
    deliver("customer_record", "key name", [("a", "王芳芳")])


def test_both_tell_the_same(filled: Workspace, ask: Ask):
    for lake in of_any_policy(filled):
        assert len(lake[0]) == 9  # nobody has said whose device d2 is
    recognise(filled)
    of_any_policy(filled)
    for (number,) in ask("select number from data_import order by number desc"):
        take_back(filled, number, HOUSE)
        last = of_any_policy(filled)
    assert last == [([], set())] * 2


def of_any_policy(workspace: Workspace) -> list[Any]:
    """Return what the lake tells without a policy and with one, as the database does."""
    told_alike: list[Any] = []
    for policy in (None, default_policy()):
        lake, database = both(workspace, policy)
        assert lake == database
        told_alike.append(lake)
    return told_alike


def test_a_home_from_before_enters_what_it_holds(filled: Workspace, ask: Ask, rows: Callable[..., Any]):
    recognise(filled)
    customers = ask("select record, customer from record_customer order by record")
    before = both(filled, None)
    with filled.begin() as connection:
        mine = {"workspace": filled.number}
        connection.execute(sa.update(population).values(enrolled=False, recognised=0))
        connection.execute(sa.text("delete from record_evidence where workspace = :workspace"), mine)
        connection.execute(
            sa.text("delete from lake_table where workspace = :workspace and name like any(:names)"),
            {**mine, "names": ["opened_records", "given_identifiers"]},
        )
    assert both(filled, None)[0] == ([], set())
    recognise(filled)
    assert read_people(filled).enrolled
    assert both(filled, None) == before
    assert ask("select record, customer from record_customer order by record") == customers
