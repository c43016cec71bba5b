"""Refills what a record lacks from another record of the same customer; the record itself stays as it came.

What is refilled is derived: it is worked out anew whenever records, customers or rules have changed, so that a split
takes it back and a value that comes late takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa
from ibis import _
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.customers.quality.cleansing.rules import REFILL, Rule
from quanyu.customers.quality.tables import REFILLED, cleansing_rules, refill_run
from quanyu.foundation import failpoints
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("refill.landed",)
_TABLES = (RECORDS, CUSTOMER_OF_RECORD)


@dataclass(frozen=True)
class Refill:
    """A rule that refills an input of the records of one source, or of all; of the givers the first is the best."""

    name: str
    input: str
    source: str | None = None
    givers: tuple[str, ...] = ()  # none: any source may give


def refills_of(rules: Sequence[Rule]) -> list[Refill]:
    return [Refill(rule.name, rule.input, rule.source, rule.givers) for rule in rules if rule.action == REFILL]


def refill(ws: Workspace) -> int | None:
    """Work out what the rules in use refill; return how many values, None where what was worked out last stands."""
    with ws.locked("refill"):
        number, wanted = _in_use(ws)
        vector = ws.lake.vector(_TABLES)
        said = {"rules": number, "vector": _written(vector)}
        last = _last_run(ws)
        if said == last or (last is None and not wanted):
            return None
        with ws.heavy(), ws.lake.landing("refill", (REFILLED,)) as landing:
            count = landing.replace(REFILLED, refills(ws, wanted, number, vector))
            failpoints.reach("refill.landed")
            with ws.begin() as connection:
                row = insert(refill_run).values(workspace=ws.number, **said)
                connection.execute(row.on_conflict_do_update(index_elements=["workspace"], set_=said))
                landing.publish(connection)
    return count


def refills(ws: Workspace, rules: Sequence[Refill], number: int, vector: Vector | None = None) -> ir.Table:
    """Return rows of `refilled`: of several rules about a value the first that finds one acts."""
    pinned = vector or ws.lake.vector(_TABLES)
    records = ws.lake.table(RECORDS, pinned)
    known = records.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, pinned), "record")
    parts = [_refilled(known, rule, place) for place, rule in enumerate(rules)]
    if not parts:
        return ws.lake.table(REFILLED, {})
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    rank: Value = ibis.row_number().over(group_by=["record", "input"], order_by="place")
    chosen = every.mutate(_rank=rank).filter(_["_rank"] == 0)
    return chosen.mutate(rules=ibis.literal(number, "int64")).select(*REFILLED.schema.names)


def _refilled(known: ir.Table, rule: Refill, place: int) -> ir.Table:
    """Return what one rule finds: for a record without the value, that of the best other record of its customer."""
    value: Value = known[rule.input]
    givers = known.filter(value.notnull())
    if rule.givers:
        givers = givers.filter(_.source.isin(rule.givers))
    ranks = [(_.source == name, ibis.literal(rank)) for rank, name in enumerate(rule.givers)]
    rank = ibis.cases(*ranks, else_=len(ranks)) if ranks else ibis.literal(0)
    latest = [ibis.desc("observed_at"), ibis.desc("import_number"), ibis.desc("record")]
    best: Value = ibis.row_number().over(group_by="customer", order_by=[rank, *latest])
    given = givers.mutate(_best=best).filter(_["_best"] == 0)
    told = given.select("customer", value=given[rule.input], from_record="record", from_source="source")
    lacking: list[Value] = [value.isnull()]
    takers = known.filter(lacking if rule.source is None else [*lacking, known.source == rule.source])
    return (
        takers.select("record", "source", "customer")
        .inner_join(told, "customer")
        .select(
            "record",
            "source",
            "value",
            "from_record",
            "from_source",
            input=ibis.literal(rule.input),
            rule=ibis.literal(rule.name),
            place=ibis.literal(place),
        )
    )


def _written(vector: Vector) -> dict[str, list[object]]:
    return {name: [pinned.version, pinned.superseded] for name, pinned in sorted(vector.items())}


def _in_use(ws: Workspace) -> tuple[int, list[Refill]]:
    """Return the number of the published file, 0 where it refills nothing, and its rules that do."""
    query = sa.select(cleansing_rules.c.number, cleansing_rules.c.refills)
    mine = query.where(cleansing_rules.c.workspace == ws.number).order_by(cleansing_rules.c.number.desc()).limit(1)
    with ws.begin() as connection:
        row = connection.execute(mine).one_or_none()
    if row is None or not row.refills:
        return 0, []
    return row.number, [Refill(r["name"], r["input"], r["source"], tuple(r["givers"])) for r in row.refills]


def _last_run(ws: Workspace) -> dict[str, object] | None:
    query = sa.select(refill_run.c.rules, refill_run.c.vector).where(refill_run.c.workspace == ws.number)
    with ws.begin() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
