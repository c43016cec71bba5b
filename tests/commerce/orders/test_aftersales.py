"""Refunds and after-sales cases land as versions."""

from datetime import UTC, date, datetime

from quanyu.commerce.orders.behaviours import CASES, MONEY_BACK
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDERS, REFUNDS
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.foundation.measuring import Scope

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


def test_what_another_system_says_finds_the_buyer_by_source_or_platform(deliver, rows, workspace):
    line = "order_number customer product quantity unit_price placed_at"
    deliver("order_line", line, [("1", "M1", "A", "1", "5", "2026-03-01")], source="shop_a")
    deliver("order_line", line, [("1", "M2", "A", "1", "5", "2026-03-01")], source="shop_b")
    order = "order_number platform platform_order_number customer placed_at"
    deliver("order", order, [("E1", "TMall", "T9", "M3", "2026-03-01")], source="erp")
    place = "order_number platform"
    orders = [("1", "shop_a"), ("1", "Shop_B"), ("T9", "tmall"), ("1", ""), ("2", "shop_a")]
    cases = [(f"C{n}", *each, "return", "2026-03-02 10:00") for n, each in enumerate(orders)]
    deliver("after_sales_case", f"case_number {place} type opened_at", cases, source="service")
    refunds = [(f"R{n}", *each, n + 1, "2026-03-03") for n, each in enumerate(orders)]
    deliver("refund", f"refund_id {place} amount refunded_at", refunds, source="service")
    deliver("refund", "refund_id order_number amount refunded_at", [("own", "1", "9", "2026-03-03")], source="shop_b")
    buyers = {row["source"]: row["record"] for row in rows(ORDERS)}
    shops = sorted(buyers[name] for name in ("shop_a", "shop_b", "erp"))
    for behaviour, expected in ((CASES, shops), (MONEY_BACK, sorted([*shops, buyers["shop_b"]]))):
        vector = workspace.lake.vector(behaviour.tables)
        pinned = {table.name: workspace.lake.table(table, vector) for table in behaviour.tables}
        scope = Scope(pinned, datetime(2026, 3, 8, tzinfo=UTC), "Europe/London")
        found = workspace.lake.to_arrow(behaviour.build(scope, frozenset({"reason"})))
        assert sorted(found["record"].to_pylist()) == expected
