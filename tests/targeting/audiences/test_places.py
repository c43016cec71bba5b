"""Where customers' stores are: below which unit, how far away; what is not known selects nobody either way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from quanyu.commerce.orders.tables import ORDER_HEADERS
from quanyu.commerce.stores.tables import ORGANISATIONS, STORES
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.errors import Invalid
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.rules import parse
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.runs import current

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
UNITS = {"HQ": None, "NORTH": "HQ", "SOUTH": "HQ", "CITY": "SOUTH", "EMPTY": "HQ"}
STORES_TOLD = {"S1": ("CITY", 51.50, -0.12), "S2": ("NORTH", 55.95, -3.19), "S3": (None, None, None)}
SOLD_AT = {"o1": "S1", "o4": "S2", "o6": "S3", "o7": "S1", "o12": "GONE"}
"""Customer 0 bought in S1, then S2; 1 in S3, then S1; 3 in a store that nobody tells of; 2 and 4 in none."""
HOMES = {0: "S1", 2: "S2", 3: "S3"}
"""Of records: those of customers 0, 1 and 2; customer 3 and 4 have none."""


def filled(table, rows) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in rows], schema=table.schema)


def told(rows) -> Iterator[dict[str, object]]:
    yield from ({"source": "erp", "observed_at": datetime(2011, 1, 1, tzinfo=UTC), **row} for row in rows)


@pytest.fixture
def shops(retailer):
    """The small retailer with stores, of which some orders and some customers have one; tags are computed."""
    stores = [
        {
            "code": code,
            "unit": unit,
            "latitude": None if north is None else Decimal(str(north)),
            "longitude": None if east is None else Decimal(str(east)),
        }
        for code, (unit, north, east) in STORES_TOLD.items()
    ]
    headers = [{"order_number": order, "store": store} for order, store in SOLD_AT.items()]
    homes = [{"record": record, "store": HOMES.get(record), "import_number": 1} for record in (0, 1, 2, 8, 3, 5, 6)]
    retailer.land(
        {
            ORGANISATIONS: filled(ORGANISATIONS, told({"code": c, "parent": p} for c, p in UNITS.items())),
            STORES: filled(STORES, told(stores)),
            ORDER_HEADERS: filled(
                ORDER_HEADERS, ({**row, "source": "till", "business_date": date(2011, 1, 1)} for row in headers)
            ),
            RECORDS: filled(RECORDS, told(homes)),
        }
    )
    compute(retailer.ws, AS_OF)
    return retailer


TO_S1 = {"distance": {"from": "last_store", "to": {"store": "S1"}}}
TO_LONDON = {"distance": {"from": "last_store", "to": {"latitude": 51.5, "longitude": -0.2}}}
FROM_HOME = {"distance": {"from": "home_store", "to": {"store": "S1"}}}
# A rule, for whom it is true, and for whom false.
CASES: list[tuple[dict[str, object], list[int], list[int]]] = [
    ({"organisation": "HQ"}, [0, 1], []),
    ({"organisation": "SOUTH"}, [1], [0]),
    ({"organisation": "NORTH"}, [0], [1]),
    ({"organisation": "EMPTY"}, [], [0, 1]),
    ({"organisation": "SOUTH", "by": "orders"}, [0, 1], [2, 3, 4]),
    ({"organisation": "EMPTY", "by": "orders"}, [], [0, 1, 2, 3, 4]),
    ({"organisation": "SOUTH", "by": "home_store"}, [0], [1]),
    ({**TO_S1, "is": "<=", "value": "0 m"}, [1], [0]),
    ({**TO_S1, "is": "between", "value": ["500 km", "600 km"]}, [0], [1]),  # London to Edinburgh: 534 km
    ({**TO_S1, "is": "is_null"}, [2, 3, 4], [0, 1]),
    ({**TO_S1, "is": "is_known"}, [0, 1], [2, 3, 4]),
    ({**TO_LONDON, "is": "<", "value": "6 km"}, [1], [0]),
    ({**TO_LONDON, "is": "<", "value": "5500 m"}, [], [0, 1]),
    ({**FROM_HOME, "is": ">", "value": "1 km"}, [1], [0]),
    ({"distance": {"from": "last_store", "to": {"store": "S3"}}, "is": ">=", "value": "0 m"}, [], []),
]


def test_where_their_stores_are(shops) -> None:
    now = current(shops.ws)
    rules = [[parse(each, now.pack.askables, "GBP", LEAVES) for each in (rule, {"not": rule})] for rule, _, _ in CASES]
    found = iter(select(shops.ws, now, [each for pair in rules for each in pair]))
    for rule, yes, no in CASES:
        assert (next(found).ordinals().tolist(), next(found).ordinals().tolist()) == (yes, no), rule


DEFINITION = """name: near
title: {en: Near, zh: 附近}
description: {en: Near., zh: 附近。}
rule:
  any:
    - {organisation: NORHT}
    - {distance: {from: last_store, to: {store: S9}}, is: "<=", value: 5 km}
    - {organisation: NORTH}
"""


def test_what_no_source_tells_of_is_named_with_its_line(shops) -> None:
    with pytest.raises(Invalid) as caught:
        apply(shops.ws, DEFINITION)
    assert [(fault.place, fault.received, fault.allowed[0]) for fault in caught.value.faults] == [
        ("line 6: rule.any[0].organisation", '"NORHT"', "NORTH"),
        ("line 7: rule.any[1].distance.to.store", '"S9"', "S1"),
    ]
    with pytest.raises(Invalid) as caught:
        count(shops.ws, {"not": {"organisation": "S1"}})
    assert [fault.place for fault in caught.value.faults] == ["rule.not.organisation"]
    apply(shops.ws, DEFINITION.replace("NORHT", "SOUTH").replace("S9", "S2"))
    assert count(shops.ws, {"audience": "near"}).size == 2


def test_where_nothing_of_it_was_imported_it_is_unknown(retailer) -> None:
    retailer.land({STORES: filled(STORES, told([{"code": "S1", "unit": "HQ"}]))})
    compute(retailer.ws, AS_OF)
    for rule in ({"organisation": "HQ"}, {**TO_S1, "is": "<=", "value": "5 km"}):
        assert [count(retailer.ws, each).size for each in (rule, {"not": rule})] == [0, 0]
    assert count(retailer.ws, {**TO_S1, "is": "is_null"}).size == 5
