"""Decides whether a run may go on from the last one, and says why where it has to compute everything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from quanyu import __version__
from quanyu.customers.identity.people import People
from quanyu.foundation.lake.differing import is_there
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.measuring import Measure, Scope, pinned_scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.changing import Changes, State, changes_since
from quanyu.targeting.tags.deriving import behaviours_of, kept_of, known_behaviours, measures_of, tables_of
from quanyu.targeting.tags.model import Pack, TagRun
from quanyu.targeting.tags.runs import read_vector
from quanyu.targeting.tags.tables import customer_tags, tag_run

LEAST = 100_000
"""Customers below whom everything is computed: to look for what has changed would take longer."""
MOST = 2
"""One customer in so many may have changed; of more, everything is computed."""

REASONS = {
    "asked": Text("it was asked for", "按要求"),
    "first": Text("it is the first", "首次计算"),
    "few": Text(f"there are fewer than {LEAST:,} customers", f"客户少于 {LEAST:,}"),
    "definitions": Text("tags are defined anew", "标签定义已更改"),
    "software": Text("the last run was another version's of the product", "上次由产品的其他版本计算"),
    "time_zone": Text("the time zone is another one", "时区已更改"),
    "epoch": Text("customers were numbered anew", "客户已重新编号"),
    "day": Text("the day lies before that of the last run", "日期早于上次计算"),
    "gone": Text("what the last run has read is kept no longer", "上次所读数据已不再保留"),
    "much": Text("most customers have changed", "多数客户有变化"),
}
"""Why everything is computed."""


@dataclass(frozen=True)
class Plan:
    """What a run does: the `changes` since the last one, or everything because of a reason (a key of REASONS)."""

    changes: Changes | None
    reason: str | None = None


def plan(
    ws: Workspace, pack: Pack, vector: Vector, people: People, scope: Scope, last: tuple[TagRun, Mapping[str, object]]
) -> Plan:
    """Return what has changed since the last run, or why that is of no use."""
    run, written = last
    with ws.begin() as connection:
        mine = (tag_run.c.workspace == ws.number, tag_run.c.number == run.number)
        kept = connection.execute(sa.select(tag_run.c.alive, tag_run.c.software).where(*mine)).one()
    told = {
        "few": people.alive.count() < LEAST,
        "definitions": run.definition_hash != pack.hash,
        "software": kept.software != __version__,
        "time_zone": run.time_zone != scope.time_zone,
        "epoch": run.epoch != people.epoch,
        "day": scope.day < run.day,
        "gone": kept.alive is None,
    }
    reason = next((name for name, holds in told.items() if holds), None)
    if reason is not None:
        return Plan(None, reason)
    measures = measures_of(pack, FIELDS)
    if not _is_kept(ws, pack, measures):
        return Plan(None, "software")
    before = _state(ws, pack, run, read_vector(written), from_bytes(kept.alive))
    if before is None:
        return Plan(None, "gone")
    now = State(vector, scope, people.alive)
    changes = changes_since(ws, before, now, known_behaviours(pack, scope), measures)
    much = changes.customers.count() * MOST > people.alive.count()
    return Plan(None, "much") if much else Plan(changes)


def _is_kept(ws: Workspace, pack: Pack, measures: Iterable[Measure]) -> bool:
    """Say whether the last run has kept all that measures need to go on."""
    table = customer_tags(pack)
    there = ws.lake.table(table, ws.lake.vector((table,))).columns
    return all(name in there for measure in measures for name in kept_of(measure).values())


def _state(ws: Workspace, pack: Pack, run: TagRun, vector: Vector, alive: OrdinalSet) -> State | None:
    """Return what a run looked at; None where some of it is there no longer."""
    tables = tables_of([*measures_of(pack, FIELDS), *behaviours_of(pack)])
    if not all(is_there(ws.lake, table, vector) for table in tables):
        return None
    return State(vector, pinned_scope(ws.lake, tables, vector, run.as_of, run.time_zone), alive)
