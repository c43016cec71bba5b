"""What people have said of who is who: who, when and why; each act can be taken back, and the last word holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import identity_act, identity_decision, identity_question
from quanyu.foundation import failpoints
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("deciding.decided",)
UNLINKED, NOBODYS, CUT, TOGETHER, SETTLED = VERDICTS = ("unlinked", "nobodys", "cut", "together", "settled")
VERDICT_TITLES: Mapping[str, Text] = {
    UNLINKED: Text("not the record's", "标识不属于该记录"),
    NOBODYS: Text("no person's", "标识不属于任何人"),
    CUT: Text("not one person", "不是同一人"),
    TOGETHER: Text("one person", "同一人"),
    SETTLED: Text("stays as it is", "维持现状"),
}

_ACT, _ROW = identity_act.c, identity_decision.c


@dataclass(frozen=True)
class Decision:
    """Who and why, for the record of what was decided."""

    author: str
    reason: str


@dataclass(frozen=True)
class Act:
    """What somebody has said; `values` and `records` count of how many, `types` are the types of the values."""

    number: int
    verdict: str
    types: tuple[str, ...]
    values: int
    records: int
    reason: str
    author: str
    decided_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def open_act(workspace: Workspace, connection: sa.Connection, verdict: str, decision: Decision) -> int:
    """Begin an act; what it says is added to `identity_decision` under its number.

    The caller holds the lock of the workspace's people: recognition, which holds it too, empties what waits.
    """
    told = {"verdict": verdict, "reason": decision.reason, "author": decision.author}
    given = {"workspace": workspace.number, "decided_at": workspace.clock.now(), **told}
    return connection.execute(sa.insert(identity_act).values(given).returning(_ACT.number)).scalar_one()


def close_act(workspace: Workspace, connection: sa.Connection, act: int) -> None:
    """Have recognition look at all that the act speaks of."""
    connection.execute(_WAIT, {"workspace": workspace.number, "acts": [act]})
    failpoints.reach("deciding.decided")


def take_back(workspace: Workspace, numbers: Sequence[int], author: str) -> int:
    """Take acts back; recognition then decides as if they had not been. Returns how many stood.

    Raises NotFound for a number that nobody has.
    """
    mine = (_ACT.workspace == workspace.number, _ACT.number.in_(numbers))
    with workspace.begin() as connection:
        lock_people(workspace, connection)
        known = set(connection.execute(sa.select(_ACT.number).where(*mine)).scalars())
        unknown = sorted(set(numbers) - known)
        if unknown:
            raise NotFound(
                Text("There is no such decision.", "没有该决定。"),
                remedy=Text("The numbers: quanyu identity decisions", "编号见：quanyu identity decisions"),
                received=", ".join(map(str, unknown)),
            )
        connection.execute(_WAIT, {"workspace": workspace.number, "acts": list(numbers)})
        back = sa.update(identity_act).where(*mine, _ACT.withdrawn_at.is_(None))
        done = connection.execute(back.values(withdrawn_by=author, withdrawn_at=workspace.clock.now())).rowcount
        open_again = sa.update(identity_question).where(
            identity_question.c.workspace == workspace.number, identity_question.c.settled.in_(numbers)
        )
        connection.execute(open_again.values(settled=None))
        failpoints.reach("deciding.decided")
    return done


def acts(workspace: Workspace, most: int | None = None) -> Sequence[Act]:
    """Return what was decided, the last first."""
    counted = (
        sa.select(
            _ROW.act,
            sa.func.array_agg(sa.distinct(_ROW.type)).filter(_ROW.type.is_not(None)).label("types"),
            sa.func.count(sa.distinct(_ROW.value_hash)).label("values"),
            sa.func.count(sa.distinct(_ROW.record)).label("records"),
        )
        .where(_ROW.workspace == workspace.number)
        .group_by(_ROW.act)
        .subquery()
    )
    query = (
        sa.select(identity_act, counted.c.types, counted.c["values"], counted.c.records)
        .join_from(identity_act, counted, counted.c.act == _ACT.number, isouter=True)
        .where(_ACT.workspace == workspace.number)
        .order_by(_ACT.number.desc())
        .limit(most)
    )
    with workspace.begin() as connection:
        rows = connection.execute(query).mappings().all()
    own = ("number", "verdict", "reason", "author", "decided_at", "withdrawn_by", "withdrawn_at")
    return [
        Act(
            types=tuple(row["types"] or ()),
            values=row["values"] or 0,
            records=row["records"] or 0,
            **{name: row[name] for name in own},
        )
        for row in rows
    ]


_WAIT = sa.text(
    """insert into identity_waiting (workspace, record)
       select distinct cast(:workspace as integer), record from (
         select i.record from identity_decision d
         join identifier i using (workspace, type, scope, value_hash)
         where d.workspace = :workspace and d.act = any(:acts) and (d.record is null or d.record = i.record)
         union all
         select unnest(array[d.record, d.other]) from identity_decision d
         where d.workspace = :workspace and d.act = any(:acts) and d.other is not null) concerned
       on conflict do nothing"""
)
