"""The manifest of orders."""

from quanyu.commerce.orders import measures, relating
from quanyu.commerce.orders.aftersales import AFTER_SALES_CASE, REFUND
from quanyu.commerce.orders.behaviours import BEHAVIOURS
from quanyu.commerce.orders.headers import ORDER
from quanyu.commerce.orders.landing import ORDER_LINE
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

_POINTER = "carries the record only: a merge moves the record's pointer"
_ERASURE = "the record's private values and its mapping are cut; the row stays for statistics"

ROOM = Room(
    name="orders",
    title=Text("Orders", "订单"),
    kinds=(ORDER, ORDER_LINE, REFUND, AFTER_SALES_CASE),
    fields=(*relating.FIELDS, *measures.FIELDS),
    behaviours=BEHAVIOURS,
    lake_tables=(ORDER_LINES, ORDER_HEADERS, ORDERS, REFUNDS, AFTER_SALES_CASES),
    holds=(
        HoldsCustomers("order_lines", "record", on_merge=_POINTER, on_erasure=_ERASURE),
        HoldsCustomers("order_headers", "record", on_merge=_POINTER, on_erasure=_ERASURE),
        HoldsCustomers("orders", "record", on_merge=_POINTER, on_erasure=_ERASURE),
        HoldsCustomers("after_sales_cases", "record", on_merge=_POINTER, on_erasure=_ERASURE),
    ),
)
