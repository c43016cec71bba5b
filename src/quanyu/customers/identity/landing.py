"""Lands customer records: their attributes as versions, their identifiers as keyed hashes, the values sealed."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.private import seal_values
from quanyu.customers.identity.records import ensure_records
from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.hashing import content_hash, keyed_hash
from quanyu.foundation.lake.store import changed
from quanyu.foundation.text import Text


def land_records(delivery: Delivery) -> Accepted:
    """Append the records that are new or have changed; the last observed row of a record in this import speaks."""
    lake = delivery.workspace.lake
    rows = delivery.rows
    with lake.held(ibis.memtable(ensure_records(delivery, rows, "key"))) as ordinals:
        known = rows.inner_join(ordinals, "key")
        with lake.held(_last_of_each(known, delivery)) as records:
            news = _news(delivery, records)
            landed = delivery.landing.append(RECORDS, news, supersedes=_any_present(delivery, news))
            _keep_identifiers(delivery, known)
        return Accepted(landed, lake.count(rows) - landed)


def _last_of_each(rows: ir.Table, delivery: Delivery) -> ir.Table:
    observed = rows.observed_at.fill_null(ibis.literal(delivery.workspace.clock.now(), "timestamp('UTC', 6)"))
    latest = [ibis.desc("observed_at"), ibis.desc("line")]
    ranked = rows.mutate(observed_at=observed).mutate(rank=ibis.row_number().over(group_by="record", order_by=latest))
    last = ranked.filter(ranked["rank"] == 0)
    return last.select(
        "record",
        "country",
        "observed_at",
        content_hash=content_hash(last.country),
        source=ibis.literal(delivery.source),
        import_number=ibis.literal(delivery.import_number, "int64"),
    )


def _news(delivery: Delivery, records: ir.Table) -> ir.Table:
    plain = records.select(*RECORDS.schema.names)
    if RECORDS.name not in delivery.landing.vector:
        return plain
    present = delivery.workspace.lake.table(RECORDS, delivery.landing.vector)
    return changed(plain, present, ["record"])


def _any_present(delivery: Delivery, news: ir.Table) -> bool:
    if RECORDS.name not in delivery.landing.vector:
        return False
    present = delivery.workspace.lake.table(RECORDS, delivery.landing.vector)
    return delivery.workspace.lake.count(news.semi_join(present, "record")) > 0


def _keep_identifiers(delivery: Delivery, rows: ir.Table) -> None:
    """Add the identifiers that these records did not have: the hash to the database, the value to a sealed block.

    Every row counts, not the last one of a record only: what somebody gave once still points at him.
    """
    given = [
        rows.filter(rows[f"identifier_{i}"].notnull()).select(
            "record", type=ibis.literal(type_), scope=ibis.literal(scope), value=rows[f"identifier_{i}"]
        )
        for i, (type_, scope) in enumerate(delivery.identifiers)
    ]
    if not given:
        return
    whole = ibis.union(*given, distinct=True) if len(given) > 1 else given[0].distinct()
    hashed = keyed_hash(delivery.workspace.key.hash_secret, whole["type"], whole["scope"], whole["value"])
    values = delivery.workspace.lake.to_arrow(whole.mutate(value_hash=hashed))
    seal_values(delivery, values.take(_insert_new(delivery, values)))


def _insert_new(delivery: Delivery, values: pa.Table) -> pa.ChunkedArray:
    """Insert the identifiers that are not there yet; return their positions in `values`."""
    connection, workspace = delivery.connection, delivery.workspace.number
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
        {"workspace": workspace},
    )
    connection.execute(
        sa.text(
            """insert into identifier (workspace, type, scope, value_hash, record)
               select :workspace, type, scope, value_hash, record from given_identifier"""
        ),
        {"workspace": workspace},
    )
    query = "select position from given_identifier order by position"
    new = read_columns(connection, query, {"position": "bigint"})["position"]
    connection.execute(sa.text("drop table given_identifier"))
    return new


CUSTOMER_RECORD = Kind(
    name="customer_record",
    title=Text("Customer record", "客户记录"),
    inputs=(
        Input("key", "text", Text("Key within the source", "来源内的主键"), required=True, example="M0012345"),
        Input("country", "text", Text("Country", "国家"), example="China"),
        OBSERVED_AT,
    ),
    key=("key",),
    tables=(RECORDS, RECORDS_PRIVATE),
    land=land_records,
    takes_identifiers=True,
)
