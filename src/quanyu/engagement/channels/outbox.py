"""The outbox: batches enter with the transaction that decides on them, and are paused, resumed and cancelled.

Whoever delivers asks for the state of a batch before each chunk and while it sends, so that what is not handed over
a moment after a cancellation is not sent.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.identity.people import people_in
from quanyu.engagement.channels.accounts import unknown
from quanyu.engagement.channels.given import about_batch, seal
from quanyu.engagement.channels.model import (
    CALLED_OFF,
    CANCELLED,
    CLOSED,
    DONE,
    OVER,
    PAUSED,
    UNKNOWN,
    WAITING,
    Batch,
    Progress,
)
from quanyu.engagement.channels.tables import channel_account, channel_batch, channel_chunk, channel_reason
from quanyu.foundation.errors import Conflict, Fault, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

LONGEST = 500
OF_MERGED = "#merged:"
"""Stands in the key of a batch to survivors whom the walk of theirs has passed already."""
_NO_TEXT = Text("Here stands a text.", "此处应为文字。")


def enqueue(ws: Workspace, connection: sa.Connection, batches: Sequence[Batch]) -> None:
    """Put batches into the outbox, each once by its key; they are delivered when the transaction has committed.

    A batch without members leaves no trace.
    """
    meant = [batch for batch in batches if batch.members]
    if not meant:
        return
    _refuse_faulty(ws, connection, meant)
    rows = [
        {
            **{name: getattr(batch, name) for name in _SAME},
            "workspace": ws.number,
            "members": to_bytes(batch.members),
            "size": batch.members.count(),
            "given": None if batch.given is None else seal(ws, batch.given, about_batch(batch.key)),
            "fields": None if batch.fields is None else list(batch.fields),
            "state": WAITING,
            "enqueued_at": ws.clock.now(),
        }
        for batch in meant
    ]
    connection.execute(insert(channel_batch).on_conflict_do_nothing(index_elements=["workspace", "key"]), rows)


_SAME = (
    "key", "account", "content", "content_version", "purpose", "campaign", "epoch", "due_at", "expires_at",
)  # fmt: skip


def _refuse_faulty(ws: Workspace, connection: sa.Connection, batches: Sequence[Batch]) -> None:
    names = set(
        connection.execute(sa.select(channel_account.c.name).where(channel_account.c.workspace == ws.number)).scalars()
    )
    for batch in batches:
        if batch.account not in names:
            raise unknown(ws, connection, batch.account)
    texts = ("key", "content", "purpose", "campaign")
    faults = [
        Fault(
            f"batches[{i}].{name}", Text("Here stands a text.", "此处应为文字。"), None, [f"1 … {LONGEST} characters"]
        )
        for i, batch in enumerate(batches)
        for name in texts
        if not 0 < len(getattr(batch, name)) <= LONGEST
    ]
    if faults:
        raise Invalid(Text("A batch cannot be sent as it is.", "批次有误，无法发送。"), faults=faults)
    epoch = people_in(ws, connection).epoch
    stale = sorted({batch.epoch for batch in batches} - {epoch})
    if stale:
        raise Conflict(
            Text("Customers were numbered anew since the batch was made.", "批次生成后客户序号已重新编排。"),
            remedy=Text("Make the batch again.", "请重新生成批次。"),
            received=f"epoch {stale[0]}",
            allowed=[f"epoch {epoch}"],
        )


def pause(ws: Workspace, connection: sa.Connection, key_prefix: str) -> int:
    """Hold back what is not handed over of the batches whose keys begin so; return how many batches that is."""
    return _move(ws, connection, key_prefix, WAITING, PAUSED)


def resume(ws: Workspace, connection: sa.Connection, key_prefix: str) -> int:
    return _move(ws, connection, key_prefix, PAUSED, WAITING)


def _move(ws: Workspace, connection: sa.Connection, key_prefix: str, state: str, to: str) -> int:
    update = sa.update(channel_batch).where(*_beginning(ws, key_prefix), channel_batch.c.state == state)
    return connection.execute(update.values(state=to)).rowcount


def cancel(ws: Workspace, connection: sa.Connection, key_prefix: str) -> int:
    """Drop what is not handed over of the batches whose keys begin so; return how many batches that is.

    Who gets nothing is kept with the reason `cancelled`. What is under way at this moment is settled by who sends it.
    """
    return _drop(ws, connection, sa.func.starts_with(channel_batch.c.key, key_prefix))


def withdraw(ws: Workspace, connection: sa.Connection, keys: Sequence[str]) -> int:
    """Drop what is not handed over of the batches with these keys, and of what became of them by merges.

    What failed of them cannot be sent again from then on: their customers get something else, or go without.
    """
    close(ws, connection, keys)
    return _drop(ws, connection, _with_keys(keys))


def close(ws: Workspace, connection: sa.Connection, keys: Sequence[str]) -> int:
    """Say of those batches with these keys that are done that nothing of them is sent again; return how many."""
    ended = (channel_batch.c.workspace == ws.number, _with_keys(keys), channel_batch.c.state == DONE)
    return connection.execute(sa.update(channel_batch).where(*ended).values(state=CLOSED)).rowcount


def _with_keys(keys: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(with_key(key) for key in keys))


def with_key(key: str) -> sa.ColumnElement[bool]:
    """Say whether a batch has this key, or is what a merge has made of it."""
    return sa.or_(channel_batch.c.key == key, sa.func.starts_with(channel_batch.c.key, f"{key}{OF_MERGED}"))


def _drop(ws: Workspace, connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    opened = channel_batch.c.state.in_((WAITING, PAUSED))
    columns = (channel_batch.c.number, channel_batch.c.members, channel_batch.c.position)
    query = sa.select(*columns).where(channel_batch.c.workspace == ws.number, which, opened)
    query = query.order_by(channel_batch.c.number)
    rows = connection.execute(query.with_for_update()).all()
    for row in rows:
        drop_rest(ws, connection, row.number, from_bytes(row.members).after(row.position), CALLED_OFF)
        now = {"state": CANCELLED, "finished_at": ws.clock.now()}
        connection.execute(sa.update(channel_batch).where(*_is(ws, row.number)).values(now))
    return len(rows)


def drop_rest(ws: Workspace, connection: sa.Connection, batch: int, rest: OrdinalSet, reason: str) -> None:
    """Keep that nobody of `rest`, who were not cut off yet, gets anything, nor who waits for another attempt."""
    mine = (channel_chunk.c.workspace == ws.number, channel_chunk.c.batch == batch, channel_chunk.c.state == "waiting")
    for row in connection.execute(sa.select(channel_chunk).where(*mine).with_for_update()).all():
        # Some of a chunk that was lost before may have got it: of them nobody knows.
        keep_reason(ws, connection, batch, row.number, UNKNOWN if row.lost else reason, from_bytes(row.members))
    connection.execute(sa.update(channel_chunk).where(*mine).values(state="done", members=_NOBODY))
    keep_reason(ws, connection, batch, 0, reason, rest)


def keep_reason(
    ws: Workspace, connection: sa.Connection, batch: int, chunk: int, reason: str, members: OrdinalSet
) -> None:
    """Add customers to those who did not get a message of a chunk for a reason."""
    if not members:
        return
    where = (
        channel_reason.c.workspace == ws.number,
        channel_reason.c.batch == batch,
        channel_reason.c.chunk == chunk,
        channel_reason.c.reason == reason,
    )
    known = connection.execute(sa.select(channel_reason.c.members).where(*where)).scalar_one_or_none()
    every = members if known is None else members | from_bytes(known)
    said = {"members": to_bytes(every), "customers": every.count()}
    row = insert(channel_reason).values(workspace=ws.number, batch=batch, chunk=chunk, reason=reason, **said)
    connection.execute(row.on_conflict_do_update(index_elements=["workspace", "batch", "reason", "chunk"], set_=said))


def reached_not(ws: Workspace, connection: sa.Connection, batch: int, beginning: str = "") -> dict[str, OrdinalSet]:
    """Return who did not get a batch's message, by reason, of the reasons that begin so."""
    query = sa.select(channel_reason.c.reason, channel_reason.c.members).where(
        channel_reason.c.workspace == ws.number,
        channel_reason.c.batch == batch,
        sa.func.starts_with(channel_reason.c.reason, beginning),
    )
    found: dict[str, OrdinalSet] = {}
    for row in connection.execute(query):
        found[row.reason] = found.get(row.reason, OrdinalSet.empty()) | from_bytes(row.members)
    return found


def progress(ws: Workspace, key_prefix: str = "", limit: int = 100) -> list[Progress]:
    """Say how far batches are, the newest first."""
    c = channel_batch.c
    query = sa.select(c.number, c.key, c.account, c.state, c.size, c.accepted).where(*_beginning(ws, key_prefix))
    of = channel_reason.c
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(c.number.desc()).limit(limit)).all()
        counted = connection.execute(
            sa.select(of.batch, of.reason, sa.func.sum(of.customers).label("customers"))
            .where(of.workspace == ws.number, of.batch.in_([row.number for row in rows]))
            .group_by(of.batch, of.reason)
            .order_by(of.batch, of.reason)
        ).all()
    return [_progress(row, {r.reason: int(r.customers) for r in counted if r.batch == row.number}) for row in rows]


def _progress(row: Any, reasons: dict[str, int]) -> Progress:
    rest = 0 if row.state in OVER else row.size - row.accepted - sum(reasons.values())
    return Progress(row.number, row.key, row.account, row.state, row.size, row.accepted, rest, reasons)


def _beginning(ws: Workspace, key_prefix: str) -> tuple[sa.ColumnElement[bool], ...]:
    return channel_batch.c.workspace == ws.number, sa.func.starts_with(channel_batch.c.key, key_prefix)


def _is(ws: Workspace, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return channel_batch.c.workspace == ws.number, channel_batch.c.number == number


_NOBODY = to_bytes(OrdinalSet.empty())
