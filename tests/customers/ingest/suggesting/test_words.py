"""Headers in Chinese and English, however they are written, come near the inputs that they mean."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.suggesting.words import currency_of, gather, in_minor_units, normalise

KINDS = [kind for room in ROOMS for kind in room.kinds]
WORDS = gather(KINDS)
TOLD = {
    "手机号": ("@", "phone"),
    "会员手机号码": ("@", "phone"),
    "Mobile No.": ("@", "phone"),
    "mobilePhone": ("@", "phone"),
    "E-Mail Address": ("@", "email"),
    "ｕｎｉｏｎｉｄ": ("@", "unionid"),
    "traits.email": ("@", "email"),
    "CUSTOMER_ID": ("customer_record", "key"),
    "会员卡号": ("customer_record", "key"),
    "InvoiceNo": ("order_line", "order_number"),
    "主订单编号": ("order_line", "order_number"),
    "Order Number": ("order_line", "order_number"),
    "货号": ("order_line", "product"),
    "StockCode": ("order_line", "product"),
    "购买数量": ("order_line", "quantity"),
    "QTY": ("order_line", "quantity"),
    "成交单价（元）": ("order_line", "unit_price"),
    "unit_price_usd": ("order_line", "unit_price"),
    "下单时间": ("order_line", "placed_at"),
    "transaction_timestamp": ("order_line", "placed_at"),
    "商品名称": ("product", "name"),
    "条形码": ("product", "barcode"),
    "期末库存": ("stock", "quantity"),
    "券码": ("coupon", "code"),
    "门店编码": ("store", "code"),
    "工号": ("staff", "number"),
    "积分余额": ("points_opening", "balance"),
    "properties.product_id": ("event", "product"),
    "anonymousId": ("event", "device"),
    "发送时间": ("message", "sent_at"),
    "售后单号": ("after_sales_case", "case_number"),
    "退款金额": ("refund", "amount"),
}


@pytest.mark.parametrize("header", TOLD)
def test_a_header_comes_near_its_input(header):
    assert WORDS.near(header).get(TOLD[header], 0) >= 0.8


def test_what_means_nothing_is_near_nothing():
    assert WORDS.near("c7") == {}
    assert WORDS.near("") == {}


def test_every_input_has_words():
    told = {place for places in WORDS.exact.values() for place in places}
    assert {(kind.name, wanted.name) for kind in KINDS for wanted in kind.inputs} <= told
    assert sum(len(places) for places in WORDS.exact.values()) > 1_000


def test_units_behind_a_header():
    assert currency_of(normalise("金额（元）")) == "CNY"
    assert currency_of(normalise("price_usd")) == "USD"
    assert currency_of(normalise("price")) is None
    assert in_minor_units(normalise("金额(分)"))
    assert in_minor_units(normalise("amountCents"))
    assert not in_minor_units(normalise("amount"))
