"""What is known of a product, by the code under which a source sold it: one row per code of a source."""

from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.catalog.landing import PRODUCT_KINDS
from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Column, Link, Scope, ValueType
from quanyu.foundation.text import Text

TABLES: tuple[LakeTable, ...] = (PRODUCTS, PRODUCT_CODES)

OWN_CODE = (PRODUCT_CODES, "product")
"""Where a marketplace's own code becomes one of the company's."""


def _of_goods(
    name: str, type_: ValueType, title: Text, codes: tuple[Code, ...] = (), given: str | None = None
) -> Column:
    drawn_from = ((PRODUCTS, given or name),) if type_ == "code" else ()
    return Column(name, type_, title, codes, (f"product.{given or name}",), privacy="public", drawn_from=drawn_from)


COLUMNS = (
    _of_goods("category_1", "code", Text("Category", "一级品类")),
    _of_goods("category_2", "code", Text("Category, second level", "二级品类")),
    _of_goods("category_3", "code", Text("Category, third level", "三级品类")),
    _of_goods("brand", "code", Text("Brand", "品牌")),
    _of_goods("goods_kind", "code", Text("Kind of goods", "商品类型"), PRODUCT_KINDS, "kind"),
    _of_goods("list_price", "money", Text("List price", "吊牌价")),
)
NAMES = frozenset(column.name for column in COLUMNS)


def with_goods(rows: ir.Table, scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    """Put what is wanted of a product beside rows that have `source` and `product`; as they are where nothing is.

    A marketplace's own code becomes the company's, where the company has said which one that is. Of several sources
    that tell of a product, of each thing the last observed that says it is believed.
    """
    names = sorted(wanted & NAMES)
    if not names and "product" not in wanted:
        return rows
    coded = _with_own_codes(rows, scope)
    if not names:
        return coded
    told: Value = scope.tables[PRODUCTS.name].mutate(goods_kind=_.kind)
    recency = ibis.struct({"observed_at": _.observed_at, "import_number": _.import_number, "source": _.source})
    said = {name: told[name].argmax(recency, where=told[name].notnull()) for name in names}
    goods = told.group_by(goods=told["product"]).agg(**said)
    return coded.left_join(goods, [("product", "goods")]).select(*rows.columns, *names)


def _with_own_codes(rows: ir.Table, scope: Scope) -> ir.Table:
    if PRODUCT_CODES.name in scope.unknown:
        return rows
    codes: Value = scope.tables[PRODUCT_CODES.name]
    latest = ibis.struct({"observed_at": codes.observed_at, "import_number": codes.import_number})
    own = codes.group_by(sold_by=codes.platform.lower(), code=codes.code).agg(own=codes["product"].argmax(latest))
    sold: Value = rows
    beside: Value = sold.mutate(sold_by=sold.source.lower()).left_join(own, ["sold_by", ("product", "code")])
    return beside.mutate(product=beside.own.coalesce(beside["product"])).select(*rows.columns)


def _keys_of_products(rows: ir.Table, scope: Scope) -> ir.Table:
    """Return the codes under which these goods are sold: the company's own, and those of marketplaces."""
    told: Value = scope.tables[PRODUCT_CODES.name]
    of_markets = told.semi_join(rows, "product").select(product=told.code)
    return rows.select("product").union(of_markets)


def _keys_of_codes(rows: ir.Table, scope: Scope) -> ir.Table:
    return rows.select(product=rows["code"])


LINKS = (Link(PRODUCTS, _keys_of_products), Link(PRODUCT_CODES, _keys_of_codes))
"""For behaviours whose first table has a column `product`, in whatever code."""
