"""Leaves out of an export whom no source declares a legal basis for, and who said no on the channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.ingest.tables import source
from quanyu.customers.messages.tables import RESPONSES
from quanyu.customers.messages.words import CHANNELS
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

NO_BASIS = "no_basis"
REFUSALS = ("complained", "unsubscribed")
"""Responses after which a customer is left out on the channel; who did both counts with the first."""

WORDS = {
    NO_BASIS: Text("no legal basis from any source", "没有任何来源声明的合法依据"),
    "complained": Text("complained on the channel", "在该渠道投诉过"),
    "unsubscribed": Text("unsubscribed on the channel", "在该渠道退订过"),
}


@dataclass(frozen=True)
class Permitted:
    """Who may be addressed, and how many may not, by reason; each is counted once."""

    members: OrdinalSet
    left_out: dict[str, int]


@dataclass(frozen=True)
class Basis:
    """What a source declares its records are held for."""

    source: str
    purposes: tuple[str, ...]
    channels: tuple[str, ...]


def permitted(ws: Workspace, members: OrdinalSet, purpose: str | None, channel: str | None) -> Permitted:
    """Keep the members for whom a source of their records declares `purpose`, and `channel` where one is asked for.

    On a channel, who has unsubscribed or complained there is left out as well. Without a purpose nothing is asked.
    """
    if purpose is None and channel is None:
        return Permitted(members, {})
    lawful = [basis.source for basis in _matching(declared(ws), purpose, channel)]
    found = members & _customers_of(ws, lawful)
    left_out = {NO_BASIS: (members - found).count()}
    for name, refused in _refused(ws, channel).items():
        left_out[name] = (found & refused).count()
        found = found - refused
    return Permitted(found, left_out)


def declared(ws: Workspace) -> list[Basis]:
    """Return what the sources' mappings declare, by source."""
    query = sa.select(source.c.name, source.c.legal_basis).where(source.c.workspace == ws.number)
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(source.c.name)).all()
    return [Basis(row.name, *(_words(row.legal_basis, key) for key in ("purposes", "channels"))) for row in rows]


def _words(basis: Mapping[str, object] | None, key: str) -> tuple[str, ...]:
    said = (basis or {}).get(key)
    if isinstance(said, str):
        return (said,)
    return tuple(str(word) for word in said) if isinstance(said, Sequence) else ()


def _matching(bases: Sequence[Basis], purpose: str | None, channel: str | None) -> list[Basis]:
    if purpose is None:
        raise Invalid(
            Text("A channel needs a purpose.", "指定渠道时需要同时指定用途。"),
            remedy=Text("Say what the customers are exported for: --purpose", "请说明导出用途：--purpose"),
        )
    _refuse_unknown_channel(channel)
    purposes = sorted({word for basis in bases for word in basis.purposes})
    if purpose not in purposes:
        raise Invalid(
            Text("No source declares this purpose.", "没有来源声明这一用途。"),
            remedy=Text(
                "Declare it in a mapping, under legal_basis, and import with it.",
                "请在映射的 legal_basis 中声明，并用它导入。",
            ),
            received=purpose[:60],
            allowed=purposes,
        )
    return [basis for basis in bases if purpose in basis.purposes and (channel is None or channel in basis.channels)]


def _refuse_unknown_channel(channel: str | None) -> None:
    known = [code.value for code in CHANNELS]
    if channel is not None and channel not in known:
        raise Invalid(Text("There is no such channel.", "没有这个渠道。"), received=channel[:60], allowed=known)


def _customers_of(ws: Workspace, names: Sequence[str]) -> OrdinalSet:
    """Return who has a record of one of these sources."""
    with ws.begin() as connection:
        connection.execute(sa.text("create temporary table lawful_source (name text) on commit drop"))
        copy_in(connection, "lawful_source", pa.table({"name": pa.array(names, pa.string())}))
        return _read(connection, _OF_SOURCES.format(workspace=ws.number))


def _refused(ws: Workspace, channel: str | None) -> dict[str, OrdinalSet]:
    """Return by reason who said no on the channel, known by his record or by the identifier that was written to."""
    vector = ws.lake.vector((RESPONSES, CUSTOMER_OF_RECORD))
    if channel is None or len(vector) < 2:
        return {}
    rows = ws.lake.table(RESPONSES, vector)
    said = rows.filter(rows["channel"] == channel, rows["event"].isin(list(REFUSALS)))  # type: ignore[arg-type]
    people = said.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, vector), "record").select("event", "customer")
    known = ws.lake.to_arrow(people.distinct())
    address = said.filter(said["recipient_hash"].notnull())
    hashes = ws.lake.to_arrow(address.select("event", "recipient_type", "recipient_scope", "recipient_hash").distinct())
    by_record = {event: OrdinalSet.of(_where(known, event)["customer"].to_numpy()) for event in REFUSALS}
    return {event: by_record[event] | _customers_at(ws, _where(hashes, event)) for event in REFUSALS}


def _where(rows: pa.Table, event: str) -> pa.Table:
    return rows.filter(pc.field("event") == event).drop_columns("event")


def _customers_at(ws: Workspace, hashes: pa.Table) -> OrdinalSet:
    """Return whose identifiers these hashes are."""
    with ws.begin() as connection:
        connection.execute(_ADDRESSES)
        copy_in(connection, "refused_address", hashes)
        return _read(connection, _OF_ADDRESSES.format(workspace=ws.number))


def _read(connection: sa.Connection, query: str) -> OrdinalSet:
    return OrdinalSet.of(read_columns(connection, query, {"customer": "bigint"})["customer"].to_numpy())


_OF_SOURCES = """select distinct c.customer from record r
                 join lawful_source s on s.name = r.source
                 join record_customer c on c.workspace = {workspace} and c.record = r.record
                 where r.workspace = {workspace}"""

_ADDRESSES = sa.text(
    """create temporary table refused_address
       (recipient_type text, recipient_scope text, recipient_hash uuid) on commit drop"""
)

_OF_ADDRESSES = """select distinct c.customer from refused_address a
                   join identifier i on i.workspace = {workspace} and i.type = a.recipient_type
                        and i.scope = a.recipient_scope and i.value_hash = a.recipient_hash
                   join record_customer c on c.workspace = {workspace} and c.record = i.record"""
