"""Keeps the identifiers that a delivery gives: the hash to the database, the value to a sealed block."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.devices import name_devices
from quanyu.customers.identity.forms import formed
from quanyu.customers.identity.identifiers import DEVICE_TYPE
from quanyu.customers.identity.private import seal_values
from quanyu.customers.identity.recipients import name_recipients
from quanyu.customers.identity.roll import enter_given
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import keyed_hash

_IDENTITY = ("record", "type", "scope", "value")


def keep_identifiers(delivery: Delivery, given: ir.Table) -> int:
    """Add the identifiers (record, type, scope, value as it was written) that are new; return how many.

    A value that points at nobody is counted with its reason.
    """
    lake, secret = delivery.workspace.lake, delivery.workspace.key.hash_secret
    with formed(delivery, given) as told:
        _keep_faults(delivery, told)
        good = told.filter(told.value.notnull()).select(*_IDENTITY).distinct()
        hashed = keyed_hash(secret, good["type"], good["scope"], good["value"])
        values = lake.to_arrow(good.mutate(value_hash=hashed))
        new = values.take(_insert_new(delivery, values))
        enter_given(delivery, new)
        seal_values(delivery, new)
        name_devices(delivery, good.filter(good["type"] == DEVICE_TYPE).select("scope", device=good.value))
    return new.num_rows


def _keep_faults(delivery: Delivery, told: ir.Table) -> None:
    faulty = told.filter(told.reason.notnull())
    counted = faulty.group_by("type", "scope", "reason").agg(times=faulty.count())
    faults = counted.mutate(
        import_number=ibis.literal(delivery.import_number, "int64"), source=ibis.literal(delivery.source)
    )
    delivery.landing.append(IDENTIFIER_FAULTS, faults.select(*IDENTIFIER_FAULTS.schema.names))


def _insert_new(delivery: Delivery, values: pa.Table) -> pa.ChunkedArray:
    """Insert the identifiers that are not there yet; return their positions in `values`."""
    connection = delivery.connection
    numbers = {"workspace": delivery.workspace.number, "import": delivery.import_number}
    connection.execute(
        sa.text(
            """create temporary table given_identifier
               (position bigint, type text, scope text, value_hash uuid, record bigint) on commit drop"""
        )
    )
    positions = pa.array(np.arange(values.num_rows))
    copy_in(connection, "given_identifier", values.drop_columns("value").append_column("position", positions))
    connection.execute(
        sa.text(
            """delete from given_identifier g using identifier i
               where i.workspace = :workspace and i.type = g.type and i.scope = g.scope
                     and i.value_hash = g.value_hash and i.record = g.record"""
        ),
        numbers,
    )
    connection.execute(
        sa.text(
            """insert into identifier (workspace, type, scope, value_hash, record, import_number)
               select :workspace, type, scope, value_hash, record, :import from given_identifier"""
        ),
        numbers,
    )
    connection.execute(_NOTE, numbers)
    query = "select position from given_identifier order by position"
    new = read_columns(connection, query, {"position": "bigint"})["position"]
    name_recipients(delivery, "given_identifier", values)
    connection.execute(sa.text("drop table given_identifier"))
    return new


# What comes for a record that no recognition has looked at yet needs no mention.
_NOTE = sa.text(
    """insert into identity_waiting (workspace, record)
       select distinct :workspace, g.record from given_identifier g
       join population p on p.workspace = :workspace and g.record < p.recognised
       on conflict do nothing"""
)
