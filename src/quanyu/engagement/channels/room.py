"""The manifest of channels."""

from quanyu.customers.identity.model import CustomersMerged
from quanyu.engagement.channels.following import follow_merged
from quanyu.engagement.channels.tables import (
    channel_account,
    channel_batch,
    channel_chunk,
    channel_reason,
    channel_response,
    channel_use,
)
from quanyu.foundation.room import HoldsCustomers, Room, Subscription
from quanyu.foundation.text import Text

_KEPT = "says what was done with the customer of that time; nothing is sent by it"
_ERASED = "delivery sends to the living only; what is kept are numbers that lead to nobody"

ROOM = Room(
    name="channels",
    title=Text("Channels", "触达渠道"),
    tables=(channel_account, channel_use, channel_batch, channel_chunk, channel_reason, channel_response),
    subscriptions=(Subscription(CustomersMerged, follow_merged),),
    holds=(
        HoldsCustomers(
            "channel_batch",
            "customer",
            on_merge="the survivor stands for whom it was merged with, unless the message of one of them went already",
            on_erasure=_ERASED,
        ),
        HoldsCustomers("channel_chunk", "customer", _KEPT, _ERASED),
        HoldsCustomers("channel_reason", "customer", _KEPT, _ERASED),
        HoldsCustomers("channel_response", "customer", _KEPT, _ERASED),
    ),
    routes="quanyu.engagement.channels.routes:router",
)
