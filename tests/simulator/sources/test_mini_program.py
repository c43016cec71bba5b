"""The mini-program's users, orders and events."""

from decimal import Decimal

from scipy.stats import spearmanr

USERS = ["user_id", "openid", "unionid", "phone", "nickname", "gender", "share_code", "invited_by", "registered_at"]


def test_users_are_known_by_an_openid_of_this_app_alone(table):
    users = table("mini_program/users.csv")
    assert list(users[0]) == USERS
    assert len({user["openid"] for user in users}) == len({user["user_id"] for user in users}) == len(users) > 500
    assert all(len(user["openid"]) == 28 and user["openid"].startswith("oHYm") for user in users)
    assert all(len(user["unionid"]) == 28 for user in users if user["unionid"])
    assert {user["gender"] for user in users} == {"0", "1", "2"}
    granted = [user["phone"] for user in users if user["phone"]]
    assert 0.4 < len(granted) / len(users) < 0.7
    codes = {user["share_code"] for user in users}
    assert len(codes) == len(users)
    assert {user["invited_by"] for user in users if user["invited_by"]} - codes == set()


def test_the_amounts_of_an_order_add_up(table):
    lines = table("mini_program/orders-*.csv")
    orders: dict[str, list[dict[str, str]]] = {}
    for line in lines:
        orders.setdefault(line["订单号"], []).append(line)
    for own in orders.values():
        first = {
            name: Decimal(own[0][name])
            for name in ("订单商品总额", "订单优惠总额", "积分抵扣", "运费", "应付金额", "实付金额")
        }
        assert sum(Decimal(line["商品单价"]) * int(line["商品数量"]) for line in own) == first["订单商品总额"]
        assert sum(Decimal(line["商品优惠"]) for line in own) == first["订单优惠总额"]
        owed = first["订单商品总额"] - first["订单优惠总额"] - first["积分抵扣"] + first["运费"]
        assert owed == first["应付金额"]
        state = own[0]["订单状态"]
        assert first["实付金额"] == (
            0 if state in ("待付款", "已关闭") else owed // Decimal("0.1") / 100 if state == "已付定金" else owed
        )
        assert [int(line["行号"]) for line in own] == list(range(1, len(own) + 1))
    assert {"已完成", "已关闭", "部分退款", "已退款"} <= {line["订单状态"] for line in lines}


def test_receivers_stand_in_the_clear_and_buyers_are_users(table):
    lines = table("mini_program/orders-*.csv")
    users = {user["openid"] for user in table("mini_program/users.csv")}
    assert all(len(line["收货电话"]) == 11 and "*" not in line["收货人"] for line in lines)
    assert {line["买家openid"] for line in lines} <= users
    assert any(line["礼物留言"] for line in lines)
    assert any("驿站" in line["详细地址"] for line in lines)
    assert all("2025-07-01" <= line["下单时间"] < "2026-07-01" for line in lines)


def test_ids_and_their_order_tell_nothing_of_the_person(table, persons):
    users = table("mini_program/users.csv")
    person = persons("open_id(key, 'HYm')", users, "openid")
    assert len(person) == len(users)
    for column in ("openid", "user_id", "share_code"):
        order = {value: place for place, value in enumerate(sorted(user[column] for user in users))}
        assert abs(spearmanr(person, [order[user[column]] for user in users]).statistic) < 0.13
    assert abs(spearmanr(person, range(len(users))).statistic) < 0.13


def test_an_order_on_screen_has_the_number_and_amount_of_the_order_file(table, objects):
    owed = {line["订单号"]: Decimal(line["应付金额"]) for line in table("mini_program/orders-*.csv")}
    done = [event for event in objects("mini_program/events-*.jsonl.gz") if event.get("event") == "Order Completed"]
    assert len(done) > 100
    for event in done:
        told = event["properties"]
        assert abs(Decimal(str(told["total"])) - owed[told["order_id"]]) < Decimal("0.001")
        assert abs(sum(p["price"] * p["quantity"] for p in told["products"]) - told["subtotal"]) < 0.001


def test_events_name_users_of_the_file_and_campaigns_by_their_code(table, objects):
    users = {user["user_id"] for user in table("mini_program/users.csv")}
    codes = {campaign["campaign"] for campaign in table("marketing/campaigns.csv")}
    events = objects("mini_program/events-*.jsonl.gz")
    assert {event["userId"] for event in events if event["userId"]} <= users
    clicked = [event["context"]["campaign"]["name"] for event in events if "campaign" in event["context"]]
    assert clicked
    assert set(clicked) <= codes
