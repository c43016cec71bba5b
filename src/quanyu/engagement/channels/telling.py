"""Tells the lake what was sent and what came back: every act is a fact again, with the source `quanyu`.

Messages and responses land in batches, at most every few seconds, in the tables that imports fill; each once: what the
lake has is marked in the transaction that shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.customers.consent.tables import consent_refusal
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.outcomes import unpack
from quanyu.engagement.channels.spec import ACCEPTED, LOST, REFUSED
from quanyu.engagement.channels.tables import channel_account, channel_batch, channel_chunk, channel_response
from quanyu.foundation import failpoints
from quanyu.foundation.jobs.queue import defer_refresh
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.versions import Arrival, append_versions
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("channels.landed", "channels.told")
SOURCE = "quanyu"
OWN = 0
"""The number of import of what no import brought."""

MOST = 200  # chunks, and responses by the thousand, that land at once
_STATUS = {ACCEPTED: "sent", LOST: "unknown", REFUSED: "rejected"}
_compute: Any = pc  # its functions are made when it is imported
_LATER = {"delivered": "delivered", "bounced": "failed"}
"""What an event says of the state of its message."""


@dataclass(frozen=True)
class Told:
    messages: int
    responses: int


def tell(ws: Workspace) -> Told:
    """Land what is new; one process does it at a time."""
    with ws.locked("channels.telling"):
        with ws.begin() as connection:
            chunks, responses = _chunks(ws, connection), _responses(ws, connection)
            about = _about(ws, connection, sorted({row.batch for row in (*chunks, *responses)}))
        if not chunks and not responses:
            return Told(0, 0)
        messages = _message_rows(ws, chunks, responses, about)
        with ws.lake.landing("channels", (MESSAGES, RESPONSES)) as landing:
            arrival = Arrival(ws.lake, landing, OWN, ws.clock.now())
            if messages is not None:
                append_versions(arrival, MESSAGES, ibis.memtable(messages))
            if responses:
                landing.append(RESPONSES, _response_rows(ws, responses, about))
            failpoints.reach("channels.landed")
            _publish(ws, landing, chunks, responses)
        failpoints.reach("channels.told")
    return Told(sum(row.outcomes - row.landed for row in chunks), len(responses))


def _chunks(ws: Workspace, connection: sa.Connection) -> Sequence[Any]:
    c = channel_chunk.c
    query = sa.select(c.batch, c.number, c.outcome, c.outcomes, c.landed)
    new = query.where(c.workspace == ws.number, c.outcomes > c.landed).order_by(c.batch, c.number).limit(MOST)
    return connection.execute(new).all()


def _responses(ws: Workspace, connection: sa.Connection) -> Sequence[Any]:
    c = channel_response.c
    query = sa.select(c.batch, c.key, c.customer, c.record, c.event, c.occurred_at)
    new = query.where(c.workspace == ws.number, ~c.landed).order_by(c.received_at, c.batch, c.key)
    return connection.execute(new.limit(MOST * 1_000)).all()


def _about(ws: Workspace, connection: sa.Connection, batches: Sequence[int]) -> Mapping[int, Any]:
    b, a = channel_batch.c, channel_account.c
    query = (
        sa.select(b.number, b.campaign, b.content, b.content_version, a.channel)
        .join(channel_account, sa.and_(a.workspace == b.workspace, a.name == b.account))
        .where(b.workspace == ws.number, b.number.in_(batches))
    )
    return {row.number: row for row in connection.execute(query)}


def _message_rows(
    ws: Workspace, chunks: Sequence[Any], responses: Sequence[Any], about: Mapping[int, Any]
) -> pa.Table | None:
    """Return a version of each message that was sent, and one of each of which it was told later how it ended.

    None where nothing is new of any message, as when somebody has only opened his.
    """
    parts = [_sent(ws, row.batch, unpack(row.outcome).slice(row.landed, row.outcomes - row.landed), about[row.batch])
             for row in chunks]  # fmt: skip
    ended = [row for row in responses if row.event in _LATER]
    for batch in sorted({row.batch for row in ended}):
        mine = [row for row in ended if row.batch == batch]
        at = pa.array([row.occurred_at for row in mine], pa.timestamp("us", "UTC"))
        rows = pa.table({"customer": [row.customer for row in mine], "record": [row.record for row in mine], "at": at})
        states = pa.array([_LATER[row.event] for row in mine])
        parts.append(_versions(ws, batch, rows, states, about[batch], at))
    if not parts:
        return None
    table = pa.concat_tables(parts)
    return table.append_column("line", pa.array(np.arange(table.num_rows)))


def _sent(ws: Workspace, batch: int, rows: pa.Table, of: Any) -> pa.Table:
    codes = rows["code"].to_numpy()
    words = np.array([_STATUS.get(code, "sent") for code in range(max(_STATUS) + 1)], object)
    return _versions(ws, batch, rows, pa.array(words[codes], pa.string()), of, rows["at"])


def _versions(ws: Workspace, batch: int, rows: pa.Table, states: pa.Array, of: Any, sent_at: Any) -> pa.Table:
    count, customers = rows.num_rows, rows["customer"].to_numpy()
    days, months = _days(ws, sent_at)
    return pa.table(
        {
            "record": rows["record"].cast(pa.int64()),
            "source": _same(SOURCE, count),
            "message_id": ids_of(ws, batch, customers),
            "addressee": _same("", count),  # our ids are of one addressee each
            "channel": _same(of.channel, count),
            "recipient_type": _same(None, count),
            "recipient_scope": _same(None, count),
            "recipient_hash": _same(None, count),
            "campaign": _same(of.campaign, count),
            "template": _same(f"{of.content}:{of.content_version}", count),
            "sent_at": sent_at,
            "business_date": days,
            "month": months,
            "status": states,
            "observed_at": rows["at"],
        }
    )


def _response_rows(ws: Workspace, responses: Sequence[Any], about: Mapping[int, Any]) -> pa.Table:
    count = len(responses)
    batches = np.array([row.batch for row in responses], np.int64)
    ids = ids_of(ws, batches, np.array([row.customer for row in responses], np.int64))
    at = pa.array([row.occurred_at for row in responses], pa.timestamp("us", "UTC"))
    days, months = _days(ws, at)
    return pa.table(
        {
            "record": pa.array([row.record for row in responses], pa.int64()),
            "source": _same(SOURCE, count),
            "response_key": pa.array([f"{row.batch}:{row.key}" for row in responses], pa.string()),
            "message_id": ids,
            "addressee": _same("", count),
            "channel": pa.array([about[row.batch].channel for row in responses], pa.string()),
            "recipient_type": _same(None, count),
            "recipient_scope": _same(None, count),
            "recipient_hash": _same(None, count),
            "campaign": pa.array([about[row.batch].campaign for row in responses], pa.string()),
            "event": pa.array([row.event for row in responses], pa.string()),
            "occurred_at": at,
            "business_date": days,
            "import_number": pa.repeat(pa.scalar(OWN, pa.int64()), count),
            "month": months,
        },
        schema=RESPONSES.schema,
    )


def _days(ws: Workspace, instants: Any) -> tuple[pa.Array, pa.Array]:
    """Return the workspace's day and month of instants."""
    local = _compute.local_timestamp(instants.cast(pa.timestamp("us", ws.time_zone)))
    return local.cast(pa.date32()), _compute.strftime(local, format="%Y-%m")


def _same(value: str | None, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)


def _publish(ws: Workspace, landing: Landing, chunks: Sequence[Any], responses: Sequence[Any]) -> None:
    c, r, f = channel_chunk.c, channel_response.c, consent_refusal.c
    with ws.begin() as connection:
        for row in chunks:
            where = (c.workspace == ws.number, c.batch == row.batch, c.number == row.number)
            connection.execute(sa.update(channel_chunk).where(*where).values(landed=row.outcomes))
        for batch in sorted({row.batch for row in responses}):
            keys = [row.key for row in responses if row.batch == batch]
            where = (r.workspace == ws.number, r.batch == batch, r.key.in_(keys))
            connection.execute(sa.update(channel_response).where(*where).values(landed=True))
        if responses:
            # A refusal is kept in the transaction of its response: those of responses that wait are not among these.
            records = sorted({row.record for row in responses})
            waiting = sa.exists().where(r.workspace == ws.number, ~r.landed, r.record == f.record, r.event == f.event)
            mine = (f.workspace == ws.number, f.record.in_(records), ~waiting)
            connection.execute(sa.update(consent_refusal).where(*mine).values(landed=True))
        landing.publish(connection)
        defer_refresh(connection, ws.name)
