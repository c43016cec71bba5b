"""The manifest of coupons."""

from quanyu.commerce.coupons.behaviours import BEHAVIOURS
from quanyu.commerce.coupons.landing import COUPON
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="coupons",
    title=Text("Coupons", "优惠券"),
    kinds=(COUPON,),
    behaviours=BEHAVIOURS,
    lake_tables=(COUPONS,),
    holds=(
        HoldsCustomers(
            "coupons",
            "record",
            on_merge="carries the record only: a merge moves the record's pointer",
            on_erasure="the record's mapping is cut; the row stays for statistics",
        ),
    ),
)
