"""Hears what happens to audiences and customers: who enters comes to the doors, survivors take places over."""

import sqlalchemy as sa

from quanyu.customers.identity.model import CustomersMerged
from quanyu.customers.identity.people import read_people
from quanyu.engagement.journeys.contexts import move as move_contexts
from quanyu.engagement.journeys.definitions import load, newest
from quanyu.engagement.journeys.entering import announce
from quanyu.engagement.journeys.model import RUNNING, OfAudience
from quanyu.engagement.journeys.tables import journey_cohort, journey_entered, journey_entrance, journey_state
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.errors import NotFound, QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.model import AudienceChanged
from quanyu.targeting.audiences.snapshots import find, members_of
from quanyu.targeting.tags.packs import standing as standing_pack


def meet(ws: Workspace, fact: Fact) -> None:
    """Let who entered an audience, or left it, wait at the doors of the journeys that start with that.

    A fact that comes twice brings nobody twice: the snapshot is the key.
    """
    assert isinstance(fact, AudienceChanged)
    listening = [(name, trigger) for name, trigger in _triggers(ws) if trigger.audience == fact.audience]
    if not listening or fact.previous is None:
        return
    try:
        now, before = find(ws, fact.audience, fact.snapshot), find(ws, fact.audience, fact.previous)
    except NotFound:  # the audience went meanwhile
        return
    those, others = members_of(ws, now), members_of(ws, before)
    with ws.begin() as connection:
        for name, trigger in listening:
            come = others - those if trigger.left else those - others
            announce(ws, connection, name, f"snapshot:{fact.snapshot}", now.epoch, come)


def _triggers(ws: Workspace) -> list[tuple[str, OfAudience]]:
    s = journey_state.c
    with ws.begin() as connection:
        query = sa.select(s.journey).where(s.workspace == ws.number, s.state == RUNNING)
        names = list(connection.execute(query).scalars())
    versions, asked = newest(ws), standing_pack(ws).askables
    found: list[tuple[str, OfAudience]] = []
    for name in names:
        try:
            trigger = load(ws, name, versions[name], asked).trigger
        except QuanyuError:
            continue
        if isinstance(trigger, OfAudience):
            found.append((name, trigger))
    return found


def move_to_survivors(ws: Workspace, fact: Fact) -> None:
    """Let a survivor go on where the one he took in was, unless he is in that journey himself.

    Where both have entered, he has entered. Told twice, nothing changes the second time.
    """
    assert isinstance(fact, CustomersMerged)
    pairs = dict(zip(fact.merged_away, fact.survivors, strict=True))
    gone = OrdinalSet.of(list(pairs))
    with ws.locked("journeys"), ws.begin() as connection:
        epoch = read_people(ws).epoch
        _move_cohorts(ws, connection, pairs, gone, epoch)
        move_contexts(ws, connection, pairs, epoch)
        for table, key in ((journey_entered, "day"), (journey_entrance, "key")):
            mine = (table.c.workspace == ws.number, table.c.epoch == epoch)
            for row in connection.execute(sa.select(table).where(*mine)).all():
                members = from_bytes(row.members)
                if members & gone:
                    same = (*mine, table.c.journey == row.journey, table.c[key] == getattr(row, key))
                    moved = to_bytes(_moved(members, pairs, gone))
                    connection.execute(sa.update(table).where(*same).values(members=moved))


def _move_cohorts(
    ws: Workspace, connection: sa.Connection, pairs: dict[int, int], gone: OrdinalSet, epoch: int
) -> None:
    c = journey_cohort.c
    rows = connection.execute(sa.select(journey_cohort).where(c.workspace == ws.number, c.epoch == epoch)).all()
    inside: dict[str, OrdinalSet] = {}
    for row in rows:
        inside[row.journey] = inside.get(row.journey, OrdinalSet.empty()) | from_bytes(row.members)
    for row in sorted(rows, key=lambda row: row.number):
        members = from_bytes(row.members)
        if not members & gone:
            continue
        taken = {away: to for away, to in pairs.items() if away in members and to not in inside[row.journey]}
        left = (members - gone) | OrdinalSet.of(list(taken.values()))
        inside[row.journey] = inside[row.journey] | left
        now = {"members": to_bytes(left), "size": left.count()}
        connection.execute(
            sa.update(journey_cohort).where(c.workspace == ws.number, c.number == row.number).values(now)
        )


def _moved(members: OrdinalSet, pairs: dict[int, int], gone: OrdinalSet) -> OrdinalSet:
    return (members - gone) | OrdinalSet.of([to for away, to in pairs.items() if away in members])
