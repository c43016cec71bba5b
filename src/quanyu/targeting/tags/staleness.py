"""Marks the last run as out of date when customers were merged, so that the next refresh computes again."""

import sqlalchemy as sa

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.tables import tag_run


def mark_stale(ws: Workspace, fact: Fact) -> None:
    """Mark the last run once; a fact that comes twice changes nothing."""
    mine = tag_run.c.workspace == ws.number
    newest = sa.select(sa.func.max(tag_run.c.number)).where(mine).scalar_subquery()
    with ws.begin() as connection:
        connection.execute(
            sa.update(tag_run)
            .where(mine, tag_run.c.number == newest, tag_run.c.stale_since.is_(None))
            .values(stale_since=ws.clock.now())
        )
