"""Lands stock as versions: a day's quantity at a place may be counted again."""

from ibis import _

from quanyu.commerce.inventory.tables import STOCK
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import MOST_PIECES, OBSERVED_AT, PIECES, Accepted, Delivery, Input, Kind
from quanyu.foundation.text import Text


def land_stock(delivery: Delivery) -> Accepted:
    columns = ("place", "product", "day", "quantity", "observed_at", "line")
    return land_versions(delivery, STOCK, delivery.rows.select(*columns, month=_.day.strftime("%Y-%m")))


STOCK_OF_DAY = Kind(
    name="stock",
    title=Text("Stock at the end of a day", "日末库存"),
    inputs=(
        Input("place", "key", Text("Code of the warehouse or store", "仓库或门店编码"), required=True, example="WH01"),
        Input("product", "key", Text("Product code", "商品编码"), required=True, example="A1001"),
        Input("day", "date", Text("Day", "日期"), required=True, example="2026-03-01"),
        Input(
            "quantity",
            "decimal",
            Text("Quantity, negative where oversold", "数量（超卖为负）"),
            required=True,
            most=MOST_PIECES,
            unit=PIECES,
            example="120",
        ),
        OBSERVED_AT,
    ),
    key=("place", "product", "day", "quantity"),
    tables=(STOCK,),
    land=land_stock,
)
