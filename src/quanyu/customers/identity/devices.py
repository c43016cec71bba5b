"""A device that somebody names as his identifier stops being anonymous: what it did is his."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import DEVICE_TYPE
from quanyu.customers.identity.model import RecordsOpened
from quanyu.customers.identity.records import device_key, record_hash
from quanyu.customers.identity.roll import NAMED, READ_NAMED, enter_named
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import keyed_hash


def name_devices(delivery: Delivery, devices: ir.Table) -> None:
    """Give the records of these devices (scope, device) the identifier by which a record of a person names them.

    Whichever of the two comes first, the other one finds it. A device that nobody names costs nothing but its record.
    """
    connection, workspace, lake = delivery.connection, delivery.workspace.number, delivery.workspace.lake
    if not connection.execute(_ANY, {"workspace": workspace, "type": DEVICE_TYPE}).scalar_one():
        return
    distinct = devices.filter(devices.device.notnull()).distinct()
    secret = delivery.workspace.key.hash_secret
    hashed = distinct.select(
        "scope",
        value_hash=keyed_hash(secret, ibis.literal(DEVICE_TYPE), distinct.scope, distinct.device),
        key_hash=record_hash(delivery, distinct.scope, device_key(distinct.device)),
    )
    told = lake.to_arrow(hashed)
    connection.execute(_TOLD)
    connection.execute(NAMED)
    copy_in(connection, "told_device", told)
    given = {"workspace": workspace, "type": DEVICE_TYPE, "import": delivery.import_number}
    count = connection.execute(_NAME, given).scalar_one()
    if count:
        delivery.facts.append(RecordsOpened(delivery.source, delivery.import_number, count))
        devices = told.select(["scope", "value_hash"]).append_column(
            "type", pa.repeat(pa.scalar(DEVICE_TYPE), told.num_rows)
        )
        enter_named(delivery, ibis.memtable(devices), read_columns(connection, *READ_NAMED))
    connection.execute(sa.text("drop table told_device, named_record"))


_TOLD = sa.text("create temporary table told_device (scope text, value_hash uuid, key_hash uuid) on commit drop")
_ANY = sa.text("select exists (select 1 from identifier where workspace = :workspace and type = :type)")

_NAME = sa.text(
    """with named as (
         update record r set anonymous = false from told_device d
         where r.workspace = :workspace and r.key_hash = d.key_hash and r.follows
               and not exists (select 1 from identifier own where own.workspace = :workspace and own.record = r.record)
               and exists (select 1 from identifier i where i.workspace = :workspace and i.type = :type
                           and i.scope = d.scope and i.value_hash = d.value_hash)
         returning r.record, d.scope, d.value_hash),
       given as (
         insert into identifier (workspace, type, scope, value_hash, record, import_number)
         select :workspace, :type, scope, value_hash, record, :import from named),
       kept as (insert into named_record select record, value_hash from named),
       waiting as (
         insert into identity_waiting (workspace, record) select distinct :workspace, record from named
         on conflict do nothing)
       select count(*) from named"""
)
