"""Lands what a run that goes on has found: rows of the customers of whom anything is another than it was."""

from collections.abc import Generator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import reduce
from operator import or_

import ibis.expr.types as ir

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation import failpoints
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Apart, Measure
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.carrying import carry, table_of
from quanyu.targeting.tags.changing import Changes, Part
from quanyu.targeting.tags.deriving import derive, kept_of, known_behaviours, needed, tags_of_measures
from quanyu.targeting.tags.moving import moved, moving, tags_following
from quanyu.targeting.tags.pinning import Inputs, at_once, between, held_at_once
from quanyu.targeting.tags.staging import holding_some, only_of
from quanyu.targeting.tags.taking import taken


def restate(ws: Workspace, inputs: Inputs, changes: Changes, landing: Landing, table: LakeTable) -> None:
    """Lay the rows of everybody with other rows than before over the last run, and of others what has moved."""
    last = ws.lake.table(table, ws.lake.vector((table,)))
    mapping = inputs.scope.tables[CUSTOMER_OF_RECORD.name]
    with ws.lake.held(mapping) as known:  # it is asked of each behaviour and measure
        _restate(
            ws, replace(inputs, scope=inputs.scope.showing(CUSTOMER_OF_RECORD, known)), changes, landing, table, last
        )


def _restate(
    ws: Workspace, inputs: Inputs, changes: Changes, landing: Landing, table: LakeTable, last: ir.Table
) -> None:
    with _answers(ws, inputs, changes, last) as answers:
        failpoints.reach("tags.computed")
        landing.take_away(table, table_of(changes.gone))
        if (others := moved(inputs, changes, last, answers)) is not None:
            landing.lay_partly(table, others)
        living, names = changes.customers & inputs.people.alive, moving(inputs.pack)
        moved_on = living - _rewritten(changes, frozenset(names))
        for many in living.chunks(held_at_once(ws, inputs)):
            with _holding(ws, inputs, changes, many) as rows:
                for some in (many - moved_on).chunks(at_once(ws, inputs.pack)):
                    landing.lay_over(table, _restated(ws, inputs, changes, some, last, answers, rows))
                for some in (many & moved_on).chunks(at_once(ws, inputs.pack)):
                    part = replace(inputs, pack=needed(inputs.pack, names))
                    tags = _restated(ws, part, changes, some, last, answers, rows, keep=False)
                    landing.lay_partly(table, tags.select("customer", *names))


def _rewritten(changes: Changes, names: AbstractSet[str]) -> OrdinalSet:
    """Return of whom more is taken anew than the tags that move by themselves: whole rows of theirs are written."""
    parts = [part for some in changes.behaviours.values() for part in some if not names >= set(part.names)]
    return reduce(or_, (*(part.customers for part in parts), *changes.apart.values()), changes.come)


def _restated(
    ws: Workspace,
    inputs: Inputs,
    changes: Changes,
    some: OrdinalSet,
    last: Value,
    answers: Mapping[str, ir.Table],
    rows: Mapping[str, ir.Table],
    *,
    keep: bool = True,
) -> ir.Table:
    """Return the rows of these customers with the tags of the inputs' pack, and with what a run is to `keep`."""
    carried = carry(last, *_parts(inputs, changes, keep=keep), some, changes.come)
    told = {name: each.semi_join(table_of(some), "customer") for name, each in answers.items()}
    anew = carried.beside(taken(ws, inputs.pack, inputs.scope, rows, carried.customers, carried.anew))
    return derive(inputs.pack, FIELDS, anew, inputs.scope, told, carried, keep=keep)


def _parts(inputs: Inputs, changes: Changes, *, keep: bool) -> tuple[list[Part], list[str]]:
    """Return which tags are taken anew of whom, those of measures too, and which stand for everybody."""
    wanted = {tag.name for tag in inputs.pack.tags}
    every = [part for parts in changes.behaviours.values() for part in parts]
    some = [replace(part, names=tuple(name for name in part.names if name in wanted)) for part in every]
    parts, standing = [part for part in some if part.names], list[str]()
    for measure, names in tags_of_measures(inputs.pack, FIELDS).items():
        kept = kept_of(measure).values() if keep else ()
        if measure.name in changes.standing:
            standing += [*names, *kept]
        elif measure.name in changes.apart:
            following = tags_following(inputs.pack, measure)
            own = [*(name for name in names if name not in following), *kept]
            parts.append(Part(tuple(own), changes.apart[measure.name]))
    return parts, standing


@contextmanager
def _answers(ws: Workspace, inputs: Inputs, changes: Changes, last: ir.Table) -> Generator[Mapping[str, ir.Table]]:
    """Hold what is to be asked of measures: not of those whose answers stand."""
    with ExitStack() as stack:
        found: dict[str, ir.Table] = {}
        for measure in inputs.measures:
            if measure.apart is not None and measure.name in changes.apart:
                found[measure.name] = _apart(ws, inputs, changes, measure, measure.apart, last, stack)
            elif measure.name not in changes.standing:
                found[measure.name] = stack.enter_context(ws.lake.held(measure.build(inputs.scope)))
        yield found


def _apart(
    ws: Workspace, inputs: Inputs, changes: Changes, measure: Measure, apart: Apart, last: Value, stack: ExitStack
) -> ir.Table:
    """Return the answer of customers with other rows, and of everybody else what follows from all, by what was kept."""
    anew = changes.apart[measure.name]
    own: Value = stack.enter_context(ws.lake.held(apart.own(only_of(anew, measure.tables[0], inputs.scope))))
    kept = {name: last[as_].cast(own[name].type()) for name, as_ in kept_of(measure).items()}
    others = last.anti_join(table_of(anew | changes.gone), "customer").select("customer", **kept)
    every = own.select("customer", *kept).union(others)
    found: Value = stack.enter_context(ws.lake.held(apart.finish(every).select("customer", *apart.following)))
    beside = own.rename(_of="customer")
    return found.left_join(beside, [("customer", "_of")]).drop("_of")


@contextmanager
def _holding(ws: Workspace, inputs: Inputs, changes: Changes, many: OrdinalSet) -> Generator[Mapping[str, ir.Table]]:
    scope = between(inputs.scope, many)
    known = known_behaviours(inputs.pack, scope)
    anew = {each: (told, parts) for each, told in known.items() if (parts := changes.anew(each.name))}
    with holding_some(ws, anew, scope) as rows:
        yield rows
