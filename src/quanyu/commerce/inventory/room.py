"""The manifest of the inventory."""

from quanyu.commerce.inventory.landing import STOCK_OF_DAY
from quanyu.commerce.inventory.tables import STOCK
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(name="inventory", title=Text("Inventory", "库存"), kinds=(STOCK_OF_DAY,), lake_tables=(STOCK,))
