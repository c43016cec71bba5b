"""The two Tmall stores: an ouid in each, an omid across them, no phones and no streets, amounts that add up."""

import base64
import re
from collections import defaultdict

import pytest

ORDERS = [
    "订单编号",
    "ouid",
    "omid",
    "买家应付货款",
    "买家应付邮费",
    "买家支付积分",
    "总金额",
    "店铺优惠",
    "平台补贴",
    "买家实际支付金额",
    "订单状态",
    "收货人姓名",
    "收货省",
    "收货市",
    "订单创建时间",
    "订单付款时间",
    "宝贝标题",
    "宝贝种类",
    "宝贝总数量",
    "是否预售",
    "分阶段订单信息",
    "定金支付时间",
    "尾款支付时间",
    "退款金额",
    "订单关闭原因",
    "店铺Id",
    "店铺名称",
]
ITEMS = [
    *["子订单编号", "主订单编号", "ouid", "标题", "价格", "购买数量", "外部系统编号", "商品ID"],
    "SKU ID",
    *["商品属性", "买家应付货款", "订单状态", "退款状态", "退款金额", "订单创建时间"],
]
STORES = ("tmall_flagship", "tmall_outlet")
OUID, OMID = re.compile(r"AAE[A-Za-z0-9+/]{22}"), re.compile(r"AAH[A-Za-z0-9+/]{22}")


@pytest.fixture(scope="module", params=STORES)
def store(request):
    return request.param


@pytest.fixture
def orders(rows, store):
    return rows(f"{store}/orders-*.csv")


@pytest.fixture
def items(rows, store):
    return rows(f"{store}/items-*.csv")


def test_files_have_the_headers_of_the_export(header, store):
    assert header(f"{store}/orders-*.csv") == ORDERS
    assert header(f"{store}/items-*.csv") == ITEMS
    assert header(f"{store}/members.csv") == ["omid", "ouid", "会员昵称", "入会时间", "会员等级", "省份"]


def test_numbers_are_unique_and_have_nineteen_digits(orders, items):
    assert len({row["订单编号"] for row in orders}) == len(orders)
    assert len({row["子订单编号"] for row in items}) == len(items)
    assert all(re.fullmatch(r"[1-4]\d{18}|5000\d{15}", row["订单编号"]) for row in orders)
    assert {row["主订单编号"] for row in items} == {row["订单编号"] for row in orders}


def test_items_make_up_their_order(orders, items, fen):
    inside = defaultdict(list)
    for row in items:
        inside[row["主订单编号"]].append(row)
    for order in orders:
        own = inside[order["订单编号"]]
        listed = sum(fen(row["价格"]) * int(row["购买数量"]) for row in own)
        assert listed - fen(order["店铺优惠"]) - fen(order["平台补贴"]) == fen(order["买家应付货款"])
        assert sum(fen(row["买家应付货款"]) for row in own) == fen(order["买家应付货款"])
        assert fen(order["买家应付货款"]) + fen(order["买家应付邮费"]) == fen(order["总金额"])
        assert (len(own), sum(int(row["购买数量"]) for row in own)) == (
            int(order["宝贝种类"]),
            int(order["宝贝总数量"]),
        )
        refunds = [fen(row["退款金额"]) for row in own if row["退款状态"] == "退款成功"]
        assert sum(refunds) == fen(order["退款金额"])


def test_what_was_paid_follows_from_the_status(orders, fen):
    seen = {row["订单状态"] for row in orders}
    assert seen <= {"等待买家付款", "买家已付款，等待卖家发货", "卖家已发货，等待买家确认", "交易成功", "交易关闭"}
    assert {"交易成功", "交易关闭"} <= seen
    for row in orders:
        paid, whole = fen(row["买家实际支付金额"]), fen(row["总金额"])
        if row["订单关闭原因"] == "买家未付款":
            assert (paid, row["订单付款时间"]) == (0, "")
        elif row["分阶段订单信息"] == "定金已付，尾款未付":
            assert 0 < paid < whole
            assert row["尾款支付时间"] == ""
        elif row["订单状态"] != "等待买家付款":
            assert paid == whole
        assert (row["是否预售"] == "是") >= (row["定金支付时间"] != "")


def test_nobody_can_be_called_or_visited(orders, within):
    assert all(OUID.fullmatch(row["ouid"]) for row in orders)
    assert all(row["omid"] == "" or OMID.fullmatch(row["omid"]) for row in orders)
    assert all(re.fullmatch(r"\S{1,2}\*{1,2}", row["收货人姓名"]) for row in orders)
    assert not any(re.search(r"1\d{10}(?!\d)", ",".join((row["收货人姓名"], row["收货市"]))) for row in orders)
    assert all(within(row["订单创建时间"]) for row in orders)


def test_an_omid_is_the_same_in_both_stores_and_an_ouid_is_not(rows):
    flagship, outlet = (rows(f"{store}/members.csv") for store in STORES)
    assert {row["omid"] for row in flagship} & {row["omid"] for row in outlet}
    assert not {row["ouid"] for row in flagship} & {row["ouid"] for row in outlet}
    bought, joined = rows("tmall_flagship/orders-*.csv"), {row["ouid"]: row["omid"] for row in flagship}
    both = [row for row in bought if row["omid"] and row["ouid"] in joined]
    assert both
    assert all(joined[row["ouid"]] == row["omid"] for row in both)


def test_a_number_tells_nothing_of_its_person(orders, truth, untold):
    numbers = truth("orders").to_pylist()
    person = {str(10**18 + row["number"] % (4 * 10**18)): row["person"] for row in numbers}
    assert untold([int(row["订单编号"]) for row in orders], [person[row["订单编号"]] for row in orders])


def test_an_ouid_tells_nothing_of_its_person(orders, store, truth, untold):
    channel = 1 + STORES.index(store)
    buyers = {row["buyer"]: row["person"] for row in truth("buyers").to_pylist() if row["channel"] == channel}
    ids = sorted({int.from_bytes(base64.b64decode(row["ouid"][3:] + "==")[:8], "big") for row in orders})
    assert untold(ids, [buyers[each] for each in ids])
