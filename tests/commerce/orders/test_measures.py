"""What is measured about orders: who they belong to, what counts as a purchase, and how it is rounded."""

from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.commerce.orders.measures import FIELDS, order_currencies, order_totals
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope

AS_OF = datetime(2012, 3, 1, 12, tzinfo=UTC)


def rows(table: LakeTable, given: list[dict[str, object]]) -> ibis.Table:
    filled = [{**dict.fromkeys(table.schema.names), **row} for row in given]
    return ibis.memtable(pa.Table.from_pylist(filled, schema=table.schema))


def scope(orders: list[dict[str, object]], lines: list[dict[str, object]], owners: dict[int, int]) -> Scope:
    tables = {
        "orders": rows(ORDERS, orders),
        "order_lines": rows(ORDER_LINES, lines),
        "products": rows(PRODUCTS, []),
        "product_codes": rows(PRODUCT_CODES, []),
        "messages": rows(MESSAGES, []),
        "customer_of_record": rows(CUSTOMER_OF_RECORD, [{"record": r, "customer": c} for r, c in owners.items()]),
    }
    return Scope(tables, AS_OF, "UTC")


def order(record: int | None, day: str, sold: int, returned: int = 0, currency: str = "GBP") -> dict[str, object]:
    return {
        "record": record,
        "order_type": "sale" if sold else "return",
        "sale_amount": sold,
        "return_amount": returned,
        "business_date": date.fromisoformat(day),
        "currency": currency,
    }


def line(
    record: int | None, product: str | None, amount: int, quantity: int = 1, kind: str = "sale"
) -> dict[str, object]:
    return {
        "record": record,
        "product": product,
        "amount": amount,
        "quantity": Decimal(quantity),
        "line_type": kind,
        "business_date": date(2012, 1, 1),
    }


@pytest.fixture(scope="module")
def engine() -> ibis.BaseBackend:
    return reader()


def by_customer(engine: ibis.BaseBackend, table: ibis.Table) -> dict[int, dict[str, object]]:
    return {row.pop("customer"): row for row in engine.to_pyarrow(table).to_pylist()}


def test_two_records_of_one_customer_who_bought_on_one_day(engine: ibis.BaseBackend) -> None:
    orders = [
        order(1, "2012-01-31", 100),
        order(2, "2012-01-31", 51),
        order(2, "2012-02-29", 0, 30),
        order(1, "2012-02-29", 50),
    ]
    found = by_customer(engine, order_totals(scope(orders, [], {1: 7, 2: 7})))
    assert found == {
        7: {
            "frequency": 3,
            "monetary": 201,
            "average_basket": 67,
            "first_purchase": date(2012, 1, 31),
            "last_purchase": date(2012, 2, 29),
            "return_share": 30 / 201,
            "next_purchase": None,  # two purchase days are no rhythm, and nobody else has one
        }
    }


@pytest.mark.parametrize(
    ("amounts", "average"), [((1, 2), 2), ((1, 1, 2), 1), ((2, 3, 3, 2), 3), ((10**14, 1), 50000000000001)]
)
def test_an_average_is_rounded_half_up(engine: ibis.BaseBackend, amounts: tuple[int, ...], average: int) -> None:
    orders = [order(1, "2012-01-01", amount) for amount in amounts]
    assert by_customer(engine, order_totals(scope(orders, [], {1: 0})))[0]["average_basket"] == average


def test_what_belongs_to_nobody_or_has_not_happened_is_not_measured(engine: ibis.BaseBackend) -> None:
    orders = [order(None, "2012-01-01", 100), order(9, "2012-01-01", 100), order(1, "2012-03-02", 100)]
    assert by_customer(engine, order_totals(scope(orders, [], {1: 0}))) == {}


def test_the_usual_gap_is_the_median_of_those_who_have_one(engine: ibis.BaseBackend) -> None:
    days = {1: ("01", "02", "03"), 2: ("01", "11", "21"), 3: ("01", "04", "08"), 4: ("05",)}
    orders = [order(record, f"2012-01-{day}", 100) for record, several in days.items() for day in several]
    found = by_customer(engine, order_totals(scope(orders, [], {1: 1, 2: 2, 3: 3, 4: 4})))
    assert {customer: row["next_purchase"] for customer, row in found.items()} == {
        1: date(2012, 1, 4),
        2: date(2012, 1, 31),
        3: date(2012, 1, 12),  # 3.5 days, half up
        4: date(2012, 1, 9),  # the median of 1, 10 and 3.5
    }


def test_currencies_in_use_are_told(engine: ibis.BaseBackend) -> None:
    orders = [
        order(1, "2012-01-01", 1),
        order(1, "2012-01-01", 1, currency="EUR"),
        order(None, "2012-01-01", 1, 0, "USD"),
    ]
    found = engine.to_pyarrow(order_currencies(scope(orders, [], {1: 0})))
    assert sorted(found["currency"].to_pylist()) == ["EUR", "GBP"]


def test_every_field_is_a_column_of_its_measure() -> None:
    nothing = scope([], [], {})
    for field in FIELDS:
        assert field.column in field.measure.build(nothing).columns, field.name
