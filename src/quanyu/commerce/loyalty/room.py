"""The manifest of loyalty."""

from quanyu.commerce.loyalty.landing import POINTS_OPENING
from quanyu.commerce.loyalty.tables import POINTS_OPENINGS
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="loyalty",
    title=Text("Loyalty", "会员忠诚度"),
    kinds=(POINTS_OPENING,),
    lake_tables=(POINTS_OPENINGS,),
    holds=(
        HoldsCustomers(
            "points_openings",
            "record",
            on_merge="carries the record only: a merge moves the record's pointer",
            on_erasure="the record's mapping is cut; the row stays for statistics",
        ),
    ),
)
