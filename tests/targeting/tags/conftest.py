"""A simulated retailer as a company of its kind would import it: with headers, categories, bases, and who got what."""

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests.conftest import SOURCES

from quanyu.app.rooms import ROOMS
from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate
from quanyu.targeting.tags.computing import compute

PEOPLE, SEED = 1_600, 7
AS_OF = datetime(2026, 6, 30, 16, tzinfo=UTC)
"""The midnight in China after the company's last day."""

AS_THEY_ARE = (
    "app/events", "app/users", "mini_program/events", "mini_program/users", "official_account/followers",
    "official_account/messages", "official_account/unsubscribes", "pos_south/members", "site/users",
    "wecom/clicks", "wecom/external_contacts", "wecom/mass_sends",
)  # fmt: skip
"""Mappings that the company ships, of those that say something of which tags are made."""

MAY_ADVERTISE = {
    "app": "[push, sms]", "mini_program": "[mini_program]", "official_account": "[official_account]",
    "pos_south": "[sms]", "site": "[email]", "wecom": "[wecom]",
}  # fmt: skip
"""Channels on which a source holds consent to marketing; every mapping of it says so."""

WRITTEN = {
    "erp/products": """
      source: erp
      files: products.csv
      kinds:
        - kind: product
          columns:
            {product: 商品编码, name: 商品名称, category_1: 一级类目, category_2: 二级类目, category_3: 三级类目,
             brand: 品牌, list_price: 吊牌价, kind: 商品类型, observed_at: 上市日期}
          codes: {kind: {单品: single, 赠品: gift, "*": bundle}}
    """,
    "erp/codes": """
      source: erp
      files: codes.csv
      kinds:
        - kind: product_code
          columns: {product: 商品编码, code: 平台商品ID}
          constants: {platform: mini_program}
    """,
    "pos_south/receipts": """
      source: pos_south
      files: receipts-*.csv
      kinds:
        - kind: order
          columns: {order_number: 小票号, customer: 会员卡号, store: 门店编码, placed_at: 交易时间, discount: 折扣金额}
        - kind: order_line
          columns:
            {order_number: 小票号, customer: 会员卡号, product: 商品编码, quantity: 数量, unit_price: 成交单价,
             placed_at: 交易时间}
    """,
    "mini_program/orders": """
      source: mini_program
      files: orders-*.csv
      kinds:
        - kind: order
          columns:
            {order_number: 订单号, customer: 买家openid, placed_at: 下单时间, discount: 订单优惠总额,
             shipping_fee: 运费}
        - kind: order_line
          columns:
            {order_number: 订单号, customer: 买家openid, product: 商家编码, quantity: 商品数量, unit_price: 成交单价,
             placed_at: 下单时间}
        - kind: customer_record
          columns: {key: 买家openid, province: 省, city: 市, observed_at: 下单时间}
          constants: {country: 中国}
    """,
    "jd/orders": """
      source: jd
      files: orders-*.csv
      kinds:
        - kind: order
          columns:
            {order_number: 订单号, customer: 下单帐号, placed_at: 下单时间, discount: 商家优惠金额,
             shipping_fee: 运费金额, channel: 订单来源}
        - kind: order_line
          columns:
            {order_number: 订单号, customer: 下单帐号, product: 货号, quantity: 订购数量, unit_price: 京东价,
             placed_at: 下单时间}
    """,
    "sms/sent": """
      source: sms
      files: sent-*.csv
      kinds:
        - kind: customer_record
          columns: {key: phone, observed_at: sent_at}
          identifiers: [{type: phone, scope: global, column: phone}]
        - kind: message
          columns: {message_id: message_id, customer: phone, campaign: campaign, sent_at: sent_at, status: status}
          constants: {channel: sms}
          codes: {status: {"MK:0001": rejected}}
    """,
    "sms/clicks": """
      source: sms
      files: clicks-*.csv
      kinds:
        - kind: response
          columns: {response_id: short_link, customer: phone, campaign: campaign, occurred_at: clicked_at}
          constants: {event: clicked, channel: sms}
    """,
    "sms/replies": """
      source: sms
      files: replies-*.csv
      kinds:
        - kind: response
          columns: {customer: phone, event: content, occurred_at: received_at}
          constants: {channel: sms}
          codes: {event: {td: unsubscribed, t: unsubscribed, r: unsubscribed, 退订: unsubscribed, "*": complained}}
    """,
    "push/sent": """
      source: push
      files: sent-*.csv
      kinds:
        - kind: customer_record
          columns: {key: registration_id, observed_at: sent_at}
          identifiers: [{type: registration_id, scope: app, column: registration_id}]
        - kind: message
          columns: {message_id: msg_id, customer: registration_id, campaign: campaign, sent_at: sent_at, status: status}
          constants: {channel: push}
        - kind: response
          columns: {message_id: msg_id, customer: registration_id, campaign: campaign, occurred_at: opened_at}
          constants: {event: opened, channel: push}
        - kind: response
          columns: {message_id: msg_id, customer: registration_id, campaign: campaign, occurred_at: clicked_at}
          constants: {event: clicked, channel: push}
    """,
    "push/uninstalls": """
      source: push
      files: uninstalls-*.csv
      kinds:
        - kind: response
          columns: {customer: registration_id, occurred_at: detected_at}
          constants: {event: uninstalled, channel: push}
    """,
}
"""What the company's own mappings leave out: headers of orders, categories, and whose phone or device it was."""

HOLDERS = {
    "公众号": "{type: openid, scope: official_account, column: 领取人标识}",
    "企业微信": "{type: external_userid, scope: ww8f21c0a63d9be745, column: 领取人标识}",
}
COUPONS = """
      source: erp
      files: coupons-{number}.csv
      kinds:
        - kind: customer_record
          columns: {{key: 领取人标识, observed_at: 发放时间}}
          identifiers: [{holder}]
        - kind: coupon
          columns:
            {{code: 券码, customer: 领取人标识, campaign: 活动编码, issued_at: 发放时间, valid_until: 有效期至,
             used_at: 核销时间, order_number: 核销订单号, status: 状态}}
"""
SHOP_OF = {"京东": "jd", "小程序": "mini_program"}
CASES = """
      source: {shop}
      files: cases_of_{shop}.csv
      kinds:
        - kind: after_sales_case
          columns:
            {{case_number: 售后单号, order_number: 订单号, type: 售后类型, opened_at: 申请时间, amount: 退款金额,
             status: 状态, reason: 原因}}
        - kind: refund
          columns:
            {{refund_id: 售后单号, order_number: 订单号, product: 商品编码, amount: 退款金额, refunded_at: 完结时间}}
"""


def _written(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}_told.yaml"
    head = "title: {en: Beside, zh: 补充}\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"
    lines = [line[6:] for line in text.strip("\n").splitlines()]
    file.write_text(head + "\n".join(lines) + "\n", "utf-8")
    return file


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def _save(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _name_who_clicked(folder: Path) -> None:
    """A click on a short link names its message; the phone stands beside the message."""
    phones = {row["message_id"]: row["phone"] for file in folder.glob("sent-*.csv") for row in _rows(file)}
    for file in folder.glob("clicks-*.csv"):
        rows = [row | {"phone": phones.get(row["message_id"], "")} for row in _rows(file)]
        file.unlink()
        if rows:
            _save(file, rows)
    for file in folder.glob("replies-*.csv"):
        if not _rows(file):
            file.unlink()


def _codes_of_the_shop(folder: Path) -> None:
    """The mini-program's events name a product by its number there."""
    rows = [row for row in _rows(folder / "platform_skus.csv") if row["平台"] == "小程序"]
    _save(folder / "codes.csv", list({row["平台商品ID"]: row for row in rows}.values()))


def _coupons_by_holder(folder: Path) -> Iterator[Path]:
    rows = _rows(folder / "coupons.csv")
    for number, (given_by, holder) in enumerate(HOLDERS.items()):
        _save(folder / f"coupons-{number}.csv", [row for row in rows if row["发放渠道"] == given_by])
        yield _written(folder, f"coupons{number}", COUPONS.format(number=number, holder=holder))


def _cases_by_shop(folder: Path) -> Iterator[Path]:
    """A case names the order of another system; the newest of each is not settled yet."""
    rows = [row for file in sorted(folder.glob("cases-*.csv")) for row in _rows(file)]
    for named, shop in SHOP_OF.items():
        own = [row for row in rows if row["渠道"] == named]
        _save(folder / f"cases_of_{shop}.csv", [*own[:-1], own[-1] | {"状态": "处理中"}])
        yield _written(folder, shop, CASES.format(shop=shop))


def mappings_of(company: Path) -> list[Path]:
    """Return the mapping files that tell what tags are made from, some of them written here."""
    _name_who_clicked(company / "sms")
    _codes_of_the_shop(company / "erp")
    written = [_written(company, name, text) for name, text in WRITTEN.items()]
    beside = [*_coupons_by_holder(company / "erp"), *_cases_by_shop(company / "aftersales")]
    return [*(company / f"{name}.yaml" for name in AS_THEY_ARE), *written, *beside]


def _with_basis(file: Path) -> Path:
    for source, channels in MAY_ADVERTISE.items():
        text = file.read_text("utf-8")
        if f"source: {source}\n" in text and "legal_basis:" not in text:
            basis = f"legal_basis: {{basis: consent, purposes: [marketing], channels: {channels}}}\n"
            file.write_text(text + basis, "utf-8")
    return file


def import_company(workspace: Workspace, company: Path) -> None:
    kinds = [kind for room in ROOMS for kind in room.kinds]
    for file in map(_with_basis, mappings_of(company)):
        loaded = load_mapping(file, kinds, SOURCES, workspace.time_zone, workspace.currency)
        import_files(workspace, loaded)
    recognise(workspace)
    project(workspace)


@pytest.fixture(scope="session")
def heyuan(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The simulated retailer, imported and tagged once for all tests that only read it."""
    folder = tmp_path_factory.mktemp("heyuan")
    simulate(Arguments(PEOPLE, 2, SEED), folder / "company", folder / "truth", 2)
    name = f"heyuan_{uuid4().hex[:12]}"
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {name} template quanyu_template owner {server.user} strategy file_copy")
        url = psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": name})
        home = homes.create(Settings(folder / "home", url, memory=2 << 30, threads=2), "main", "Asia/Shanghai", "CNY")
        workspace = home.workspace()
        import_company(workspace, folder / "company")
        compute(workspace, AS_OF)
        yield workspace
        home.close()
        connection.execute(f"drop database {name} with (force)")
    shutil.rmtree(folder, ignore_errors=True)
