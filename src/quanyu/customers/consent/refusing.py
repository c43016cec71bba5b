"""Refusals that have just come in: they count at once, before the lake tells of them.

Whoever addresses customers takes these away from those whose light is on. A row goes when the lake's table of refusals
was worked out from responses among which it is.
"""

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.customers.consent.addresses import OF_OPENID, OF_TYPE, OPENID
from quanyu.customers.consent.model import REFUSALS
from quanyu.customers.consent.tables import consent_refusal
from quanyu.foundation.database.copying import insert_rows, quoted, read_columns
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace


def refuse(ws: Workspace, connection: sa.Connection, rows: pa.Table) -> int:
    """Let refusals count from the commit on: columns channel, event, record (whose address it was) and occurred_at.

    Rows whose event is no refusal are passed over; told twice, it counts once.
    """
    told = rows.filter(pc.field("event").isin(list(REFUSALS)))
    if told.num_rows:
        number = pa.repeat(pa.scalar(ws.number, pa.int32()), told.num_rows)
        insert_rows(connection, consent_refusal, told.append_column("workspace", number))
    return told.num_rows


def refused_now(ws: Workspace, connection: sa.Connection, channel: str) -> dict[str, OrdinalSet]:
    """Return who has refused the channel without the lake knowing it yet, by event.

    Besides the one whose record it was these are all who have that address, too.
    """
    events = connection.execute(_EVENTS, {"workspace": ws.number, "channel": channel}).scalars().all()
    return {event: _who(ws, connection, channel, event) for event in events}


def _who(ws: Workspace, connection: sa.Connection, channel: str, event: str) -> OrdinalSet:
    types = [type_ for type_, channels in OF_TYPE.items() if channel in channels]
    types += [OPENID] if channel in OF_OPENID else []
    query = _WHO.format(
        workspace=ws.number,
        channel=quoted(channel),
        event=quoted(event),
        types=", ".join(map(quoted, types)) or "null",
    )
    return OrdinalSet.of(read_columns(connection, query, {"customer": "bigint"})["customer"].to_numpy())


def landed_refusals(ws: Workspace, connection: sa.Connection) -> list[int]:
    """Return the numbers of those that are among the responses in the lake."""
    mine = (consent_refusal.c.workspace == ws.number, consent_refusal.c.landed)
    return list(connection.execute(sa.select(consent_refusal.c.number).where(*mine)).scalars())


def forget_refusals(ws: Workspace, connection: sa.Connection, numbers: list[int]) -> None:
    """Drop what the lake's table of refusals tells from this transaction on."""
    if numbers:
        mine = (consent_refusal.c.workspace == ws.number, consent_refusal.c.number.in_(numbers))
        connection.execute(sa.delete(consent_refusal).where(*mine))


_EVENTS = sa.text(
    "select distinct event from consent_refusal where workspace = :workspace and channel = :channel order by event"
)
_WHO = """
select c.customer from consent_refusal r
join shown_record_customer c on c.workspace = {workspace} and c.record = r.record
where r.workspace = {workspace} and r.channel = {channel} and r.event = {event}
union
select c.customer from consent_refusal r
join identifier i on i.workspace = {workspace} and i.record = r.record and i.type in ({types})
join identifier o on o.workspace = {workspace} and o.type = i.type and o.scope = i.scope
     and o.value_hash = i.value_hash
join shown_record_customer c on c.workspace = {workspace} and c.record = o.record
where r.workspace = {workspace} and r.channel = {channel} and r.event = {event}"""
