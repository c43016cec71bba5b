"""Dead letters: messages that could not be sent, by batch and reason; mended by whoever reads them, and sent again."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from quanyu.engagement.channels.model import CANCELLED, CLOSED, DEAD, DONE, PAUSED, STATES, UNKNOWN, WAITING
from quanyu.engagement.channels.outbox import reached_not
from quanyu.engagement.channels.tables import channel_batch, channel_chunk, channel_reason
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Letters:
    """Messages of one batch that did not go, or of which nobody knows, for one reason."""

    batch: int
    key: str
    account: str
    reason: str
    state: str  # of the batch: whether they can be sent again
    customers: int


def read(ws: Workspace, key_prefix: str = "") -> list[Letters]:
    """Return the dead letters and what is unknown, the newest batch first."""
    b, r = channel_batch.c, channel_reason.c
    query = (
        sa.select(b.number, b.key, b.account, r.reason, b.state, sa.func.sum(r.customers).label("customers"))
        .join(channel_reason, sa.and_(r.workspace == b.workspace, r.batch == b.number))
        .where(b.workspace == ws.number, sa.func.starts_with(b.key, key_prefix))
        .where(sa.or_(sa.func.starts_with(r.reason, DEAD), r.reason == UNKNOWN))
        .group_by(b.number, b.key, b.account, r.reason, b.state)
        .order_by(b.number.desc(), r.reason)
    )
    with ws.begin() as connection:
        return [Letters(*row[:5], int(row[5])) for row in connection.execute(query)]


def resend(ws: Workspace, key: str, reason: str, content_version: int | None = None) -> int:
    """Send the letters of a batch again that are dead or unknown for this reason; return how many those are.

    They keep their ids: whoever takes a message once by its id takes it once still. A mended content may be sent in
    the place of the one that was wrong. Raises `Conflict` where the batch was cancelled or withdrawn, or its customers
    have gone on: those who got nothing by it may have got something else since, and those of whom nobody knows count
    as having got it.
    """
    with ws.begin() as connection:
        where = (channel_batch.c.workspace == ws.number, channel_batch.c.key == key)
        batch: Any = connection.execute(sa.select(channel_batch).where(*where).with_for_update()).one_or_none()
        found = {} if batch is None else reached_not(ws, connection, batch.number)
        letters = {word: who for word, who in found.items() if word.startswith(DEAD) or word == UNKNOWN}
        if batch is None or reason not in letters:
            raise _none(reason, letters)
        if batch.state in _GIVEN_UP:
            raise _given_up(key, batch.state)
        members, number = letters[reason], batch.chunks + 1
        mine = (
            channel_reason.c.workspace == ws.number,
            channel_reason.c.batch == batch.number,
            channel_reason.c.reason == reason,
        )
        connection.execute(sa.delete(channel_reason).where(*mine))
        _wait(ws, connection, batch.number, number, members)
        said: dict[str, object] = {"chunks": number, "state": WAITING, "finished_at": None, "expires_at": None}
        said |= {"content_version": content_version} if content_version is not None else {}
        changes = channel_batch.c.changes + 1
        connection.execute(sa.update(channel_batch).where(*where).values(**said, changes=changes))
    return members.count()


def _wait(ws: Workspace, connection: sa.Connection, batch: int, number: int, members: OrdinalSet) -> None:
    ordinals = members.ordinals()
    connection.execute(
        sa.insert(channel_chunk).values(
            workspace=ws.number,
            batch=batch,
            number=number,
            first=int(ordinals[0]),
            last=int(ordinals[-1]),
            state=WAITING,
            members=to_bytes(members),
            attempts=0,
            due_at=ws.clock.now(),
        )
    )


_GIVEN_UP = (CANCELLED, CLOSED)


def _given_up(key: str, state: str) -> Conflict:
    return Conflict(
        Text("Nothing of this batch is sent again: it is {state}.", "该批次{state}，不能重发。").format_with(
            state=STATES[state]
        ),
        remedy=Text(
            "Whoever shall get something after all is written to anew: by a campaign, or a journey.",
            "如仍需发送，请通过新的活动或旅程触达。",
        ),
        received=f"{key[:60]}: {state}",
        allowed=[WAITING, PAUSED, DONE],
    )


def _none(reason: str, letters: dict[str, OrdinalSet]) -> NotFound:
    return NotFound(
        Text("No letters of this batch wait for this reason.", "该批次没有此原因的死信。"),
        remedy=Text("See them with: quanyu channel dead", "请先查看：quanyu channel dead"),
        received=reason[:60],
        allowed=sorted(letters),
    )
