"""The manifest of messages."""

from quanyu.customers.messages.behaviours import BEHAVIOURS
from quanyu.customers.messages.landing import MESSAGE, RESPONSE
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

_POINTER = "carries the record only: a merge moves the record's pointer"
_ERASURE = "the record's mapping is cut; recipient hash and addressee are emptied, the rest stays for statistics"

ROOM = Room(
    name="messages",
    title=Text("Messages and responses", "消息与响应"),
    kinds=(MESSAGE, RESPONSE),
    behaviours=BEHAVIOURS,
    lake_tables=(MESSAGES, RESPONSES),
    holds=(
        HoldsCustomers("messages", "record", on_merge=_POINTER, on_erasure=_ERASURE),
        HoldsCustomers("responses", "record", on_merge=_POINTER, on_erasure=_ERASURE),
    ),
)
