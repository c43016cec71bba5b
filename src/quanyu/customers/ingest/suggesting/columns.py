"""Looks at a sample of the files: how each column is filled, and which shapes its values have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest import values
from quanyu.customers.ingest.spec import FILE, Opened
from quanyu.customers.ingest.suggesting.shapes import PATTERNS, TIME_FORMS, has
from quanyu.foundation.lake.model import Value

MOST_ROWS = 100_000
_MOST_CELLS = 4_000_000  # of a sample; what is wide is looked at in fewer rows
_FEWEST_ROWS = 500
_MOST_VALUES = 400_000  # different ones, over all columns, whose shapes are worked out
_VALUES_EACH = 2_000
_COMMON = 60  # values kept of a column
_NUMBER_FORMS = ("1.234,56", "1 234,56")
_DATED = 0.5


@dataclass(frozen=True)
class Column:
    """What is known of one column: shares are of its filled cells, 0 to 1; lengths in characters."""

    name: str
    position: int
    rows: int
    filled: int
    distinct: int
    shares: Mapping[str, float] = field(default_factory=dict[str, float])
    forms: Mapping[str, float] = field(default_factory=dict[str, float])  # of times and numbers, "" for the plain one
    common: tuple[tuple[str, int], ...] = ()  # the most frequent values
    samples: tuple[str, ...] = ()  # a few different values, as they stand in the file
    low: float = 0.0
    high: float = 0.0
    length: float = 0.0

    @property
    def fill(self) -> float:
        return self.filled / self.rows if self.rows else 0.0

    @property
    def variety(self) -> float:
        """Return how many different values there are for each filled cell: 1 where none comes twice."""
        return self.distinct / self.filled if self.filled else 0.0

    def share(self, *shapes: str) -> float:
        return max(self.shares.get(shape, 0.0) for shape in shapes)

    @property
    def is_listed(self) -> bool:
        """Say whether all values are among `common`."""
        return 0 < self.distinct <= len(self.common)


@dataclass(frozen=True)
class Sample:
    """Rows of the files, as numbers that stand for values: equal numbers are equal values, -1 is an empty cell."""

    columns: tuple[Column, ...]
    cells: pa.Table
    opened: Opened

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def codes(self, name: str) -> npt.NDArray[np.int64]:
        encoded = self.cells[name].combine_chunks().dictionary_encode()
        return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of plain numbers, NaN where it has none."""
        bare = pc.ReplaceSubstringOptions(r"[,\s¥￥$£€元]", "")
        text = pc.call_function("replace_substring_regex", [self.cells[name]], bare)
        number = pc.MatchSubstringOptions(r"^[-+]?(\d+\.?\d*|\.\d+)$")
        good = pc.call_function("match_substring_regex", [text], number)
        plain = pc.call_function("if_else", [good, text, pa.scalar(None, pa.string())])
        return plain.cast(pa.float64()).to_numpy(zero_copy_only=False)

    def matching(self, name: str, pattern: str) -> list[str]:
        """Return the different values of a column that match."""
        found = self.cells[name].unique().drop_null()
        options = pc.MatchSubstringOptions(pattern)
        return found.filter(pc.call_function("match_substring_regex", [found], options)).to_pylist()


def take_sample(backend: Backend, opened: Opened, zone: str, currency: str) -> Sample:
    """Read up to 100,000 rows once and describe every column."""
    limit = max(_FEWEST_ROWS, min(MOST_ROWS, _MOST_CELLS // max(1, len(opened.columns))))
    rows = opened.rows.select(FILE, *opened.columns).limit(limit)
    cells = backend.to_pyarrow(rows)
    cleaned = {name: _cleaned(cells[name]) for name in opened.columns}
    counted = {name: column.combine_chunks().drop_null().value_counts() for name, column in cleaned.items()}
    each = max(20, min(_VALUES_EACH, _MOST_VALUES // max(1, len(counted))))
    picked = _pick(counted, each)
    shares = _shares(backend, picked, zone, currency) if picked.num_rows else {}
    times = _time_forms(backend, picked, shares, zone)
    columns = tuple(
        _describe(i, name, cells.num_rows, counted[name], shares.get(i, {}), times.get(i, {}))
        for i, name in enumerate(opened.columns)
    )
    return Sample(columns, pa.table({**cleaned, FILE: cells[FILE]}), opened)


def _cleaned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.call_function("utf8_trim_whitespace", [column.cast(pa.string())])
    empty = pc.call_function("equal", [text, pa.scalar("")])
    return pc.call_function("if_else", [empty, pa.scalar(None, pa.string()), text])


def _pick(counted: Mapping[str, pa.StructArray], each: int) -> pa.Table:
    """Take a share of the different values of each column, spread over the order in which they came."""
    parts: list[pa.Table] = []
    for i, found in enumerate(counted.values()):
        chosen = np.unique(np.linspace(0, len(found) - 1, min(len(found), each)).astype(np.int64))
        taken = found.take(pa.array(chosen))
        numbers = pa.array(np.full(len(taken), i), pa.int32())
        columns = {"position": numbers, "value": taken.field("values"), "times": taken.field("counts")}
        parts.append(pa.table(columns))
    return pa.concat_tables(parts) if parts else pa.table({"position": pa.array([], pa.int32())})


def _shares(backend: Backend, picked: pa.Table, zone: str, currency: str) -> dict[int, dict[str, float]]:
    rows = ibis.memtable(picked)
    text: Value = rows["value"]
    read = {form: values.first(values.numbers(text, form, currency)).notnull() for form in _NUMBER_FORMS}
    rows = rows.mutate(
        _narrow=values.narrow(text),
        _number=values.first(values.numbers(text, "", currency)),
        _local=values.first(values.times(text, (), zone)),
        flag=values.flag(text).notnull(),
        **read,
    )
    narrow: Value = rows["_narrow"]
    number: Value = rows["_number"]
    local: Value = rows["_local"]
    rows = rows.mutate(
        **{shape: has(narrow, shape) for shape in PATTERNS},
        number=number.notnull(),
        integer=(number == number.floor()).fill_null(False),
        cents=narrow.re_search(r"[.,]\d{2}$"),
        negative=(number < 0).fill_null(False),
        time=(local.notnull() & local.year().between(1000, 9999)).fill_null(False),
    )
    told = [name for name in rows.columns if name not in ("position", "value", "times") and not name.startswith("_")]
    found = backend.to_pyarrow(_weighed(rows, told))
    return {row.pop("position"): row for row in found.to_pylist()}


def _weighed(rows: ir.Table, told: Sequence[str]) -> ir.Table:
    times: Value = rows["times"]
    whole: Value = times.sum()
    number: Value = rows["_number"].cast("float64")
    text: Value = rows["value"]
    size: Value = text.length()
    return rows.group_by("position").agg(
        **{name: _times(rows, name).sum() / whole for name in told},
        _low=number.min(),
        _high=number.max(),
        _length=size.mean(),
    )


def _times(rows: ir.Table, name: str) -> Value:
    told: Value = rows[name]
    times: Value = rows["times"]
    return told.cast("int64") * times


def _time_forms(
    backend: Backend, picked: pa.Table, shares: Mapping[int, Mapping[str, float]], zone: str
) -> dict[int, dict[str, float]]:
    """Return, of columns that look like times but are not plain ones, the share that each form reads."""
    dated = [
        i
        for i, has in shares.items()
        if has["time"] < 1 and max(has["slashed"], has["clock"], has["seconds"], has["milliseconds"]) > _DATED
    ]
    if not dated:
        return {}
    rows = ibis.memtable(picked.filter(pa.array(np.isin(picked["position"].to_numpy(), dated))))
    text: Value = rows["value"]
    times: Value = rows["times"]
    whole: Value = times.sum()
    forms = (*TIME_FORMS, *values.TIME_FORMS)
    read = {f"form_{i}": _in_time(values.first(values.times(text, (form,), zone))) for i, form in enumerate(forms)}
    found = backend.to_pyarrow(
        rows.mutate(**read)
        .group_by("position")
        .agg(**{name: (ibis._[name].cast("int64") * ibis._.times).sum() / whole for name in read})
    )
    return {
        row["position"]: {form: row[f"form_{i}"] for i, form in enumerate(forms) if row[f"form_{i}"] > 0}
        for row in found.to_pylist()
    }


def _in_time(local: Value) -> Value:
    return (local.notnull() & local.year().between(1970, 2100)).fill_null(False)


def _describe(
    position: int,
    name: str,
    rows: int,
    found: pa.StructArray,
    shares: Mapping[str, float],
    times: Mapping[str, float],
) -> Column:
    counts = found.field("counts").to_numpy(zero_copy_only=False)
    most = np.argsort(-counts, kind="stable")[:_COMMON]
    common = tuple((str(found[int(i)]["values"].as_py()), int(counts[i])) for i in most)
    spread = np.unique(np.linspace(0, max(0, len(found) - 1), 3).astype(int)) if len(found) else []
    numbers = {form: shares[form] for form in _NUMBER_FORMS if shares.get(form)}
    return Column(
        name=name,
        position=position,
        rows=rows,
        filled=int(counts.sum()),
        distinct=len(found),
        shares={shape: share for shape, share in shares.items() if not shape.startswith("_") and share},
        forms={**numbers, **times},
        common=common,
        samples=tuple(str(found[int(i)]["values"].as_py()) for i in spread),
        low=shares.get("_low") or 0.0,
        high=shares.get("_high") or 0.0,
        length=shares.get("_length") or 0.0,
    )
