"""Lands products and their codes as versions; of a product each value is the last one that somebody gave."""

import ibis
from ibis import _

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import MAJOR_UNITS, MOST_MONEY, OBSERVED_AT, Accepted, Code, Delivery, Input, Kind
from quanyu.foundation.lake.amounts import to_minor
from quanyu.foundation.text import Text

_AS_GIVEN = (
    "product", "name", "category_1", "category_1_name", "category_2", "category_2_name", "category_3",
    "category_3_name", "brand", "unit", "barcode", "launched_at", "kind", "observed_at", "line",
)  # fmt: skip


def land_products(delivery: Delivery) -> Accepted:
    rows = delivery.rows.select(
        *_AS_GIVEN,
        list_price=to_minor(_.list_price, delivery.currency),
        currency=_.list_price.notnull().ifelse(ibis.literal(delivery.currency), ibis.null("string")),
    )
    return land_versions(delivery, PRODUCTS, rows, keeps=True)


def land_codes(delivery: Delivery) -> Accepted:
    rows = delivery.rows.select("platform", "code", "product", "observed_at", "line")
    return land_versions(delivery, PRODUCT_CODES, rows)


PRODUCT_KINDS = (
    Code("single", Text("Single article", "单品"), ("simple", "普通商品", "正品")),
    Code("bundle", Text("Bundle", "组合"), ("kit", "set", "套装", "组合商品", "礼盒")),
    Code("gift", Text("Gift", "赠品"), ("free gift", "非卖品")),
)
_CODE = Input("product", "key", Text("Product code", "商品编码"), required=True, example="A1001")


def _category(level: int, name: Text, example: str, named: str) -> tuple[Input, Input]:
    code, words = Text(f"{name.en}, code", f"{name.zh}编码"), Text(f"{name.en}, name", f"{name.zh}名称")
    return (
        Input(f"category_{level}", "text", code, example=example),
        Input(f"category_{level}_name", "text", words, example=named),
    )


PRODUCT = Kind(
    name="product",
    title=Text("Product", "商品"),
    inputs=(
        _CODE,
        Input("name", "text", Text("Name", "名称"), example="手工陶杯"),
        *_category(1, Text("Category, widest level", "一级类目"), "01", "家居"),
        *_category(2, Text("Category, second level", "二级类目"), "0103", "餐厨"),
        *_category(3, Text("Category, third level", "三级类目"), "010302", "杯具"),
        Input("brand", "text", Text("Brand", "品牌"), example="禾元生活"),
        Input("unit", "text", Text("Unit of measure", "计量单位"), example="件"),
        Input("barcode", "key", Text("Barcode", "条码"), example="6901234567892"),
        Input(
            "list_price",
            "decimal",
            Text("List price", "吊牌价"),
            most=MOST_MONEY,
            least=0,
            unit=MAJOR_UNITS,
            example="39.90",
        ),
        Input("launched_at", "date", Text("Launched on", "上市日期"), example="2025-09-01"),
        Input("kind", "code", Text("Kind of product", "商品类型"), example="单品", codes=PRODUCT_KINDS),
        OBSERVED_AT,
    ),
    key=("product",),
    tables=(PRODUCTS,),
    land=land_products,
)

PRODUCT_CODE = Kind(
    name="product_code",
    title=Text("Code of a product on a platform", "商品的平台编码"),
    inputs=(
        _CODE,
        Input("platform", "text", Text("Platform", "平台"), required=True, example="天猫"),
        Input("code", "key", Text("Code there", "平台编码"), required=True, example="674412098811"),
        OBSERVED_AT,
    ),
    key=("product", "platform", "code"),
    tables=(PRODUCT_CODES,),
    land=land_codes,
)
