"""Shows of one customer the light of each channel: of all his records, or of those that a brand knows him by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.consent.lights import TABLES, lights
from quanyu.customers.consent.measures import LIT
from quanyu.customers.consent.model import MARKETING, Buyers
from quanyu.customers.consent.tables import LEGAL_BASES
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.measuring import Scope, day_before
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Light:
    """A channel with the state of its light, a key of `model.STATES`; `proof` is a key of `model.PROOFS`."""

    channel: str
    state: str
    proof: str | None
    since: date | None


def lights_of(
    workspace: Workspace, records: Sequence[int], purpose: str = MARKETING, buyers: Buyers | None = None
) -> tuple[Light, ...]:
    """Return the light of each channel as it is for whoever has these records (ordinals), and no others.

    A brand that gives only the records of its own sources sees what relates him to it, not to its sisters; who has
    refused on an address has refused for every record that has it.
    """
    if not records:
        return ()
    bought = () if buyers is None else buyers.tables
    lake, vector = workspace.lake, workspace.lake.vector((*TABLES, *bought))
    now, zone = workspace.clock.now(), workspace.time_zone

    def shown(table: LakeTable, mine: list[Value]) -> ir.Table:
        if table is LEGAL_BASES:
            return lake.table(table, vector)
        rows = lake.all_versions(table, vector).filter(_.record.isin(mine))
        return rows if table.versioned_by is None else latest(rows, table.versioned_by)

    def lit(mine: list[Value]) -> ir.Table:
        owners: Value = ibis.array(mine).unnest().name("record").as_table()
        tables = {table.name: shown(table, mine) for table in TABLES if table is not CUSTOMER_OF_RECORD}
        tables |= {each.name: lake.picked(each, vector, lambda rows: rows.record.isin(mine)) for each in bought}
        tables[CUSTOMER_OF_RECORD.name] = owners.mutate(customer=ibis.literal(0, "int64"))
        scope = Scope(tables, now, zone)
        return lights(scope, LIT, purpose, None if buyers is None else buyers.told(scope))

    (row,) = lake.answer("lights", vector, records, lit, purpose, day_before(now, zone), zone).to_pylist()
    return tuple(Light(channel, row[channel], row[f"{channel}_proof"], row[f"{channel}_since"]) for channel in LIT)
