"""Reads the rows of a versioned table that stand for some orders, at a landing's beginning and after what it wrote."""

import ibis.expr.types as ir

from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.lake.store import latest
from quanyu.foundation.lake.versions import OLDER

ORDER = ("source", "order_number")


def published(delivery: Delivery, table: LakeTable, orders: ir.Table) -> ir.Table:
    """Return the latest rows of these orders (columns source, order_number) before this landing.

    The orders are chosen before their versions are ranked: what the table holds of others streams past.
    """
    lake, vector = delivery.workspace.lake, delivery.landing.vector
    pinned = vector.get(table.name)
    if pinned is not None and pinned.superseded:
        versions = lake.all_versions(table, vector).semi_join(orders, list(ORDER))
        return latest(versions, table.versioned_by or ())
    return lake.table(table, vector).semi_join(orders, list(ORDER))


def standing(delivery: Delivery, table: LakeTable, orders: ir.Table) -> ir.Table:
    """Return the latest rows of these orders, with what this landing has written: of a key that speaks last."""
    names = [name for name in table.schema.names if name != OLDER]
    written = delivery.landing.written(table).select(*names)
    before = published(delivery, table, orders).select(*names)
    own = written.semi_join(orders, list(ORDER))
    return own.union(before.anti_join(written, list(table.versioned_by or ())))
