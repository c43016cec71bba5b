"""Coupons land as versions by their code."""

from datetime import date

from quanyu.commerce.coupons.tables import COUPONS

COLUMNS = "code customer value terms issued_at valid_until used_at order_number status"


def test_a_coupon_is_given_out_and_used(deliver, rows):
    given = [
        ("Q1", "M1", "20.005", "", "2026-03-01 10:00", "2026-03-08", "", "", "未使用"),
        ("Q2", "", "", "9折", "2026-03-01 10:00", "2026-03-08", "", "", "已发放"),
        ("Q3", "M1", "9折", "", "2026-03-01 10:00", "2026-03-08", "", "", "未使用"),
        ("Q4", "M1", "", "", "2026-03-01 10:00", "2026-03-08", "", "", "eaten"),
        ("Q1", "M1", "20.005", "", "2026-03-01 10:00", "2026-03-08", "", "", "issued"),
    ]
    count = deliver("coupon", COLUMNS, given)
    assert (count.landed, count.rejected, count.known) == (2, 2, 1)
    used = [(*given[0][:6], "2026-03-05 18:00", "O7", "已核销"), given[1]]
    count = deliver("coupon", COLUMNS, used)
    assert (count.landed, count.known) == (1, 1)
    assert deliver("coupon", COLUMNS, used).landed == 0
    found = {row["code"]: row for row in rows(COUPONS)}
    assert set(found) == {"Q1", "Q2"}
    assert (found["Q1"]["value"], found["Q1"]["status"], found["Q1"]["order_number"]) == (2001, "used", "O7")
    assert (found["Q2"]["value"], found["Q2"]["currency"], found["Q2"]["terms"]) == (None, None, "9折")
    assert found["Q1"]["valid_until"] == date(2026, 3, 8)
    assert (found["Q1"]["record"] is None, found["Q2"]["record"] is None) == (False, True)
