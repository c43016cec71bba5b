"""The manifest of journeys."""

from collections.abc import Sequence

from quanyu.customers.identity.model import CustomersMerged
from quanyu.engagement.journeys import tables
from quanyu.engagement.journeys.expecting import expect
from quanyu.engagement.journeys.following import meet, move_to_survivors
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.room import HoldsCustomers, Refresh, Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.model import AudienceChanged


def tick_all(ws: Workspace) -> Sequence[Text]:
    done = Text(
        "Journey {name}: {entered:,} entered, {moved:,} moves, {left:,} left.",
        "旅程 {name}：进入 {entered:,} 人，流转 {moved:,} 人次，离开 {left:,} 人。",
    )
    return [done.format_with(name=t.journey, entered=t.entered, moved=t.moved, left=t.left) for t in tick(ws)]


def expect_next(ws: Workspace) -> Sequence[Text]:
    """Work out one journey's effect: so no tick waits for many."""
    told = Text("What a message of {name} brings was worked out anew.", "已重新计算旅程 {name} 每条消息的预期效果。")
    return [told.format_with(name=each.journey) for each in expect(ws, most=1)]


_ALIVE = "who acts intersects the living; the ordinal means nobody"

ROOM = Room(
    name="journeys",
    title=Text("Journeys", "旅程"),
    tables=(
        tables.journey,
        tables.journey_state,
        tables.journey_cohort,
        tables.journey_entrance,
        tables.journey_context,
        tables.journey_entered,
        tables.journey_move,
        tables.journey_tally,
        tables.journey_policy,
        tables.journey_expectation,
        tables.journey_reach,
    ),
    subscriptions=(Subscription(CustomersMerged, move_to_survivors), Subscription(AudienceChanged, meet)),
    refreshes=(Refresh("journeys", tick_all), Refresh("expectations", expect_next)),
    holds=(
        HoldsCustomers("journey_cohort", "customer", "the survivor goes on, unless he is inside himself", _ALIVE),
        HoldsCustomers("journey_entrance", "customer", "the survivor waits at the door", _ALIVE),
        HoldsCustomers(
            "journey_context", "customer", "the survivor keeps it, unless something was told of him", _ALIVE
        ),
        HoldsCustomers("journey_entered", "customer", "the survivor has entered", _ALIVE),
        HoldsCustomers("journey_move", "customer", "history stays with whom it happened to", _ALIVE),
        HoldsCustomers("journey_tally", "customer", "counts what the survivor was sent, not the other", _ALIVE),
        HoldsCustomers("journey_reach", "customer", "worked out anew, for the mapping has another version", _ALIVE),
    ),
    routes="quanyu.engagement.journeys.routes:router",
)
