"""The site's accounts and orders, and the app's accounts."""

import re
from decimal import Decimal

_ADDRESS = re.compile(r"[a-z]+\d+@(qq|163|126|outlook|foxmail|sina|gmail)\.com")


def test_accounts_are_unique_and_addresses_have_slips(table):
    users = table("site/users.csv")
    assert list(users[0]) == [
        "user_id",
        "email",
        "phone",
        "name",
        "gender",
        "created_at",
        "email_consent",
        "sms_consent",
    ]
    assert len({user["user_id"] for user in users}) == len(users) > 200
    typed = [user["email"] for user in users if user["email"]]
    right = sum(_ADDRESS.fullmatch(email) is not None for email in typed)
    assert 0.9 < right / len(typed) <= 1
    assert {user["sms_consent"] for user in users} == {"true", "false"}


def test_the_amounts_of_an_order_add_up(table):
    lines = table("site/orders-*.csv")
    assert len({(line["order_id"], line["line_no"]) for line in lines}) == len(lines)
    totals: dict[str, Decimal] = {}
    for line in lines:
        parts = {
            name: Decimal(line[name])
            for name in ("order_list", "order_discount", "points_amount", "shipping_fee", "payable")
        }
        assert (
            parts["payable"]
            == parts["order_list"] - parts["order_discount"] - parts["points_amount"] + parts["shipping_fee"]
        )
        assert abs(Decimal(line["unit_paid"]) * int(line["quantity"]) - Decimal(line["line_total"])) < Decimal("0.005")
        totals[line["order_id"]] = totals.get(line["order_id"], Decimal(0)) + Decimal(line["line_total"])
    assert all(
        totals[line["order_id"]] == Decimal(line["order_list"]) - Decimal(line["order_discount"]) for line in lines
    )


def test_buyers_have_accounts(table):
    users = {user["user_id"] for user in table("site/users.csv")}
    assert {line["user_id"] for line in table("site/orders-*.csv")} <= users


def test_orders_of_site_and_app_are_seen_on_a_screen(table, objects):
    ordered = {line["order_id"] for line in table("site/orders-*.csv")}
    events = objects("web/events-*.jsonl.gz") + objects("app/events-*.jsonl.gz")
    seen = {event["properties"]["order_id"] for event in events if event.get("event") == "Order Completed"}
    assert seen <= ordered
    assert len(seen) > 0.9 * len(ordered)
