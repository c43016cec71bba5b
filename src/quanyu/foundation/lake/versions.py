"""What of a delivery is new to a table: versions of rows, or facts that stand once, in whatever portions they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.lake.store import Lake, latest

LINE = "line"  # of rows observed at one instant the last line speaks
OLDER = "older_values"  # of a table that keeps values: when those were observed that are older than the row
NEWS, FOLLOWS = "_news", "_follows"
_INSTANT = "timestamp('UTC', 6)"
_INSTANTS = f"map<string, {_INSTANT}>"
_NEVER: Value = ibis.null(_INSTANT)


@dataclass(frozen=True)
class Arrival:
    """Where rows land and when they came: a row that does not say when it was observed was observed then."""

    lake: Lake
    landing: Landing
    import_number: int
    now: datetime


def append_versions(arrival: Arrival, table: LakeTable, rows: ir.Table, *, keeps: bool = False) -> int:
    """Append the rows of a versioned table that are new or say something else, and return how many those are.

    `rows` has the table's own columns, `observed_at` and `line`. The last observed row of a key speaks; of two that
    were observed at the same instant, the one of the later import, or the later line. With `keeps` each value is the
    last observed one that is not NULL, and the table has a column `older_values`. A later sighting of what is known is
    appended too, but is no news: without it, an observation from in between would win when it comes late.
    """
    lake, landing, key = arrival.lake, arrival.landing, table.versioned_by or ()
    values = [name for name in rows.columns if name not in {*key, "observed_at", LINE}]
    with lake.held(last_of_each(rows, key, values, arrival.now, keeps=keeps)) as last:
        versions = lake.all_versions(table, landing.vector).semi_join(last, list(key))
        if table.name in landing.vector and lake.count(versions.limit(1)):
            found = news(last, latest(versions, key), key, values, keeps=keeps)
        else:
            found = firsts(last, key, values, keeps=keeps)
        with lake.held(found) as appended:
            marks: dict[str, Value] = {mark: appended[mark] for mark in (NEWS, FOLLOWS)}
            counts = appended.aggregate(**{mark: told.sum() for mark, told in marks.items()})
            landed, follows = (int(count or 0) for count in lake.to_arrow(counts).to_pylist()[0].values())
            version = appended.drop(NEWS, FOLLOWS).mutate(
                content_hash=content_hash(*(appended[name] for name in values)),
                import_number=ibis.literal(arrival.import_number, "int64"),
            )
            landing.append(table, version, supersedes=follows > 0)
            return landed


def append_once(arrival: Arrival, table: LakeTable, rows: ir.Table, key: Sequence[str]) -> int:
    """Append the rows of an immutable table whose key is not there yet, and return how many; of one key the first line.

    `rows` has the table's columns but for import_number, and `line`.
    """
    lake, landing, names = arrival.lake, arrival.landing, list(key)
    with lake.held(rows.group_by(names).agg(line=_[LINE].min())) as firsts:
        # The delivery is the smaller side by far: what is there streams past it.
        seen = lake.all_versions(table, landing.vector).semi_join(firsts, names).select(*names)
        new = rows.semi_join(firsts.anti_join(seen, names), LINE)
        return landing.append(table, new.drop(LINE).mutate(import_number=ibis.literal(arrival.import_number, "int64")))


def last_of_each(rows: ir.Table, key: Sequence[str], values: Sequence[str], now: datetime, *, keeps: bool) -> ir.Table:
    """Return one row a key: its values, `observed_at`, and `dated`, whether somebody said when it was observed.

    With `keeps` also when each value was observed, `_at_<value>`, NULL where nobody gave one.
    """
    observed: Value = rows.observed_at
    told = rows.mutate(dated=observed.notnull(), observed_at=observed.fill_null(ibis.literal(now, _INSTANT)))
    if not keeps:
        rank = ibis.row_number().over(group_by=list(key), order_by=[ibis.desc("observed_at"), ibis.desc(LINE)])
        return told.mutate(_rank=rank).filter(_["_rank"] == 0).select(*key, *values, "observed_at", "dated")
    order = [told.observed_at, told[LINE]]
    dated: Value = told.dated
    return told.group_by(list(key)).agg(
        **{name: told[name].last(order_by=order) for name in values},
        **{f"_at_{name}": told.observed_at.max(where=told[name].notnull()) for name in values},
        observed_at=told.observed_at.max(),
        dated=dated.any(),
    )


def firsts(last: ir.Table, key: Sequence[str], values: Sequence[str], *, keeps: bool) -> ir.Table:
    """Return what `news` does where nothing of these keys is there, many times faster to plan."""
    older = {OLDER: _older(last, values)} if keeps else {}
    fresh = {NEWS: ibis.literal(True), FOLLOWS: ibis.literal(False)}
    return last.select(*key, *values, "observed_at", **older, **fresh)


def news(last: ir.Table, present: ir.Table, key: Sequence[str], values: Sequence[str], *, keeps: bool) -> ir.Table:
    """Return the versions to append beside `present`, with `_news`, and `_follows`: the key is there already.

    `last` comes from `last_of_each`.
    """
    names = {f"_was_{name}": present[name] for name in [*values, "observed_at", *([OLDER] if keeps else [])]}
    beside = last.left_join(present.select(*key, **names), list(key)).select(*last.columns, *names)
    return _kept(beside, key, values) if keeps else _replaced(beside, key, values)


def _replaced(beside: ir.Table, key: Sequence[str], values: Sequence[str]) -> ir.Table:
    seen: Value = beside._was_observed_at
    differs = reduce(or_, [~_same(beside[name], beside[f"_was_{name}"]) for name in values], ibis.literal(False))
    newer, later = beside.observed_at >= seen, beside.observed_at > seen
    fresh = seen.isnull() | (differs & newer)
    dated: Value = beside.dated
    return beside.filter(fresh | (dated & later)).select(
        *key, *values, "observed_at", **{NEWS: fresh, FOLLOWS: seen.notnull()}
    )


def _kept(beside: ir.Table, key: Sequence[str], values: Sequence[str]) -> ir.Table:
    """Choose value by value, each by its own instant."""
    seen: Value = beside._was_observed_at
    older: Value = beside[f"_was_{OLDER}"]
    known = beside.mutate(
        **{f"_seen_{v}": beside[f"_was_{v}"].notnull().ifelse(older.get(v).coalesce(seen), _NEVER) for v in values},
        observed_at=ibis.greatest(beside.observed_at, seen.coalesce(beside.observed_at)),
    )
    chosen = known.mutate(**{v: _chosen(known, v) for v in values}, **{f"_at_{v}": _last(known, v) for v in values})
    fresh = reduce(or_, [~_same(chosen[v], chosen[f"_was_{v}"]) for v in values], chosen._was_observed_at.isnull())
    moved = [~_same(chosen[f"_at_{v}"], chosen[f"_seen_{v}"]) for v in values]
    later = reduce(or_, moved, chosen.observed_at > chosen._was_observed_at)
    dated: Value = chosen.dated
    return chosen.filter(fresh | (dated & later)).select(
        *key,
        *values,
        "observed_at",
        **{OLDER: _older(chosen, values), NEWS: fresh, FOLLOWS: chosen._was_observed_at.notnull()},
    )


def _chosen(known: ir.Table, name: str) -> Value:
    given, seen = known[f"_at_{name}"], known[f"_seen_{name}"]
    return (given.notnull() & (seen.isnull() | (given >= seen))).ifelse(known[name], known[f"_was_{name}"])


def _last(known: ir.Table, name: str) -> Value:
    given, seen = known[f"_at_{name}"], known[f"_seen_{name}"]
    return (given >= seen).ifelse(given, seen).coalesce(given, seen)


def _older(chosen: ir.Table, values: Sequence[str]) -> Value:
    """Return the instants of the values that are older than their row, NULL where none is."""
    behind = [chosen[f"_at_{name}"] < chosen.observed_at for name in values]
    instants = [old.ifelse(chosen[f"_at_{name}"], _NEVER) for old, name in zip(behind, values, strict=True)]
    mapped = ibis.map(ibis.array(list(values)), ibis.array(instants))
    return ibis.ifelse(reduce(or_, behind), mapped, ibis.null(_INSTANTS))


def _same(left: Value, right: Value) -> Value:
    return left.identical_to(right)
