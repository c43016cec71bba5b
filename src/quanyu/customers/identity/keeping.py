"""Keeps the identifiers that a delivery gives: the hash to the database, the value to a sealed block."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.dating import SEEN, with_days
from quanyu.customers.identity.devices import name_devices
from quanyu.customers.identity.forms import formed
from quanyu.customers.identity.identifiers import DEVICE_TYPE
from quanyu.customers.identity.private import seal_values
from quanyu.customers.identity.recipients import name_recipients
from quanyu.customers.identity.roll import enter_given
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, identifier
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.database.statistics import renew_statistics
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value

_IDENTITY = ("record", "type", "scope", "value")
GIVEN = (*_IDENTITY, "observed_at")
"""Columns of identifiers as a source gives them: the value as it was written, and when the source saw it."""


def keep_identifiers(delivery: Delivery, given: ir.Table) -> int:
    """Add the identifiers (`GIVEN`) that are new; return how many. Of those that the policy dates the last day is kept.

    A value that points at nobody is counted with its reason.
    """
    lake, secret = delivery.workspace.lake, delivery.workspace.key.hash_secret
    with formed(delivery, with_days(delivery, given)) as told:
        keep_faults(delivery, told)
        # Two ways of writing a value are one form; a delivery that nothing in it dates is no dearer than without dates.
        kept: Value = told.filter(told.value.notnull())
        good = (
            kept.group_by(*_IDENTITY).agg(seen=kept.seen.max())
            if "seen" in told.columns
            else kept.select(*_IDENTITY).distinct()
        )
        hashed = keyed_hash(secret, good["type"], good["scope"], good["value"])
        values = lake.to_arrow(good.mutate(value_hash=hashed))
        new = values.take(_insert_new(delivery, values))
        enter_given(delivery, new)
        seal_values(delivery, new)
        name_devices(delivery, good.filter(good["type"] == DEVICE_TYPE).select("scope", device=good.value))
    return new.num_rows


def keep_faults(delivery: Delivery, told: ir.Table) -> None:
    """Count the values (`formed`) that point at nobody, by reason."""
    faulty = told.filter(told.reason.notnull()).select("record", "type", "scope", "reason")
    counted = faulty.group_by("type", "scope", "reason").agg(times=faulty.count())
    faults = counted.mutate(
        import_number=ibis.literal(delivery.import_number, "int64"), source=ibis.literal(delivery.source)
    )
    delivery.landing.append(IDENTIFIER_FAULTS, faults.select(*IDENTIFIER_FAULTS.schema.names))


def _insert_new(delivery: Delivery, values: pa.Table) -> pa.ChunkedArray:
    """Insert the identifiers that are not there yet; return their positions in `values`."""
    connection = delivery.connection
    numbers = {"workspace": delivery.workspace.number, "import": delivery.import_number}
    if values.num_rows >= MANY and connection.execute(_EMPTY).scalar_one():
        new, given = _load(delivery, values), _LOADED.format(workspace=delivery.workspace.number)
    else:
        new, given = _add(connection, values, numbers), "given_identifier"
    connection.execute(sa.text(_NOTE.format(given=given)), numbers)
    name_recipients(delivery, given, values)
    connection.execute(sa.text("drop table if exists given_identifier"))
    return new


def _add(connection: sa.Connection, values: pa.Table, numbers: dict[str, int]) -> pa.ChunkedArray:
    connection.execute(
        sa.text(
            """create temporary table given_identifier
               (position bigint, type text, scope text, value_hash uuid, record bigint, seen date) on commit drop"""
        )
    )
    positions = pa.array(np.arange(values.num_rows))
    copy_in(connection, "given_identifier", values.drop_columns("value").append_column("position", positions))
    if SEEN in values.column_names:
        connection.execute(_SEEN_AGAIN, numbers)
    connection.execute(_FORGET_KNOWN, numbers)
    inserted = connection.execute(_INSERT, numbers).rowcount
    renew_statistics(connection, identifier, inserted)
    query = "select position from given_identifier order by position"
    return read_columns(connection, query, {"position": "bigint"})["position"]


def _load(delivery: Delivery, values: pa.Table) -> pa.ChunkedArray:
    """Fill the table that no workspace has a row in yet: straight from the stream, and its indexes once it is full.

    Nobody else sees anything of it before the transaction ends; whoever asks for identifiers waits until then.
    """
    connection, rows = delivery.connection, values.num_rows
    connection.execute(sa.text(f"set local maintenance_work_mem = '{delivery.workspace.settings.memory >> 13}kB'"))
    for statement in _OPEN:
        connection.execute(sa.text(statement))
    numbers = {"workspace": delivery.workspace.number, "import_number": delivery.import_number}
    whole = values.drop_columns("value")
    for name, number in numbers.items():
        whole = whole.append_column(name, pa.repeat(pa.scalar(number, pa.int64()), rows))
    if SEEN in values.column_names:
        whole = whole.append_column("seen_import", _numbered(values[SEEN], delivery.import_number))
    copy_in(connection, "identifier", whole)
    for statement in _CLOSE:
        connection.execute(sa.text(statement))
    return pa.chunked_array([pa.array(np.arange(rows))])


def _numbered(seen: pa.ChunkedArray, number: int) -> pa.Array:
    """Return the number where there is a day."""
    return pa.array(np.full(len(seen), number), pa.int64(), mask=seen.is_null().to_numpy())


MANY = 100_000
"""Identifiers from which on the first ones are loaded before the table has indexes."""
_EMPTY = sa.text("select pg_relation_size('identifier') = 0")
_LOADED = "(select type, scope, value_hash, record from identifier where workspace = {workspace})"
# Row-level security, which COPY knows nothing of, is lifted for the owner alone, within this transaction.
_OPEN = (
    "alter table identifier no force row level security",
    "alter table identifier drop constraint identifier_key",
    "drop index identifier_by_record",
)
_CLOSE = (
    """alter table identifier add constraint identifier_key
       primary key (workspace, type, scope, value_hash, record)""",
    "create index identifier_by_record on identifier (workspace, record)",
    "alter table identifier force row level security",
    "analyze identifier",
)
_FORGET_KNOWN = sa.text(
    """delete from given_identifier g using identifier i
       where i.workspace = :workspace and i.type = g.type and i.scope = g.scope
             and i.value_hash = g.value_hash and i.record = g.record"""
)
_INSERT = sa.text(
    """insert into identifier (workspace, type, scope, value_hash, record, import_number, seen, seen_import)
       select :workspace, type, scope, value_hash, record, :import, seen,
              case when seen is not null then cast(:import as bigint) end from given_identifier"""
)
# Whoever had a value later than was known may have it alone now.
_SEEN_AGAIN = sa.text(
    """with later as (
         update identifier i set seen = g.seen, seen_import = :import from given_identifier g
         where i.workspace = :workspace and i.type = g.type and i.scope = g.scope and i.value_hash = g.value_hash
               and i.record = g.record and g.seen is not null and (i.seen is null or i.seen < g.seen)
         returning i.record)
       insert into identity_waiting (workspace, record)
       select distinct cast(:workspace as integer), l.record from later l
       join population p on p.workspace = :workspace and l.record < p.recognised
       on conflict do nothing"""
)
# What comes for a record that no recognition has looked at yet needs no mention.
_NOTE = """insert into identity_waiting (workspace, record)
           select distinct :workspace, g.record from {given} g
           join population p on p.workspace = :workspace and g.record < p.recognised
           on conflict do nothing"""
