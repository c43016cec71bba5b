"""Lands whom the parcels of orders go to: a hint of who the buyer is, never a proof, and held only where it may be."""

from collections.abc import Generator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.evidence import keep_evidence
from quanyu.customers.identity.forms import formed
from quanyu.customers.identity.identifiers import GLOBAL, PHONE, RECEIVER_PHONE
from quanyu.customers.identity.keeping import keep_identifiers
from quanyu.customers.identity.names import with_names
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.roll import halves
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, POINTING, RECEIVERS, RECORDS, RECORDS_PRIVATE
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

GIFT, STATION, OFFICE = "gift", "parcel station", "office"
ASIDE = {
    GIFT: Text("a gift", "礼物订单"),
    STATION: Text("to a parcel station", "寄往驿站或自提点"),
    OFFICE: Text("to an office", "寄往办公地址"),
}
"""Why a parcel tells nothing of its buyer."""

_STATION = (
    r"驿站|快递|自提|代收|代取|代存|寄存|存放点|丰巢|蜂巢|菜鸟|溪鸟|兔喜|喵站|近邻宝|妈妈店|超市|便利店|小卖部|门卫|传达室|收发室|"
    r"\b(?:locker|pick-?\s?up|parcel (?:station|shop|point)|collection point|p\.?\s?o\.? box)\b"
)
_OFFICE = (
    r"公司|大厦|写字楼|办公|商务|产业园|科技园|工业园|创业园|园区|工厂|厂区|单位|前台|银行|医院|学校|大学|学院|酒店|宾馆|"
    r"\b(?:office|tower|company|ltd|suite|campus|hotel|reception|business park)\b"
)
_PLACE = ("province", "city", "district", "address")
_LEAST = 6
"""Characters of an address from which on it says where a person lives, and not only in which street."""
_NO_NOTES = ("0", "-", "无", "否", "none", "null", "no")


def land_receivers(delivery: Delivery) -> Accepted:
    """Keep whom the parcel of each order goes to as keyed hashes, the phone also as an identifier that proves nothing.

    Of a gift, and of a parcel to a station or an office, it is kept only that it is one.
    """
    lake = delivery.workspace.lake
    told = delivery.rows.mutate(aside=_aside(delivery.rows))
    with with_records(delivery, told, "key") as rows, with_names(delivery, rows) as named:
        with _with_phones(delivery, named) as phoned, lake.held(_receivers(delivery, phoned)) as receivers:
            accepted = land_versions(delivery, RECEIVERS, receivers)
        given = named.filter(_.aside.isnull(), _.phone.notnull())
        kind = {"type": ibis.literal(RECEIVER_PHONE), "scope": ibis.literal(GLOBAL)}
        keep_identifiers(delivery, given.select("record", "observed_at", value=_.phone, **kind))
        keep_evidence(delivery)
    return accepted


def _aside(rows: Value) -> Value:
    note = rows.gift_note.strip().lower()
    is_gift = rows.gift.fill_null(False) | (note.notnull() & (note != "") & note.notin(_NO_NOTES))
    where = rows.address.lower()
    return ibis.cases(
        (is_gift, GIFT),
        (rows.pickup.fill_null(False) | where.re_search(_STATION).fill_null(False), STATION),
        (where.re_search(_OFFICE).fill_null(False), OFFICE),
        else_=ibis.null("string"),
    )


@contextmanager
def _with_phones(delivery: Delivery, rows: ir.Table) -> Generator[ir.Table]:
    """Put beside each row the halves of the hash that its phone would have as an identifier of a person's record."""
    lake, secret = delivery.workspace.lake, delivery.workspace.key.hash_secret
    distinct = rows.filter(rows.phone.notnull()).select("phone").distinct()
    with lake.held(distinct.mutate(record=ibis.row_number().cast("int64"))) as numbered:
        given = numbered.select("record", type=ibis.literal(PHONE), scope=ibis.literal(GLOBAL), value="phone")
        with formed(delivery, given) as told:
            good = told.filter(told.value.notnull())
            high, low = halves(keyed_hash(secret, good["type"], good.scope, good.value))
            known = numbered.inner_join(good.select("record", high=high, low=low), "record")
            with lake.held(known.select(_phone="phone", high="high", low="low")) as phones:
                yield rows.left_join(phones, [("phone", "_phone")]).drop("_phone")


def _receivers(delivery: Delivery, rows: Value) -> ir.Table:
    secret = delivery.workspace.key.hash_secret
    between: Value = ibis.literal("")
    place: Value = between.join([rows[name].fill_null("") for name in _PLACE])
    bare = place.lower().re_replace(r"[\s,，。.、\-—#()（）]", "")
    whole = (rows.address.length() >= _LEAST) & rows.address.re_search(r"\d|[一二三四五六七八九十]")
    address = ibis.ifelse(whole & ~rows.address.contains("*"), bare, ibis.null("string"))
    hashed = keyed_hash(secret, ibis.literal("where a parcel goes"), address)
    keys = {
        **{name: rows[name] for name in ("high", "low", "family_key", "name_key")},
        "address_key": (ibis.literal("0x") + hashed.replace("-", "").left(15)).cast("int64"),
    }
    kept = {name: ibis.ifelse(rows.aside.isnull(), value, ibis.null("int64")) for name, value in keys.items()}
    return rows.select("record", "order_number", "aside", "observed_at", "line", **kept)


RECEIVER = Kind(
    name="receiver",
    title=Text("Receiver of an order", "订单收件人"),
    inputs=(
        Input("order_number", "key", Text("Order number", "订单号"), required=True, example="202603010001"),
        Input("key", "key", Text("Key of the buyer", "来源内的买家主键"), required=True, example="M0012345"),
        Input("name", "text", Text("Name; kept as keyed hashes", "收件人姓名（仅存加密摘要）"), example="王小明"),
        Input("phone", "text", Text("Phone (sealed)", "收件人电话（加密保存）"), example="13800138021"),
        Input("province", "text", Text("Province", "省份"), example="浙江省"),
        Input("city", "text", Text("City", "城市"), example="杭州市"),
        Input("district", "text", Text("District", "区县"), example="西湖区"),
        Input("address", "text", Text("Address; kept as a keyed hash", "地址（仅存加密摘要）"), example="文三路 8 号"),
        Input("gift", "flag", Text("Whether it is a gift", "是否礼物订单"), example="否"),
        Input(
            "gift_note", "text", Text("Words to a gift: with any it is one", "礼物留言，非空即礼物"), example="生日快乐"
        ),
        Input("pickup", "flag", Text("Whether it is collected", "是否自提"), example="否"),
        OBSERVED_AT,
    ),
    key=("order_number", "key"),
    tables=(RECEIVERS, RECORDS, RECORDS_PRIVATE, IDENTIFIER_FAULTS, *POINTING),
    land=land_receivers,
    either=(("phone", "address"),),
    declared="receivers",
)
