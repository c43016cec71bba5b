"""Opens the addresses of a chunk of customers, in one look-up; they are in clear in memory only, and never logged."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.customers.consent.addresses import channels_of
from quanyu.customers.consent.bases import declared
from quanyu.customers.identity.private import open_values
from quanyu.engagement.channels.permitting import Reach
from quanyu.foundation.workspace import Workspace

Integers = npt.NDArray[np.int64]


def addresses_of(ws: Workspace, reach: Reach, channel: str, places: Integers) -> pa.Table:
    """Return customer, record and address of those who stand at these places of `reach` and have one, ascending.

    Of several addresses of one record the first in order is taken, so that a message sent again goes to the same.
    """
    records, customers = reach.records[places], reach.customers[places]
    values = open_values(ws, reach.vector, records.tolist())
    sources = pa.table({"record": records, "source": reach.sources.take(pa.array(places))})
    told = values.join(sources, "record", join_type="inner")
    forms = told.select(["type", "scope", "source"]).group_by(["type", "scope", "source"]).aggregate([])
    bases = {basis.source: basis for basis in declared(ws)}
    meant = [channel in channels_of(f["type"], f["scope"], bases.get(f["source"])) for f in forms.to_pylist()]
    right = told.join(forms.filter(pa.array(meant, pa.bool_())), ["type", "scope", "source"], join_type="left semi")
    right = right.sort_by([(name, "ascending") for name in ("record", "type", "scope", "value")])
    record = right["record"].to_numpy()
    first = np.flatnonzero(np.diff(record, prepend=-1))
    found, order = record[first], np.argsort(records, kind="stable")
    at = order[np.searchsorted(records, found, sorter=order)]
    table = pa.table({"customer": customers[at], "record": found, "address": right["value"].take(pa.array(first))})
    return table.sort_by("customer")
