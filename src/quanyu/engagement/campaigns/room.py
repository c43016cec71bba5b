"""The manifest of campaigns."""

from quanyu.engagement.campaigns import tables
from quanyu.engagement.campaigns.releasing import watch
from quanyu.foundation.room import Refresh, Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="campaigns",
    title=Text("Campaigns", "营销活动"),
    tables=(tables.campaign, tables.campaign_stage, tables.campaign_approval, tables.campaign_act),
    refreshes=(Refresh("campaigns", watch),),
    routes="quanyu.engagement.campaigns.routes:router",
)
