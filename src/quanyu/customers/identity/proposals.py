"""Pairs of records that seem to be one person though no key proves it: each is a value that these two have alone.

What a policy makes of such values is its own matter: they join, somebody is asked about them, or nothing comes of them.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.identifiers import GLOBAL, MATCH, POSSIBLE, PROPOSED
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.roll import digits_of, enrol, halves_of
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("proposals.kept",)

Integers = NDArray[np.int64]
_HALF = 32  # bits that an ordinal has at most


@dataclass(frozen=True)
class Proposed:
    """Pairs that are proposed now, by type, and how many of them are new and how many are proposed no more."""

    likely: int
    possible: int
    new: int
    gone: int


def propose(workspace: Workspace, pairs: pa.Table) -> Proposed:
    """Let these pairs be proposed and no others any more; recognition then looks at them.

    `pairs` has one and other (ordinals of records, the lower one first) and type, a word of `PROPOSED`; a pair comes
    once. Those of which a record is gone are left out.
    """
    enrol(workspace)
    about = {"workspace": workspace.number, "proposed": list(PROPOSED), "scope": GLOBAL}
    with (
        workspace.heavy(),
        workspace.lake.landing("propose", (GIVEN_IDENTIFIERS,)) as landing,
        workspace.begin() as connection,
    ):
        lock_people(workspace, connection)
        connection.execute(_OPEN)
        copy_in(connection, "proposed", _rows(pairs))
        for statement in _CHANGE:
            connection.execute(statement, about)
        gone, new = (read_columns(connection, _READ.format(state=state), _COLUMNS) for state in ("gone", "new"))
        if gone.num_rows:
            landing.remove(GIVEN_IDENTIFIERS, ibis.memtable(_entered(gone).select(["record", "high", "low"])))
        if new.num_rows:
            landing.append(GIVEN_IDENTIFIERS, _entered(new))
        failpoints.reach("proposals.kept")
        counts = {row.type: row.pairs for row in connection.execute(_COUNT, about)}
        landing.publish(connection)
    return Proposed(counts.get(MATCH, 0), counts.get(POSSIBLE, 0), new.num_rows // 2, gone.num_rows // 2)


def proposed_pairs(workspace: Workspace, connection: sa.Connection) -> tuple[Integers, Integers]:
    """Return the pairs that are proposed now (ordinals), the lower record of each first."""
    listed = ", ".join(f"'{type_}'" for type_ in PROPOSED)
    query = f"""select distinct value_hash from identifier
                where workspace = {workspace.number} and type in ({listed}) and scope = '{GLOBAL}'"""
    high, _ = halves_of(read_columns(connection, query, {"value_hash": "uuid"})["value_hash"])
    return high >> _HALF, high & ((1 << _HALF) - 1)


def _rows(pairs: pa.Table) -> pa.Table:
    """Return type, value_hash and record: two rows a pair."""
    one, other = pairs["one"].to_numpy().astype(np.int64), pairs["other"].to_numpy().astype(np.int64)
    digits = digits_of((one << _HALF) | other, np.zeros(len(one), np.int64))
    columns = {"type": pairs["type"], "value_hash": digits}
    sides = [pa.table({**columns, "record": record}) for record in (one, other)]
    return pa.concat_tables(sides)


def _entered(changed: pa.Table) -> pa.Table:
    """Return rows of the roll."""
    high, low = halves_of(changed["value_hash"])
    type_ = pa.array(PROPOSED).take(changed["place"].combine_chunks())
    scope = pa.repeat(pa.scalar(GLOBAL), changed.num_rows)
    return pa.table({"record": changed["record"], "type": type_, "scope": scope, "high": high, "low": low})


_OPEN = sa.text("create temporary table proposed (type text, value_hash uuid, record bigint) on commit drop")
_CHANGE = tuple(
    sa.text(statement)
    for statement in (
        """delete from proposed p using (
             select q.value_hash from proposed q
             left join record r on r.workspace = :workspace and r.record = q.record and not r.follows
             where r.record is null) unknown
           where p.value_hash = unknown.value_hash""",
        """create temporary table changed on commit drop as
           select 'gone' as state, i.type, i.value_hash, i.record from identifier i
           left join proposed p using (type, value_hash, record)
           where i.workspace = :workspace and i.type = any(:proposed) and i.scope = :scope and p.record is null
           union all
           select 'new', p.type, p.value_hash, p.record from proposed p
           left join identifier i on i.workspace = :workspace and i.type = p.type and i.scope = :scope
                and i.value_hash = p.value_hash and i.record = p.record
           where i.record is null""",
        """delete from identifier i using changed c
           where c.state = 'gone' and i.workspace = :workspace and i.type = c.type and i.scope = :scope
                 and i.value_hash = c.value_hash and i.record = c.record""",
        """delete from identity_question q using changed c
           where c.state = 'gone' and q.workspace = :workspace and q.type = c.type and q.scope = :scope
                 and q.value_hash = c.value_hash""",
        """insert into identifier (workspace, type, scope, value_hash, record)
           select :workspace, type, :scope, value_hash, record from changed where state = 'new'""",
        """insert into identity_waiting (workspace, record) select distinct cast(:workspace as integer), c.record
           from changed c join population p on p.workspace = :workspace and c.record < p.recognised
           on conflict do nothing""",
    )
)
_READ = f"""select (type = '{POSSIBLE}')::int as place, value_hash, record from changed where state = '{{state}}'
            order by record"""
_COLUMNS = {"place": "bigint", "value_hash": "uuid", "record": "bigint"}
_COUNT = sa.text(
    """select type, count(distinct value_hash) as pairs from identifier
       where workspace = :workspace and type = any(:proposed) and scope = :scope group by type"""
)
