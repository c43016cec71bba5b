"""Weighs the pairs of all blocks, works out how likely each is one person, and writes those that are likely enough."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.customers.matching.model import Comparison, Keep
from quanyu.customers.matching.training import Model, Shift
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

SUFFIXES = (".csv", ".parquet")
BANDS = (0.99, 0.95, 0.9, 0.7, 0.5, 0.0)
"""Probabilities at which pairs are counted."""
_LEAST_WEIGHT, _LEAST_WEIGHT_OF_SMALL = -12.0, -25.0
"""In bits, with the prior: what weighs less adds nothing to the number of matches. Of small tables weights may move."""
_STEP = 0.01  # of the weights whose frequencies say how many matches there are
_SMALL = 1e8  # possible pairs up to which records of one person are taken out of what strangers share
_ROUNDS = 200
WEIGHED, KEPT = "weighed_pairs", "kept_pairs"
_NOTHING = (np.zeros(0), np.zeros(0))


def weigh(connection: duckdb.DuckDBPyConnection, model: Model) -> float:
    """Leave the pairs in the table `weighed_pairs`, their weights in bits; return how many matches are expected.

    The share of matches among all pairs is the one under which the weights found are most likely.
    """
    small = model.possible <= _SMALL
    _predict(connection, model, _LEAST_WEIGHT_OF_SMALL if small else _LEAST_WEIGHT)
    share = _share(connection, model)
    if small:
        _move(connection, model.take_out_matches(share))
        share = _share(connection, model)
    connection.execute(f"update {WEIGHED} set match_weight = match_weight + {_bits(share) - _bits(model.prior)!r}")
    return share * model.possible


def _predict(connection: duckdb.DuckDBPyConnection, model: Model, least: float) -> None:
    predicted = model.linker.inference.predict(threshold_match_weight=least, warning_mode="never")
    connection.execute(f"create or replace temp table {WEIGHED} as select * from {predicted.physical_name}")
    predicted.drop_table_from_database_and_remove_from_cache()


def _share(connection: duckdb.DuckDBPyConnection, model: Model) -> float:
    rows = connection.execute(
        f"select round(match_weight / {_STEP}) * {_STEP} as w, count(*) as n from {WEIGHED} group by 1 order by 1"
    ).fetchall()
    weights, times = (np.array(column, np.float64) for column in zip(*rows, strict=True)) if rows else _NOTHING
    return likeliest_share(weights - _bits(model.prior), times, model.possible, model.prior)


def _move(connection: duckdb.DuckDBPyConnection, shifts: Sequence[Shift]) -> None:
    """Move the weights of all pairs as those of their levels have moved, which spares comparing them again."""
    columns: dict[str, str] = {}
    moved: dict[str, list[Shift]] = {}
    for shift in shifts:
        moved.setdefault(shift.comparison, []).append(shift)
    for name, each in moved.items():
        weights = {shift.before: shift.weight for shift in each if shift.weight}
        adjustments = {shift.before: shift.adjustment for shift in each if shift.adjustment}
        columns |= {f"mw_{name}": _moved(name, weights)} if weights else {}
        columns |= {f"mw_tf_adj_{name}": _moved(name, adjustments)} if adjustments else {}
    if columns:
        whole = " + ".join(["match_weight", *columns.values()])
        replaced = ", ".join(f"{column} + {by} as {column}" for column, by in columns.items())
        connection.execute(
            f"create or replace temp table {WEIGHED} as"
            f" select * replace ({whole} as match_weight, {replaced}) from {WEIGHED}"
        )


def _moved(name: str, by: Mapping[float, float]) -> str:
    cases = " ".join(
        f"when cast('{before!r}' as double) then cast('{bits!r}' as double)" for before, bits in by.items()
    )
    return f"(case mw_{name} {cases} else 0 end)"


def likeliest_share(
    weights: npt.NDArray[np.float64], times: npt.NDArray[np.float64], possible: float, start: float
) -> float:
    """Return the share of matches among `possible` pairs; `weights` are bits without a prior, each `times` seen."""
    share = start
    for _ in range(_ROUNDS):
        odds = np.exp2(np.minimum(weights + _bits(share), 1000.0))
        found = float(np.sum(times * (odds / (1 + odds)))) / possible
        found = min(max(found, 1e-15), 0.5)
        if abs(found - share) <= 1e-6 * share:
            break
        share = found
    return share


def _bits(probability: float) -> float:
    return math.log2(probability / (1 - probability))


def write_pairs(
    connection: duckdb.DuckDBPyConnection,
    records: ir.Table,
    compare: Sequence[Comparison],
    files: Sequence[str],
    out: Path,
    threshold: float,
    keep: Keep,
) -> dict[str, int]:
    """Write the pairs at or above the threshold, likeliest first, and return how many there are in each band.

    Columns: `id_l`, `id_r`, with several files `file_l`, `file_r`; `match_probability`, `match_weight` in bits, and
    for each comparison `weight_<name>` in bits. The file appears whole or not at all, for its owner only.
    """
    refuse_place(out)
    _keep(connection, threshold, keep)
    form = "format parquet" if out.suffix.lower() == ".parquet" else "format csv, header true"
    form += ", use_tmp_file false"  # which would be readable by all
    beside = out.with_name(f".{out.name}.part")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    try:
        quoted = str(beside).replace("'", "''")
        connection.execute(f"copy ({_selection(records.get_name(), compare, files)}) to '{quoted}' ({form})")
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return _banded(connection)


def likely_pairs(connection: duckdb.DuckDBPyConnection, threshold: float, keep: Keep) -> pa.Table:
    """Return the pairs at or above the threshold: one and other (numbers of records, the lower first), probability."""
    _keep(connection, threshold, keep)
    return connection.sql(
        f"select least(record_l, record_r) as one, greatest(record_l, record_r) as other, probability from {KEPT}"
        " order by one, other"
    ).to_arrow_table()


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables of pairs, which are as large as all blocks together."""
    for name in (WEIGHED, KEPT):
        connection.execute(f"drop table if exists {name}")


def refuse_place(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES or not out.parent.is_dir():
        raise Invalid(
            Text("The pairs cannot be written there.", "无法写入该文件。"),
            remedy=Text(
                "Choose a .csv or .parquet file in an existing folder.", "请选择现有目录下的 .csv 或 .parquet 文件。"
            ),
            received=str(out),
            allowed=SUFFIXES,
        )


def _keep(connection: duckdb.DuckDBPyConnection, threshold: float, keep: Keep) -> None:
    """Leave in the table `kept_pairs` what is likely enough; of `best`, pairs that are best for both records."""
    probability = "1 / (1 + exp(-match_weight * ln(2)))"
    best = (
        "qualify row_number() over (partition by record_l order by match_weight desc, record_r) = 1"
        " and row_number() over (partition by record_r order by match_weight desc, record_l) = 1"
    )
    connection.execute(
        f"create or replace temp table {KEPT} as select *, {probability} as probability from {WEIGHED}"
        f" where {probability} >= {threshold!r} {best if keep == 'best' else ''}"
    )


def _selection(records: str, compare: Sequence[Comparison], files: Sequence[str]) -> str:
    names: dict[str, Any] = {each.name: _weight(each) for each in compare}
    weights = "".join(f", round({sql}, 4) as weight_{name}" for name, sql in names.items())
    shown = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    told = f", [{shown}][l.origin + 1] as file_l, [{shown}][r.origin + 1] as file_r" if len(files) > 1 else ""
    return (
        f"select l.id as id_l, r.id as id_r{told}, round(probability, 6) as match_probability,"
        f" round(match_weight, 4) as match_weight{weights} from {KEPT}"
        f' join "{records}" l on l.record = record_l join "{records}" r on r.record = record_r'
        " order by round(match_weight, 4) desc, record_l, record_r"
    )


def _weight(comparison: Comparison) -> str:
    """Return what a comparison adds; a rare value that agrees adds more than a frequent one."""
    adjusted = f" + mw_tf_adj_{comparison.name}" if comparison.frequency and comparison.how != "items" else ""
    return f"mw_{comparison.name}{adjusted}"


def _banded(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    cases = " ".join(f"when probability >= {band} then '{band:g}'" for band in BANDS)
    rows = connection.execute(f"select case {cases} end as band, count(*) from {KEPT} group by 1").fetchall()
    found = dict(rows)
    return {f"{band:g}": int(found.get(f"{band:g}", 0)) for band in BANDS}
