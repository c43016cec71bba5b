"""The after-sales system: cases of all sales channels, whose orders are found in the files of those."""

import re
from collections import Counter

import pytest

HEADER = [
    "售后单号",
    "订单号",
    "渠道",
    "订单来源",
    "门店编码",
    "商品编码",
    "商品名称",
    "数量",
    "售后类型",
    "原因",
    "申请时间",
    "完结时间",
    "退款金额",
    "状态",
]


@pytest.fixture(scope="module")
def cases(rows):
    return rows("aftersales/cases-*.csv")


def test_the_file_has_its_header(header):
    assert header("aftersales/cases-*.csv") == HEADER


def test_cases_are_unique_and_of_every_kind(cases):
    assert len({row["售后单号"] for row in cases}) == len(cases)
    assert Counter(row["售后类型"] for row in cases).keys() == {"退货退款", "仅退款", "换货", "维修", "投诉"}
    assert all(re.fullmatch(r"AS\d{16}", row["售后单号"]) for row in cases)


def test_some_cases_are_open_and_closed_ones_end_after_they_began(cases, within):
    states = Counter(row["状态"] for row in cases)
    assert 0 < states["处理中"] < states["已完结"]
    for row in cases:
        assert within(row["申请时间"])
        assert (row["完结时间"] == "") == (row["状态"] == "处理中")
        assert row["完结时间"] == "" or (within(row["完结时间"]) and row["申请时间"] < row["完结时间"])


def test_only_returns_give_money_back(cases, fen):
    assert all(fen(row["退款金额"]) > 0 for row in cases if row["退款金额"])
    given = {row["售后类型"] for row in cases if row["退款金额"]}
    assert given == {"退货退款", "仅退款"}


def test_the_order_of_a_case_is_in_the_file_of_its_channel(cases, rows):
    known = {
        "天猫旗舰店": {row["订单编号"] for row in rows("tmall_flagship/orders-*.csv")},
        "京东": {row["订单号"] for row in rows("jd/orders-*.csv", "gb18030")},
        "抖音": {row["主订单编号"].strip() for row in rows("douyin/orders-*.csv")},
        "门店": {row["小票号"] for row in rows("pos_south/receipts-*.csv", "gb18030")}
        | {row["ReceiptNo"] for row in rows("pos_north/receipts-*.csv")},
    }
    for channel, orders in known.items():
        asked = {row["订单号"] for row in cases if row["渠道"] == channel}
        assert asked
        assert asked <= orders, channel


def test_a_case_says_which_system_took_its_order(cases, rows):
    north = {row["ReceiptNo"] for row in rows("pos_north/receipts-*.csv")}
    assert {row["订单来源"] for row in cases if row["渠道"] == "门店"} == {"南区收银系统", "North POS"}
    for row in cases:
        till = "North POS" if row["订单号"] in north else "南区收银系统"
        assert row["订单来源"] == (till if row["渠道"] == "门店" else row["渠道"])


def test_refunds_of_a_store_stand_in_both_systems(cases, rows, fen):
    told = sum(fen(row["退款金额"] or "0") for row in cases if row["渠道"] == "天猫奥莱店")
    assert told == sum(fen(row["退款金额"]) for row in rows("tmall_outlet/orders-*.csv")) > 0
