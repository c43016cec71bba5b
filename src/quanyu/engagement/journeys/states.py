"""Starts, pauses and stops journeys, brings people in by hand, and lists how journeys stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.people import people_in
from quanyu.engagement.channels import outbox
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.channels.given import CUSTOMER, seal
from quanyu.engagement.journeys.contexts import Context, about, let_go, table_of
from quanyu.engagement.journeys.definitions import accounts_in, load, newest, refuse_kept, text_of, texts_of
from quanyu.engagement.journeys.entering import announce
from quanyu.engagement.journeys.model import DRAFT, PAUSED, RUNNING, STOPPED, OfAudience, OfCall
from quanyu.engagement.journeys.tables import journey_cohort, journey_move, journey_state
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.snapshots import members_of, taken
from quanyu.targeting.tags.packs import standing as standing_pack

_S = journey_state.c
_FROM: Mapping[str, tuple[str, ...]] = {
    RUNNING: (DRAFT, PAUSED, STOPPED),
    PAUSED: (RUNNING,),
    STOPPED: (RUNNING, PAUSED),
}


@dataclass(frozen=True)
class Standing:
    """How a journey stands: how many are at each step of any version, and what became of those that came.

    By `gone_accounts` it would send, or tell of customers, but they are not there any more.
    """

    journey: str
    keeper: str | None
    version: int
    state: str
    since: datetime
    at_steps: Mapping[str, int]
    outcomes: Mapping[tuple[str, str], int]
    gone_accounts: Sequence[str] = ()


def start(ws: Workspace, name: str) -> None:
    """Let a journey run. With `present`, who is in its audience now waits at the door."""
    text_of(ws, name)
    version = newest(ws)[name]
    journey = load(ws, name, version, standing_pack(ws).askables)
    now = ws.clock.now()
    with ws.begin() as connection:
        before = _change(ws, connection, name, RUNNING, now)
        outbox.resume(ws, connection, f"{name}/")
        trigger = journey.trigger
        if before != PAUSED and isinstance(trigger, OfAudience) and trigger.present:
            snapshot = taken(ws, [trigger.audience]).get(trigger.audience)
            if snapshot is not None:
                key = f"present:{now.isoformat()}"
                announce(ws, connection, name, key, snapshot.epoch, members_of(ws, snapshot))


def admit(ws: Workspace, connection: sa.Connection, name: str, key: str, epoch: int, members: OrdinalSet) -> None:
    """Let customers wait at the door of a journey, which runs from now on; the same key again changes nothing.

    Raises `Conflict` where it is paused or stopped: it is let go on by who held it.
    """
    present = state_of(ws, connection, name)
    if present not in (DRAFT, RUNNING):
        raise Conflict(
            Text("Nobody enters now: the journey is held.", "旅程已被暂停或停止，暂不可进入。"),
            received=present,
            allowed=[DRAFT, RUNNING],
        )
    _change(ws, connection, name, RUNNING, ws.clock.now())
    announce(ws, connection, name, key, epoch, members)


def pause(ws: Workspace, name: str) -> None:
    """Let nobody enter or move, and hold back what is in the outbox."""
    text_of(ws, name)
    with ws.begin() as connection:
        _change(ws, connection, name, PAUSED, ws.clock.now())
        outbox.pause(ws, connection, f"{name}/")


def hold(ws: Workspace, connection: sa.Connection, name: str) -> None:
    """Pause a journey that runs, in the transaction of who decides it; one that does not run has its outbox held."""
    if state_of(ws, connection, name) == RUNNING:
        _change(ws, connection, name, PAUSED, ws.clock.now())
    outbox.pause(ws, connection, f"{name}/")


def go_on(ws: Workspace, connection: sa.Connection, name: str) -> None:
    """Let a journey that is paused run again, and what is in its outbox go."""
    if state_of(ws, connection, name) == PAUSED:
        _change(ws, connection, name, RUNNING, ws.clock.now())
    outbox.resume(ws, connection, f"{name}/")


def state_of(ws: Workspace, connection: sa.Connection, name: str) -> str:
    """Return the state of a journey, which stays so until the transaction ends."""
    mine = (_S.workspace == ws.number, _S.journey == name)
    return connection.execute(sa.select(_S.state).where(*mine).with_for_update()).scalar_one()


def stop(ws: Workspace, name: str) -> int:
    """End a journey: everybody leaves, and what is not sent is not sent. Return how many left."""
    text_of(ws, name)
    c = journey_cohort.c
    with ws.begin() as connection:
        _change(ws, connection, name, STOPPED, ws.clock.now())
        left = connection.execute(
            sa.delete(journey_cohort).where(c.workspace == ws.number, c.journey == name).returning(c.size)
        ).scalars()
        outbox.cancel(ws, connection, f"{name}/")
        let_go(ws, connection, name)
        return sum(left)


def _change(ws: Workspace, connection: sa.Connection, name: str, state: str, now: datetime) -> str:
    mine, present = (_S.workspace == ws.number, _S.journey == name), state_of(ws, connection, name)
    if present == state:
        return present
    if present not in _FROM[state]:
        raise Conflict(
            Text("The journey cannot do that now.", "旅程当前状态不允许此操作。"),
            received=present,
            allowed=_FROM[state],
        )
    looked = {"looked_at": now} if present != PAUSED and state == RUNNING else {}
    connection.execute(sa.update(journey_state).where(*mine).values(state=state, since=now, **looked))
    return present


def bring(ws: Workspace, name: str, key: str, customers: OrdinalSet, told: Sequence[tuple[int, Context]] = ()) -> None:
    """Let customers wait at the door of a journey that is started by call; the same key again changes nothing.

    `told` are customers, who come too, each with what messages to him may say of this entry.
    """
    bring_rows(ws, name, key, customers, table_of(told))


def bring_rows(ws: Workspace, name: str, key: str, customers: OrdinalSet, contexts: pa.Table) -> None:
    """Let customers come, and those of the rows of `contexts`, each with the texts in his row; as `bring` does."""
    _refuse_uncalled(ws, name)
    key = f"call:{key}"
    block = seal(ws, contexts, about(name, key)) if contexts.num_rows else None
    come = customers | OrdinalSet.of(contexts[CUSTOMER].to_numpy())
    with ws.begin() as connection:
        refuse_kept(ws, connection, name)
        announce(ws, connection, name, key, people_in(ws, connection).epoch, come, block)


def _refuse_uncalled(ws: Workspace, name: str) -> None:
    text_of(ws, name)
    journey = load(ws, name, newest(ws)[name], standing_pack(ws).askables)
    if not isinstance(journey.trigger, OfCall):
        raise Invalid(
            Text("Nobody is brought into this journey by hand.", "该旅程不支持手动进入。"),
            received=name,
            allowed=["start: {call: {}}"],
        )


def standings(ws: Workspace, name: str | None = None) -> list[Standing]:
    """Say how journeys stand, or this one."""
    if name is not None:
        text_of(ws, name)
    versions = newest(ws)
    c, m = journey_cohort.c, journey_move.c
    with ws.begin() as connection:
        states = connection.execute(
            sa.select(journey_state).where(_S.workspace == ws.number).order_by(_S.journey)
        ).all()
        cohorts = connection.execute(
            sa.select(c.journey, c.step, sa.func.sum(c.size).label("size"))
            .where(c.workspace == ws.number)
            .group_by(c.journey, c.step)
        ).all()
        moves = connection.execute(
            sa.select(m.journey, m.step, m.outcome, sa.func.sum(m.size).label("size"))
            .where(m.workspace == ws.number)
            .group_by(m.journey, m.step, m.outcome)
        ).all()
    asked = [row for row in states if name in (None, row.journey)]
    texts = texts_of(ws, [(row.journey, versions[row.journey]) for row in asked])
    there = {account.name for account in every(ws)}
    return [
        Standing(
            row.journey,
            row.keeper,
            versions[row.journey],
            row.state,
            row.since,
            {each.step: int(each.size) for each in cohorts if each.journey == row.journey},
            {(each.step, each.outcome): int(each.size) for each in moves if each.journey == row.journey},
            [account for account in accounts_in(texts[row.journey, versions[row.journey]]) if account not in there],
        )
        for row in asked
    ]
