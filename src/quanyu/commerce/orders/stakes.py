"""What is at stake where somebody has to decide about records: what they have bought."""

import ibis
import pyarrow as pa
from ibis import _

from quanyu.commerce.orders.behaviours import counted
from quanyu.commerce.orders.tables import ORDERS
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.workspace import Workspace


def bought(workspace: Workspace, held: pa.Table) -> pa.Table:
    """Return for each question what its records (columns question, record) have bought: question, worth (minor units).

    Only those are returned whose records have bought something.
    """
    lake = workspace.lake
    vector = lake.vector((ORDERS,))
    if ORDERS.name not in vector:
        return pa.table({"question": pa.array([], pa.int64()), "worth": pa.array([], pa.int64())})
    whose: Value = ibis.memtable(held.select(["record"]))
    theirs = lake.picked(ORDERS, vector, lambda rows: rows.record.isin(whose.record))
    scope = pinned_scope(lake, (ORDERS,), vector, workspace.clock.now(), workspace.time_zone)
    rows = counted(scope.showing(ORDERS, theirs))
    spent = rows.group_by("record").agg(worth=_.sale_amount.sum() - _.return_amount.sum())
    told = ibis.memtable(held).inner_join(spent, "record").group_by("question").agg(worth=_.worth.sum().cast("int64"))
    return lake.to_arrow(told.filter(_.worth != 0))
