"""Who waits at the door of a journey, and who of them may come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.engagement.journeys.contexts import take_in
from quanyu.engagement.journeys.holding import HELD, GlobalControl
from quanyu.engagement.journeys.model import Journey
from quanyu.engagement.journeys.tables import journey_entered, journey_entrance
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace

INSIDE, BEFORE, CONTROL, GONE = "inside", "entered_before", "control", "gone"


@dataclass(frozen=True)
class Door:
    """Who enters now; the others by reason. `keys` are the entrances that this settles."""

    enter: OrdinalSet
    refused: Mapping[str, OrdinalSet]
    keys: tuple[str, ...]


def announce(
    ws: Workspace,
    connection: sa.Connection,
    name: str,
    key: str,
    epoch: int,
    members: OrdinalSet,
    context: bytes | None = None,
) -> None:
    """Let customers wait at the door; the same key again changes nothing."""
    values = {"journey": name, "key": key, "epoch": epoch, "members": to_bytes(members), "came_at": ws.clock.now()}
    row = insert(journey_entrance).values(workspace=ws.number, **values, context=context)
    connection.execute(row.on_conflict_do_nothing())


def waiting(
    ws: Workspace, connection: sa.Connection, names: Sequence[str], epoch: int
) -> dict[str, dict[str, OrdinalSet]]:
    """Return who waits, by journey and the key under which he came."""
    c = journey_entrance.c
    mine = (c.workspace == ws.number, c.journey.in_(names), ~c.taken, c.epoch == epoch)
    found: dict[str, dict[str, OrdinalSet]] = {}
    for row in connection.execute(sa.select(journey_entrance).where(*mine).order_by(c.came_at, c.key)):
        found.setdefault(row.journey, {})[row.key] = from_bytes(row.members)
    return found


def has_come(ws: Workspace, connection: sa.Connection, name: str, beginning: str, epoch: int) -> OrdinalSet:
    """Return who has come, let in or not, under keys that begin so."""
    c = journey_entrance.c
    query = sa.select(c.members).where(
        c.workspace == ws.number, c.journey == name, sa.func.starts_with(c.key, beginning), c.epoch == epoch
    )
    found = OrdinalSet.empty()
    for (members,) in connection.execute(query):
        found = found | from_bytes(members)
    return found


def at_the_door(
    journey: Journey,
    come: Mapping[str, OrdinalSet],
    before: OrdinalSet,
    inside: OrdinalSet,
    alive: OrdinalSet,
    held: GlobalControl | None = None,
) -> Door:
    """Decide who of those that wait comes in: nobody twice at the same time, nor again before his time."""
    everybody = OrdinalSet.empty()
    for members in come.values():
        everybody = everybody | members
    if not everybody:
        return Door(everybody, {}, tuple(come))
    refused = {GONE: everybody - alive}
    rest = everybody & alive
    refused[INSIDE], rest = rest & inside, rest - inside
    refused[BEFORE], rest = rest & before, rest - before
    if held is not None:
        refused[HELD] = held.of(rest, journey)
        rest = rest - refused[HELD]
    control = drawn(rest, journey.control, f"control/{journey.name}") if journey.control else OrdinalSet.empty()
    refused[CONTROL] = control
    told = {word: members for word, members in refused.items() if members}
    return Door(rest - control, told, tuple(come))


def been(ws: Workspace, journey: Journey, epoch: int, at: datetime) -> OrdinalSet:
    """Return who has entered, or was left alone to be measured against, too short a time ago to enter again."""
    c = journey_entered.c
    query = sa.select(c.members).where(c.workspace == ws.number, c.journey == journey.name, c.epoch == epoch)
    if journey.again is not None:
        query = query.where(c.day > _day(ws, at - journey.again))
        if journey.again <= timedelta():
            return OrdinalSet.empty()
    found = OrdinalSet.empty()
    with ws.begin() as connection:
        for (members,) in connection.execute(query):
            found = found | from_bytes(members)
    return found


def let_in(ws: Workspace, connection: sa.Connection, name: str, door: Door, epoch: int, at: datetime) -> None:
    """Remember who has entered, or was left alone, and that those at the door have been looked at."""
    met = door.enter | door.refused.get(CONTROL, OrdinalSet.empty())
    c, day = journey_entered.c, _day(ws, at)
    if met:
        mine = (c.workspace == ws.number, c.journey == name, c.day == day, c.epoch == epoch)
        known = connection.execute(sa.select(c.members).where(*mine)).scalar_one_or_none()
        every = to_bytes(met if known is None else met | from_bytes(known))
        row = insert(journey_entered).values(workspace=ws.number, journey=name, day=day, epoch=epoch, members=every)
        keys = ["workspace", "journey", "day", "epoch"]
        connection.execute(row.on_conflict_do_update(index_elements=keys, set_={"members": every}))
    if not door.keys:
        return
    take_in(ws, connection, name, door.keys, door.enter, epoch)
    e = journey_entrance.c
    mine = (e.workspace == ws.number, e.journey == name, e.key.in_(door.keys))
    connection.execute(sa.update(journey_entrance).where(*mine).values(taken=True))


def _day(ws: Workspace, at: datetime) -> date:
    return at.astimezone(ZoneInfo(ws.time_zone)).date()
