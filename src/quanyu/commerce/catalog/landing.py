"""Lands products: the last observed row of a product in an import, when it differs from what is known."""

import ibis

from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.foundation.kinds import Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.store import changed
from quanyu.foundation.text import Text


def land_products(delivery: Delivery) -> Accepted:
    lake, rows = delivery.workspace.lake, delivery.rows
    now = ibis.literal(delivery.workspace.clock.now(), "timestamp('UTC', 6)")
    named_first = [ibis.desc(rows.name.notnull()), ibis.desc(rows.observed_at.fill_null(now)), ibis.desc(rows.line)]
    ranked = rows.mutate(rank=ibis.row_number().over(group_by=rows["product"], order_by=named_first))
    last = ranked.filter(ranked["rank"] == 0).select(
        "product",
        "name",
        source=ibis.literal(delivery.source),
        content_hash=content_hash(rows.name),
        observed_at=ranked.observed_at.fill_null(now),
        import_number=ibis.literal(delivery.import_number, "int64"),
    )
    follows = PRODUCTS.name in delivery.landing.vector
    if follows:
        present = lake.table(PRODUCTS, delivery.landing.vector)
        nameless = last.filter(last.name.isnull()).anti_join(present, ["source", "product"])
        named = changed(last.filter(last.name.notnull()), present, ["source", "product"])
        last = named.union(nameless)  # no name takes none away
    landed = delivery.landing.append(PRODUCTS, last, supersedes=follows)
    return Accepted(landed, lake.count(rows) - landed)


PRODUCT = Kind(
    name="product",
    title=Text("Product", "商品"),
    inputs=(
        Input("product", "text", Text("Product code", "商品编码"), required=True),
        Input("name", "text", Text("Name", "名称")),
        Input("observed_at", "instant", Text("Observed at", "观测时间")),
    ),
    key=("product",),
    tables=(PRODUCTS,),
    land=land_products,
)
