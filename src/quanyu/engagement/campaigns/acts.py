"""The log of a campaign: who did what to it when, one line in the transaction of each act."""

from collections.abc import Mapping

import sqlalchemy as sa

from quanyu.engagement.campaigns.model import Act
from quanyu.engagement.campaigns.tables import campaign_act
from quanyu.foundation.workspace import Workspace

_C = campaign_act.c


def record(
    ws: Workspace, connection: sa.Connection, name: str, who: str, act: str, told: Mapping[str, object] | None = None
) -> None:
    values = {"campaign": name, "at": ws.clock.now(), "who": who, "act": act, "told": dict(told or {})}
    connection.execute(sa.insert(campaign_act).values(workspace=ws.number, **values))


def acts_of(ws: Workspace, name: str, limit: int = 100) -> list[Act]:
    """Return what was done to a campaign, the newest first."""
    query = sa.select(_C.at, _C.who, _C.act, _C.told).where(_C.workspace == ws.number, _C.campaign == name)
    with ws.begin() as connection:
        return [Act(**row) for row in connection.execute(query.order_by(_C.number.desc()).limit(limit)).mappings()]
