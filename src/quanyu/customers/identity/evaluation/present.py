"""Reads what the home says today: its records, whose each is, and which identifiers each has."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from quanyu.customers.identity.evaluation.counting import Integers
from quanyu.customers.identity.evaluation.model import Kind
from quanyu.customers.identity.identifiers import DEVICE_TYPE
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import identifier
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace

NOBODY = -1


@dataclass(frozen=True)
class Present:
    """Of each record ordinal its source (a place in `sources`, -1 for no record) and its customer, NOBODY where none.

    `known` has key_hash (16 bytes) and record; `identifiers` has kind (a place in `kinds`), value (64 bits) and record.
    """

    sources: tuple[str, ...]
    source: Integers
    customer: Integers
    known: pa.Table
    kinds: tuple[Kind, ...]
    identifiers: pa.Table
    devices: tuple[str, ...]  # sources that tell of devices


def read_present(workspace: Workspace) -> Present:
    """Read all of it; imports and recognition wait meanwhile, so that it belongs together."""
    number = workspace.number
    with workspace.begin() as connection:
        lock_people(workspace, connection)
        known = read_columns(connection, _KNOWN.format(number=number), _COLUMNS)
        sources = tuple(connection.execute(sa.text(_SOURCES), {"workspace": number}).scalars())
        owned = read_columns(connection, _OWNED.format(number=number), {"record": "bigint", "customer": "bigint"})
        devices = tuple(connection.execute(_DEVICES, {"workspace": number, "type": DEVICE_TYPE}).scalars())
        kinds, identifiers = _identifiers(connection, workspace)
    ordinals = known["record"].to_numpy()
    size = int(ordinals.max(initial=-1)) + 1
    source, customer = np.full(size, -1), np.full(size, NOBODY)
    source[ordinals] = known["source"].to_numpy() - 1
    customer[owned["record"].to_numpy()] = owned["customer"].to_numpy()
    hashes = known["key_hash"].cast(pa.binary())  # Ibis knows no bytes of a fixed number
    hashed = pa.table({"key_hash": hashes, "record": known["record"]})
    return Present(sources, source, customer, hashed, kinds, identifiers, devices)


_COLUMNS = {"key_hash": "uuid", "record": "bigint", "source": "bigint"}
_KNOWN = """select r.key_hash, r.record, s.number as source from record r
            join (select source, row_number() over (order by source) as number
                  from (select distinct source from record where workspace = {number}) x) s on s.source = r.source
            where r.workspace = {number}"""
_SOURCES = "select distinct source from record where workspace = :workspace order by source"
_OWNED = """select c.record, c.customer from record_customer c
            join record r on r.workspace = {number} and r.record = c.record where c.workspace = {number}"""
_DEVICES = sa.text(
    """select source from record where workspace = :workspace and anonymous
       union select scope from identifier where workspace = :workspace and type = :type order by 1"""
)


def _identifiers(connection: sa.Connection, workspace: Workspace) -> tuple[tuple[Kind, ...], pa.Table]:
    """Read the identifiers kind by kind, the kind with the most of them first."""
    mine = identifier.c.workspace == workspace.number
    counted = (
        sa.select(identifier.c.type, identifier.c.scope)
        .where(mine)
        .group_by(identifier.c.type, identifier.c.scope)
        .order_by(sa.func.count().desc(), identifier.c.type, identifier.c.scope)
    )
    kinds = tuple(Kind(type_, scope) for type_, scope in connection.execute(counted))
    return kinds, pa.concat_tables([_NONE, *(_of_kind(connection, workspace, i, k) for i, k in enumerate(kinds))])


_PLAIN = postgresql.dialect(paramstyle="named")  # the others write a per cent sign twice
_NONE = pa.schema([("kind", pa.int64()), ("value", pa.int64()), ("record", pa.int64())]).empty_table()


def _of_kind(connection: sa.Connection, workspace: Workspace, place: int, kind: Kind) -> pa.Table:
    """Return the identifiers of a kind; of each hash, which is keyed by its kind too, the first 64 bits tell enough."""
    wanted = (identifier.c.workspace == workspace.number, identifier.c.type == kind.type)
    query = sa.select(identifier.c.value_hash, identifier.c.record).where(*wanted, identifier.c.scope == kind.scope)
    literal = str(query.compile(dialect=_PLAIN, compile_kwargs={"literal_binds": True}))
    found = read_columns(connection, literal, {"value_hash": "uuid", "record": "bigint"})
    whole = found["value_hash"].combine_chunks()
    halves = np.frombuffer(whole.buffers()[1] or b"", np.int64)
    value = halves[: 2 * len(whole) : 2]
    return pa.table({"kind": np.full(len(value), place), "value": value, "record": found["record"]})
