"""The manifest of the catalogue."""

from quanyu.commerce.catalog.behaviours import BEHAVIOURS
from quanyu.commerce.catalog.landing import PRODUCT, PRODUCT_CODE
from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="catalog",
    title=Text("Catalogue", "商品"),
    kinds=(PRODUCT, PRODUCT_CODE),
    behaviours=BEHAVIOURS,
    lake_tables=(PRODUCTS, PRODUCT_CODES),
)
