"""Headers of orders land value by value, say their state in any system's words, and count without lines."""

from collections import Counter
from datetime import date

from quanyu.commerce.orders.headers import STATUSES
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDERS
from quanyu.foundation.kinds import Accepted

COLUMNS = "order_number platform platform_order_number customer status placed_at paid_at amount store observed_at"


def test_what_files_say_of_an_order(deliver, rows):
    """Through a file, as it comes: words of two platforms, a damaged number, an unknown state."""
    at = ("2026-03-01 00:30", "2026-03-01 00:31")  # in London as everywhere: the day of the place of sale
    given = [
        ("O1", "Tmall", "27001", "M1", "交易成功", *at, "79.80", "S1", "2026-03-09"),
        ("O2", "", "", "M2", "Voided", *at, "1,234.50", "", "2026-03-09"),
        ("O3", "", "", "", "等待买家付款", "", "", "", "", "2026-03-09"),
        ("O4", "", "", "", "fulfilled", *at, "-5", "", "2026-03-09"),
        ("O5", "", "", "", "stolen", *at, "5", "", "2026-03-09"),
        ("1.38E+10", "", "", "", "paid", *at, "5", "", "2026-03-09"),
    ]
    count = deliver("order", COLUMNS, given)
    assert (count.landed, count.rejected) == (4, 2)
    assert deliver("order", COLUMNS, given).landed == 0
    found = {row["order_number"]: row for row in rows(ORDERS)}
    told = ("status", "counts", "speaks", "platform", "sale_amount", "return_amount", "order_type", "lines", "rank")
    assert {number: tuple(row[c] for c in told) for number, row in found.items()} == {
        "O1": ("completed", True, True, "tmall", 7980, 0, "sale", 0, 100),
        "O2": ("closed", False, True, None, 123450, 0, "sale", 0, 100),
        "O3": ("placed", False, True, None, 0, 0, "other", 0, 100),
        "O4": ("shipped", True, True, None, 0, 500, "return", 0, 100),
    }
    assert (found["O1"]["business_date"], found["O1"]["month"]) == (date(2026, 3, 1), "2026-03")
    assert (found["O3"]["business_date"], found["O3"]["month"]) == (None, None)
    assert (found["O1"]["record"] is None, found["O4"]["record"] is None) == (False, True)


def test_a_value_that_is_left_out_stays_and_an_older_file_reverts_nothing(tell, rows):
    placed = {"placed_at": "2026-03-01", "amount": 5, "observed_at": "2026-03-02"}
    first = {"order_number": "O1", "status": "paid", **placed}
    assert tell((), [first])[1] == Accepted(1, 0)
    later = {"order_number": "O1", "status": "completed", "observed_at": "2026-03-09"}
    between = {"order_number": "O1", "status": "shipped", "store": "S1", "observed_at": "2026-03-05"}
    assert tell((), [later])[1].landed == 1
    assert tell((), [between])[1].landed == 1  # it is the first to name the store
    assert tell((), [between, first])[1].landed == 0
    (header,) = rows(ORDER_HEADERS)
    assert (header["status"], header["amount"], header["store"]) == ("completed", 500, "S1")
    assert [(r["status"], r["sale_amount"], r["business_date"]) for r in rows(ORDERS)] == [
        ("completed", 500, date(2026, 3, 1))
    ]


def test_no_word_stands_for_two_states():
    words = Counter(word for code in STATUSES for word in {word.lower() for word in code.words})
    assert [word for word, times in words.items() if times > 1] == []
