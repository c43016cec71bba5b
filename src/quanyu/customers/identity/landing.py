"""Lands what sources say about persons: attributes as versions, identifiers as keyed hashes, private values sealed."""

import ibis
import ibis.expr.types as ir

from quanyu.customers.identity.attributes import INPUTS, described, plain, seal_changed
from quanyu.customers.identity.evidence import keep_evidence
from quanyu.customers.identity.keeping import GIVEN, keep_identifiers
from quanyu.customers.identity.names import with_names
from quanyu.customers.identity.records import ensure_records
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, POINTING, RECEIVERS, RECORDS, RECORDS_PRIVATE
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Delivery, Input, Kind
from quanyu.foundation.text import Text


def land_records(delivery: Delivery) -> Accepted:
    """Append the records that are new or have changed; of each value the last observed one speaks."""
    lake, rows = delivery.workspace.lake, delivery.rows
    with lake.held(ibis.memtable(ensure_records(delivery, rows, "key"))) as ordinals:
        known = rows.inner_join(ordinals, "key")
        with with_names(delivery, known) as named, lake.held(described(delivery, named)) as persons:
            accepted = land_versions(delivery, RECORDS, plain(persons), keeps=True)
            seal_changed(delivery, persons)
            keep_evidence(delivery)
        given = _given(delivery, known)
        if given is not None:
            keep_identifiers(delivery, given)
    return accepted


def land_identifiers(delivery: Delivery) -> Accepted:
    """Keep identifiers that come one a row, beside the key of the record that they point at."""
    lake, rows = delivery.workspace.lake, delivery.rows
    with lake.held(ibis.memtable(ensure_records(delivery, rows, "key"))) as ordinals:
        landed = keep_identifiers(delivery, rows.inner_join(ordinals, "key").select(*GIVEN))
    return Accepted(landed, lake.count(rows) - landed)


def _given(delivery: Delivery, rows: ir.Table) -> ir.Table | None:
    """Return every identifier of every row, not the last one of a record only: what he gave once points at him."""
    given = [
        rows.filter(rows[f"identifier_{i}"].notnull()).select(
            "record", "observed_at", type=ibis.literal(type_), scope=ibis.literal(scope), value=rows[f"identifier_{i}"]
        )
        for i, (type_, scope) in enumerate(delivery.identifiers)
    ]
    return ibis.union(*given) if given else None


CUSTOMER_RECORD = Kind(
    name="customer_record",
    title=Text("Customer record", "客户记录"),
    inputs=INPUTS,
    key=("key",),
    tables=(RECORDS, RECEIVERS, RECORDS_PRIVATE, IDENTIFIER_FAULTS, *POINTING),
    land=land_records,
    takes_identifiers=True,
)

IDENTIFIER = Kind(
    name="identifier",
    title=Text("Identifier", "标识"),
    inputs=(
        Input(
            "key", "key", Text("Key of the record within the source", "来源内的主键"), required=True, example="M0012345"
        ),
        Input("type", "text", Text("Type of identifier", "标识类型"), required=True, example="unionid"),
        Input(
            "scope", "text", Text("Within what it is unique; else the source", "唯一范围，默认为来源"), example="heyuan"
        ),
        Input("value", "text", Text("Value (sealed)", "标识值（加密保存）"), required=True, example="oUnA7f9Kq2"),
        OBSERVED_AT,
    ),
    key=("key", "type", "value"),
    tables=(RECORDS_PRIVATE, IDENTIFIER_FAULTS, *POINTING),
    land=land_identifiers,
)
