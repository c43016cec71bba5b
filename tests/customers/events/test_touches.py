"""How customers came: by registrations and by events, of devices too, which may be earlier."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from quanyu.customers.events.measures import TOUCHES, first_touches
from quanyu.customers.events.touches import REGISTERED, SEEN, touches_of
from quanyu.customers.identity.profile import profile
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MEMBERS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
kinds:
  - kind: customer_record
    columns: {key: id, registered_at: joined}
    identifiers:
      - {type: phone, column: phone}
      - {type: device, scope: web, column: device}
"""
EVENTS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
kinds:
  - kind: event
    columns: {event_id: id, name: name, occurred_at: at, customer: who, device: device, campaign: campaign}
"""


@pytest.fixture(scope="module")
def came(bring_once: Import, shared: Workspace) -> Workspace:
    """Ann saw an advertisement on her device, joined at the till, then on the site; Ben registered and did nothing."""
    bring_once(
        b"id,phone,joined,device\nann,13800138001,2026-02-01 10:00,\nben,13800138002,2026-02-02 10:00,\n",
        mapping=MEMBERS, source="till", name="till.csv",
    )  # fmt: skip
    bring_once(
        b"id,phone,joined,device\nu1,13800138001,2026-03-01 10:00,d1\n",
        mapping=MEMBERS, source="web", name="users.csv",
    )  # fmt: skip
    bring_once(
        b"id,name,at,who,device,campaign\n"
        b"e3,Order Completed,2026-03-05 10:00,u1,d1,\n"
        b"e2,Product Viewed,2026-01-20 00:30,,d1,spring\n"
        b"e1,Page Viewed,2026-01-20 00:30,,d2,other\n"
        b"e4,Product Viewed,2026-01-25 10:00,,d1,late\n",
        mapping=EVENTS, source="web", name="events.csv",
    )  # fmt: skip
    recognise(shared)
    return shared


def test_the_first_touch_is_an_event_before_any_registration(came: Workspace):
    ann = touches_of(came, profile(came, "till:ann").records)
    assert [(each.source, each.kind, each.name, each.campaign) for each in ann] == [
        ("web", SEEN, "Product Viewed", "spring"), ("till", REGISTERED, None, None),
    ]  # fmt: skip
    assert ann[0].at == datetime(2026, 1, 19, 16, 30, tzinfo=UTC)
    ben = touches_of(came, profile(came, "till:ben").records)
    assert [(each.source, each.kind) for each in ben] == [("till", REGISTERED)]
    assert touches_of(came, ()) == ()


@pytest.mark.parametrize(
    ("day", "ann"),
    [
        (date(2026, 1, 19), None),  # the day in China is the 20th
        (date(2026, 1, 31), (date(2026, 1, 20), "web", SEEN, "spring", "web")),
        (date(2026, 6, 30), (date(2026, 1, 20), "web", SEEN, "spring", "web > till")),
    ],
)
def test_tags_may_ask_for_the_same(came: Workspace, day: date, ann: tuple[Any, ...] | None):
    as_of = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    vector = came.lake.vector(TOUCHES.tables)
    scope = pinned_scope(came.lake, TOUCHES.tables, vector, as_of, "Asia/Shanghai")
    found = {row.pop("customer"): tuple(row.values()) for row in came.lake.to_arrow(first_touches(scope)).to_pylist()}
    mine = [profile(came, f"till:{name}").customer for name in ("ann", "ben")]
    registered = (date(2026, 2, 2), "till", REGISTERED, None, "till") if day > date(2026, 2, 2) else None
    assert [found.get(customer) for customer in mine] == [ann, registered]
    assert len(found) == sum(each is not None for each in (ann, registered))
