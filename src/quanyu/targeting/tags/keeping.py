"""Keeps what a run of tags has read for some days, so that the run can be had again to the id."""

from datetime import timedelta

import sqlalchemy as sa

from quanyu.commerce.stores import whereabouts
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.runs import written_vector
from quanyu.targeting.tags.tables import tag_run

_PREFIX = "tags:"


def holder(run: int) -> str:
    """Return the name under which the lake keeps what a run has read."""
    return f"{_PREFIX}{run}"


def others_beside(ws: Workspace, vector: Vector) -> Vector:
    """Return the versions of tables that rules may ask besides tags, and that the run itself does not read."""
    asked = [CUSTOMER_OF_RECORD, *whereabouts.TABLES, *(table for each in BEHAVIOURS for table in each.tables)]
    tables = {table.name: table for table in asked}
    return ws.lake.vector([table for name, table in tables.items() if name not in vector])


def keep_inputs(
    ws: Workspace, connection: sa.Connection, run: TagRun, vector: Vector, beside: Vector, alive: OrdinalSet
) -> None:
    """Keep what a run that is being published has read, and let go of what older runs did beyond the days set."""
    mine = (tag_run.c.workspace == ws.number, tag_run.c.number == run.number)
    kept = {"beside": written_vector(beside), "alive": to_bytes(alive)}
    connection.execute(sa.update(tag_run).where(*mine).values(**kept))
    ws.lake.pin(connection, holder(run.number), {**vector, **beside})
    until = ws.clock.now() - timedelta(days=ws.settings.reproduce_days)
    query = sa.select(tag_run.c.number).where(tag_run.c.workspace == ws.number, tag_run.c.finished_at < until)
    expired = {holder(number) for number in connection.execute(query).scalars()}
    for name in sorted(expired & ws.lake.holders(connection)):
        ws.lake.pin(connection, name, {})
