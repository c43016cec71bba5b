"""Follows customers who are merged while a batch to them is under way: the person gets its message once."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.identity.model import CustomersMerged
from quanyu.engagement.channels.given import about_batch, of_heirs, seal, unseal
from quanyu.engagement.channels.model import PAUSED, WAITING
from quanyu.engagement.channels.outbox import OF_MERGED, reached_not
from quanyu.engagement.channels.tables import channel_batch
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace


def follow_merged(ws: Workspace, fact: Fact) -> None:
    """Let survivors stand where the merged away stood; told twice, nothing has changed the second time.

    Whose message went to the one who was merged away is not sent to again as the survivor. Whom the walk has passed
    already, though his message did not go, gets it by a batch of its own. Of who is parted nobody joins a batch.
    What was brought for who was merged away, such as which order his message is about, is told of his survivor.
    """
    assert isinstance(fact, CustomersMerged)
    b = channel_batch.c
    where = (b.workspace == ws.number, b.state.in_((WAITING, PAUSED)))
    with ws.begin() as connection:
        for row in connection.execute(sa.select(channel_batch).where(*where).order_by(b.number).with_for_update()):
            _follow(ws, connection, row, fact)


def _follow(ws: Workspace, connection: sa.Connection, row: Any, fact: CustomersMerged) -> None:
    members = from_bytes(row.members)
    pairs = [(a, s) for a, s in zip(fact.merged_away, fact.survivors, strict=True) if a in members]
    if not pairs:
        return
    not_sent = OrdinalSet.empty()
    for who in reached_not(ws, connection, row.number).values():
        not_sent = not_sent | who
    now, late, joined = members, dict[int, int](), dict[int, int]()
    for away, survivor in pairs:
        sent = away <= row.position and away not in not_sent
        ahead = survivor > row.position
        if away > row.position:
            now = now - OrdinalSet.of([away])
        if sent:
            now = now - OrdinalSet.of([survivor]) if ahead else now
        elif ahead:
            joined |= {} if survivor in now else {survivor: away}
            now = now | OrdinalSet.of([survivor])
        elif survivor not in members:
            late.setdefault(survivor, away)
    given = None if row.given is None else unseal(ws, row.given, about_batch(row.key))
    if now != members:
        said = {"members": to_bytes(now), "size": now.count(), "changes": row.changes + 1}
        if given is not None and joined:
            every = pa.concat_tables([given, _told_of(given, joined)])
            said["given"] = seal(ws, every, about_batch(row.key))
        where = (channel_batch.c.workspace == ws.number, channel_batch.c.number == row.number)
        connection.execute(sa.update(channel_batch).where(*where).values(said))
    for survivor, away in sorted(late.items()):
        _add_late(ws, connection, row, survivor, None if given is None else _told_of(given, {survivor: away}))


def _told_of(given: pa.Table, heirs: Mapping[int, int]) -> pa.Table:
    """Return what is told of survivors, by whom they stand for: what was told of him."""
    return of_heirs(given, [(away, survivor) for survivor, away in heirs.items()])


def _add_late(ws: Workspace, connection: sa.Connection, row: Any, survivor: int, given: pa.Table | None) -> None:
    same = (
        "account",
        "content",
        "content_version",
        "purpose",
        "campaign",
        "epoch",
        "due_at",
        "expires_at",
        "state",
        "fields",
    )
    root = str(row.key).partition(OF_MERGED)[0]
    key = f"{root}{OF_MERGED}{survivor}"
    statement = insert(channel_batch).values(
        workspace=ws.number,
        key=key,
        members=to_bytes(OrdinalSet.of([survivor])),
        size=1,
        given=None if given is None else seal(ws, given, about_batch(key)),
        enqueued_at=ws.clock.now(),
        **{name: getattr(row, name) for name in same},
    )
    connection.execute(statement.on_conflict_do_nothing(index_elements=["workspace", "key"]))
