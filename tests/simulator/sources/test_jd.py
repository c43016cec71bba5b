"""The JD shop: a row an article, the amounts of the order in each, masked receivers."""

import re

import pytest

HEADER = [
    "订单号",
    "商品ID",
    "商品名称",
    "订购数量",
    "支付方式",
    "下单时间",
    "京东价",
    "订单金额",
    "商家优惠金额",
    "京东优惠金额",
    "结算金额",
    "运费金额",
    "应付金额",
    "订单状态",
    "订单类型",
    "下单帐号",
    "客户姓名",
    "客户地址",
    "联系电话",
    "付款确认时间",
    "货号",
    "订单完成时间",
    "订单来源",
]


@pytest.fixture(scope="module")
def orders(rows):
    return rows("jd/orders-*.csv", "gb18030")


def test_the_file_has_the_header_of_the_export(header):
    assert header("jd/orders-*.csv", "gb18030") == HEADER


def test_articles_make_up_their_order(orders, fen):
    listed: dict[str, int] = {}
    for row in orders:
        listed[row["订单号"]] = listed.get(row["订单号"], 0) + fen(row["京东价"]) * int(row["订购数量"])
    for row in orders:
        assert listed[row["订单号"]] == fen(row["订单金额"])
        settled = fen(row["订单金额"]) - fen(row["商家优惠金额"]) - fen(row["京东优惠金额"])
        assert settled == fen(row["结算金额"])
        assert settled + fen(row["运费金额"]) == fen(row["应付金额"])


def test_ids_have_the_form_of_the_platform(orders, within):
    assert all(re.fullmatch(r"3\d{15}", row["订单号"]) for row in orders)
    assert all(re.fullmatch(r"jd_[0-9a-f]{16}", row["下单帐号"]) for row in orders)
    assert all(within(row["下单时间"]) for row in orders)


def test_receivers_are_masked(orders):
    assert all(re.fullmatch(r"1\d\d\*{4}\d{4}", row["联系电话"]) for row in orders)
    assert all(row["客户姓名"].endswith("*") and row["客户地址"].endswith("******") for row in orders)
    assert not any(re.search("[号栋室]", row["客户地址"]) for row in orders)


def test_an_account_tells_nothing_of_its_person(orders, truth, untold):
    buyers = {f"jd_{row['buyer']:016x}": row["person"] for row in truth("buyers").to_pylist() if row["channel"] == 3}
    pins = sorted({row["下单帐号"] for row in orders})
    assert untold([int(pin[3:], 16) for pin in pins], [buyers[pin] for pin in pins])
