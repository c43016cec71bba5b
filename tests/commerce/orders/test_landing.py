"""Lines land once each, and the header of an order follows all the lines it has, whenever they came."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS


def orders(rows, *columns: str) -> list[tuple]:
    return sorted(tuple(row[c] for c in ("order_number", *columns)) for row in rows(ORDERS))


@pytest.mark.parametrize(
    ("quantity", "price", "line_type", "amount"),
    [
        ("2", "1.50", "sale", 300),
        ("-2", "1.50", "return", -300),
        ("2", "0", "free", 0),
        ("-2", "0", "adjustment", 0),
        ("1", "-11.06", "adjustment", -1106),
        ("-1", "-11.06", "adjustment", 1106),
        ("0", "1.50", "adjustment", 0),
        ("0.333", "1.50", "sale", 50),
        ("-0.333", "1.50", "return", -50),
    ],
)
def test_the_type_of_a_line_follows_from_its_signs(sell, rows, quantity, price, line_type, amount):
    sell([f"1,7,MUG,{quantity},{price},2024-01-05 10:00"])
    (line,) = rows(ORDER_LINES)
    assert (line["line_type"], line["amount"], line["unit_price_text"]) == (line_type, amount, price)
    assert (line["currency"], line["business_date"], line["month"]) == ("GBP", date(2024, 1, 5), "2024-01")


def test_repeated_lines_are_numbered_within_their_order_and_file(sell, rows):
    mug, jug = "1,7,MUG,1,2,2024-01-05 10:00", "1,7,JUG,1,2,2024-01-05 10:00"
    other = "2,7,MUG,1,2,2024-01-05 10:00"
    assert sell([mug, jug, mug, other, mug]).lines.landed == 5
    numbered = sorted((row["order_number"], row["product"], row["occurrence"]) for row in rows(ORDER_LINES))
    assert numbered == [("1", "JUG", 1), ("1", "MUG", 1), ("1", "MUG", 2), ("1", "MUG", 3), ("2", "MUG", 1)]


def test_the_same_lines_in_two_files_of_an_import_are_one(sell, rows):
    mug, jug = "1,7,MUG,1,2,2024-01-05 10:00", "1,7,JUG,1,2,2024-01-05 10:00"
    outcome = sell([mug, mug], [mug, jug, mug, mug])
    assert (outcome.lines.landed, outcome.lines.known) == (4, 2)
    assert orders(rows, "lines", "sale_amount") == [("1", 4, 800)]


def test_a_third_copy_in_a_later_import_adds_itself_only(sell, rows):
    mug = "1,7,MUG,1,2,2024-01-05 10:00"
    sell([mug, mug])
    again = sell([mug, mug, mug])
    assert (again.lines.landed, again.lines.known) == (1, 2)
    assert orders(rows, "lines") == [("1", 3)]


def test_a_header_adds_up_sales_and_returns_apart(sell, rows):
    sell(
        [
            "1,7,MUG,2,1.50,2024-01-05 10:00",
            "1,7,JUG,-1,1.00,2024-01-05 11:00",
            "1,7,FEE,1,-0.50,2024-01-05 11:00",
            "C2,7,MUG,-1,1.50,2024-01-06 10:00",
            "3,7,GIFT,1,0,2024-01-07 10:00",
        ]
    )
    assert orders(rows, "order_type", "sale_amount", "return_amount", "lines") == [
        ("1", "sale", 300, 100, 3),
        ("3", "other", 0, 0, 1),
        ("C2", "return", 0, 150, 1),
    ]


def test_lines_that_arrive_later_are_added_to_their_orders_in_any_month(sell, rows, workspace):
    sell(["1,7,MUG,1,2,2024-02-05 10:00", "2,8,MUG,1,2,2024-02-05 10:00"])
    sell(["1,,JUG,1,3,2024-01-31 23:30", "3,9,MUG,1,1,2024-03-01 09:00"])
    sell(["1,7,MUG,-1,2,2024-03-31 09:00", "2,8,BOX,1,5,2024-02-05 10:00"])
    told = ("lines", "sale_amount", "return_amount", "business_date", "month")
    assert orders(rows, *told) == [
        ("1", 3, 500, 200, date(2024, 1, 31), "2024-01"),
        ("2", 2, 700, 0, date(2024, 2, 5), "2024-02"),
        ("3", 1, 100, 0, date(2024, 3, 1), "2024-03"),
    ]
    records = {row["order_number"]: row["record"] for row in rows(ORDERS)}
    assert None not in records.values()
    versions = workspace.lake.all_versions(ORDERS, workspace.lake.vector([ORDERS]))
    assert workspace.lake.count(versions) == 6


def test_what_is_known_changes_no_header(sell, rows, workspace):
    given = ["1,7,MUG,1,2,2024-02-05 10:00"]
    sell(given)
    before = workspace.lake.vector([ORDERS, ORDER_LINES])
    assert sell(given).lines.known == 1
    assert workspace.lake.vector([ORDERS, ORDER_LINES]) == before


def test_orders_of_two_sources_with_one_number_stay_two(sell, rows):
    line = "1,7,MUG,1,2,2024-02-05 10:00"
    sell([line])
    assert sell([line, "1,7,JUG,1,3,2024-02-05 10:00"], source="web").lines.landed == 2
    found = sorted((row["source"], row["lines"], row["sale_amount"]) for row in rows(ORDERS))
    assert found == [("till", 1, 200), ("web", 2, 500)]
    assert len({row["record"] for row in rows(ORDERS)}) == 2


def test_a_line_without_a_buyer_has_no_record(sell, rows):
    sell(["1,,MUG,1,2,2024-02-05 10:00", "2,7,MUG,1,2,2024-02-05 10:00"])
    assert {row["order_number"]: row["record"] for row in rows(ORDERS)} == {"1": None, "2": 0}


def test_the_day_of_an_order_is_that_of_the_place_of_sale(sell, rows):
    sell(["1,7,MUG,1,2,2024-07-01 00:30"])  # London: half past eleven of 30 June in UTC
    (line,) = rows(ORDER_LINES)
    assert (line["placed_at"].day, line["business_date"], line["month"]) == (30, date(2024, 7, 1), "2024-07")


def test_a_header_worked_out_later_wins(sell, rows, workspace):
    sell(["1,7,MUG,1,2,2024-02-05 10:00"])
    workspace.clock.move(timedelta(days=1))
    sell(["1,7,JUG,1,3,2024-02-05 10:00"])
    assert orders(rows, "sale_amount") == [("1", 500)]


WITH_AMOUNTS = "order_number product quantity unit_price amount placed_at"


def test_a_line_that_tells_its_amount_has_come_to_that(deliver, rows):
    lines = [
        ("1", "MUG", "2", "3.50", "6.30", "2024-01-05 10:00"),
        ("1", "JUG", "4", "", "10", "2024-01-05 10:00"),
        ("2", "MUG", "0", "", "-1.20", "2024-01-05 10:00"),
        ("3", "MUG", "1", "0", "9", "2024-01-05 10:00"),
        ("3", "MUG", "-1", "9", "0", "2024-01-05 10:00"),
    ]
    assert deliver("order_line", WITH_AMOUNTS, lines).landed == 5
    told = {(r["product"], r["line_type"], r["amount"], r["unit_price"].normalize()) for r in rows(ORDER_LINES)}
    assert told == {
        ("MUG", "sale", 630, Decimal("3.5")),
        ("JUG", "sale", 1000, Decimal("2.5")),
        ("MUG", "adjustment", -120, Decimal("-1.2")),
        ("MUG", "sale", 900, Decimal(0)),
        ("MUG", "adjustment", 0, Decimal(9)),
    }
    another = ("1", "MUG", "2", "3.50", "6.31", "2024-01-05 10:00")
    assert deliver("order_line", WITH_AMOUNTS, [*lines, another]).landed == 1


def test_an_amount_is_corrected(deliver, rows):
    columns = f"{WITH_AMOUNTS} line_number observed_at"
    deliver("order_line", columns, [("1", "MUG", "2", "3.50", "6.30", "2024-01-05 10:00", "1", "2024-01-05")])
    deliver("order_line", columns, [("1", "MUG", "2", "3.50", "6.00", "2024-01-05 10:00", "1", "2024-01-06")])
    assert [row["amount"] for row in rows(ORDER_LINES)] == [600]
