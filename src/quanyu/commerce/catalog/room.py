"""The manifest of the catalogue."""

from quanyu.commerce.catalog.landing import PRODUCT
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(name="catalog", title=Text("Catalogue", "商品"), kinds=(PRODUCT,), lake_tables=(PRODUCTS,))
