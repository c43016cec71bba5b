"""One Ibis expression for all tags of all customers: fields joined to the living, then tags derived from tags."""

from collections.abc import Iterable, Mapping, Sequence
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
from quanyu.targeting.fields.aggregating import COUNTING, Statistics, measured
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.model import Askable, Leaf, Statistic
from quanyu.targeting.tags.carrying import Carried
from quanyu.targeting.tags.measures import given_columns, given_measures
from quanyu.targeting.tags.model import Bands, Cases, FromField, Given, Highest, Joined, Pack, Ratio, Tag
from quanyu.targeting.tags.tables import stored_type

_KEY = "_customer"


def behaviours_of(pack: Pack, behaviours: Catalogue[Behaviour] = BEHAVIOURS) -> dict[Behaviour, Statistics]:
    """Return each behaviour once of which some tag of the pack takes a statistic, with all that are taken of it."""
    found: dict[str, dict[str, Statistic]] = {}
    for tag in pack.tags:
        if isinstance(tag.source, Statistic):
            found.setdefault(tag.source.over, {})[tag.name] = tag.source
    return {behaviours[name]: statistics for name, statistics in found.items()}


def known_behaviours(pack: Pack, scope: Scope) -> dict[Behaviour, Statistics]:
    """Return the behaviours of the pack of which anything has ever landed."""
    return {each: told for each, told in behaviours_of(pack).items() if not _is_unknown(each, scope)}


def measures_of(pack: Pack, fields: Catalogue[Field]) -> tuple[Measure, ...]:
    """Return each measure once that some tag of the pack needs."""
    used = [fields[tag.source.field].measure for tag in pack.tags if isinstance(tag.source, FromField)]
    return tuple({measure.name: measure for measure in (*used, *given_measures(pack))}.values())


def tags_of_measures(pack: Pack, fields: Catalogue[Field]) -> dict[Measure, tuple[str, ...]]:
    """Return each measure that the pack needs with the tags that keep what it answers."""
    names = {tag.name: _measure_of(tag, fields) for tag in pack.tags}
    return {m: tuple(n for n, of in names.items() if of == m.name) for m in measures_of(pack, fields)}


def _measure_of(tag: Tag, fields: Catalogue[Field]) -> str | None:
    match tag.source:
        case FromField(field=field):
            return fields[field].measure.name
        case Given(how=how):
            return f"tags.{how}"
        case _:
            return None


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
    rows: Mapping[str, ir.Table] | None = None,
    carried: Carried | None = None,
) -> ir.Table:
    """Return one row per row of `customers` (column customer) with the stored column of every tag.

    Each measure stands once in the expression, or is taken from `answers` by its name; `rows` are those of a behaviour
    by its name, as `rows_of` says them for all statistics of the pack. What is `carried` needs neither.
    """
    measures = measures_of(pack, fields)
    found = {m.name: m.build(scope) for m in measures} if answers is None else answers
    taken = [_answered(m, found[m.name], pack, fields) for m in measures if m.name in found]
    for behaviour, statistics in known_behaviours(pack, scope).items():
        theirs = (rows or {}).get(behaviour.name)
        if carried is None:
            taken += measured(behaviour, statistics, scope, theirs)
        elif theirs is not None:
            taken += carried.taken(behaviour, statistics, scope, theirs)
    found_beside = _beside(customers, [*taken, *(carried.tables if carried is not None else ())])
    absent = {name: value for name, value in _absent(pack, fields, scope).items() if name in found_beside.columns}
    told = found_beside.mutate(**absent, **_unknown(pack, scope))
    told = told if carried is None else carried.over(told)
    complete = reduce(lambda rows, tags: _with_tags(rows, tags, pack.askables, scope.day), _generations(pack), told)
    return complete.select("customer", *(_in_stored_type(complete, tag.askable) for tag in pack.tags))


def _answered(measure: Measure, result: ir.Table, pack: Pack, fields: Catalogue[Field]) -> ir.Table:
    """Return what the tags that come from this measure keep of it."""
    columns = {
        tag.name: result[field.column]
        for tag in pack.tags
        if isinstance(tag.source, FromField) and (field := fields[tag.source.field]).measure.name == measure.name
    }
    return result.select("customer", **columns, **given_columns(measure, result))


def _beside(customers: ir.Table, taken: Sequence[ir.Table]) -> ir.Table:
    """Join all at once: each join inside the one before would nest deeper than an engine reads."""
    rows: Value = customers
    for n, each in enumerate(taken):
        rows = rows.left_join(each.rename({f"{_KEY}_{n}": "customer"}), [("customer", f"{_KEY}_{n}")])
    return rows.select("customer", *(name for each in taken for name in each.columns if name != "customer"))


def _absent(pack: Pack, fields: Catalogue[Field], scope: Scope) -> dict[str, Deferred]:
    """Who did nothing of a kind has 0, unless nothing of the kind is known of anybody."""
    values: dict[str, Deferred] = {}
    for behaviour, statistics in behaviours_of(pack).items():
        if not _is_unknown(behaviour, scope):
            values |= {name: _[name].fill_null(0) for name, each in statistics.items() if each.take in COUNTING}
    for tag in pack.tags:
        if isinstance(tag.source, FromField) and (absent := fields[tag.source.field].absent) is not None:
            values[tag.name] = _[tag.name].fill_null(absent)
    return values


def _is_unknown(behaviour: Behaviour, scope: Scope) -> bool:
    return behaviour.tables[0].name in scope.unknown


def _unknown(pack: Pack, scope: Scope) -> dict[str, ir.Value]:
    """Return NULL for each statistic of what nothing is known of: there is nothing to look through."""
    names = {n for each, told in behaviours_of(pack).items() if _is_unknown(each, scope) for n in told}
    return {tag.name: ibis.null(_stored(tag.askable)) for tag in pack.tags if tag.name in names}


def _generations(pack: Pack) -> list[list[Tag]]:
    """Return the derived tags, those together that are derived from tags of the lists before."""
    depths: dict[str, int] = {}
    found: list[list[Tag]] = []
    for tag in pack.in_order:
        if isinstance(tag.source, (FromField, Statistic, Given)):
            continue
        depth = depths[tag.name] = max((depths[name] + 1 for name in tag.needs if name in depths), default=0)
        found += [[]] * (depth == len(found))
        found[depth] = [*found[depth], tag]
    return found


def _with_tags(rows: ir.Table, tags: Sequence[Tag], askables: Catalogue[Askable], day: date) -> ir.Table:
    return rows.mutate(**{tag.name: _derived(rows, tag, askables, day) for tag in tags})


def _derived(rows: ir.Table, tag: Tag, askables: Catalogue[Askable], day: date) -> ir.Value:
    match tag.source:
        case Bands():
            return _score(rows, tag.source, askables, day)
        case Joined(of=of):
            texts = [rows[name].cast("string") for name in of]
            return reduce(lambda left, right: left.concat(right), texts)
        case Ratio():
            return _ratio(rows, tag)
        case Highest():
            return _highest(rows, tag.source)
        case Cases():
            return _first_case(rows, tag.source, askables, day)
        case FromField() | Statistic() | Given():
            return rows[tag.name]


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
    return ops.Cast(rows[askable.name], to=_stored(askable)).to_expr().name(askable.name)  # type: ignore[arg-type]


def _stored(askable: Askable) -> dt.DataType:
    return dt.DataType.from_pyarrow(stored_type(askable))
