"""Purchases after text messages against those of a customer's other days, by hand and by plain Python."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.commerce.orders.gains import AFTER, WITHIN, sms_gains
from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope

Read = Callable[[ibis.Table], list[dict[str, Any]]]
TODAY = date(2026, 6, 30)
Sent = Sequence[tuple[int, int, str, str | None]]
"""Record, days ago, channel, state."""


def scope(sent: Sent, bought: Sequence[tuple[int, int]]) -> Scope:
    """Return a scope in which customer 0 has records 0 and 1, and everybody else the record of his number."""
    rows: dict[LakeTable, list[dict[str, Any]]] = {
        MESSAGES: [
            {"record": who, "channel": channel, "status": state, "business_date": TODAY - timedelta(ago)}
            for who, ago, channel, state in sent
        ],
        ORDERS: [{"record": who, "order_type": "sale", "business_date": TODAY - timedelta(ago)} for who, ago in bought],
        CUSTOMER_OF_RECORD: [{"record": n, "customer": 0 if n == 1 else n} for n in range(6)],
    }
    tables = {
        table.name: ibis.memtable(
            pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in told], schema=table.schema)
        )
        for table, told in rows.items()
    }
    return Scope(tables, datetime.combine(TODAY + timedelta(1), datetime.min.time(), UTC), "UTC")


def told(read: Read, sent: Sent, bought: Sequence[tuple[int, int]]) -> dict[int, tuple[Any, ...]]:
    names = ("sms_days", "bought_after", "bought_else", "sms_gain")
    return {row["customer"]: tuple(row[n] for n in names) for row in read(sms_gains(scope(sent, bought)))}


@pytest.mark.parametrize(
    ("sent", "bought", "found"),
    [
        ([(0, 100, "sms", "delivered")], [], (7, 0, 0, 0.0)),
        ([(0, 100, "sms", None)], [(0, 100), (1, 94), (0, 93), (0, 101)], (7, 2, 2, 2 - 7 * 2 / 358)),
        ([(0, 100, "sms", "sent"), (1, 97, "sms", "sent")], [(0, 91)], (10, 1, 0, 1.0)),  # days that overlap count once
        ([(0, 2, "sms", "sent")], [(0, 0), (0, 0)], (3, 1, 0, 1.0)),  # what is not over has 3 days yet
        ([(0, 364, "sms", "sent")], [(0, 364), (0, 365)], (7, 1, 0, 1.0)),
        ([(n, ago, "sms", "sent") for n, ago in enumerate([365])], [], None),
        ([(0, 100, "sms", "failed"), (0, 90, "sms", "suppressed"), (0, 80, "push", "sent")], [(0, 80)], None),
        ([(0, ago, "sms", "sent") for ago in range(4, 365, 5)], [(0, 3)], (365, 1, 0, None)),
    ],
)
def test_what_a_message_gains(read: Read, sent: Sent, bought: Sequence[tuple[int, int]], found: tuple[Any, ...] | None):
    assert told(read, sent, bought).get(0) == (None if found is None else pytest.approx(found))


DAYS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, WITHIN + 9)), max_size=30)


@settings(max_examples=20)
@given(sent=DAYS, bought=DAYS)
def test_it_is_what_plain_python_says(read: Read, sent: list[tuple[int, int]], bought: list[tuple[int, int]]):
    found = told(read, [(who, ago, "sms", "sent") for who, ago in sent], bought)
    owner = {n: 0 if n == 1 else n for n in range(6)}
    expected: dict[int, tuple[Any, ...]] = {}
    for customer in {owner[who] for who, ago in sent if ago < WITHIN}:
        messages = {ago for who, ago in sent if owner[who] == customer and ago < WITHIN}
        acts = {ago - n for ago in messages for n in range(AFTER) if ago >= n}
        days = {ago for who, ago in bought if owner[who] == customer and ago < WITHIN}
        after, others = len(days & acts), len(days - acts)
        rate = others / (WITHIN - len(acts)) if len(acts) < WITHIN else None
        expected[customer] = (len(acts), after, others, None if rate is None else after - len(acts) * rate)
    assert found == {customer: pytest.approx(row) for customer, row in expected.items()}
