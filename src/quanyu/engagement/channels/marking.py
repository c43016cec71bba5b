"""Marks a chunk as in flight before it is handed over: a transaction that moves the batch's position past it.

At this moment, and not before, its members are held against who lives, who has just refused, and whether the batch may
still be sent. A process that dies afterwards leaves the chunk in flight: only that is in doubt.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.consent.refusing import refused_now
from quanyu.customers.identity.people import people_in
from quanyu.engagement.channels.limits import Allowed, take
from quanyu.engagement.channels.model import GONE, UNKNOWN, WAITING, Account
from quanyu.engagement.channels.outbox import keep_reason
from quanyu.engagement.channels.outcomes import outcome, pack, unpack
from quanyu.engagement.channels.spec import LOST
from quanyu.engagement.channels.tables import channel_batch, channel_chunk
from quanyu.engagement.channels.work import Prepared, Work
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Chunk:
    """What is marked as in flight: of its `members` the messages of these are `going` now.

    `lost` says that an attempt before may have reached some of them.
    """

    number: int
    attempts: int
    lost: bool
    members: OrdinalSet
    going: pa.Table
    last: int  # where the batch stands with it


FLYING = "flying"


class OutOfDate(Exception):
    """The batch is not what it was taken for: paused, cancelled, changed or moved on."""


def mark(ws: Workspace, work: Work, account: Account, ready: Prepared, retried: Any = None) -> Chunk | Allowed:
    """Mark what is ready as in flight, as a new chunk or as the one that is tried again; or say how long to wait.

    As many as the account may send go, the first ones. Raises `OutOfDate`.
    """
    with ws.begin() as connection:
        batch = connection.execute(sa.select(*_READ).where(*is_batch(ws, work.number)).with_for_update()).one()
        if batch.state != WAITING or batch.changes != work.changes:
            raise OutOfDate
        ready = _held_against_today(ws, connection, account, ready)
        allowed = take(ws, connection, account, len(ready.receivers)) if len(ready.receivers) else Allowed(0, 0.0)
        if not allowed.messages and len(ready.receivers):
            return allowed
        if retried is None:
            if len(ready.customers) and batch.position >= ready.customers[0]:
                raise OutOfDate
            ready = ready.cut(0, allowed.messages) if allowed.messages < len(ready.receivers) else ready
            return _new(ws, connection, work, batch.chunks + 1, ready)
        return _again(ws, connection, work, retried, ready, allowed.messages)


def _held_against_today(ws: Workspace, connection: sa.Connection, account: Account, ready: Prepared) -> Prepared:
    alive = _alive(ws, connection)
    ready = ready.without(GONE, OrdinalSet.of(ready.receivers) - alive)
    for event, who in refused_now(ws, connection, account.channel).items():
        ready = ready.without(event, who)
    return ready


_living: dict[tuple[str, int], tuple[str, OrdinalSet]] = {}


def _alive(ws: Workspace, connection: sa.Connection) -> OrdinalSet:
    """Return who lives; read anew only when it has become another set, since that is ten million bits."""
    told = connection.execute(_DIGEST, {"workspace": ws.number}).scalar_one_or_none() or ""
    key = (str(ws.settings.home), ws.number)
    if _living.get(key, ("", None))[0] != told or not told:
        _living[key] = (told, people_in(ws, connection).alive)
    return _living[key][1]


def _new(ws: Workspace, connection: sa.Connection, work: Work, number: int, ready: Prepared) -> Chunk:
    now, going = ws.clock.now(), OrdinalSet.of(ready.receivers)
    for reason, who in ready.reasons.items():
        keep_reason(ws, connection, work.number, number, reason, who)
    if going:
        connection.execute(
            sa.insert(channel_chunk).values(
                workspace=ws.number,
                batch=work.number,
                number=number,
                first=int(ready.customers[0]),
                last=int(ready.customers[-1]),
                state=FLYING,
                members=to_bytes(going),
                attempts=1,
                due_at=now,
                handed_at=now,
                outcome=_with_flying(ready.messages, now, unpack(None)),
            )
        )
    moved = {"position": int(ready.customers[-1]), "chunks": number}
    connection.execute(sa.update(channel_batch).where(*is_batch(ws, work.number)).values(moved))
    return Chunk(number, 1, lost=False, members=going, going=ready.messages, last=moved["position"])


def _again(ws: Workspace, connection: sa.Connection, work: Work, row: Any, ready: Prepared, count: int) -> Chunk:
    """Take a chunk up again; of who must not get it any more, some may have got it before, where that was in doubt."""
    for reason, who in ready.reasons.items():
        keep_reason(ws, connection, work.number, row.number, UNKNOWN if row.lost else reason, who)
    members, going, now = OrdinalSet.of(ready.receivers), ready.messages.slice(0, count), ws.clock.now()
    settled = unpack(row.outcome).slice(0, row.outcomes)
    said = {
        "state": FLYING if members else "done",
        "members": to_bytes(members),
        "attempts": row.attempts + 1,
        "handed_at": now,
        "outcome": _with_flying(going, now, settled),
    }
    connection.execute(sa.update(channel_chunk).where(*is_chunk(ws, work.number, row.number)).values(said))
    return Chunk(row.number, row.attempts + 1, lost=row.lost, members=members, going=going, last=row.last)


def _with_flying(going: pa.Table, now: datetime, settled: pa.Table) -> bytes:
    """Put the records that are used after what is settled, so that whoever cleans up after a crash knows them."""
    customers, records = going["customer"].to_numpy(), going["record"].to_numpy()
    return pack(pa.concat_tables([settled, outcome(customers, records, np.full(len(customers), LOST, np.int8), now)]))


def is_batch(ws: Workspace, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return channel_batch.c.workspace == ws.number, channel_batch.c.number == number


def is_chunk(ws: Workspace, batch: int, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    c = channel_chunk.c
    return c.workspace == ws.number, c.batch == batch, c.number == number


_READ = (channel_batch.c.state, channel_batch.c.changes, channel_batch.c.position, channel_batch.c.chunks)
_DIGEST = sa.text("select epoch || md5(alive) from population where workspace = :workspace")
