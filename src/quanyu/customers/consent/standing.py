"""Shows of one customer the light of each channel: of all his records, or of those that a brand knows him by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pyarrow as pa
from ibis import _

from quanyu.customers.consent.lights import TABLES, lights
from quanyu.customers.consent.measures import LIT
from quanyu.customers.consent.model import MARKETING
from quanyu.customers.consent.tables import LEGAL_BASES
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.asking import few
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.lake.store import latest
from quanyu.foundation.measuring import Scope
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Light:
    """A channel with the state of its light, a key of `model.STATES`; `proof` is a key of `model.PROOFS`."""

    channel: str
    state: str
    proof: str | None
    since: date | None


def lights_of(workspace: Workspace, records: Sequence[int], purpose: str = MARKETING) -> tuple[Light, ...]:
    """Return the light of each channel as it is for whoever has these records (ordinals), and no others.

    A brand that gives only the records of its own sources sees what relates him to it, not to its sisters; who has
    refused on an address has refused for every record that has it.
    """
    if not records:
        return ()
    lake, vector = workspace.lake, workspace.lake.vector(TABLES)
    mine = list(records)

    def shown(table: LakeTable) -> ibis.Table:
        if table is LEGAL_BASES:
            return lake.table(table, vector)
        rows = lake.all_versions(table, vector).filter(_.record.isin(few(mine)))
        return rows if table.versioned_by is None else latest(rows, table.versioned_by)

    owner = pa.table({"record": pa.array(mine, pa.int64()), "customer": pa.array([0] * len(mine), pa.int64())})
    tables = {table.name: shown(table) for table in TABLES if table is not CUSTOMER_OF_RECORD}
    scope = Scope({**tables, CUSTOMER_OF_RECORD.name: ibis.memtable(owner)}, workspace.clock.now(), workspace.time_zone)
    (row,) = lake.to_arrow(lights(scope, LIT, purpose)).to_pylist()
    return tuple(Light(channel, row[channel], row[f"{channel}_proof"], row[f"{channel}_since"]) for channel in LIT)
