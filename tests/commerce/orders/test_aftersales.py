"""Refunds and after-sales cases land as versions."""

from datetime import date

from quanyu.commerce.orders.tables import AFTER_SALES_CASES, REFUNDS
from quanyu.customers.ingest.rejects import list_rejects

REFUND = "refund_id order_number product quantity amount refunded_at reason"
CASE = "case_number order_number customer type opened_at closed_at amount status"


def test_refunds_and_cases_and_their_corrections(deliver, rows, workspace):
    refunds = [
        ("R1", "O1", "A", "1", "39.90", "2026-03-31 23:30", "broken"),
        ("", "O2", "A", "1", "10", "2026-03-05", ""),
        ("", "O2", "B", "1", "10", "2026-03-05", ""),
        ("", "O2", "", "", "-3", "2026-03-05", ""),
        ("", "O2", "", "", "", "2026-03-05", ""),
        ("", "O2", "A", "1", "10.00", "2026-03-05 00:00", ""),
    ]
    count = deliver("refund", REFUND, refunds)
    assert (count.landed, count.rejected, count.known) == (3, 2, 1)
    assert list_rejects(workspace)[0].reason.en == "amount is smaller than 0, which cannot be right."
    assert deliver("refund", REFUND, refunds).landed == 0
    corrected = [("R1", "O1", "A", "2", "79.80", "2026-03-31 23:30", "broken"), refunds[1]]
    assert deliver("refund", REFUND, corrected).landed == 1
    found = {(row["refund_id"], row["product"]): row for row in rows(REFUNDS)}
    assert len(found) == len(rows(REFUNDS)) == 3
    assert (found["R1", "A"]["amount"], found["R1", "A"]["business_date"]) == (7980, date(2026, 3, 31))

    cases = [
        ("C1", "O1", "M1", "退货", "2026-03-01 10:00", "", "", "处理中"),
        ("C2", "O2", "", "仅退款", "2026-03-01 10:00", "", "5", "closed"),
        ("C3", "O2", "", "theft", "2026-03-01 10:00", "", "5", "closed"),
        ("C4", "O2", "", "repair", "", "", "5", "closed"),
    ]
    count = deliver("after_sales_case", CASE, cases)
    assert (count.landed, count.rejected) == (2, 2)
    closed = [("C1", "O1", "M1", "return", "2026-03-01 10:00", "2026-03-09 10:00", "39.90", "已完结"), cases[1]]
    count = deliver("after_sales_case", CASE, closed)
    assert (count.landed, count.known) == (1, 1)
    found = {row["case_number"]: row for row in rows(AFTER_SALES_CASES)}
    assert set(found) == {"C1", "C2"}
    assert (found["C1"]["type"], found["C1"]["status"], found["C1"]["amount"]) == ("return", "closed", 3990)
    assert found["C1"]["record"] is not None
    assert found["C2"]["record"] is None
