"""The manifest of audiences."""

from collections.abc import Sequence

from quanyu.customers.identity.model import CustomersMerged
from quanyu.foundation.room import HoldsCustomers, Refresh, Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.history import say
from quanyu.targeting.audiences.lists import move_to_survivors
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.tables import audience, audience_export, audience_list, audience_snapshot


def refresh_all(ws: Workspace) -> Sequence[Text]:
    done = Text(
        "Audience {name}: {size:,} customers, {entered:,} entered, {left:,} left.",
        "人群 {name}：{size:,} 人，进入 {entered:,} 人，离开 {left:,} 人。",
    )
    lines: list[Text] = []
    for r in (r for r in refresh(ws) if not r.skipped):
        name = r.snapshot.audience
        lines.append(done.format_with(name=name, size=r.snapshot.size, entered=r.entered, left=r.left))
        lines += [] if r.jump is None else [say(name, r.jump)]
    return lines


ROOM = Room(
    name="audiences",
    title=Text("Audiences", "人群"),
    tables=(audience, audience_snapshot, audience_list, audience_export),
    subscriptions=(Subscription(CustomersMerged, move_to_survivors),),
    refreshes=(Refresh("audiences", refresh_all),),
    holds=(
        HoldsCustomers(
            "audience_snapshot",
            by="customer",
            on_merge="tags become stale, and with the next run each audience gets a snapshot with survivors only",
            on_erasure="readers intersect the living; the next snapshot has them only",
        ),
        HoldsCustomers(
            "audience_list",
            by="customer",
            on_merge="survivors stand in the place of whom they took in; readers see it so at once",
            on_erasure="readers intersect the living, and the ordinal means nobody",
        ),
    ),
    routes="quanyu.targeting.audiences.routes:router",
)
