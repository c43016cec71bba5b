"""All that the company's files hold comes in through their own mappings, and points at whom and what it should."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import ibis.expr.types as ir
import pytest
from ibis import _

from quanyu.app.house import House
from quanyu.commerce.catalog import behaviours as looking
from quanyu.commerce.catalog import goods
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.commerce.inventory.tables import STOCK
from quanyu.commerce.orders import behaviours as buying
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
from quanyu.commerce.stores.tables import ORGANISATIONS, STAFF, STORES
from quanyu.customers.events.tables import EVENTS
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, IDENTIFIER_FAULTS, RECORDS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.model import Count
from quanyu.customers.messages import behaviours as writing
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation import home as homes
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Behaviour, Scope
from quanyu.foundation.workspace import Workspace

SOME = (  # clicks come before the messages, orders before the products, as a person might have them
    *("sms/clicks", "sms/sent", "push/sent", "app/users", "erp/coupons", "aftersales/cases", "mini_program/events"),
    *("mini_program/users", "pos_south/receipts", "pos_south/members", "jd/orders", "douyin/orders"),
    *("erp/products", "erp/platform_skus"),
)
TABLES = (
    *(*goods.TABLES, ORDER_LINES, ORDERS, ORDER_HEADERS, REFUNDS, AFTER_SALES_CASES, MESSAGES, RESPONSES, COUPONS),
    *(EVENTS, RECORDS, CUSTOMER_OF_RECORD, IDENTIFIER_FAULTS, STORES, STAFF, ORGANISATIONS, STOCK),
)
# Where each source's orders stand: file, encoding, number, status, what the buyer pays, and the columns taken off.
TMALL = ("订单编号", "订单状态", "买家实际支付金额", ("店铺优惠", "平台补贴"))
ORDER_FILES = {
    "pos_south": ("pos_south/receipts-*.csv", "gb18030", "小票号", None, None, ()),
    "pos_north": ("pos_north/receipts-*.csv", "utf-8-sig", "ReceiptNo", None, None, ()),
    "tmall_flagship": ("tmall_flagship/orders-*.csv", "utf-8-sig", *TMALL),
    "tmall_outlet": ("tmall_outlet/orders-*.csv", "utf-8-sig", *TMALL),
    "jd": ("jd/orders-*.csv", "gb18030", "订单号", "订单状态", "应付金额", ("商家优惠金额", "京东优惠金额")),
    "douyin": ("douyin/orders-*.csv", "utf-8-sig", "主订单编号", "订单状态", None, ()),
    "mini_program": ("mini_program/orders-*.csv", "utf-8-sig", "订单号", "订单状态", "实付金额", ("订单优惠总额",)),
    "site": ("site/orders-*.csv", "utf-8-sig", "order_id", "status", "paid", ("order_discount",)),
}
UNPAID = ("等待买家付款", "等待付款", "等待付尾款", "待支付", "定金已付", "待付款", "已付定金")
STATES = {
    **dict.fromkeys((*UNPAID, "pending_payment", "deposit_paid"), "placed"),
    **dict.fromkeys(("买家已付款，等待卖家发货", "等待出库", "待发货", "paid"), "paid"),
    **dict.fromkeys(("卖家已发货，等待买家确认", "等待确认收货", "已发货"), "shipped"),
    **dict.fromkeys(("交易成功", "完成", "已完成", "部分退款", "partially_refunded"), "completed"),
    **dict.fromkeys(("交易关闭", "已取消", "已关闭", "cancelled"), "closed"),
    **dict.fromkeys(("已退款", "refunded"), "refunded"),
}
# Lines of an order: file, encoding, number, quantity × price or amount without shipping.
NET = {
    "pos_south": ("pos_south/receipts-*.csv", "gb18030", lambda row: _fen(row["实收金额"])),
    "tmall_outlet": ("tmall_outlet/items-*.csv", "utf-8-sig", lambda row: _fen(row["买家应付货款"])),
    "douyin": ("douyin/orders-*.csv", "utf-8-sig", lambda row: _fen(row["订单应付金额"]) - _fen(row["运费"])),
    "jd": ("jd/orders-*.csv", "gb18030", lambda row: _fen(row["京东价"]) * int(row["订购数量"])),
}


def _fen(text: str) -> int:
    return round(float(text) * 100)


@dataclass(frozen=True)
class Landed:
    """The company as Quanyu has it: which mappings came in, how their lines came out, and the tables as of the end."""

    workspace: Workspace
    names: tuple[str, ...]
    counts: dict[str, Count]

    @cached_property
    def scope(self) -> Scope:
        lake = self.workspace.lake
        vector = lake.vector(TABLES)
        pinned = {table.name: lake.table(table, vector) for table in TABLES}
        return Scope(pinned, datetime.fromisoformat("2026-07-01T00:00:00+08:00"), "Asia/Shanghai")

    @cached_property
    def sources(self) -> set[str]:
        return {name.partition("/")[0] for name in self.names}

    @property
    def selling(self) -> set[str]:
        """Return the sources whose orders have come in."""
        return {source for source in ORDER_FILES if {f"{source}/orders", f"{source}/receipts"} & set(self.names)}

    def rows(self, expression: ir.Table | LakeTable) -> list[dict]:
        table = self.scope.tables[expression.name] if isinstance(expression, LakeTable) else expression
        return self.workspace.lake.to_arrow(table).to_pylist()

    def owned(self, behaviour: Behaviour, *columns: str) -> list[dict]:
        """Return the rows of a behaviour that have a customer."""
        told = behaviour.build(self.scope, frozenset(columns))
        return self.rows(told.inner_join(self.scope.tables[CUSTOMER_OF_RECORD.name], "record"))


@pytest.fixture(scope="module", params=["some", pytest.param("all", marks=pytest.mark.scale)])
def landed(request, company, module_settings) -> Iterator[Landed]:
    """Import the small company's files through their own mappings; all of them in the alphabet's order."""
    out = company / "out"
    every = tuple(sorted(str(path.relative_to(out).with_suffix("")) for path in out.glob("*/*.yaml")))
    names = SOME if request.param == "some" else every
    assert set(names) <= set(every)
    home = homes.create(module_settings, "main", "Asia/Shanghai", "CNY")
    workspace, house = home.workspace(), House(home)
    counts = {name: import_files(workspace, house.mapping(workspace, out / f"{name}.yaml")).lines for name in names}
    recognise(workspace)
    yield Landed(workspace, names, counts)
    home.close()


@pytest.fixture
def orders_of(rows) -> Callable[[str], dict[str, dict[str, str]]]:
    """Return a reader of the first row of each order of a source."""

    def read(source: str) -> dict[str, dict[str, str]]:
        file, encoding, number, *_others = ORDER_FILES[source]
        return {row[number].strip(): row for row in reversed(rows(file, encoding))}

    return read


def test_every_line_is_taken(landed):
    """None of the planted dirt is refused: a phone or an address that is none is counted, and its line lands."""
    assert all(count.read > 0 for count in landed.counts.values())
    assert {name: count.rejected for name, count in landed.counts.items() if count.rejected} == {}
    reasons = {(row["type"], row["reason"]) for row in landed.rows(IDENTIFIER_FAULTS)}
    assert {type_ for type_, _reason in reasons} <= {"phone", "email"}
    assert {reason for _type, reason in reasons} <= {"no such number", "digits lost", "no such address", "masked"}


def test_every_order_line_has_its_category(landed):
    levels = {f"category_{level}" for level in (1, 2, 3)}
    lines = goods.with_goods(landed.scope.tables[ORDER_LINES.name], landed.scope, {*levels, "brand", "list_price"})
    told = landed.rows(lines)
    assert {row["source"] for row in told} == landed.selling
    assert not [row for row in told if None in (*(row[level] for level in levels), row["brand"], row["list_price"])]
    sold = {(row["source"], row["product"]) for row in landed.rows(ORDER_LINES)}
    foreign = {source for source, code in sold if not code.startswith("HY-")}
    assert foreign == landed.sources & {"jd", "tmall_flagship", "tmall_outlet"}  # codes that only the platform knows


def test_orders_have_the_status_that_the_platform_shows(landed, orders_of):
    headers = landed.rows(ORDER_HEADERS)
    counts = {(row["source"], row["order_number"]): row["counts"] for row in landed.rows(ORDERS)}
    for source in landed.selling:
        status = ORDER_FILES[source][3]
        given = {number: STATES[row[status]] if status else "completed" for number, row in orders_of(source).items()}
        assert {row["order_number"]: row["status"] for row in headers if row["source"] == source} == given
        silent = {number for number, state in given.items() if state in ("placed", "closed")}
        assert {number for (of, number), speaks in counts.items() if of == source and not speaks} == silent
        assert Counter(of for of, _number in counts)[source] == len(given)


def test_purchases_are_the_paid_orders_of_known_buyers(landed, orders_of):
    bought = Counter(row["source"] for row in landed.owned(buying.ORDERS_PLACED, "source", "amount"))
    for source in landed.selling:
        status, own = ORDER_FILES[source][3], orders_of(source).values()
        paid = [row for row in own if not status or STATES[row[status]] not in ("placed", "closed")]
        card = {"pos_south": "会员卡号", "pos_north": "MemberNo"}.get(source)
        assert bought[source] == sum(1 for row in paid if not card or row[card])


def test_amounts_are_those_of_the_files(landed, orders_of, rows):
    headers = {(row["source"], row["order_number"]): row for row in landed.rows(ORDER_HEADERS)}
    for source in landed.selling:
        *_others, paid, off = ORDER_FILES[source]
        for number, row in orders_of(source).items():
            header = headers[source, number]
            assert header["amount"] == (_fen(row[paid]) if paid else None)
            assert header["discount"] == (sum(_fen(row[name]) for name in off) if off else None)
            assert (header["shipping_fee"] is None) == (paid is None)
    sums: Counter[str] = Counter()
    for row in landed.rows(ORDER_LINES):
        sums[row["source"]] += row["amount"]
    for source in landed.selling & set(NET):
        file, encoding, net = NET[source]
        assert sums[source] == sum(map(net, rows(file, encoding)))


def test_receipts_name_their_store_and_who_sold(landed, orders_of):
    given = {number: (row["门店编码"], row["收银员"] or None) for number, row in orders_of("pos_south").items()}
    told = [row for row in landed.rows(ORDER_HEADERS) if row["source"] == "pos_south"]
    assert {row["order_number"]: (row["store"], row["staff"]) for row in told} == given
    assert {row["channel"] for row in told} == {"门店"}


def test_products_are_as_the_master_has_them(landed, rows):
    given = {row["商品编码"]: row for row in rows("erp/products.csv")}
    told = landed.rows(goods.PRODUCTS)
    assert {row["product"] for row in told if row["source"] == "erp"} == set(given)
    kinds = {"单品": "single", "组合": "bundle", "赠品": "gift"}
    for row in told:
        own = given[row["product"]]
        assert (row["launched_at"].isoformat(), row["list_price"]) == (own["上市日期"], _fen(own["吊牌价"]))
        assert (row["kind"], row["barcode"]) == (kinds[own["商品类型"]], own["条码"] or None)
    assert {row["kind"] for row in told} == set(kinds.values())


def test_a_coupon_has_whom_the_channel_knows(landed, rows):
    given = {row["券码"]: row for row in rows("erp/coupons.csv")}
    owners = {row["record"]: row["customer"] for row in landed.rows(CUSTOMER_OF_RECORD)}
    told = landed.rows(COUPONS)
    assert {row["code"] for row in told if row["record"] in owners} == {
        c for c, row in given.items() if row["领取人标识"]
    }
    assert {row["code"] for row in told if row["used_at"]} == {c for c, row in given.items() if row["状态"] == "已使用"}
    records = landed.rows(RECORDS)
    on_phone = {owners[row["record"]] for row in records if row["source"] == "app"}
    pushed = {owners[row["record"]] for row in told if given[row["code"]]["发放渠道"] == "APP推送"}
    assert pushed
    assert pushed <= on_phone


def test_messages_and_answers_have_their_person(landed, rows, objects):
    """Whom the policy cannot tell is nobody: a phone of several records may be a family's."""
    sent, clicked = Counter[str](), 0
    for row in landed.owned(writing.SENT, "channel", "clicked"):
        sent[row["channel"]] += 1
        clicked += row["clicked"] and row["channel"] == "sms"
    answered = Counter((row["channel"], row["event"]) for row in landed.owned(writing.ANSWERED, "channel", "event"))
    installed = Counter(user["registration_id"] for user in rows("app/users.csv"))
    pushed = [row for row in rows("push/sent-*.csv") if installed[row["registration_id"]] == 1]
    assert 0 < sent["push"] == len(pushed)
    assert answered["push", "opened"] == sum(1 for row in pushed if row["opened_at"])
    assert answered["push", "clicked"] == sum(1 for row in pushed if row["clicked_at"])
    holders = Counter(_phones(landed, rows, objects))
    of = {row["message_id"]: row["phone"] for row in rows("sms/sent-*.csv")}
    clicks = {row["message_id"] for row in rows("sms/clicks-*.csv")}
    sure, sure_clicks = (sum(1 for each in messages if holders[of[each]] == 1) for messages in (of, clicks))
    known, known_clicks = (sum(1 for each in messages if holders[of[each]]) for messages in (of, clicks))
    assert 0 < sure <= sent["sms"] <= known
    assert 0 < sure_clicks <= answered["sms", "clicked"] == clicked <= known_clicks


def _phones(landed, rows, objects) -> Iterator[str]:
    """Return the phone of each record of a person that has come in, as it is dialled in China."""
    files = {
        "pos_south/members": ("gb18030", "手机号"),
        "pos_north/members": ("utf-8-sig", "Mobile"),
        "douyin/members": ("utf-8-sig", "手机号"),
        **dict.fromkeys(("app/users", "mini_program/users", "site/users"), ("utf-8-sig", "phone")),
    }
    told = [
        row[column]
        for name, (code, column) in files.items()
        if name in landed.names
        for row in rows(f"{name}.csv", code)
    ]
    if "wecom/external_contacts" in landed.names:
        contacts = objects("wecom/external_contacts.jsonl")
        told += [phone for each in contacts for phone in each["follow_info"].get("remark_mobiles", ())]
    yield from (digits[-11:] for text in told if len(digits := re.sub(r"\D", "", text)) >= 11)


def test_cases_and_refunds_find_who_bought(landed, rows, orders_of):
    names = {
        "天猫旗舰店": "tmall_flagship",
        "天猫奥莱店": "tmall_outlet",
        "京东": "jd",
        "抖音": "douyin",
        "小程序": "mini_program",
    }
    names |= {"官网": "site", "南区收银系统": "pos_south", "North POS": "pos_north"}
    cards = {"pos_south": "会员卡号", "pos_north": "MemberNo"}
    known = {source: orders_of(source) for source in landed.selling}
    cases, refunds = Counter(), Counter()
    for row in rows("aftersales/cases-*.csv"):
        source = names[row["订单来源"]]
        if source in known and (source not in cards or known[source][row["订单号"]][cards[source]]):
            cases[row["原因"]] += 1
            refunds[row["原因"]] += bool(row["退款金额"] and row["完结时间"])
    assert Counter(row["reason"] for row in landed.owned(buying.CASES, "reason")) == cases
    told = landed.owned(buying.MONEY_BACK, "reason", "category_3")
    assert Counter(row["reason"] for row in told) == +refunds
    assert all(row["category_3"] for row in told)


def test_what_was_looked_at_has_its_category_and_its_person(landed, objects):
    told = landed.owned(looking.WITH_PRODUCTS, "source", "category_3", "product")
    mine = [row for row in told if row["source"] == "mini_program"]
    assert all(row["category_3"] and row["product"].startswith("HY-") for row in mine)
    events = objects("mini_program/events-*.jsonl.gz")
    users = defaultdict[str, set[str]](set)
    for event in events:
        users[event["anonymousId"]] |= {event["userId"]} - {None}
    about = [event for event in events if event.get("properties", {}).get("sku")]
    assert sum(event["userId"] is not None for event in about) < len(mine)
    # A device of two accounts is nobody's.
    assert len(mine) == sum(1 for event in about if event["userId"] or len(users[event["anonymousId"]]) == 1)


@pytest.mark.scale
def test_the_company_itself_and_its_people_are_whole(landed, rows, objects):
    if "org" not in landed.sources:
        pytest.skip("only some of the files have come in")
    stores = landed.rows(STORES)
    assert len(stores) == len(rows("org/stores.csv"))
    assert all(row["latitude"] and row["longitude"] and row["unit"] and row["type"] for row in stores)
    assert len(landed.rows(STAFF)) == len(rows("org/staff.csv"))
    assert len(landed.rows(ORGANISATIONS)) == len(rows("org/units.csv"))
    assert landed.rows(landed.scope.tables[STOCK.name].agg(pieces=_.quantity.sum()))[0]["pieces"] > 0
    records = landed.rows(RECORDS)
    known = {source: [row for row in records if row["source"] == source] for source in landed.sources}
    cards = rows("pos_south/members.csv", "gb18030")
    assert sum(1 for row in known["pos_south"] if row["gender"]) == sum(1 for row in cards if row["性别"])
    assert all(row["store"] and row["level"] and row["registered_at"] for row in known["pos_south"])
    assert all(row["province"] for row in known["tmall_flagship"])
    contacts = objects("wecom/external_contacts.jsonl")
    assert sum(1 for row in known["wecom"] if row["staff"]) == len(contacts)
    events = Counter(row["name"] for row in landed.rows(EVENTS) if row["source"] == "wecom")
    assert events == Counter(event["ChangeType"] for event in objects("wecom/events*.jsonl"))
