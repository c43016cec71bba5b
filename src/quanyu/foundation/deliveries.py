"""Lands a delivery's rows in one table, as versions or once, and counts how they came out."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from quanyu.foundation.kinds import Accepted, Delivery
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.lake.versions import Arrival, append_once, append_versions


def land_versions(delivery: Delivery, table: LakeTable, rows: ir.Table, *, keeps: bool = False) -> Accepted:
    """Append what is new or changed; `rows` as in `append_versions`, but for the source."""
    landed = append_versions(_arrival(delivery), table, _of_source(delivery, rows), keeps=keeps)
    return _accepted(delivery, landed)


def land_once(delivery: Delivery, table: LakeTable, rows: ir.Table, key: Sequence[str]) -> Accepted:
    """Append what is not known by `key` within the source; `rows` as in `append_once`, but for the source."""
    landed = append_once(_arrival(delivery), table, _of_source(delivery, rows), ["source", *key])
    return _accepted(delivery, landed)


def _arrival(delivery: Delivery) -> Arrival:
    workspace = delivery.workspace
    return Arrival(workspace.lake, delivery.landing, delivery.import_number, workspace.clock.now())


def _of_source(delivery: Delivery, rows: ir.Table) -> ir.Table:
    return rows.mutate(source=ibis.literal(delivery.source))


def _accepted(delivery: Delivery, landed: int) -> Accepted:
    return Accepted(landed, delivery.workspace.lake.count(delivery.rows) - landed)
