"""Stock lands as versions by place, product and day."""

from datetime import date
from decimal import Decimal

from quanyu.commerce.inventory.tables import STOCK

COLUMNS = "place product day quantity"


def test_a_day_is_counted_again(deliver, rows):
    counted = [
        ("WH01", "A", "2026-03-31", "10"),
        ("WH01", "A", "2026-04-01", "7.5"),
        ("WH02", "A", "2026-03-31", "-1"),
        ("WH01", "A", "2026-02-30", "7"),
        ("WH01", "B", "2026-03-31", ""),
        ("WH01", "A", "2026-03-31", "11"),
    ]
    count = deliver("stock", COLUMNS, counted)
    assert (count.landed, count.rejected, count.known) == (3, 2, 1)
    count = deliver("stock", COLUMNS, counted[1:3], [("WH02", "A", "2026-03-31", "0")])
    assert (count.landed, count.known) == (1, 2)
    found = {(row["place"], row["day"]): (row["quantity"], row["month"]) for row in rows(STOCK)}
    assert found == {
        ("WH01", date(2026, 3, 31)): (Decimal(11), "2026-03"),
        ("WH01", date(2026, 4, 1)): (Decimal("7.5"), "2026-04"),
        ("WH02", date(2026, 3, 31)): (Decimal(0), "2026-03"),
    }
