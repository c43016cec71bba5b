"""The roll of records and identifiers in the lake: what the database looks up one by one, to be read as a whole."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.evidence import evidence_in, take_over
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, OPENED_RECORDS, POINTING, RECEIVERS, RECORDS, population
from quanyu.customers.identity.tails import tails_of
from quanyu.foundation.database.copying import quoted, read_columns
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

Integers = NDArray[np.int64]
_DIGITS = 16  # hexadecimal, of a half
_LOW = 15  # of them, below the one that holds the sign


def halves(value_hash: Value) -> tuple[Value, Value]:
    """Return the 128 bits of a hash, written as a UUID, as two whole numbers."""
    digits: Value = value_hash.replace("-", "")
    return _signed(digits.left(_DIGITS)), _signed(digits.right(_DIGITS))


def halves_of(hashes: pa.Array | pa.ChunkedArray) -> tuple[Integers, Integers]:
    """Return the same of hashes as the database hands them over: 16 bytes each, none missing."""
    array = hashes.combine_chunks() if isinstance(hashes, pa.ChunkedArray) else hashes
    words = np.frombuffer(array.buffers()[1] or b"", ">i8")[: 2 * len(array)].reshape(-1, 2)
    return words[:, 0].astype(np.int64), words[:, 1].astype(np.int64)


def digits_of(high: Integers, low: Integers) -> pa.Array:
    """Return 128-bit hashes, given by their halves, as 32 hexadecimal digits each."""
    digits = np.frombuffer(np.stack([high, low], axis=1).astype(">i8").tobytes().hex().encode(), "S32")
    return pa.array(digits).cast(pa.string()) if len(digits) else pa.array([], pa.string())


def _signed(digits: Value) -> Value:
    first: Value = (ibis.literal("0x") + digits.left(1)).cast("int64")
    rest: Value = (ibis.literal("0x") + digits.right(_LOW)).cast("int64")
    signed: Value = ibis.ifelse(first >= 8, first - 16, first)
    return signed * (1 << 4 * _LOW) + rest


def enter_opened(delivery: Delivery, record: Integers, follows: NDArray[np.bool_]) -> None:
    """Enter records that the delivery has opened."""
    if len(record):
        delivery.landing.append(OPENED_RECORDS, _opened(record, delivery.source, follows))


def enter_given(delivery: Delivery, given: pa.Table) -> None:
    """Enter identifiers that are new: record, type, scope, value, and value_hash as text."""
    if given.num_rows:
        rows: Value = ibis.memtable(given.append_column("tail", tails_of(delivery.workspace, given)))
        high, low = halves(rows.value_hash)
        delivery.landing.append(GIVEN_IDENTIFIERS, rows.select("record", "type", "scope", "tail", high=high, low=low))


def enter_named(delivery: Delivery, told: ir.Table, named: pa.Table) -> None:
    """Enter identifiers by which devices or recipients were named: `named` has record and value_hash (16 bytes).

    `told` has type, scope and value_hash, as text, of these and of others, once each.
    """
    if named.num_rows:
        high, low = halves_of(named["value_hash"])
        mine = ibis.memtable(pa.table({"record": named["record"], "high": high, "low": low}))
        high, low = halves(told["value_hash"])
        rows = told.select("type", "scope", high=high, low=low).inner_join(mine, ["high", "low"])
        delivery.landing.append(GIVEN_IDENTIFIERS, rows.select("record", "type", "scope", "high", "low"))


def strike_out(delivery: Delivery, records: pa.Table, identifiers: pa.Table) -> None:
    """Take away records (record) and identifiers (record, value_hash as 16 bytes) that are gone from the database."""
    landing = delivery.landing
    if records.num_rows:
        landing.remove(OPENED_RECORDS, ibis.memtable(records.select(["record"])))
    if identifiers.num_rows:
        high, low = halves_of(identifiers["value_hash"])
        gone = pa.table({"record": identifiers["record"], "high": high, "low": low})
        landing.remove(GIVEN_IDENTIFIERS, ibis.memtable(gone))


def enrol(workspace: Workspace) -> None:
    """Enter all that the database holds, once, in a home from before there was a roll; and the evidence anew."""
    if _is_enrolled(workspace):
        return
    with (
        workspace.heavy(),
        workspace.lake.landing("enrol", POINTING) as landing,
        workspace.begin() as connection,
    ):
        if lock_people(workspace, connection).enrolled:
            return
        _enter_all(workspace, connection, landing)
        vector = workspace.lake.vector_in(connection, (RECORDS, RECEIVERS))
        take_over(workspace, connection, evidence_in(workspace.lake, vector), whole=True)
        mine = population.c.workspace == workspace.number
        connection.execute(sa.update(population).where(mine).values(enrolled=True))
        landing.publish(connection)


def _is_enrolled(workspace: Workspace) -> bool:
    query = sa.select(population.c.enrolled).where(population.c.workspace == workspace.number)
    with workspace.begin() as connection:
        return connection.execute(query).scalar_one_or_none() is not False


def _enter_all(workspace: Workspace, connection: sa.Connection, landing: Landing) -> None:
    number = workspace.number
    landing.replace(OPENED_RECORDS, OPENED_RECORDS.schema.empty_table())
    for source in connection.execute(_SOURCES, {"workspace": number}).scalars():
        query = f"""select record, follows::int as follows from record
                    where workspace = {number} and source = {quoted(source)}"""
        rows = read_columns(connection, query, {"record": "bigint", "follows": "bigint"})
        landing.append(OPENED_RECORDS, _opened(rows["record"].to_numpy(), source, rows["follows"].to_numpy() == 1))
    landing.replace(GIVEN_IDENTIFIERS, GIVEN_IDENTIFIERS.schema.empty_table())
    for type_, scope in kinds_of(workspace, connection):
        query = f"""select record, value_hash from identifier
                    where workspace = {number} and type = {quoted(type_)} and scope = {quoted(scope)}"""
        rows = read_columns(connection, query, {"record": "bigint", "value_hash": "uuid"})
        high, low = halves_of(rows["value_hash"])
        told = {"type": _repeated(type_, rows), "scope": _repeated(scope, rows), "high": high, "low": low}
        landing.append(GIVEN_IDENTIFIERS, pa.table({"record": rows["record"], **told}))


def kinds_of(workspace: Workspace, connection: sa.Connection) -> list[tuple[str, str]]:
    """Return type and scope of all identifiers, in order."""
    return [(row.type, row.scope) for row in connection.execute(_KINDS, {"workspace": workspace.number})]


def _opened(record: Integers, source: str, follows: NDArray[np.bool_]) -> pa.Table:
    opened_by = pa.repeat(pa.scalar(source), len(record))
    return pa.table({"record": record, "opened_by": opened_by, "follows": follows})


def _repeated(text: str, rows: pa.Table) -> pa.Array:
    return pa.repeat(pa.scalar(text), rows.num_rows)


NAMED = sa.text("create temporary table named_record (record bigint, value_hash uuid) on commit drop")
"""Makes the table into which whoever names devices or recipients writes which ones, and by what."""
READ_NAMED = ("select record, value_hash from named_record", {"record": "bigint", "value_hash": "uuid"})

_SOURCES = sa.text("select distinct source from record where workspace = :workspace order by source")
# Of millions of rows the few kinds, each found by one step through the index.
_KINDS = sa.text(
    """with recursive met as (
         (select type, scope from identifier where workspace = :workspace order by type, scope limit 1)
         union all
         select n.type, n.scope from met m cross join lateral (
           select type, scope from identifier
           where workspace = :workspace and (type, scope) > (m.type, m.scope) order by type, scope limit 1) n)
       select type, scope from met"""
)
