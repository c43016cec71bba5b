"""Lands the company's units, stores and staff as versions: what a source says last is how it is."""

from quanyu.commerce.stores.tables import ORGANISATIONS, STAFF, STORES
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Code, Delivery, Input, Kind
from quanyu.foundation.text import Text

_UNIT_COLUMNS = ("code", "parent", "level", "name")
_STORE_COLUMNS = (
    "code", "name", "unit", "brand", "city", "province", "district", "address", "latitude", "longitude", "opened",
    "closed", "chain", "type",
)  # fmt: skip
_STAFF_COLUMNS = ("number", "name", "store", "role", "hired", "left", "wecom_userid")
_DEGREES = Text("degrees", "度")


def land_organisations(delivery: Delivery) -> Accepted:
    return land_versions(delivery, ORGANISATIONS, delivery.rows.select(*_UNIT_COLUMNS, "observed_at", "line"))


def land_stores(delivery: Delivery) -> Accepted:
    return land_versions(delivery, STORES, delivery.rows.select(*_STORE_COLUMNS, "observed_at", "line"))


def land_staff(delivery: Delivery) -> Accepted:
    return land_versions(delivery, STAFF, delivery.rows.select(*_STAFF_COLUMNS, "observed_at", "line"))


STORE_TYPES = (
    Code("direct", Text("Run by the company", "直营"), ("direct", "own", "直营店", "自营")),
    Code("franchise", Text("Run by a partner", "加盟"), ("franchised", "dealer", "加盟店", "经销", "代理")),
    Code("counter", Text("Counter in another store", "专柜"), ("concession", "联营", "店中店")),
    Code("outlet", Text("Outlet", "奥莱"), ("factory outlet", "奥特莱斯", "折扣店")),
    Code("pop_up", Text("Pop-up", "快闪店"), ("popup", "快闪")),
)

ORGANISATION = Kind(
    name="organisation",
    title=Text("Organisation unit", "组织单元"),
    inputs=(
        Input("code", "key", Text("Unit code", "组织编码"), required=True, example="R01"),
        Input("parent", "key", Text("Code of the unit above", "上级组织编码"), example="B01"),
        Input("level", "text", Text("Level", "层级"), example="region"),
        Input("name", "text", Text("Name", "组织名称"), example="华东大区"),
        OBSERVED_AT,
    ),
    key=("code",),
    tables=(ORGANISATIONS,),
    land=land_organisations,
)

STORE = Kind(
    name="store",
    title=Text("Store", "门店"),
    inputs=(
        Input("code", "key", Text("Store code", "门店编码"), required=True, example="S0101"),
        Input("name", "text", Text("Name", "门店名称"), example="上海南京东路店"),
        Input("unit", "text", Text("Code of its unit", "所属组织编码"), example="R01"),
        Input("brand", "text", Text("Brand", "品牌"), example="禾元生活"),
        Input("city", "text", Text("City", "城市"), example="上海市"),
        Input("province", "text", Text("Province", "省份"), example="上海市"),
        Input("district", "text", Text("District", "区县"), example="黄浦区"),
        Input("address", "text", Text("Address", "地址"), example="南京东路100号"),
        Input("latitude", "decimal", Text("Latitude", "纬度"), most=90, unit=_DEGREES, example="31.238045"),
        Input("longitude", "decimal", Text("Longitude", "经度"), most=180, unit=_DEGREES, example="121.484361"),
        Input("opened", "date", Text("First day", "开业日期"), example="2019-05-01"),
        Input("closed", "date", Text("Last day", "闭店日期"), example="2026-01-31"),
        Input("chain", "text", Text("Chain, or till system", "连锁或收银系统"), example="south"),
        Input("type", "code", Text("Who runs it", "经营方式"), example="直营", codes=STORE_TYPES),
        OBSERVED_AT,
    ),
    key=("code",),
    tables=(STORES,),
    land=land_stores,
)

STAFF_MEMBER = Kind(
    name="staff",
    title=Text("Staff", "员工"),
    inputs=(
        Input("number", "key", Text("Staff number", "工号"), required=True, example="E00017"),
        Input("name", "text", Text("Name", "姓名"), example="王小明"),
        Input("store", "key", Text("Store code", "门店编码"), example="S0101"),
        Input("role", "text", Text("Role", "岗位"), example="导购"),
        Input("hired", "date", Text("First day", "入职日期"), example="2022-03-01"),
        Input("left", "date", Text("Last day", "离职日期"), example="2026-02-28"),
        Input("wecom_userid", "text", Text("WeCom account", "企业微信账号"), example="WangXiaoMing"),
        OBSERVED_AT,
    ),
    key=("number",),
    tables=(STAFF,),
    land=land_staff,
)
