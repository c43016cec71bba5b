"""The manifest of events."""

from quanyu.customers.events.behaviours import BEHAVIOURS
from quanyu.customers.events.landing import EVENT
from quanyu.customers.events.measures import FIELDS
from quanyu.customers.events.tables import EVENTS
from quanyu.foundation.room import HoldsCustomers, Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="events",
    title=Text("Events", "行为事件"),
    kinds=(EVENT,),
    fields=FIELDS,
    behaviours=BEHAVIOURS,
    lake_tables=(EVENTS,),
    holds=(
        HoldsCustomers(
            "events",
            "record",
            on_merge="carries the record only: a merge moves the record's pointer",
            on_erasure="the record's mapping is cut; properties and device hash are emptied, the row stays",
        ),
    ),
)
