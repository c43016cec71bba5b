"""What a rule would look through is told before it is counted, from the log of the lake alone."""

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import RECORDS
from quanyu.targeting.audiences.costs import cost
from quanyu.targeting.audiences.definitions import apply


def told(ws, rule: object) -> dict[str, tuple[int, int]]:
    return {scan.what: (scan.rows, scan.times) for scan in cost(ws, rule)}


def test_each_behaviour_is_told_with_its_rows_and_how_often(retailer) -> None:
    ws = retailer.ws
    rows = {table: ws.lake.count(ws.lake.all_versions(table, ws.lake.vector((table,)))) for table in (ORDERS, RECORDS)}
    orders = rows[ORDERS]
    assert orders > 0
    assert told(ws, {"tag": "country", "is": "is_null"}) == {}
    assert told(ws, {"did": {"over": "orders"}}) == {"orders": (orders, 1)}
    sequence = {"sequence": [{"over": "orders"}, {"then": "orders"}, {"then_not": "events"}]}
    assert told(ws, {"any": [sequence, {"not": {"did": {"over": "orders"}}}]}) == {
        "orders": (orders, 3),
        "events": (0, 1),
    }
    assert told(ws, {"all": [{"did": {"over": "orders"}}] * 3}) == {"orders": (orders, 1)}, "asked once"
    lines = ws.lake.count(ws.lake.all_versions(ORDER_LINES, ws.lake.vector((ORDER_LINES,))))
    statistic = {"statistic": {"over": "returns", "take": "sum", "of": "amount"}, "is": ">", "value": 1}
    assert told(ws, statistic) == {"returns": (lines, 1)}


def test_audiences_within_a_rule_count_and_draws_cost_nothing(retailer) -> None:
    words = "title: {en: T, zh: 题}, description: {en: D, zh: 述}"
    apply(retailer.ws, f"{{name: buyers, {words}, rule: {{did: {{over: orders}}}}}}")
    assert told(retailer.ws, {"not": {"audience": "buyers"}}) == told(retailer.ws, {"did": {"over": "orders"}})
    assert told(retailer.ws, {"share": 0.5, "seed": "x"}) == {}
