"""Surveys what has come in, kind by kind: every figure is worked out over all columns of a table at once."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import exp, isfinite, log
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from quanyu.customers.identity.landing import CUSTOMER_RECORD
from quanyu.customers.ingest.status import source_status
from quanyu.customers.quality import measures
from quanyu.customers.quality.cleansing.tracing import count_refilled
from quanyu.customers.quality.columns import Column, columns_of, day_of, moment_of, surveyed
from quanyu.customers.quality.drifting import bins_above, stability_index
from quanyu.customers.quality.flaws import Instant, digits_lost
from quanyu.customers.quality.measures import EDGES, IN
from quanyu.customers.quality.model import Days, Drift, FieldSurvey, Flaw, Frequent, PartSurvey, Spread, Survey
from quanyu.customers.quality.private import Private, survey_private
from quanyu.foundation.errors import NotFound
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.measuring import day_before
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FEW = 1_000  # values: with more, a field names things rather than sorts them
SAMPLE = 200_000  # rows in which the most frequent value of a field of many values is looked for
SHOWN_FROM = 20  # rows: a value that fewer have could be one person's
DAYS_KEPT = 400
DAILY = 0.9  # of the days: a source that delivers on so many delivers daily
COMPARED = 20  # values of a field, the rest together

Row = Mapping[str, Any]
_TIMES = {"date", "instant"}
_OF_A_VALUE = {"source", "value", "before", "latest"}  # the other columns of its row are flags


def take_survey(
    ws: Workspace,
    kinds: Sequence[Kind],
    *,
    kind: str | None = None,
    source: str | None = None,
    as_of: datetime | None = None,
) -> Survey:
    """Survey the kinds' tables as they are published now; one kind or one source only where it is named."""
    wanted = [found for found in kinds if surveyed(found) and kind in {None, found.name}]
    if not wanted:
        names = [found.name for found in kinds if surveyed(found)]
        raise NotFound(Text("This kind is not known.", "未知的类型。"), received=kind, allowed=names)
    at = as_of or ws.clock.now()
    now = Instant(at, day_before(at, ws.time_zone))
    tables = [found.tables[0] for found in wanted]
    with ws.heavy():
        vector = ws.lake.vector(tables)
        parts = [part for found in wanted for part in _survey_kind(ws, found, vector, source, now)]
    if source is not None and not parts:
        known = [status.source for status in source_status(ws)]
        raise NotFound(Text("This source has delivered nothing.", "该来源没有数据。"), received=source, allowed=known)
    parts = _with_refills(ws, parts)
    here = {part.kind for part in parts}
    return Survey(at, ws.time_zone, vector, parts, [found.name for found in wanted if found.name not in here])


def _with_refills(ws: Workspace, parts: Sequence[PartSurvey]) -> list[PartSurvey]:
    """Add what rules have refilled in records; what is refilled stands beside them."""
    counted = count_refilled(ws)
    return [
        replace(part, fields=tuple(replace(f, refilled=counted.get((part.source, f.field), 0)) for f in part.fields))
        if part.kind == CUSTOMER_RECORD.name
        else part
        for part in parts
    ]


def _survey_kind(ws: Workspace, kind: Kind, vector: Vector, source: str | None, now: Instant) -> list[PartSurvey]:
    table = kind.tables[0]
    if table.name not in vector:
        return []
    whole = ws.lake.table(table, vector)
    superseded = table.versioned_by is not None and vector[table.name].superseded
    with ws.lake.held(whole) if superseded else nullcontext(whole) as rows:
        chosen = rows if source is None else rows.filter(rows.source == source)
        surveyor = _Surveyor(ws, kind, chosen, now)
        return surveyor.parts(_private(ws, kind, rows, source, now)) if surveyor.heads else []


def _private(ws: Workspace, kind: Kind, rows: ir.Table, source: str | None, now: Instant) -> Private:
    """Survey all sources' private values, whichever is asked about: it may be linked to any other."""
    if not kind.takes_identifiers or "record" not in rows.columns:
        return Private({}, {})
    counted = _ask(ws, rows.group_by("source").agg(rows=rows.record.nunique()))
    found = survey_private(ws, kind, rows.select("record", "source"), {r["source"]: r["rows"] for r in counted}, now)
    if source is None:
        return found
    return Private({source: found.fields.get(source, ())}, {s: v for s, v in found.links.items() if s == source})


def _ask(ws: Workspace, expression: ir.Table) -> list[Row]:
    return ws.lake.to_arrow(expression).to_pylist()


class _Surveyor:
    """One kind being surveyed, all sources at once; answers are kept by source."""

    def __init__(self, ws: Workspace, kind: Kind, rows: ir.Table, now: Instant) -> None:
        self.ws, self.kind, self.now = ws, kind, now
        self.columns = dict(enumerate(columns_of(kind, ws.currency)))
        texts = {place: column for place, column in self.columns.items() if column.shape == "text"}
        self.heads = self._by_source(measures.heads(rows, moment_of(kind), texts, now))
        if not self.heads:
            return
        self.rows = measures.marked(rows, {source: head["latest_import"] for source, head in self.heads.items()})
        self.values = {place: self._count_values(column) for place, column in texts.items() if self._few(place)}
        others = {place: column for place, column in self.columns.items() if place not in self.values}
        self.figures = self._by_source(measures.figures(self.rows, others, now))
        self.comparisons = self._compare_numbers()
        self.repeats = self._find_repeats({p: column for p, column in others.items() if column.shape != "number"})

    def parts(self, private: Private) -> list[PartSurvey]:
        days = self._days()
        return [
            PartSurvey(
                kind=self.kind.name,
                title=self.kind.title,
                source=source,
                rows=head["rows"],
                imports=head["imports"],
                latest_import=head["latest_import"],
                latest=head["latest"],
                fields=(
                    *(self._field(source, *each) for each in self.columns.items()),
                    *private.fields.get(source, ()),
                ),
                days=days.get(source),
                links=private.links.get(source),
            )
            for source, head in sorted(self.heads.items())
        ]

    def _by_source(self, expression: ir.Table) -> dict[str, Row]:
        return {row["source"]: row for row in _ask(self.ws, expression)}

    def _few(self, place: int) -> bool:
        return max(head[f"{IN}{place}_distinct"] for head in self.heads.values()) <= FEW

    def _compare_numbers(self) -> dict[str, Row]:
        numbers = {place: column for place, column in self.columns.items() if column.shape == "number"}
        if not numbers:
            return {}
        thresholds = {
            "source": list(self.figures),
            **{
                f"{IN}{place}_{name}": [_threshold(row, place, name) for row in self.figures.values()]
                for place in numbers
                for name in ("low", "high", *(f"edge_{nth}" for nth in range(len(EDGES))))
            },
        }
        table = _table(thresholds, pa.float64())
        return self._by_source(measures.compared(self.rows, numbers, table))

    def _count_values(self, column: Column) -> dict[str, list[Row]]:
        """Count the values of a field that has few of them, exactly."""
        found: dict[str, list[Row]] = {}
        for row in _ask(self.ws, measures.values_of(self.rows, column, self.now)):
            found.setdefault(row["source"], []).append(row)
        return found

    def _find_repeats(self, others: Mapping[int, Column]) -> dict[str, dict[int, Frequent]]:
        """Find the most frequent value of the other fields in a sample, and count it in all rows."""
        if not others:
            return {}
        total = sum(head["rows"] for head in self.heads.values())
        sample = self.rows if total <= SAMPLE else self.rows.sample(SAMPLE / total, method="block", seed=7)
        likeliest: dict[str, dict[int, str]] = {}
        for row in _ask(self.ws, measures.likely(sample, others)):
            likeliest.setdefault(row["source"], {})[row["place"]] = row["value"]
        if not likeliest:
            return {}
        named = {
            "source": list(likeliest),
            **{f"{IN}{place}_value": [found.get(place) for found in likeliest.values()] for place in others},
        }
        table = _table(named, pa.string())
        times = self._by_source(measures.repeated(self.rows, others, table))
        return {
            source: {
                place: Frequent(value if others[place].shape in _TIMES else None, times[source][f"{IN}{place}_times"])
                for place, value in found.items()
            }
            for source, found in likeliest.items()
        }

    def _fields(self, source: str) -> list[FieldSurvey]:
        return [self._field(source, place, column) for place, column in self.columns.items()]

    def _figure(self, source: str, place: int) -> Row:
        """Return what is counted of a field: of one with few values it is added up from them."""
        if place not in self.values:
            prefix = f"{IN}{place}_"
            row = self.figures[source]
            return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
        counted = self.values[place].get(source, [])
        flags = [
            name for name in (counted[0] if counted else {}) if name not in {"source", "value", "before", "latest"}
        ]
        return {
            "filled": sum(v["before"] + v["latest"] for v in counted),
            "latest": sum(v["latest"] for v in counted),
            "distinct": len(counted),
            "invalid": 0,
            **{flag: sum(v["before"] + v["latest"] for v in counted if v[flag]) for flag in flags},
        }

    def _field(self, source: str, place: int, column: Column) -> FieldSurvey:
        row = self._figure(source, place)
        lost = digits_lost(row.get("long") or 0, row.get("rounded") or 0)
        named = {name.removeprefix("flaw_"): count for name, count in row.items() if name.startswith("flaw_")}
        counted = self.values.get(place, {}).get(source, [])
        return FieldSurvey(
            field=column.input.name,
            title=column.input.title,
            type=column.input.type,
            rows=self.heads[source]["rows"],
            filled=row["filled"],
            distinct=row["distinct"],
            invalid=row["invalid"] + lost,
            flaws=tuple(Flaw(name, count) for name, count in {**named, "digits lost": lost}.items() if count),
            spread=self._spread(source, place, column),
            frequent=_commonest(column, counted) or self.repeats.get(source, {}).get(place),
            drift=self._drift(source, place, column, row),
        )

    def _spread(self, source: str, place: int, column: Column) -> Spread | None:
        row, prefix = self.figures[source], f"{IN}{place}_"
        if column.shape != "number" or row[f"{prefix}least"] is None:
            return None
        p1, p50, p99 = (value / column.scale for value in row[f"{prefix}spread"])
        fenced = _threshold(row, place, "low") is not None
        return Spread(
            least=row[f"{prefix}least"] / column.scale,
            p1=p1,
            p50=p50,
            p99=p99,
            most=row[f"{prefix}most"] / column.scale,
            outliers=self.comparisons[source][f"{prefix}outliers"] if fenced else None,
        )

    def _drift(self, source: str, place: int, column: Column, row: Row) -> Drift | None:
        head = self.heads[source]
        if head["imports"] < 2:
            return None
        latest, before = row["latest"], row["filled"] - row["latest"]
        latest_rows = self.figures[source]["latest_rows"]
        codes = self.values.get(place, {}).get(source, []) if column.input.type in {"code", "flag"} else []
        return Drift(
            import_number=head["latest_import"],
            latest_rows=latest_rows,
            latest_filled=latest,
            before_rows=head["rows"] - latest_rows,
            before_filled=before,
            shift=self._shift(source, place, column, before=before, latest=latest),
            appeared=tuple(sorted(v["value"] for v in codes if not v["before"])),
            vanished=tuple(sorted(v["value"] for v in codes if not v["latest"])),
        )

    def _shift(self, source: str, place: int, column: Column, *, before: int, latest: int) -> float | None:
        if column.shape == "number":
            row = self.comparisons[source]
            sides = [
                bins_above(total, [row[f"{IN}{place}_above{part}_{nth}"] or 0 for nth in range(len(EDGES))])
                for total, part in ((before, ""), (latest, "_latest"))
            ]
            return stability_index(*sides)
        if place not in self.values:
            return None
        counted = self.values[place].get(source, [])
        first = sorted(counted, key=lambda v: (-v["before"] - v["latest"], v["value"]))[:COMPARED]
        sides = [[v[part] for v in first] for part in ("before", "latest")]
        return stability_index([*sides[0], before - sum(sides[0])], [*sides[1], latest - sum(sides[1])])

    def _days(self) -> dict[str, Days]:
        day = day_of(self.kind.tables[0])
        if day is None:
            return {}
        counted: dict[str, dict[date | None, int]] = {}
        for row in _ask(self.ws, measures.days(self.rows, day)):
            counted.setdefault(row["source"], {})[row["day"]] = row["rows"]
        totals = {source: control_totals(found, self.now.day) for source, found in counted.items()}
        return {source: found for source, found in totals.items() if found is not None}


def control_totals(counted: Mapping[date | None, int], today: date) -> Days | None:
    """Return the totals of the last days; a day without rows is missing where nearly all days have some."""
    dated = sorted((day, rows) for day, rows in counted.items() if day is not None)
    if not dated:
        return None
    since = today - timedelta(days=DAYS_KEPT - 1)
    kept = [(day, rows) for day, rows in dated if day >= since]
    return Days(
        first=dated[0][0],
        last=dated[-1][0],
        totals=tuple(kept),
        earlier=sum(rows for day, rows in dated if day < since),
        undated=counted.get(None, 0),
        missing=_gaps([day for day, _ in kept if day <= today]),
    )


def _gaps(days: Sequence[date]) -> tuple[date, ...]:
    if not days:
        return ()
    span = (days[-1] - days[0]).days + 1
    if len(days) < DAILY * span:
        return ()
    there = set(days)
    every = (days[0] + timedelta(days=n) for n in range(span))
    return tuple(day for day in every if day not in there)


def _table(columns: Mapping[str, Sequence[object]], type_: pa.DataType) -> ir.Table:
    """Return a small table by source."""
    typed = {name: pa.array(column, pa.string() if name == "source" else type_) for name, column in columns.items()}
    return ibis.memtable(pa.table(typed))


def _threshold(row: Row, place: int, name: str) -> float | None:
    """Return an edge, or a fence 1.5 interquartile ranges beyond the quartiles of the positive logarithms."""
    if name.startswith("edge_"):
        edges = row[f"{IN}{place}_edges"]
        return None if not edges else edges[int(name.removeprefix("edge_"))]
    quartiles = row[f"{IN}{place}_quartiles"]
    if not quartiles or min(quartiles) <= 0 or quartiles[0] == quartiles[1]:
        return None
    low, high = map(log, quartiles)
    reach = 1.5 * (high - low)
    fence = exp(low - reach) if name == "low" else exp(min(high + reach, 700))
    return fence if isfinite(fence) else None


def _commonest(column: Column, counted: Sequence[Row]) -> Frequent | None:
    if not counted:
        return None
    first = min(counted, key=lambda v: (-v["before"] - v["latest"], v["value"]))
    rows = first["before"] + first["latest"]
    of_many = rows >= SHOWN_FROM and column.input.type == "text" and column.name == column.input.name
    shown = of_many or column.input.type in {"code", "flag"}
    return Frequent(first["value"][:80] if shown else None, rows)
