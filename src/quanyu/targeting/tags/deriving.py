"""One Ibis expression for all tags of all customers: fields joined to the living, then tags derived from tags."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
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


def needed(pack: Pack, names: Iterable[str]) -> Pack:
    """Return a pack of these tags and all that they are derived from."""
    by_name = {tag.name: tag for tag in pack.tags}
    wanted, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left += by_name[name].needs
    return replace(pack, tags=tuple(tag for tag in pack.tags if tag.name in wanted))


def derive(
    pack: Pack,
    fields: Catalogue[Field],
    customers: ir.Table,
    scope: Scope,
    answers: Mapping[str, ir.Table] | None = None,
    carried: Carried | None = None,
    *,
    keep: bool = False,
) -> ir.Table:
    """Return one row per row of `customers` (column customer) with the stored column of every tag.

    Each measure stands once in the expression, or is taken from `answers` by its name; of a behaviour no statistic is
    taken of which `customers` have a column. Where values are `carried`, these are the customers of whom anything is
    taken anew, as `Carried.beside` has them. With `keep` the columns of `kept_of` follow, which `answers` must have.
    """
    measures = measures_of(pack, fields)
    found = {m.name: m.build(scope) for m in measures} if answers is None else answers
    said = [answered(m, found[m.name], pack, fields, keep=keep) for m in measures if m.name in found]
    if carried is None:
        present = customers.columns[1:]
        found_beside = _beside(customers, [*said, *_taken(pack, scope, present)], present)
    else:
        found_beside = _beside(carried.last, [*said, customers], carried.last.columns[1:])
    told = found_beside.mutate(**_unknown(pack, scope), **_absent_in(found_beside, pack, fields, scope))
    told = told if carried is None else carried.over(told)
    complete = completed(pack, told, scope.day)
    kept = [name for measure in measures if keep for name in kept_of(measure).values()]
    return complete.select("customer", *(_in_stored_type(complete, tag.askable) for tag in pack.tags), *kept)


def _taken(pack: Pack, scope: Scope, present: Sequence[str]) -> Iterator[ir.Table]:
    for behaviour, statistics in known_behaviours(pack, scope).items():
        if left := {name: each for name, each in statistics.items() if name not in present}:
            yield from measured(behaviour, left, scope)


def completed(pack: Pack, told: ir.Table, day: date) -> ir.Table:
    """Put the tags that are derived from tags beside those that are not."""
    return reduce(lambda rows, tags: _with_tags(rows, tags, pack.askables, day), _generations(pack), told)


def retold(pack: Pack, fields: Catalogue[Field], last: ir.Table, scope: Scope, answers: Sequence[ir.Table]) -> ir.Table:
    """Return rows of the last run with the tags that `answers` say anew, and all that are derived from tags, as of now.

    `last` has the other tags.
    """
    beside = _beside(last, answers, last.columns[1:])
    complete = completed(pack, beside.mutate(**_absent_in(beside, pack, fields, scope)), scope.day)
    return complete.mutate(*(_in_stored_type(complete, tag.askable) for tag in pack.tags))


def kept_of(measure: Measure) -> dict[str, str]:
    """Return what a run keeps of a measure besides tags, so that the next can go on: columns and their names there."""
    return {} if measure.apart is None else {name: f"_{measure.name}_{name}" for name in measure.apart.kept}


def answer(measure: Measure, scope: Scope) -> ir.Table:
    """Return what a measure says of everybody, with what is kept of it."""
    return measure.build(scope) if measure.apart is None else measure.apart.finish(measure.apart.own(scope))


def answered(
    measure: Measure, result: ir.Table, pack: Pack, fields: Catalogue[Field], *, keep: bool = False
) -> ir.Table:
    """Return what the tags that come from this measure keep of it, as far as `result` says it."""
    columns = {
        tag.name: result[field.column]
        for tag in pack.tags
        if isinstance(tag.source, FromField)
        and (field := fields[tag.source.field]).measure.name == measure.name
        and field.column in result.columns
    }
    kept = {as_: result[name] for name, as_ in kept_of(measure).items() if keep}
    return result.select("customer", **columns, **given_columns(measure, result), **kept)


def _beside(customers: ir.Table, taken: Sequence[ir.Table], present: Sequence[str] = ()) -> ir.Table:
    """Join all at once: each join inside the one before would nest deeper than an engine reads."""
    rows: Value = customers
    for n, each in enumerate(taken):
        rows = rows.left_join(each.rename({f"{_KEY}_{n}": "customer"}), [("customer", f"{_KEY}_{n}")])
    added = (name for each in taken for name in each.columns if name != "customer")
    return rows.select("customer", *present, *added)


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


def _absent_in(rows: ir.Table, pack: Pack, fields: Catalogue[Field], scope: Scope) -> dict[str, Deferred]:
    return {name: value for name, value in _absent(pack, fields, scope).items() if name in rows.columns}


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
