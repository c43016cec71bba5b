"""Takes in what comes back: receipts, bounces, answers and refusals, each once, however often it is told.

A refusal counts from the commit on which it was taken in, for everything that is sent or exported from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.consent.refusing import refuse
from quanyu.customers.messages.words import RESPONSE_EVENTS
from quanyu.engagement.channels.message_ids import read_ids
from quanyu.engagement.channels.outcomes import unpack
from quanyu.engagement.channels.spec import Response
from quanyu.engagement.channels.tables import channel_account, channel_batch, channel_chunk, channel_response
from quanyu.foundation import failpoints
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("channels.received",)
EVENTS = tuple(code.value for code in RESPONSE_EVENTS)
FUTURE = timedelta(minutes=10)  # by which a sender's clock may be ahead of ours


@dataclass(frozen=True)
class Received:
    """How responses came out: taken in now, known already, and about no message of ours or no event there is."""

    taken: int
    known: int
    unknown: int


def receive(ws: Workspace, responses: Sequence[Response]) -> Received:
    """Keep what came back, in one transaction."""
    named, now = read_ids(ws, [each.message_id for each in responses]), ws.clock.now()
    with ws.begin() as connection:
        found = _messages(ws, connection, named.batch, named.customer)
        rows = list[dict[str, object]]()
        for i, each in enumerate(responses):
            record = found.get((int(named.batch[i]), int(named.customer[i])))
            if record is None or record < 0 or each.event not in EVENTS:  # by no address: no message
                continue
            at = now if each.occurred_at is None else min(each.occurred_at, now + FUTURE)
            made = f"{each.message_id}:{each.event}" + ("" if each.occurred_at is None else f":{at.isoformat()}")
            rows.append(
                {
                    "workspace": ws.number,
                    "batch": int(named.batch[i]),
                    "key": (each.key or made)[:200],
                    "customer": int(named.customer[i]),
                    "record": record,
                    "event": each.event,
                    "occurred_at": at,
                    "received_at": now,
                }
            )
        new = _keep(ws, connection, rows)
        failpoints.reach("channels.received")
    return Received(new, len(rows) - new, len(responses) - len(rows))


def _keep(ws: Workspace, connection: sa.Connection, rows: Sequence[dict[str, object]]) -> int:
    if not rows:
        return 0
    c = channel_response.c
    statement = insert(channel_response).on_conflict_do_nothing().returning(c.batch, c.record, c.event, c.occurred_at)
    kept = connection.execute(statement, list(rows)).all()  # in pages: one statement takes 65,535 values at most
    channels = _channels(ws, connection, sorted({row.batch for row in kept}))
    table = pa.table(
        {
            "channel": pa.array([channels[row.batch] for row in kept], pa.string()),
            "event": pa.array([row.event for row in kept], pa.string()),
            "record": pa.array([row.record for row in kept], pa.int64()),
            "occurred_at": pa.array([row.occurred_at for row in kept], pa.timestamp("us", "UTC")),
        }
    )
    refuse(ws, connection, table)
    return len(kept)


def _channels(ws: Workspace, connection: sa.Connection, batches: Sequence[int]) -> dict[int, str]:
    b, a = channel_batch.c, channel_account.c
    query = (
        sa.select(b.number, a.channel)
        .join(channel_account, sa.and_(a.workspace == b.workspace, a.name == b.account))
        .where(b.workspace == ws.number, b.number.in_(batches))
    )
    return {row.number: row.channel for row in connection.execute(query)}


def _messages(
    ws: Workspace, connection: sa.Connection, batches: npt.NDArray[np.int64], customers: npt.NDArray[np.int64]
) -> dict[tuple[int, int], int]:
    """Return the record whose address was used, by batch and customer, of those of these messages that were sent."""
    c, found = channel_chunk.c, dict[tuple[int, int], int]()
    for batch in np.unique(batches[batches > 0]).tolist():
        wanted = np.unique(customers[batches == batch])
        span = (c.first <= int(wanted[-1]), c.last >= int(wanted[0]))
        chunks = connection.execute(
            sa.select(c.first, c.last, c.outcome).where(c.workspace == ws.number, c.batch == batch, *span)
        )
        for chunk in chunks:
            if not ((wanted >= chunk.first) & (wanted <= chunk.last)).any():
                continue
            rows = unpack(chunk.outcome)
            customer, record = rows["customer"].to_numpy(), rows["record"].to_numpy()
            for place in np.flatnonzero(np.isin(customer, wanted)).tolist():
                found[batch, int(customer[place])] = int(record[place])
    return found
