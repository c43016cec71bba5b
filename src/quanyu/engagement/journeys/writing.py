"""Writes what a tick has worked out: cohorts, who has entered, what happened to whom, batches, and actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from quanyu.engagement.channels.given import seal
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.channels.outbox import close, enqueue, withdraw
from quanyu.engagement.journeys.cohorts import close_cohorts, open_cohorts, shrink
from quanyu.engagement.journeys.contexts import about, let_go, told_of, with_contexts
from quanyu.engagement.journeys.entering import Door, announce, let_in
from quanyu.engagement.journeys.model import RUNNING, Ticked
from quanyu.engagement.journeys.moving import ENTRANCE, Moved
from quanyu.engagement.journeys.policy import CAPPED_BY
from quanyu.engagement.journeys.running import Running
from quanyu.engagement.journeys.spec import Deed
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.tables import journey_cohort, journey_move, journey_state
from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("journeys.withdrawn",)
_S = journey_state.c


@dataclass(frozen=True)
class Worked:
    """What one journey does in a tick."""

    found: Running
    moved: Moved
    door: Door
    come_now: Mapping[str, OrdinalSet]
    told_now: Mapping[str, pa.Table]  # by keys of `come_now`, what is told of entries
    batches: Sequence[Batch]
    deeds: Sequence[Deed]

    @property
    def tick(self) -> int:
        return self.found.ticks + 1

    @property
    def told(self) -> Ticked:
        outcomes = self.moved.outcomes.items()
        many = sum(members.count() for (_version, step, _word), members in outcomes if step != ENTRANCE)
        return Ticked(self.found.name, self.tick, self.door.enter.count(), many, self.moved.ended.count())


def still_running(ws: Workspace, connection: sa.Connection, found: Sequence[Running]) -> bool:
    """Say whether all of these run still, and nobody has moved them meanwhile; hold them until the transaction ends."""
    names = [each.name for each in found]
    query = sa.select(_S.journey, _S.state, _S.ticks).where(_S.workspace == ws.number, _S.journey.in_(names))
    rows = connection.execute(query.order_by(_S.journey).with_for_update()).all()
    return {(r.journey, r.state, r.ticks) for r in rows} == {(each.name, RUNNING, each.ticks) for each in found}


def withdraw_late(ws: Workspace) -> None:
    """Withdraw what has not gone of messages whose time is over; close what is done of those that are watched.

    This stands before a tick asks what became of them: what it then finds to be unsent, nobody can send any more.
    """
    c = journey_cohort.c
    runs = sa.exists().where(_S.workspace == c.workspace, _S.journey == c.journey, _S.state == RUNNING)
    over = c.due <= ws.clock.now()
    query = sa.select(c.awaits, over.label("over")).distinct()
    query = query.where(c.workspace == ws.number, c.awaits.isnot(None), sa.or_(over, c.watched), runs)
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(c.awaits)).all()
        if not rows:
            return
        withdraw(ws, connection, [row.awaits for row in rows if row.over])
        close(ws, connection, [row.awaits for row in rows if not row.over])
    failpoints.reach("journeys.withdrawn")


def write(
    ws: Workspace,
    connection: sa.Connection,
    worked: Sequence[Worked],
    expected: Mapping[str, float | None],
    epoch: int,
    at: datetime,
) -> None:
    """Write what was done; `expected` says by what journeys were put in order that do not stand in it as None."""
    for each in worked:
        for key, members in each.come_now.items():
            rows = each.told_now.get(key)
            block = None if rows is None else seal(ws, rows, about(each.found.name, key))
            announce(ws, connection, each.found.name, key, epoch, members, block)
        let_in(ws, connection, each.found.name, each.door, epoch, at)
        for number, members in each.moved.shrunk.items():
            shrink(ws, connection, number, members)
    close_cohorts(ws, connection, [number for each in worked for number in each.moved.closed])
    opened = [(each.found.name, *stands) for each in worked for stands in each.moved.opened]
    open_cohorts(ws, connection, opened, epoch)
    rows = [row for each in worked for row in _moves(ws, each, expected.get(each.found.name), epoch, at)]
    if rows:
        connection.execute(sa.insert(journey_move), rows)
    _enqueue(ws, connection, worked)
    for deed in (deed for each in worked for deed in each.deeds if deed.members):
        deed.action.carry_out(deed.asked, connection, deed.members)
    update = sa.update(journey_state).where(_S.workspace == ws.number, _S.journey == sa.bindparam("name"))
    ticks = [{"name": each.found.name, "tick": each.tick} for each in worked]
    connection.execute(update.values(ticks=sa.bindparam("tick"), looked_at=at), ticks)


def _enqueue(ws: Workspace, connection: sa.Connection, worked: Sequence[Worked]) -> None:
    """Put batches into the outbox, with what was told of entries; then forget it of those who have left."""
    told = told_of(ws, connection, [each.found.name for each in worked])
    batches: list[Batch] = []
    for each in worked:
        name = each.found.name
        batches += with_contexts(ws, connection, name, each.batches) if name in told else each.batches
        if name in told and each.moved.ended:
            let_go(ws, connection, name, each.moved.ended)
    enqueue(ws, connection, batches)


def _moves(ws: Workspace, worked: Worked, expected: float | None, epoch: int, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "workspace": ws.number,
            "journey": worked.found.name,
            "tick": worked.tick,
            "step": step,
            "outcome": word,
            "version": version,
            "epoch": epoch,
            "at": at,
            "members": to_bytes(members),
            "size": members.count(),
            "expected": expected if word.startswith((SENT, CAPPED_BY)) else None,
        }
        for (version, step, word), members in worked.moved.outcomes.items()
    ]
