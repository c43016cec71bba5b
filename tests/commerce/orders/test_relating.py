"""Who has bought with a record that has an address is related there; the page of one customer and tags say the same."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from tests.customers.conftest import furnishing

from quanyu.commerce.orders.relating import FIELDS, LIGHTS, first_purchases, lights_of
from quanyu.customers.consent.measures import LIT, marketing_lights
from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.standing import Light
from quanyu.customers.identity.profile import profile
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

SHOP = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
legal_basis: {basis: consent, purposes: [marketing], channels: [sms]}
kinds:
  - kind: customer_record
    columns: {key: buyer, registered_at: joined}
    identifiers:
      - {type: phone, column: phone}
  - kind: order
    columns: {order_number: number, customer: buyer, status: status, placed_at: placed, amount: paid}
"""
ORDERS = """buyer,phone,joined,number,status,placed,paid
ann,13800138001,2026-02-01 12:00,1,completed,2026-03-05 10:00,20
ann,13800138001,2026-02-01 12:00,2,completed,2026-01-07 10:00,20
ben,13800138002,2026-02-01 12:00,3,closed,2026-01-07 10:00,20
cid,,2026-02-01 12:00,4,completed,2026-01-07 10:00,20
"""


@pytest.fixture(scope="module")
def shop(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Ann has bought twice, of Ben only a closed order is told, Cid has bought and left no phone."""
    with furnishing(module_settings, tmp_path_factory.mktemp("shop")) as (workspace, bring):
        bring(ORDERS.encode(), mapping=SHOP, source="shop", name="orders.csv")
        recognise(workspace)
        project(workspace)
        yield workspace


def test_who_has_bought_is_related_since_the_first_purchase(shop: Workspace):
    def sms(name: str) -> Light:
        found = lights_of(shop, profile(shop, f"shop:{name}").records)
        return next(each for each in found if each.channel == "sms")

    assert sms("ann") == Light("sms", "reachable", "bought", date(2026, 1, 7))
    assert sms("ben") == Light("sms", "reachable", "bound", date(2026, 2, 1))
    assert sms("cid") == Light("sms", "no_relation", None, None)


def test_tags_say_the_same(shop: Workspace):
    scope = pinned_scope(
        shop.lake, LIGHTS.tables, shop.lake.vector(LIGHTS.tables), datetime(2030, 1, 1, tzinfo=UTC), shop.time_zone
    )
    rows = {row["customer"]: row for row in shop.lake.to_arrow(LIGHTS.build(scope)).to_pylist()}
    for name in ("ann", "ben", "cid"):
        found = profile(shop, f"shop:{name}")
        row = rows[found.customer]
        assert list(lights_of(shop, found.records)) == [
            Light(each, row[each], row[f"{each}_proof"], row[f"{each}_since"]) for each in LIT
        ]


def test_states_do_not_turn_on_purchases(shop: Workspace):
    vector = shop.lake.vector(LIGHTS.tables)
    scope = pinned_scope(shop.lake, LIGHTS.tables, vector, datetime(2030, 1, 1, tzinfo=UTC), shop.time_zone)
    told = [
        shop.lake.to_arrow(marketing_lights(scope, some).select("customer", *LIT))
        for some in (None, first_purchases(scope))
    ]
    assert told[0].sort_by("customer") == told[1].sort_by("customer")
    assert told[0].num_rows == 3


def test_each_channel_has_three_fields():
    assert {field.name for field in FIELDS} == {
        f"consent.{name}{end}" for name in LIT for end in ("", "_proof", "_since")
    }
