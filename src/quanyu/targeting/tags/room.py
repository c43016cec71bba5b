"""The manifest of tags."""

from collections.abc import Sequence

from quanyu.customers.identity.model import CustomersMerged, CustomersSplit
from quanyu.foundation.room import HoldsCustomers, Refresh, Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.landing import CUSTOMER_TAG
from quanyu.targeting.tags.shown import make_ready
from quanyu.targeting.tags.staleness import mark_stale
from quanyu.targeting.tags.tables import (
    CUSTOMER_TAGS,
    GIVEN_TAGS,
    IMPORTED_TAGS,
    tag_gift,
    tag_given,
    tag_pack,
    tag_profile,
    tag_run,
    tag_use,
)

_POINTER = "carries the record only: a merge moves the record's pointer, and what was said last of the survivor speaks"


def refresh(ws: Workspace) -> Sequence[Text]:
    run = compute(ws)
    make_ready(ws)
    done = Text("Tags: {customers:,} customers on {day}.", "标签：{day}，{customers:,} 位客户。")
    return () if run.skipped else (done.format_with(customers=run.customers, day=run.day),)


ROOM = Room(
    name="tags",
    title=Text("Tags", "标签"),
    kinds=(CUSTOMER_TAG,),
    tables=(tag_run, tag_pack, tag_profile, tag_use, tag_gift, tag_given),
    lake_tables=(CUSTOMER_TAGS, GIVEN_TAGS, IMPORTED_TAGS),
    subscriptions=(Subscription(CustomersMerged, mark_stale), Subscription(CustomersSplit, mark_stale)),
    refreshes=(Refresh("tags", refresh),),
    holds=(
        HoldsCustomers(
            "customer_tags",
            by="customer",
            on_merge="the run becomes stale; the next one has the survivors only",
            on_erasure="the next run has the living only; readers intersect the living until then",
        ),
        HoldsCustomers(
            "tag_run",
            by="customer",
            on_merge="a past run is had again as it was, with who was merged away since",
            on_erasure="a past run is had again without him",
        ),
        HoldsCustomers("tag_given", "record", _POINTER, "the record's mapping is cut: what was given names nobody"),
        HoldsCustomers("given_tags", "record", _POINTER, "the record's mapping is cut; the row stays for statistics"),
        HoldsCustomers("imported_tags", "record", _POINTER, "the record's mapping is cut; the row stays"),
    ),
    routes="quanyu.targeting.tags.routes:router",
)
