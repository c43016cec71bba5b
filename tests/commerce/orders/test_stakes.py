"""What is at stake are the amounts of orders that count, less what came back, of all who have the value."""

import pyarrow as pa

from quanyu.commerce.orders.stakes import bought


def test_amounts_of_all_records_of_a_question_are_added(workspace, deliver):
    lines = [
        ("O1", "a", "A", "1", "100.00", "2026-03-01"),
        ("O2", "b", "A", "2", "15.25", "2026-03-02"),
        ("O3", "b", "A", "-1", "10.00", "2026-03-09"),
        ("O4", "c", "A", "1", "7.00", "2026-03-02"),
    ]
    deliver("order_line", "order_number customer product quantity unit_price placed_at", lines)
    held = pa.table({"question": [1, 1, 1, 2], "record": [0, 1, 2, 99]})
    assert bought(workspace, held).to_pylist() == [{"question": 1, "worth": 12750}]


def test_where_nobody_has_bought_nothing_is_at_stake(workspace):
    assert bought(workspace, pa.table({"question": [1], "record": [0]})).num_rows == 0
