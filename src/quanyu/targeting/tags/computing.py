"""Computes every tag of every living customer from one pinned version vector, and publishes them at once."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

import ibis

from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.lake.compaction import flatten
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.continuing import Plan, plan
from quanyu.targeting.tags.deriving import answer, derive
from quanyu.targeting.tags.giving import land_gifts
from quanyu.targeting.tags.keeping import keep_inputs, others_beside
from quanyu.targeting.tags.model import TagRun, TagsComputed
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.pinning import Inputs, at_once, between, held_at_once, pin
from quanyu.targeting.tags.restating import restate
from quanyu.targeting.tags.runs import last_run, save_run, written_vector
from quanyu.targeting.tags.staging import holding_rows
from quanyu.targeting.tags.tables import customer_tags
from quanyu.targeting.tags.taking import taken

FAILPOINTS = ("tags.computed", "tags.landed", "tags.published")
_EVERYTHING = Plan(None, "asked")


def compute(ws: Workspace, as_of: datetime | None = None, *, full: bool = False) -> TagRun:
    """Replace all tags by those as of an instant (now if None), and return the run.

    What follows from nothing that has changed since the last run is kept as it was, and the outcome is that of a `full`
    run, which computes everything.

    Orders up to the workspace's day that was running just before `as_of` count, later ones are not seen: as of midnight
    of the 10th, the 9th is the last day and a purchase on it was 0 days ago. Nothing is computed, and the last run is
    returned as `skipped`, when definitions, table versions, day, epoch and living customers are those of the last run
    and nobody was merged since.
    """
    if as_of is not None and as_of.tzinfo is None:
        raise Invalid(
            Text("An instant without a time zone is ambiguous.", "没有时区的时间不明确。"),
            received=as_of.isoformat(),
            allowed=["2011-12-10T00:00:00+08:00"],
        )
    with ws.locked("tags"):
        land_gifts(ws)
        inputs = pin(ws, as_of or ws.clock.now(), standing(ws))
        last = last_run(ws)
        if last is not None and not full and _stands(*last, inputs):
            return replace(last[0], skipped=True)
        _refuse_other_currencies(ws, inputs)
        with ws.heavy():
            return publish(ws, inputs, _planned(ws, inputs, last, full=full))


def _planned(
    ws: Workspace, inputs: Inputs, last: tuple[TagRun, Mapping[str, object]] | None, *, full: bool = False
) -> Plan:
    if full or last is None:
        return Plan(None, "asked" if full else "first")
    return plan(ws, inputs.pack, inputs.vector, inputs.people, inputs.scope, last)


def _stands(last: TagRun, vector: object, inputs: Inputs) -> bool:
    same = (last.definition_hash, last.day, last.epoch, last.customers, last.time_zone) == (
        inputs.pack.hash,
        inputs.scope.day,
        inputs.people.epoch,
        inputs.people.alive.count(),
        inputs.scope.time_zone,
    )
    return same and not last.stale and vector == written_vector(inputs.vector)


def _refuse_other_currencies(ws: Workspace, inputs: Inputs) -> None:
    """Amounts of different currencies cannot be added up; which ones there are is cheap to ask first."""
    found: set[object] = set()
    for measure in inputs.measures:
        if measure.currencies is not None:
            found |= set(ws.lake.to_arrow(measure.currencies(inputs.scope))["currency"].to_pylist())
    if found - {ws.currency}:
        raise Conflict(
            Text("Orders in other currencies than the workspace's cannot be added up.", "订单含有其他货币，无法相加。"),
            remedy=Text(
                "Convert their amounts at a rate of your choice and import them again.", "请按选定汇率换算后重新导入。"
            ),
            received=", ".join(sorted(str(currency) for currency in found)),
            allowed=[ws.currency],
        )


def _land(ws: Workspace, inputs: Inputs, landing: Landing, table: LakeTable) -> int:
    """Write all tags, as many customers at a time as fit into memory, and return how many there are.

    What a measure says of a customer may depend on all others: it is answered once for everybody. Rows of behaviours
    are put together once for as many customers as there is room for, and then read as often as statistics need them.
    """
    with ExitStack() as stack:
        answers = {m.name: stack.enter_context(ws.lake.held(answer(m, inputs.scope))) for m in inputs.measures}
        failpoints.reach("tags.computed")
        landed = 0
        for many in inputs.people.alive.chunks(held_at_once(ws, inputs)):
            with holding_rows(ws, inputs.pack, between(inputs.scope, many), inputs.vector) as rows:
                for some in many.chunks(at_once(ws, inputs.pack)):
                    told = ibis.memtable(taken(ws, inputs.pack, inputs.scope, rows, some))
                    tags = derive(inputs.pack, FIELDS, told, inputs.scope, answers, keep=True)
                    landed += landing.append(table, tags) if landed else landing.replace(table, tags)
        return landed if landed else landing.replace(table, table.schema.empty_table())


def publish(ws: Workspace, inputs: Inputs, planned: Plan = _EVERYTHING) -> TagRun:
    """Compute and land all tags, and show them at once with the run that says so."""
    table = customer_tags(inputs.pack)
    beside = others_beside(ws, inputs.vector)
    with ws.lake.landing("tags", (table,)) as landing:
        if planned.changes is None:
            _land(ws, inputs, landing, table)
        else:
            restate(ws, inputs, planned.changes, landing, table)
        failpoints.reach("tags.landed")
        run = TagRun(
            number=0,
            as_of=inputs.scope.as_of,
            time_zone=ws.time_zone,
            definition_hash=inputs.pack.hash,
            epoch=inputs.people.epoch,
            customers=inputs.people.alive.count(),
            finished_at=ws.clock.now(),
            packs=dict(inputs.pack.versions),
            recomputed=inputs.people.alive.count() if planned.changes is None else planned.changes.customers.count(),
            whole_because=planned.reason,
        )
        with ws.begin() as connection:
            run = save_run(ws, connection, run, inputs.vector)
            ws.lake.pin(connection, "tags", inputs.vector)
            keep_inputs(ws, connection, run, inputs.vector, beside, inputs.people.alive)
            landing.publish(connection)
            ws.publish(connection, TagsComputed(run=run.number))
    failpoints.reach("tags.published")
    flatten(ws.lake, table)
    return run
