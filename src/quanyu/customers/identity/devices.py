"""A device that somebody names as his identifier stops being anonymous: what it did is his."""

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import DEVICE_TYPE
from quanyu.customers.identity.model import RecordsOpened
from quanyu.customers.identity.records import device_key, record_hash
from quanyu.foundation.database.copying import copy_in
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
    connection.execute(
        sa.text("create temporary table told_device (scope text, value_hash uuid, key_hash uuid) on commit drop")
    )
    copy_in(connection, "told_device", lake.to_arrow(hashed))
    given = {"workspace": workspace, "type": DEVICE_TYPE, "import": delivery.import_number}
    named = connection.execute(_NAME, given).scalar_one()
    connection.execute(sa.text("drop table told_device"))
    if named:
        delivery.facts.append(RecordsOpened(delivery.source, delivery.import_number, named))


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
       waiting as (
         insert into identity_waiting (workspace, record) select distinct :workspace, record from named
         on conflict do nothing)
       select count(*) from named"""
)
