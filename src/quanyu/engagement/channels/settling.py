"""Settles a chunk that was handed over, in one transaction: what was taken, waits, is dead, or is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from quanyu.engagement.channels.limits import give_back, hold
from quanyu.engagement.channels.marking import FLYING, Chunk, is_batch, is_chunk
from quanyu.engagement.channels.model import (
    CALLED_OFF,
    CANCELLED,
    DEAD,
    DONE,
    EXPIRED,
    GAVE_UP,
    OVER,
    RENUMBERED,
    UNKNOWN,
    WAITING,
    Account,
)
from quanyu.engagement.channels.outbox import drop_rest, keep_reason
from quanyu.engagement.channels.outcomes import outcome, pack, unpack
from quanyu.engagement.channels.spec import ACCEPTED, LATER, LOST, REFUSED, UNTRIED, Codes
from quanyu.engagement.channels.tables import channel_batch, channel_chunk
from quanyu.engagement.channels.work import Work
from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace

MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds before the second attempt, which double


@dataclass(frozen=True)
class Handed:
    """How a chunk went: a code for each message that was going, and what the answers asked of the account."""

    codes: Codes
    reasons: Mapping[int, str]
    hold: float | None = None
    broken: str | None = None


@dataclass(frozen=True)
class _Verdict:
    """What becomes of the members of a chunk."""

    final: npt.NDArray[np.bool_]  # of those that were going
    reasons: Mapping[str, OrdinalSet]
    rest: OrdinalSet
    attempts: int
    lost: bool


def settle(ws: Workspace, work: Work, account: Account, chunk: Chunk, handed: Handed) -> None:
    """Keep how it went. What was not taken waits, and so does what is lost, where it may be sent again."""
    with ws.begin() as connection:
        query = sa.select(channel_batch.c.state).where(*is_batch(ws, work.number)).with_for_update()
        cancelled = connection.execute(query).scalar_one() == CANCELLED
        verdict = _judge(work, account, chunk, handed, cancelled=cancelled)
        for reason, who in verdict.reasons.items():
            keep_reason(ws, connection, work.number, chunk.number, reason, who)
        _write(ws, connection, work, chunk, handed, verdict)
        accepted = int((handed.codes == ACCEPTED).sum())
        more = channel_batch.c.accepted + accepted
        connection.execute(sa.update(channel_batch).where(*is_batch(ws, work.number)).values(accepted=more))
        give_back(ws, connection, account, int((handed.codes == UNTRIED).sum()))
        if handed.hold is not None or handed.broken is not None:
            hold(ws, connection, account, handed.hold, handed.broken)
        elif accepted:
            hold(ws, connection, account, None, None)
        failpoints.reach("channels.settling")


def _judge(work: Work, account: Account, chunk: Chunk, handed: Handed, *, cancelled: bool) -> _Verdict:
    customers, codes = chunk.going["customer"].to_numpy(), handed.codes
    again = account.sends_again(work.purpose)
    reasons: dict[str, OrdinalSet] = {}
    if not again:
        reasons[UNKNOWN] = OrdinalSet.of(customers[codes == LOST])
    for word in sorted(set(handed.reasons.values())):
        places = [place for place, reason in handed.reasons.items() if reason == word]
        reasons[f"{DEAD}{word}"] = OrdinalSet.of(customers[places])
    final = np.isin(codes, (ACCEPTED, REFUSED) if again else (ACCEPTED, REFUSED, LOST))
    rest = chunk.members - OrdinalSet.of(customers[final])
    lost = chunk.lost or (again and bool((codes == LOST).any()))
    # Who could not be reached at all, or asked for patience, has not tried: that is the account's trouble.
    tried = bool((codes == LOST).any() or (handed.hold is None and handed.broken is None and (codes == LATER).any()))
    attempts = chunk.attempts if tried else chunk.attempts - 1
    if rest and (cancelled or attempts >= MOST_ATTEMPTS):
        word = UNKNOWN if lost else CALLED_OFF if cancelled else GAVE_UP
        reasons[word] = reasons.get(word, OrdinalSet.empty()) | rest
        rest = OrdinalSet.empty()
    return _Verdict(final, reasons, rest, attempts, lost)


def _write(
    ws: Workspace, connection: sa.Connection, work: Work, chunk: Chunk, handed: Handed, verdict: _Verdict
) -> None:
    columns = (channel_chunk.c.outcome, channel_chunk.c.outcomes, channel_chunk.c.handed_at)
    where = is_chunk(ws, work.number, chunk.number)
    row = connection.execute(sa.select(*columns).where(*where)).one()
    going = chunk.going.filter(pa.array(verdict.final))
    codes = handed.codes[verdict.final]
    new = outcome(going["customer"].to_numpy(), going["record"].to_numpy(), codes, row.handed_at)
    settled = pa.concat_tables([unpack(row.outcome).slice(0, row.outcomes), new])
    untried = bool((handed.codes == UNTRIED).all())
    pause = 0.0 if untried else min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** max(verdict.attempts - 1, 0))
    said = {
        "state": WAITING if verdict.rest else DONE,
        "members": to_bytes(verdict.rest),
        "attempts": verdict.attempts,
        "lost": verdict.lost,
        "due_at": ws.clock.now() + timedelta(seconds=pause),
        "outcome": pack(settled),
        "outcomes": settled.num_rows,
    } | _told_nobody(work, settled.num_rows)
    connection.execute(sa.update(channel_chunk).where(*where).values(said))


def _told_nobody(work: Work, outcomes: int) -> dict[str, object]:
    """Keep from the lake, as if it had them, the outcomes of a batch that writes to nobody."""
    return {} if work.fields is None else {"landed": outcomes}


def recover(ws: Workspace, work: Work, account: Account) -> None:
    """Take care of chunks that a dead process left in flight: they are sent again, or nobody knows.

    The caller holds the batch: nobody else sends it.
    """
    with ws.begin() as connection:
        query = sa.select(channel_batch.c.state).where(*is_batch(ws, work.number)).with_for_update()
        again = account.sends_again(work.purpose) and connection.execute(query).scalar_one() != CANCELLED
        c = channel_chunk.c
        flying = (c.workspace == ws.number, c.batch == work.number, c.state == FLYING)
        for row in connection.execute(sa.select(channel_chunk).where(*flying)).all():
            said: dict[str, object] = {"state": WAITING, "lost": True, "due_at": ws.clock.now()}
            if not again:
                keep_reason(ws, connection, work.number, row.number, UNKNOWN, from_bytes(row.members))
                every = unpack(row.outcome).num_rows  # those in flight count as lost, by their records
                said = {"state": DONE, "members": to_bytes(OrdinalSet.empty()), "outcomes": every}
                said |= _told_nobody(work, every)
            connection.execute(sa.update(channel_chunk).where(*is_chunk(ws, work.number, row.number)).values(said))


def finish(ws: Workspace, work: Work) -> bool:
    """Close a batch of which nothing is left to do; what is over its time is dropped. Say whether it is closed."""
    with ws.begin() as connection:
        row = connection.execute(
            sa.select(channel_batch.c.state, channel_batch.c.position, channel_batch.c.changes)
            .where(*is_batch(ws, work.number))
            .with_for_update()
        ).one()
        if row.state != WAITING or row.changes != work.changes:
            return row.state in OVER
        rest = work.after(row.position)
        if connection.execute(_EPOCH, {"workspace": ws.number}).scalar_one() != work.epoch:
            drop_rest(ws, connection, work.number, OrdinalSet.of(rest), RENUMBERED)
        elif work.expires_at is not None and ws.clock.now() >= work.expires_at:
            drop_rest(ws, connection, work.number, OrdinalSet.of(rest), EXPIRED)
        elif len(rest) or _is_open(ws, connection, work):
            return False
        closed = {"state": DONE, "finished_at": ws.clock.now()}
        connection.execute(sa.update(channel_batch).where(*is_batch(ws, work.number)).values(closed))
        return True


def _is_open(ws: Workspace, connection: sa.Connection, work: Work) -> bool:
    c = channel_chunk.c
    query = sa.select(sa.exists().where(c.workspace == ws.number, c.batch == work.number, c.state != DONE))
    return bool(connection.execute(query).scalar_one())


_EPOCH = sa.text("select epoch from population where workspace = :workspace")
