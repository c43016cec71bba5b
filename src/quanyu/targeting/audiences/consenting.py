"""Leaves out of an export whom the lights of its channel and purpose leave in the dark, counted by reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.customers.consent.bases import declared
from quanyu.customers.consent.lights import TABLES, blocked, lights
from quanyu.customers.consent.model import BLOCKED, NO_BASIS, NO_RELATION, REACHABLE, REASONS, Basis
from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.refusing import refused_now
from quanyu.customers.messages.words import CHANNELS
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.errors import Invalid
from quanyu.foundation.measuring import Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

WORDS = REASONS
"""Why somebody is left out, in the order in which it is told."""


@dataclass(frozen=True)
class Permitted:
    """Who may be addressed, and how many may not, by reason; each is counted once."""

    members: OrdinalSet
    left_out: dict[str, int]


def permitted(ws: Workspace, members: OrdinalSet, purpose: str | None, channel: str | None) -> Permitted:
    """Keep the members who may be addressed for `purpose`, now.

    On a channel these are they whose light is on there. Without one, a source of their records declares the purpose,
    and none has blocked them. Without a purpose nothing is asked.
    """
    if purpose is None and channel is None:
        return Permitted(members, {})
    bases = _declaring(ws, purpose, channel)
    project(ws)
    if purpose is not None and channel is not None:
        states = _states(ws, purpose, channel)
    else:
        states = _states_anywhere(ws, bases)
    known = OrdinalSet.empty()
    for found in states.values():
        known = known | found
    # Who came after the states were read has no state yet.
    unknown = (members - known).count()
    left_out = {reason: (members & states.get(reason, OrdinalSet.empty())).count() for reason in REASONS}
    left_out[NO_RELATION] += unknown
    reached = members & states[REACHABLE]
    for event, who in _refusing(ws, channel).items():
        left_out[event] += (reached & who).count()
        reached = reached - who
    return Permitted(reached, {reason: count for reason, count in left_out.items() if count})


def _refusing(ws: Workspace, channel: str | None) -> dict[str, OrdinalSet]:
    """Return who has refused the channel a moment ago."""
    if channel is None:
        return {}
    with ws.begin() as connection:
        return refused_now(ws, connection, channel)


def _states(ws: Workspace, purpose: str, channel: str) -> dict[str, OrdinalSet]:
    rows = ws.lake.to_arrow(lights(_now(ws), (channel,), purpose).select("customer", state=channel))
    return {state: _whose(rows, state) for state in (REACHABLE, *REASONS)}


def _whose(rows: pa.Table, state: str) -> OrdinalSet:
    return OrdinalSet.of(rows.filter(pc.field("state") == state)["customer"].to_numpy())


def _states_anywhere(ws: Workspace, bases: Sequence[Basis]) -> dict[str, OrdinalSet]:
    everybody, lawful = _customers_of(ws, None), _customers_of(ws, [basis.source for basis in bases])
    out = OrdinalSet.of(ws.lake.to_arrow(blocked(_now(ws)))["customer"].to_numpy())
    return {BLOCKED: out, NO_BASIS: everybody - lawful - out, REACHABLE: lawful - out}


def _now(ws: Workspace) -> Scope:
    vector = ws.lake.vector(TABLES)
    tables = {table.name: ws.lake.table(table, vector) for table in TABLES}
    return Scope(tables, ws.clock.now(), ws.time_zone)


def _declaring(ws: Workspace, purpose: str | None, channel: str | None) -> list[Basis]:
    """Return who declares the purpose; refuse one that nobody does, and a channel that there is not."""
    if purpose is None:
        raise Invalid(
            Text("A channel needs a purpose.", "指定渠道时需要同时指定用途。"),
            remedy=Text("Say what the customers are exported for: --purpose", "请说明导出用途：--purpose"),
        )
    _refuse_unknown_channel(channel)
    bases = declared(ws)
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
    return [basis for basis in bases if purpose in basis.purposes]


def _refuse_unknown_channel(channel: str | None) -> None:
    known = [code.value for code in CHANNELS]
    if channel is not None and channel not in known:
        raise Invalid(Text("There is no such channel.", "没有这个渠道。"), received=channel[:60], allowed=known)


def _customers_of(ws: Workspace, names: Sequence[str] | None) -> OrdinalSet:
    """Return who has a record of one of these sources, or of any."""
    with ws.begin() as connection:
        query = f"select distinct customer from shown_record_customer where workspace = {ws.number}"
        if names is not None:
            connection.execute(sa.text("create temporary table lawful_source (name text) on commit drop"))
            copy_in(connection, "lawful_source", pa.table({"name": pa.array(names, pa.string())}))
            query = _OF_SOURCES.format(workspace=ws.number)
        return OrdinalSet.of(read_columns(connection, query, {"customer": "bigint"})["customer"].to_numpy())


_OF_SOURCES = """select distinct c.customer from record r
                 join lawful_source s on s.name = r.source
                 join shown_record_customer c on c.workspace = {workspace} and c.record = r.record
                 where r.workspace = {workspace}"""
