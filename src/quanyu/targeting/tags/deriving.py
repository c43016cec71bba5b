"""One Ibis expression for all tags of all customers: fields joined to the living, then tags derived from tags."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis import Deferred, _

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Behaviour, Field, Measure, Scope
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.model import Askable, Leaf
from quanyu.targeting.tags.aggregating import COUNTING, Statistics, measured
from quanyu.targeting.tags.model import Bands, Cases, FromField, Highest, Joined, Pack, Ratio, Statistic, Tag
from quanyu.targeting.tags.tables import stored_type

_KEY = "_customer"


def behaviours_of(pack: Pack, behaviours: Catalogue[Behaviour] = BEHAVIOURS) -> dict[Behaviour, Statistics]:
    """Return each behaviour once of which some tag of the pack takes a statistic, with all that are taken of it."""
    found: dict[str, dict[str, Statistic]] = {}
    for tag in pack.tags:
        if isinstance(tag.source, Statistic):
            found.setdefault(tag.source.over, {})[tag.name] = tag.source
    return {behaviours[name]: statistics for name, statistics in found.items()}


def measures_of(pack: Pack, fields: Catalogue[Field]) -> tuple[Measure, ...]:
    """Return each measure once that some tag of the pack needs."""
    used = [fields[tag.source.field].measure for tag in pack.tags if isinstance(tag.source, FromField)]
    return tuple({measure.name: measure for measure in used}.values())


def tables_of(sources: Iterable[Measure | Behaviour]) -> tuple[LakeTable, ...]:
    """Return every table that they read, with the one that says whose a record is."""
    read = [CUSTOMER_OF_RECORD, *(table for source in sources for table in source.tables)]
    return tuple({table.name: table for table in read}.values())


def derive(
    pack: Pack,
    fields: Catalogue[Field],
    customers: ir.Table,
    scope: Scope,
    answers: Mapping[str, ir.Table] | None = None,
) -> ir.Table:
    """Return one row per row of `customers` (column customer) with the stored column of every tag.

    Each measure stands once in the expression, or is taken from `answers` by its name.
    """
    measures = measures_of(pack, fields)
    found = {m.name: m.build(scope) for m in measures} if answers is None else answers
    fielded = reduce(lambda rows, m: _with_measure(rows, m, found[m.name], pack, fields), measures, customers)
    told = reduce(lambda rows, taken: _with_statistics(rows, *taken, scope), behaviours_of(pack).items(), fielded)
    derived = [tag for tag in pack.in_order if not isinstance(tag.source, (FromField, Statistic))]
    complete = reduce(lambda rows, tag: _with_tag(rows, tag, pack.askables, scope.day), derived, told)
    return complete.select("customer", *(_in_stored_type(complete, tag.askable) for tag in pack.tags))


def _with_measure(rows: ir.Table, measure: Measure, result: ir.Table, pack: Pack, fields: Catalogue[Field]) -> ir.Table:
    columns: dict[str, ir.Value] = {_KEY: result["customer"]}
    absent: dict[str, Deferred] = {}
    for tag in pack.tags:
        if isinstance(tag.source, FromField) and (field := fields[tag.source.field]).measure.name == measure.name:
            columns[tag.name] = result[field.column]
            if field.absent is not None:
                absent[tag.name] = _[tag.name].fill_null(field.absent)
    joined = rows.left_join(result.select(**columns), [("customer", _KEY)]).drop(_KEY)
    return joined.mutate(**absent) if absent else joined


def _with_statistics(rows: ir.Table, behaviour: Behaviour, statistics: Statistics, scope: Scope) -> ir.Table:
    """Join what was taken; who did nothing of the kind has 0, unless nothing of the kind is known of anybody."""
    for taken in measured(behaviour, statistics, scope):
        renamed = taken.rename({_KEY: "customer"})
        rows = rows.left_join(renamed, [("customer", _KEY)]).drop(_KEY)
    counting = [name for name, each in statistics.items() if each.take in COUNTING]
    if not counting or behaviour.tables[0].name in scope.unknown:
        return rows
    return rows.mutate(**{name: _[name].fill_null(0) for name in counting})


def _with_tag(rows: ir.Table, tag: Tag, askables: Catalogue[Askable], day: date) -> ir.Table:
    match tag.source:
        case Bands():
            return rows.mutate(**{tag.name: _score(rows, tag.source, askables, day)})
        case Joined(of=of):
            texts = [rows[name].cast("string") for name in of]
            return rows.mutate(**{tag.name: reduce(lambda left, right: left.concat(right), texts)})
        case Ratio():
            return rows.mutate(**{tag.name: _ratio(rows, tag)})
        case Highest():
            return rows.mutate(**{tag.name: _highest(rows, tag.source)})
        case Cases():
            return rows.mutate(**{tag.name: _first_case(rows, tag.source, askables, day)})
        case FromField() | Statistic():
            return rows


def _score(rows: ir.Table, bands: Bands, askables: Catalogue[Askable], day: date) -> ir.Value:
    operator = "<=" if bands.better == "lower" else ">="
    met = [
        compile_rule(Leaf(bands.of, operator, (threshold,)), rows, askables, day).cast("int64")
        for threshold in bands.thresholds
    ]
    return reduce(lambda left, right: left + right, met) + 1


def _ratio(rows: Value, tag: Tag) -> ir.Value:
    source = cast("Ratio", tag.source)
    of, over = rows[source.of], rows[source.over]
    if tag.type == "money":  # whole minor units, half up
        return ibis.ifelse(over > 0, ((of * 2 + over) / (over * 2)).floor().cast("int64"), None)
    share, weight = (source.prior.share, source.prior.weight) if source.prior else (0.0, 0.0)
    return ibis.ifelse(over > 0, (of + share * weight) / (over + weight), None)


def _highest(rows: Value, source: Highest) -> ir.Value:
    """Compare from the last to the first, so that of equal ones the first stands."""
    best: Value = ibis.null("string")
    most: Value = ibis.null("float64")
    for each in reversed(source.of):
        value = rows[each.tag].cast("float64")
        enough = value.notnull() if source.least is None else (value >= source.least)
        better = enough.fill_null(False) & (most.isnull() | (value >= most))
        best, most = ibis.ifelse(better, each.value, best), ibis.ifelse(better, value, most)
    return best


def _first_case(rows: ir.Table, source: Cases, askables: Catalogue[Askable], day: date) -> ir.Value:
    branches = [
        (compile_rule(case.when, rows, askables, day), ibis.literal(case.value))
        for case in source.cases
        if case.when is not None
    ]
    rest = next((case.value for case in source.cases if case.when is None), None)
    return ibis.cases(*branches, else_=ibis.literal(rest, type="string"))


def _in_stored_type(rows: ir.Table, askable: Askable) -> ir.Value:
    """Cast even where Ibis sees no need: the engine's sum of int64 is wider than Ibis knows, and would be written."""
    type_ = dt.DataType.from_pyarrow(stored_type(askable))
    return ops.Cast(rows[askable.name], to=type_).to_expr().name(askable.name)  # type: ignore[arg-type]
