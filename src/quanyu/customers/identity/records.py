"""Gives every source's entry about a person a dense record ordinal, the same one whenever it comes again."""

from collections.abc import Generator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from ibis import _

from quanyu.customers.identity.model import RecordsOpened
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.roll import enter_opened
from quanyu.customers.identity.tables import population, record
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.database.statistics import renew_statistics
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import SEPARATOR, keyed_hash
from quanyu.foundation.lake.model import Value

DEVICE = "device" + SEPARATOR
"""Begins the key of a record that is a device; no customer's key does, since no input holds the separator."""


def record_hash(delivery: Delivery, source: Value, key: Value) -> Value:
    """Return the keyed hash by which a source's record is known."""
    return keyed_hash(delivery.workspace.key.hash_secret, ibis.literal("record"), source, key)


def device_key(device: Value) -> Value:
    """Return the key of the record that a device is."""
    return ibis.literal(DEVICE) + device


def ensure_records(delivery: Delivery, rows: ir.Table, column: str) -> pa.Table:
    """Return `key` and `record` for every distinct key in `column`, opening records of the source for new ones.

    New ordinals exist when the delivery's transaction commits; until then no other import can give out ordinals. A
    device is opened as anonymous: it has a record and, until it is named, no customer.
    """
    distinct = rows.select(key=column).filter(_.key.notnull()).distinct()
    key: Value = distinct.key
    hashed = record_hash(delivery, ibis.literal(delivery.source), key)
    wanted = distinct.mutate(key_hash=hashed, anonymous=key.startswith(DEVICE)).order_by("key_hash")
    known = delivery.workspace.lake.to_arrow(wanted)
    return known.select(["key"]).append_column("record", _ordinals(delivery, known.drop_columns("key")))


@contextmanager
def with_records(delivery: Delivery, rows: ir.Table, key: str) -> Generator[ir.Table]:
    """Put the ordinal of the record that column `key` names beside each row, `record`, NULL where it names none."""
    ordinals = ensure_records(delivery, rows, key).rename_columns(["_key", "record"])
    with delivery.workspace.lake.held(ibis.memtable(ordinals)) as known:
        yield rows.left_join(known, [(key, "_key")]).select(*rows.columns, "record")


def _ordinals(delivery: Delivery, wanted: pa.Table) -> pa.ChunkedArray:
    """Return the record ordinal of each hash; hashes come in ascending order."""
    connection, workspace = delivery.connection, delivery.workspace.number
    connection.execute(
        sa.text("create temporary table wanted_record (key_hash uuid, anonymous boolean) on commit drop")
    )
    copy_in(connection, "wanted_record", wanted)
    next_ordinal = lock_people(delivery.workspace, connection).records
    opened, named = connection.execute(
        _OPEN,
        {
            "workspace": workspace,
            "next": next_ordinal,
            "source": delivery.source,
            "import": delivery.import_number,
        },
    ).one()
    connection.execute(
        sa.update(population).where(population.c.workspace == workspace).values(records=population.c.records + opened)
    )
    renew_statistics(connection, record, opened)
    if named:
        delivery.facts.append(RecordsOpened(delivery.source, delivery.import_number, named))
    query = f"""select r.record from wanted_record w
                join record r on r.workspace = {workspace} and r.key_hash = w.key_hash order by w.key_hash"""
    found = read_columns(connection, query, {"record": "bigint"})["record"]
    connection.execute(sa.text("drop table wanted_record"))
    ordinals, follows = found.to_numpy(), wanted["anonymous"].to_numpy()
    new = ordinals >= next_ordinal
    enter_opened(delivery, ordinals[new], follows[new])
    return found


_OPEN = sa.text(
    """with opened as (
         insert into record (workspace, key_hash, record, source, import_number, anonymous, follows)
         select :workspace, w.key_hash, :next + row_number() over (order by w.key_hash) - 1, :source, :import,
                w.anonymous, w.anonymous
         from wanted_record w
         where not exists (select 1 from record r where r.workspace = :workspace and r.key_hash = w.key_hash)
         returning anonymous)
       select count(*), count(*) filter (where not anonymous) from opened"""
)
