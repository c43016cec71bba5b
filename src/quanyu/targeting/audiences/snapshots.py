"""Reads and writes snapshots: who was in an audience when."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.text import Text
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
    _TABLE.entered,
    _TABLE.left,
)
AT = "@"
"""Parts the name of an audience from the number of a snapshot: `vip@12` are those who were in it then."""


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


def named(written: str) -> tuple[str, int | None]:
    """Return the audience that is meant, and the number of its snapshot, None for the last one."""
    name, at, number = written.partition(AT)
    if not at:
        return name, None
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        problem = Text("This is not the number of a snapshot.", "这不是快照编号。")
        raise Invalid(problem, received=written[:80], allowed=[f"{name[:60]}{AT}12"])
    return name, int(number)


def taken(ws: Workspace, names: Sequence[str]) -> dict[str, Snapshot]:
    """Return a snapshot for each of these names that has one: of `vip` the last, of `vip@12` number 12."""
    read = {written: named(written) for written in names}
    last = newest(ws, [name for name, number in read.values() if number is None])
    found = {w: find(ws, name, number) for w, (name, number) in read.items() if number is not None}
    return {**{w: last[name] for w, (name, number) in read.items() if number is None and name in last}, **found}


def find(ws: Workspace, name: str, number: int) -> Snapshot:
    """Return one snapshot of an audience; raises `NotFound`."""
    mine = (_TABLE.workspace == ws.number, _TABLE.audience == name, _TABLE.number == number)
    with ws.begin() as connection:
        row = connection.execute(sa.select(*_COLUMNS).where(*mine)).mappings().one_or_none()
    if row is None:
        problem = Text("The audience has no such snapshot.", "该人群没有这个快照。")
        remedy = Text(f"List them: quanyu audience history {name}", f"请查看：quanyu audience history {name}")
        raise NotFound(problem, remedy=remedy, received=f"{name}{AT}{number}")
    return Snapshot(**row)


def of_audience(ws: Workspace, name: str, limit: int) -> list[Snapshot]:
    """Return the last snapshots of an audience, the newest first."""
    query = sa.select(*_COLUMNS).where(_TABLE.workspace == ws.number, _TABLE.audience == name)
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(_TABLE.number.desc()).limit(limit)).mappings()
        return [Snapshot(**row) for row in rows]


def last_sizes(ws: Workspace, names: Sequence[str], limit: int) -> dict[str, list[int]]:
    """Return the sizes of the last snapshots of each audience, the newest first."""
    place = sa.func.row_number().over(partition_by=_TABLE.audience, order_by=_TABLE.number.desc()).label("place")
    ranked = (
        sa.select(_TABLE.audience, _TABLE.size, place)
        .where(_TABLE.workspace == ws.number, _TABLE.audience.in_(names))
        .subquery()
    )
    found: dict[str, list[int]] = {}
    with ws.begin() as connection:
        query = sa.select(ranked.c.audience, ranked.c.size).where(ranked.c.place <= limit)
        for row in connection.execute(query.order_by(ranked.c.audience, ranked.c.place)):
            found.setdefault(row.audience, []).append(row.size)
    return found


def members_of(ws: Workspace, snapshot: Snapshot) -> OrdinalSet:
    """Return the members as they were; intersect the living before acting on them."""
    query = sa.select(_TABLE.members).where(_TABLE.workspace == ws.number, _TABLE.number == snapshot.number)
    with ws.begin() as connection:
        return from_bytes(connection.execute(query).scalar_one())


def save(
    ws: Workspace,
    connection: sa.Connection,
    audience: Audience,
    run: TagRun,
    members: OrdinalSet,
    moved: tuple[int, int],
) -> Snapshot:
    """Keep a snapshot; `moved` are how many entered and left."""
    values = {
        "audience": audience.name,
        "as_of": run.as_of,
        "definition_hash": audience.hash,
        "tag_run": run.number,
        "epoch": run.epoch,
        "size": members.count(),
        "taken_at": ws.clock.now(),
        "entered": moved[0],
        "left": moved[1],
    }
    insert = sa.insert(audience_snapshot).values(workspace=ws.number, members=to_bytes(members), **values)
    number = connection.execute(insert.returning(_TABLE.number)).scalar_one()
    return Snapshot(number=number, **values)  # type: ignore[arg-type]
