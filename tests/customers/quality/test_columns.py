"""Inputs are found in the tables that they land in, in the shape that they have there."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.columns import columns_of, day_of, moment_of, surveyed

KINDS = {kind.name: kind for room in ROOMS for kind in room.kinds}


def test_every_kind_but_those_without_rows_of_their_own_is_surveyed():
    assert {name for name, kind in KINDS.items() if not surveyed(kind)} <= {"identifier", "own_identifier"}
    for kind in KINDS.values():
        if surveyed(kind):
            assert columns_of(kind, "CNY"), kind.name


def test_amounts_in_minor_units_and_the_customer_as_a_record():
    events = {column.input.name: column for column in columns_of(KINDS["event"], "CNY")}
    assert (events["amount"].scale, events["amount"].shape) == (100, "number")
    assert (events["customer"].name, events["customer"].shape) == ("record", "text")
    assert {column.input.name: column.scale for column in columns_of(KINDS["event"], "JPY")}["amount"] == 1
    stock = {column.input.name: column for column in columns_of(KINDS["stock"], "CNY")}
    assert (stock["quantity"].scale, stock["day"].shape) == (1, "date")


@pytest.mark.parametrize(
    ("kind", "moment", "day"),
    [("order_line", "placed_at", "business_date"), ("stock", "day", "day"), ("customer_record", "observed_at", None)],
)
def test_the_time_of_a_row_is_when_it_happened_else_when_it_was_seen(kind: str, moment: str, day: str | None):
    assert (moment_of(KINDS[kind]), day_of(KINDS[kind].tables[0])) == (moment, day)
