"""Tells what became of the messages of a batch: whose were delivered, whose were not, and of whom nobody knows.

What "delivered" means the account says: by a receipt where it tells of those, else once it has taken the message over,
unless that bounces. Who stands in another's place since a merge, and is not named by the batch, counts as unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.engagement.channels.accounts import account_of
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.model import CANCELLED, CLOSED, DEAD, PAUSED, UNKNOWN, WAITING
from quanyu.engagement.channels.outbox import reached_not, with_key
from quanyu.engagement.channels.tables import channel_batch, channel_chunk, channel_response
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace

BOUNCED = "bounced"
PROVING = ("delivered", "opened", "clicked", "replied", "unsubscribed", "complained")
"""What nobody does with a message that he has not got."""

_NOBODY = OrdinalSet.empty()


@dataclass(frozen=True)
class Fate:
    """Parts those who were asked about: each is in one of the five sets.

    `unsent` never left us, and never will: dead letters that somebody may still send again are `under_way`.
    """

    delivered: OrdinalSet
    undelivered: OrdinalSet
    unsent: OrdinalSet
    unknown: OrdinalSet
    under_way: OrdinalSet


def fate(ws: Workspace, key: str, members: OrdinalSet) -> Fate:
    """Return what became of the messages that members were to get by the batch of this key."""
    b = channel_batch.c
    query = sa.select(b.number, b.account, b.state, b.members, b.position).where(b.workspace == ws.number)
    named, open_, unsent, unknown, proven, bounced = (_NOBODY,) * 6
    receipts = False
    with ws.begin() as connection:
        for row in connection.execute(query.where(with_key(key)).order_by(b.number)).all():
            whom = from_bytes(row.members)
            # Chunks are looked at first: one that is settled meanwhile counts as under way, and is looked at again.
            open_ = open_ | _under_way(ws, connection, row.number)
            open_ = open_ | (whom.after(row.position) if row.state in (WAITING, PAUSED) else _NOBODY)
            for reason, who in reached_not(ws, connection, row.number).items():
                may_go = reason.startswith(DEAD) and row.state not in (CANCELLED, CLOSED)
                open_ = open_ | (who if may_go else _NOBODY)
                unknown = unknown | (who if reason == UNKNOWN else _NOBODY)
                unsent = unsent | (_NOBODY if reason == UNKNOWN else who)
            told = _told(ws, connection, row.number)
            proven = proven | told[PROVING[0]]
            bounced = bounced | told[BOUNCED]
            named, receipts = named | whom, _has_receipts(ws, row.account)
    return _parted(members, named, open_, unsent, unknown, proven, bounced - proven, receipts=receipts)


def _parted(
    members: OrdinalSet,
    named: OrdinalSet,
    under_way: OrdinalSet,
    unsent: OrdinalSet,
    unknown: OrdinalSet,
    proven: OrdinalSet,
    bounced: OrdinalSet,
    *,
    receipts: bool,
) -> Fate:
    in_doubt = (unknown | (members - named)) - bounced - proven
    parts: list[OrdinalSet] = []
    for who in (under_way, unsent, in_doubt, proven if receipts else members - bounced):
        parts.append(members & who)
        members = members - who
    open_, not_sent, doubted, delivered = parts
    return Fate(delivered, members, not_sent, doubted, open_)


def _under_way(ws: Workspace, connection: sa.Connection, batch: int) -> OrdinalSet:
    c, found = channel_chunk.c, _NOBODY
    query = sa.select(c.members).where(c.workspace == ws.number, c.batch == batch, c.state != "done")
    for packed in connection.execute(query).scalars():
        found = found | from_bytes(packed)
    return found


def _told(ws: Workspace, connection: sa.Connection, batch: int) -> Mapping[str, OrdinalSet]:
    """Return of whom came back that he has got his message, or that it bounced."""
    r = channel_response.c
    word = sa.case((r.event == BOUNCED, BOUNCED), else_=PROVING[0])
    query = sa.select(word, sa.func.array_agg(r.customer)).where(r.workspace == ws.number, r.batch == batch)
    rows = connection.execute(query.where(r.event.in_((BOUNCED, *PROVING))).group_by(word))
    return {BOUNCED: _NOBODY, PROVING[0]: _NOBODY, **{event: OrdinalSet.of(whom) for event, whom in rows}}


def _has_receipts(ws: Workspace, account: str) -> bool:
    try:
        return account_of(ws, account, installed()).receipts
    except QuanyuError:  # an account or a channel that is gone tells of nothing any more
        return False
