"""The manifest of stores."""

from quanyu.commerce.stores.landing import ORGANISATION, STAFF_MEMBER, STORE
from quanyu.commerce.stores.tables import ORGANISATIONS, STAFF, STORES
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="stores",
    title=Text("Stores", "门店与组织"),
    kinds=(ORGANISATION, STORE, STAFF_MEMBER),
    lake_tables=(ORGANISATIONS, STORES, STAFF),
)
