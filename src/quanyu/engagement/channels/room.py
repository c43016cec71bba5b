"""The manifest of channels."""

from quanyu.engagement.channels.landing import MESSAGE, RESPONSE
from quanyu.engagement.channels.tables import MESSAGES, RESPONSES
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

_POINTER = "carries the record only: a merge moves the record's pointer"
_ERASURE = "the record's mapping is cut; recipient hash and addressee are emptied, the rest stays for statistics"

ROOM = Room(
    name="channels",
    title=Text("Channels", "触达渠道"),
    kinds=(MESSAGE, RESPONSE),
    lake_tables=(MESSAGES, RESPONSES),
    holds=(
        HoldsCustomers("messages", "record", on_merge=_POINTER, on_erasure=_ERASURE),
        HoldsCustomers("responses", "record", on_merge=_POINTER, on_erasure=_ERASURE),
    ),
)
