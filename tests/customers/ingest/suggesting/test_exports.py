"""Exports that are known by their headers: Shopify and Segment among them."""

import json

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.suggesting.exports import known, recognise

KINDS = {kind.name: kind for room in ROOMS for kind in room.kinds}
# As Shopify exports orders: what is of the order stands on its first line, what is of a line on each.
SHOPIFY = """Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Vendor,Phone,Id,Source
#1001,ann@example.com,paid,2026-03-01 09:31:00 +0800,fulfilled,USD,69.80,5.00,0.00,74.80,,0.00,2026-03-01 09:30:00 +0800,2,Tea cup,29.90,,CUP-1,Heyuan,+14155550100,5001,web
#1001,ann@example.com,,,,,,,,,,,2026-03-01 09:30:00 +0800,1,Tea tin,10.00,,TIN-1,Heyuan,,,
#1002,bob@example.com,refunded,2026-03-02 10:00:00 +0800,,USD,10.00,5.00,0.00,15.00,,0.00,2026-03-02 09:59:00 +0800,1,Tea tin,10.00,,TIN-1,Heyuan,,5002,web
"""  # noqa: E501
CUSTOMERS = """Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address City,Default Address Country Code,Phone,Total Spent,Total Orders
'7001,Ann,Smith,ann@example.com,yes,Boston,US,'+14155550100,74.80,1
'7002,Bob,Jones,bob@example.com,no,Leeds,GB,,15.00,1
"""  # noqa: E501
CALLS = [
    {"type": "track", "event": "Product Viewed", "properties": {"sku": "CUP-1", "path": "/cup"}},
    {"type": "track", "event": "Order Completed", "properties": {"order_id": "1001", "total": 74.8}, "userId": "u1"},
]


def columns_of(found) -> dict[tuple[str, str], str]:
    return {(e.kind.name, c.wanted.name): c.column.name for e in found.entries for c in e.chosen if c.column}


def test_every_known_export_names_kinds_and_inputs_that_there_are():
    unknown = [
        (export.title.en, kind.kind, name)
        for export in known()
        for kind in export.kinds
        for name in (*kind.columns, *kind.constants)
        if kind.kind not in KINDS or name not in {wanted.name for wanted in KINDS[kind.kind].inputs}
    ]
    assert unknown == []
    assert all(recognise(tuple(export.headers)) for export in known())


def test_orders_of_shopify(suggest, tmp_path):
    (tmp_path / "orders_export.csv").write_text(SHOPIFY)
    found = suggest(tmp_path / "orders_export.csv", source="shopify")
    assert found.export is not None
    assert found.export.en == "Shopify orders"
    columns = columns_of(found)
    assert columns["order_line", "product"] == "Lineitem sku"
    assert columns["order_line", "placed_at"] == "Created at"
    assert columns["order", "status"] == "Financial Status"
    assert found.currency == "USD"
    assert (found.trial.read, found.trial.refused) == (3, 0), found.trial.reasons


def test_customers_of_shopify(suggest, tmp_path):
    (tmp_path / "customers_export.csv").write_text(CUSTOMERS)
    found = suggest(tmp_path / "customers_export.csv")
    assert columns_of(found)["customer_record", "key"] == "Customer ID"
    assert {each.type: each.scope for each in found.entries[0].identifiers} == {
        "email": "global",
        "phone": "global",
        "customer_number": found.source,
    }
    assert found.trial.refused == 0, found.trial.reasons


def test_calls_of_segment(suggest, tmp_path):
    lines = [
        {"messageId": f"m-{i}", "anonymousId": f"a-{i % 3}", "timestamp": f"2026-03-01T09:3{i}:00.000Z", **call}
        for i, call in enumerate(CALLS * 3)
    ]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = suggest(tmp_path / "calls.jsonl")
    columns = columns_of(found)
    assert (columns["event", "name"], columns["event", "device"]) == ("event", "anonymousId")
    assert (columns["event", "amount"], columns["event", "order_number"]) == ("properties.total", "properties.order_id")
    assert found.trial.refused == 0, found.trial.reasons
    lines[0] |= {"type": "page", "event": None, "name": "Home"}
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert suggest(tmp_path / "calls.jsonl").trial.refused == 0


def test_callbacks_of_wecom_are_responses_where_all_are_answers(suggest, tmp_path):
    call = {"ToUserName": "ww1", "FromUserName": "sys", "Event": "change_external_contact", "UserID": "LuRui"}
    lines = [{**call, "CreateTime": 1752108938 + i, "ExternalUserID": f"wm{i:032}"} for i in range(9)]
    left = [{**line, "ChangeType": "del_follow_user"} for line in lines]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, left)))
    found = suggest(tmp_path / "calls.jsonl", source="wecom")
    assert [entry.kind.name for entry in found.entries] == ["event", "response", "customer_record"]
    assert (
        "event_id: {join: [ExternalUserID, UserID, ChangeType, CreateTime]}" in (tmp_path / "mapping.yaml").read_text()
    )
    assert (found.trial.read, found.trial.refused) == (9, 0), found.trial.reasons
    mixed = [*left, {**lines[0], "ChangeType": "add_external_contact"}]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, mixed)))
    found = suggest(tmp_path / "calls.jsonl", source="wecom")
    assert [entry.kind.name for entry in found.entries] == ["event", "customer_record"]
    assert found.trial.refused == 0, found.trial.reasons


TMALL = "订单编号,ouid,omid,买家应付货款,买家应付邮费,买家实际支付金额,订单状态,订单创建时间,店铺Id,店铺优惠"
SUMS = {
    ",平台补贴": (",1.00", "{sum: [店铺优惠, 平台补贴]}"),
    ",平台补贴 ": (",", "{sum: [店铺优惠]}"),  # empty: it adds nothing
    "": ("", None),  # a sum that lacks a part would be wrong
}


@pytest.mark.parametrize("header", SUMS)
def test_a_sum_stands_where_all_its_columns_do(header, suggest, tmp_path):
    value, written = SUMS[header]
    rows = [f"3546{i},AA{i},,9.00,0.00,8.00,交易成功,2026-03-01 09:3{i}:00,1,0.50{value}" for i in range(9)]
    (tmp_path / "orders.csv").write_text("\n".join([TMALL + header, *rows]), encoding="utf-8")
    found = suggest(tmp_path / "orders.csv", source="tmall")
    assert found.trial.refused == 0, found.trial.reasons
    lines = (tmp_path / "mapping.yaml").read_text("utf-8").splitlines()
    assert [line for line in lines if f"discount: {written}" in line] or not written
    assert any("discount:" in line for line in lines) == bool(written)
