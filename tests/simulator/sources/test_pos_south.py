"""The south chain: Chinese headers in gb18030, cards of sixteen digits, receipts that add up."""

import re

import pytest

MEMBERS = ["会员卡号", "姓名", "手机号", "性别", "生日", "开卡门店", "开卡时间", "会员等级", "地址", "接收短信"]
RECEIPTS = [
    "小票号",
    "行号",
    "门店编码",
    "收银员",
    "交易时间",
    "会员卡号",
    "商品条码",
    "商品编码",
    "商品名称",
    "数量",
    "吊牌价",
    "折扣金额",
    "成交单价",
    "实收金额",
    "积分抵扣",
    "支付方式",
    "付款码标识",
]


@pytest.fixture(scope="module")
def members(rows):
    return rows("pos_south/members.csv", "gb18030")


@pytest.fixture(scope="module")
def receipts(rows):
    return rows("pos_south/receipts-*.csv", "gb18030")


def test_files_have_the_headers_of_the_till(header):
    assert header("pos_south/members.csv", "gb18030") == MEMBERS
    assert header("pos_south/receipts-*.csv", "gb18030") == RECEIPTS


def test_the_files_are_gb18030_and_not_utf8(company):
    written = (company / "out" / "pos_south" / "members.csv").read_bytes()
    assert "会员卡号" in written.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        written.decode("utf-8")


def test_cards_are_unique_and_receipts_know_only_cards(members, receipts):
    cards = {row["会员卡号"] for row in members}
    assert len(cards) == len(members)
    assert all(re.fullmatch(r"\d{16}", card) for card in cards)
    shown = {row["会员卡号"] for row in receipts} - {""}
    assert 0 < len(shown) <= len(cards)


def test_a_good_part_of_the_receipts_has_no_card(receipts):
    receipt = {row["小票号"]: row["会员卡号"] for row in receipts}
    assert 0.30 <= sum(card == "" for card in receipt.values()) / len(receipt) <= 0.75


def test_a_line_is_its_receipt_and_number(receipts, within):
    assert len({(row["小票号"], row["行号"]) for row in receipts}) == len(receipts)
    assert all(within(row["交易时间"]) for row in receipts)
    assert [row["交易时间"] for row in receipts] == sorted(row["交易时间"] for row in receipts)


def test_amounts_add_up(receipts, fen):
    for row in receipts:
        quantity = int(row["数量"])
        assert fen(row["吊牌价"]) * quantity - fen(row["折扣金额"]) == fen(row["实收金额"])
        assert abs(float(row["成交单价"]) * quantity * 100 - fen(row["实收金额"])) <= 0.5 + quantity / 200


def test_a_card_tells_nothing_of_its_person(members, truth, untold):
    accounts = truth("records").to_pylist()
    person = {f"{row['key'] % 10**16:016d}": row["person"] for row in accounts}
    cards = [row["会员卡号"] for row in members]
    assert untold([int(card) for card in cards], [person[card] for card in cards])
    assert untold(list(range(3_000, 3_000 + len(cards))), [person[card] for card in cards]), "nor does the row"
