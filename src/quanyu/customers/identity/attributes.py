"""What a source says about a person beside his identifiers: kept in plain, or sealed and known by a keyed hash."""

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.names import NAME_GENDER, NAME_KEYS
from quanyu.customers.identity.private import seal_values
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.kinds import OBSERVED_AT, Code, Delivery, Input
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.instants import try_strptime
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.text import Text

PRIVATE = ("name", "birth_date", "address")
"""Sealed; the lake holds a keyed hash of each, by which a change is seen."""

_PLAIN = (
    "country", "province", "city", "district", "birth_year", "birthday", "language", "registered_at", "store",
    "staff", "channel", "level", "status", "verified",
)  # fmt: skip
_UNKNOWN = "unknown"  # a code that says as much as an empty field, which takes no known value away
_FIRST_DAY = "1900-01-01"
_DAYS = ("%m-%d", "%m/%d", "%m.%d", "%m月%d日", "%m月%d号", "%m%d")
_LEAP = "2000"  # so that 29 February is a day
_RUN = r"^(\d{4})(\d{2})(\d{2})$"
_FULL = r"^(\d{4})\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})\s?[日号]?$"
_SERIAL = r"^[1-9]\d{4}$"  # days since 30 December 1899, which a spreadsheet shows when it forgets that they are one
_SERIAL_ZERO = "1899-12-30"

GENDERS = (
    Code("f", Text("Female", "女"), ("female", "woman", "girl", "2", "女性", "女士", "小姐")),
    Code("m", Text("Male", "男"), ("male", "man", "boy", "1", "男性", "男士", "先生")),
    Code("other", Text("Other", "其他"), ("x", "diverse", "non-binary", "nonbinary")),
    Code(_UNKNOWN, Text("Unknown", "未知"), ("u", "n", "none", "0", "保密", "不详", "未填写", "secret")),
)
STATUSES = (
    Code("active", Text("Active", "正常"), ("enabled", "normal", "open", "valid", "有效", "启用", "已激活")),
    Code("blocked", Text("Blocked", "冻结"), ("disabled", "frozen", "locked", "suspended", "禁用", "停用", "黑名单")),
    Code("closed", Text("Closed", "已注销"), ("deleted", "cancelled", "canceled", "注销", "销户", "退会", "已退会")),
)

INPUTS = (
    Input("key", "key", Text("Key within the source", "来源内的主键"), required=True, example="M0012345"),
    Input("name", "text", Text("Name (sealed)", "姓名（加密保存）"), example="王小明"),
    Input("gender", "code", Text("Gender", "性别"), example="女", codes=GENDERS),
    Input("birth_date", "date", Text("Date of birth (sealed)", "出生日期（加密保存）"), example="1990-03-08"),
    Input("birthday", "text", Text("Birthday, where the year may be unknown", "生日（年份可缺）"), example="3月8日"),
    Input("country", "text", Text("Country", "国家"), example="China"),
    Input("province", "text", Text("Province", "省份"), example="浙江省"),
    Input("city", "text", Text("City", "城市"), example="杭州市"),
    Input("district", "text", Text("District", "区县"), example="西湖区"),
    Input("address", "text", Text("Address (sealed)", "地址（加密保存）"), example="文三路 100 号"),
    Input("language", "text", Text("Language", "语言"), example="zh_CN"),
    Input("registered_at", "instant", Text("Registered at", "注册时间"), example="2026-03-01 09:30:00"),
    Input("store", "key", Text("Code of the home store", "归属门店编码"), example="S0101"),
    Input("staff", "key", Text("Number of the guide", "导购工号"), example="E00017"),
    Input("channel", "text", Text("Where he joined", "入会渠道"), example="直播间"),
    Input("level", "text", Text("Member level", "会员等级"), example="金卡"),
    Input("status", "code", Text("Status", "状态"), example="正常", codes=STATUSES),
    Input("verified", "flag", Text("Checked by the source, as by a card shown", "来源已核验，如已实名"), example="是"),
    OBSERVED_AT,
)  # fmt: skip


def described(delivery: Delivery, rows: ir.Table) -> ir.Table:
    """Return the attributes of `rows` (with `record` and name keys) as RECORDS has them.

    Private ones stand in clear beside their hashes.

    A day of birth that lies in the future or before 1900 is none.
    """
    secret, today = delivery.workspace.key.hash_secret, ibis.literal(delivery.workspace.clock.now().date())
    told = rows.mutate(_day=rows.birth_date.coalesce(_day_of(rows.birthday)))
    given: Value = told._day
    first: Value = ibis.literal(_FIRST_DAY).cast("date")
    born = told.mutate(_born=ibis.ifelse(given.between(first, today), given, ibis.null("date")))
    day: Value = born._born
    without_year: Value = ibis.ifelse(born._day.isnull(), _day_of_year(born.birthday), ibis.null("string"))
    known = born.mutate(
        birth_date=day.strftime("%Y-%m-%d"),
        birth_year=day.year().cast("int32"),
        birthday=day.strftime("%m-%d").coalesce(without_year),
    )
    hashes = {f"{name}_hash": _hash(secret, name, known.record, known[name]) for name in PRIVATE}
    return known.select(
        *("record", *_PLAIN, "observed_at", "line", *PRIVATE, *NAME_KEYS, NAME_GENDER),
        gender=_.gender.nullif(_UNKNOWN),
        **hashes,
    )


def plain(described_rows: ir.Table) -> ir.Table:
    """Return what of the attributes the lake may hold."""
    return described_rows.drop(*PRIVATE)


def seal_changed(delivery: Delivery, described_rows: ir.Table) -> None:
    """Seal the private attributes that the versions written just now changed."""
    lake = delivery.workspace.lake
    hashes = [f"{name}_hash" for name in PRIVATE]
    written = delivery.landing.written(RECORDS).select("record", *hashes)
    present = latest(lake.all_versions(RECORDS, delivery.landing.vector).semi_join(written, "record"), ["record"])
    before = present.select("record", **{f"was_{name}": present[name] for name in hashes})
    with lake.held(written.left_join(before, "record").select(*written.columns, *before.columns[1:])) as beside:
        changed = [_changed(beside, described_rows, name) for name in PRIVATE]
        values = lake.to_arrow(ibis.union(*changed))
    seal_values(delivery, values, attributes=True)


def _changed(beside: ir.Table, described_rows: ir.Table, name: str) -> ir.Table:
    hashed, was = f"{name}_hash", f"was_{name}_hash"
    news = beside.filter(beside[hashed].notnull(), ~beside[hashed].identical_to(beside[was])).select("record", hashed)
    given = described_rows.semi_join(news, ["record", hashed])
    return given.select("record", type=ibis.literal(name), scope=ibis.null("string"), value=given[name]).distinct()


def _hash(secret: str, name: str, record: Value, value: Value) -> Value:
    """Return 60 keyed bits; the record is among them, so that equal names of two people do not show."""
    bits: Value = keyed_hash(secret, ibis.literal(name), record.cast("string"), value)
    return (ibis.literal("0x") + bits.replace("-", "").left(15)).cast("int64")


def _day_of(text: Value) -> Value:
    """Return the date that a birthday with its year is."""
    dashed: Value = text.re_replace(_RUN, r"\1-\2-\3").re_replace(_FULL, r"\1-\2-\3")
    written: Value = dashed.try_cast("date")
    days: Value = ibis.ifelse(text.re_search(_SERIAL), text, ibis.null("string")).cast("int64")
    serial: Value = ibis.literal(_SERIAL_ZERO).cast("date") + days.as_interval("D")
    return ibis.ifelse(dashed.length() > len("12-31"), written, ibis.null("date")).coalesce(serial.cast("date"))


def _day_of_year(text: Value) -> Value:
    """Return MM-DD of a birthday without its year."""
    tried: list[Value] = [try_strptime(ibis.literal(_LEAP) + text, f"%Y{form}") for form in _DAYS]
    day: Value = ibis.coalesce(*tried)
    return day.strftime("%m-%d")
