"""Aggregates over one kind's rows, all columns at once: rows with a column `source` in, one row per source out."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.quality.columns import Column
from quanyu.customers.quality.flaws import Instant, flaws_of, long_numbers
from quanyu.foundation.lake.model import Value

EDGES = tuple(n / 10 for n in range(1, 10))
SPREAD = (0.01, 0.5, 0.99)
QUARTILES = (0.25, 0.75)
LATEST = "_latest"  # the row came with the latest import of its source
IN = "in_"  # columns of results and thresholds are named by the column's place: in_3_filled


def heads(rows: ir.Table, moment: str | None, texts: Mapping[int, Column], now: Instant) -> ir.Table:
    """Columns source, rows, imports, latest_import, latest (of what is not in the future), distinct values of texts."""
    latest: Value = ibis.null("timestamp('UTC', 6)")
    if moment is not None:
        column: Value = rows[moment]
        seen = column.cast("timestamp('UTC', 6)")
        latest = seen.max(where=seen <= ibis.literal(now.at, "timestamp('UTC', 6)"))
    return rows.group_by("source").agg(
        rows=_.count(),
        imports=_.import_number.nunique(),
        latest_import=_.import_number.max(),
        latest=latest,
        **{f"{IN}{place}_distinct": rows[column.name].approx_nunique() for place, column in texts.items()},
    )


def marked(rows: ir.Table, latest: Mapping[str, int]) -> ir.Table:
    """Say of each row whether the latest import of its source brought it."""
    imports = ibis.memtable(pa.table({"source": list(latest), "_import": list(latest.values())}))
    joined = rows.inner_join(imports, "source")
    return joined.select(*rows.columns, **{LATEST: joined.import_number == joined["_import"]})


def figures(rows: ir.Table, columns: Mapping[int, Column], now: Instant) -> ir.Table:
    """Columns source, latest_rows and, for each column by its place, how its values are."""
    latest: Value = rows[LATEST]
    named: dict[str, Value] = {"latest_rows": latest.sum()}
    for place, column in columns.items():
        for name, value in _of_column(rows, column, now).items():
            named[f"{IN}{place}_{name}"] = value
    return rows.group_by("source").agg(**named)


def _of_column(rows: ir.Table, column: Column, now: Instant) -> dict[str, Value]:
    value: Value = rows[column.name]
    latest: Value = rows[LATEST]
    found: dict[str, Value] = {
        "filled": value.count(),
        "latest": value.count(where=latest),
        "distinct": value.approx_nunique(),
        **{name: flag.sum() for name, flag in _flags(column, value, now).items()},
    }
    return {**found, **(_of_number(rows, value) if column.shape == "number" else {})}


def _flags(column: Column, value: Value, now: Instant) -> dict[str, Value]:
    """Return, as booleans that are never NULL, each flaw, whether there is any, and what tells rounded keys."""
    flaws: dict[str, Value] = {reason: flaw.fill_null(False) for reason, flaw in flaws_of(column, value, now).items()}
    found = {f"flaw_{reason}": flaw for reason, flaw in flaws.items()}
    found["invalid"] = reduce(or_, flaws.values(), value.isnull() & value.notnull())
    if column.input.type == "key" and column.name == column.input.name:
        found["long"], found["rounded"] = (each.fill_null(False) for each in long_numbers(value))
    return found


def _of_number(rows: ir.Table, value: Value) -> dict[str, Value]:
    number: Value = value.cast("float64")
    latest: Value = rows[LATEST]
    return {
        "least": number.min(),
        "most": number.max(),
        "spread": number.approx_quantile(SPREAD),
        "quartiles": number.approx_quantile(QUARTILES, where=number > 0),
        "edges": number.approx_quantile(EDGES, where=~latest),
    }


def compared(rows: ir.Table, numbers: Mapping[int, Column], thresholds: ir.Table) -> ir.Table:
    """Count each number against its source's thresholds: outliers, and how many lie above each edge, by part.

    `thresholds` has the columns source and, by place, low, high and edge_0 … edge_8, NULL where there is none.
    """
    beside = rows.inner_join(thresholds, "source")
    named: dict[str, Value] = {}
    latest: Value = beside[LATEST]
    for place, column in numbers.items():
        stored: Value = beside[column.name]
        number: Value = stored.cast("float64")
        low, high = beside[f"{IN}{place}_low"], beside[f"{IN}{place}_high"]
        named[f"{IN}{place}_outliers"] = ((number > 0) & ((number < low) | (number > high))).sum()
        for nth in range(len(EDGES)):
            above: Value = number > beside[f"{IN}{place}_edge_{nth}"]
            named[f"{IN}{place}_above_{nth}"] = above.sum(where=~latest)
            named[f"{IN}{place}_above_latest_{nth}"] = above.sum(where=latest)
    return beside.group_by("source").agg(**named)


def values_of(rows: ir.Table, column: Column, now: Instant) -> ir.Table:
    """Columns source, value, before, latest (rows of either part) and flags of the value; for fields of few values."""
    value: Value = rows[column.name]
    latest: Value = rows[LATEST]
    given = rows.filter(value.notnull())
    counted = given.group_by("source", value=value).agg(before=(~latest).sum(), latest=latest.sum())
    written: Value = counted.value
    return counted.mutate(value=written.cast("string"), **_flags(column, written, now))


def likely(rows: ir.Table, columns: Mapping[int, Column]) -> ir.Table:
    """Columns source, place, value: the most frequent value of each field in `rows`, a sample."""
    parts = [
        rows.select("source", place=ibis.literal(place, "int64"), value=rows[column.name].cast("string"))
        for place, column in columns.items()
    ]
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    counted = whole.filter(_.value.notnull()).group_by("source", "place", "value").agg(times=_.count())
    first = ibis.row_number().over(group_by=["source", "place"], order_by=[ibis.desc("times"), "value"])
    return counted.mutate(nth=first).filter(_.nth == 0).select("source", "place", "value")


def repeated(rows: ir.Table, columns: Mapping[int, Column], likeliest: ir.Table) -> ir.Table:
    """Columns source and, by place, times: in how many rows the value of `likeliest` stands."""
    beside = rows.inner_join(likeliest, "source")
    named: dict[str, Value] = {}
    for place, column in columns.items():
        stands: Value = beside[column.name].cast("string") == beside[f"{IN}{place}_value"]
        named[f"{IN}{place}_times"] = stands.sum()
    return beside.group_by("source").agg(**named)


def days(rows: ir.Table, day: str) -> ir.Table:
    """Columns source, day (NULL where a row has none), rows."""
    return rows.group_by("source", day=rows[day]).agg(rows=_.count())
