"""The Douyin shop: sub-orders behind tabs, masked receivers, members with a phone in the clear."""

import base64
import re

import pytest

HEADER = [
    "主订单编号",
    "子订单编号",
    "选购商品",
    "商品规格",
    "商品数量",
    "商品ID",
    "商家编码",
    "商品单价",
    "订单应付金额",
    "运费",
    "优惠总金额",
    "平台实际承担优惠金额",
    "商家实际承担优惠金额",
    "达人实际承担优惠金额",
    "open_id",
    "收件人",
    "收件人手机号",
    "省",
    "市",
    "区",
    "详细地址",
    "订单提交时间",
    "支付完成时间",
    "订单状态",
    "售后状态",
    "取消原因",
    "订单类型",
    "达人ID",
    "达人昵称",
    "流量来源",
]


@pytest.fixture(scope="module")
def orders(rows):
    return rows("douyin/orders-*.csv")


@pytest.fixture(scope="module")
def members(rows):
    return rows("douyin/members.csv")


def test_files_have_the_headers_of_the_shop(header):
    assert header("douyin/orders-*.csv") == HEADER
    assert header("douyin/members.csv") == ["open_id", "昵称", "手机号", "入会时间", "入会渠道", "会员等级"]


def test_long_numbers_hide_behind_a_tab(orders):
    assert len({row["子订单编号"] for row in orders}) == len(orders)
    assert all(re.fullmatch(r"\t6[9]\d{17}", row["主订单编号"]) for row in orders)
    assert all(re.fullmatch(r"\tHY-\d+", row["商家编码"]) for row in orders)


def test_amounts_add_up(orders, fen):
    for row in orders:
        owed = fen(row["商品单价"]) * int(row["商品数量"]) - fen(row["优惠总金额"]) + fen(row["运费"])
        assert owed == fen(row["订单应付金额"])
        parts = (row[f"{who}实际承担优惠金额"] for who in ("平台", "商家", "达人"))
        assert sum(fen(part) for part in parts) == fen(row["优惠总金额"])


def test_receivers_are_masked_and_members_are_not(orders, members):
    assert all(re.fullmatch(r"1\d\d\*{4}\d{4}", row["收件人手机号"]) for row in orders)
    assert {row["详细地址"] for row in orders} == {"****"}
    phones = [row["手机号"] for row in members if row["手机号"]]
    assert len(phones) > 0.8 * len(members)
    assert sum(bool(re.fullmatch(r"1\d{10}", phone)) for phone in phones) > 0.95 * len(phones)


def test_members_and_buyers_are_the_same_ids(orders, members, within):
    assert len({row["open_id"] for row in members}) == len(members)
    assert {row["open_id"] for row in members} & {row["open_id"] for row in orders}
    assert all(within(row["订单提交时间"]) for row in orders)


def test_an_open_id_tells_nothing_of_its_person(orders, truth, untold):
    buyers = {row["buyer"]: row["person"] for row in truth("buyers").to_pylist() if row["channel"] == 4}
    ids = sorted({int.from_bytes(base64.b64decode(row["open_id"][3:])[:8], "big") for row in orders})
    assert untold(ids, [buyers[each] for each in ids])
