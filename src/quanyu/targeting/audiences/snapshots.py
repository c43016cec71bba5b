"""Reads and writes snapshots: who was in an audience when."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.model import Audience, Snapshot
from quanyu.targeting.audiences.tables import audience_snapshot
from quanyu.targeting.tags.model import TagRun

_TABLE = audience_snapshot.c
_COLUMNS = (
    _TABLE.audience,
    _TABLE.number,
    _TABLE.as_of,
    _TABLE.definition_hash,
    _TABLE.tag_run,
    _TABLE.epoch,
    _TABLE.size,
    _TABLE.taken_at,
)


def newest(ws: Workspace, names: Sequence[str]) -> dict[str, Snapshot]:
    """Return the last snapshot of each of these audiences that has one."""
    query = (
        sa.select(*_COLUMNS)
        .where(_TABLE.workspace == ws.number, _TABLE.audience.in_(names))
        .ext(distinct_on(_TABLE.audience))
        .order_by(_TABLE.audience, _TABLE.number.desc())
    )
    with ws.begin() as connection:
        return {row["audience"]: Snapshot(**row) for row in connection.execute(query).mappings()}


def members_of(ws: Workspace, snapshot: Snapshot) -> OrdinalSet:
    """Return the members as they were; intersect the living before acting on them."""
    query = sa.select(_TABLE.members).where(_TABLE.workspace == ws.number, _TABLE.number == snapshot.number)
    with ws.begin() as connection:
        return from_bytes(connection.execute(query).scalar_one())


def save(ws: Workspace, connection: sa.Connection, audience: Audience, run: TagRun, members: OrdinalSet) -> Snapshot:
    values = {
        "audience": audience.name,
        "as_of": run.as_of,
        "definition_hash": audience.hash,
        "tag_run": run.number,
        "epoch": run.epoch,
        "size": members.count(),
        "taken_at": ws.clock.now(),
    }
    insert = sa.insert(audience_snapshot).values(workspace=ws.number, members=to_bytes(members), **values)
    number = connection.execute(insert.returning(_TABLE.number)).scalar_one()
    return Snapshot(number=number, **values)  # type: ignore[arg-type]
