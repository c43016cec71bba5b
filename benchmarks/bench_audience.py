"""Audiences over N customers: an index of bits beside DuckDB, Polars and ClickHouse (embedded), equal answers first.

    python benchmarks/bench_audience.py [--customers 10000000] [--columns 60] [--packs 220] [--seed 7] [--keep FOLDER]

Columns are skewed and correlated, 30% to 70% of their values are NULL, customers are in random order. A rule has ten
conditions, four of them numeric at thresholds drawn in the run, joined by all, any and not. Every engine has its best
form: small types, data in memory, two threads or more, one scan for all packs. Each works in a process of its own.

ClickHouse is asked twice: its columns, and its group bitmaps, one for each value of a category, and 64 for a number,
each of who is above an edge; what lies between a threshold and its edge is read from sorted rows.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from bitmaps import Bitmaps
from steps import child, report_peak, timed

pc: Any = pyarrow.compute

CHANGED = 0.005
PORTION = 1_000_000
RULES, ROUNDS, ROUNDS_OF_RIVALS, LATER = 20, 10, 2, 5
RIVALS = ("duckdb", "polars", "clickhouse", "bitmaps")
FILE, TOLD = "customers.parquet", "told.json"
DAY = date(2026, 3, 1)
Row = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=10_000_000)
    arguments.add_argument("--columns", type=int, default=60)
    arguments.add_argument("--packs", type=int, default=220)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        return report_peak(STEPS[given.step], given.keep)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        told = {name: getattr(given, name) for name in ("customers", "columns", "packs", "seed")}
        (folder / TOLD).write_text(json.dumps(told))
        if not (folder / FILE).exists():
            child(Path(__file__), "data", folder)
        compare(folder, told)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def compare(folder: Path, told: Row) -> None:
    print(f"{told['customers']:,} customers, {told['columns']} columns, seed {told['seed']}", flush=True)
    done = {name: child(Path(__file__), name, folder) for name in ("index", "renew", "ours", *RIVALS)}
    for rival in RIVALS:
        assert done[rival]["said"]["counts"] == done["ours"]["said"]["counts"], f"{rival} counts otherwise"
    assert done["duckdb"]["said"]["packs"] == done["ours"]["said"]["packs"]
    print("answers are equal: every rule in every engine, every pack\n")
    print(f"index from Parquet: {done['index']['seconds']:.1f} s, {done['index']['peak']:,.0f} MB, "
          f"{done['index']['said']['bytes'] / 1e6:,.0f} MB of bits")  # fmt: skip
    renewed = done["renew"]
    print(f"renewed for {renewed['said']['changed']:,} customers: {renewed['seconds']:.1f} s, "
          f"whole from the same columns in memory: {renewed['said']['whole']:.1f} s\n")  # fmt: skip
    ours = done["ours"]["said"]
    print(f"{'count of one rule, ms':<28}{'first':>10}{'median':>10}{'p95':>10}{'x ours':>10}{'peak MB':>10}")
    for name in ("ours", *RIVALS):
        said = done[name]["said"]
        ratio = said["median"] / ours["median"]
        print(f"{name:<28}{said['first']:>10.2f}{said['median']:>10.2f}{said['p95']:>10.2f}{ratio:>10.1f}"
              f"{done[name]['peak']:>10,.0f}")  # fmt: skip
    print(f"{'limit: its rows read once':<28}{'':>10}{ours['limit']:>10.2f}{'':>10}"
          f"{ours['limit'] / ours['median']:>10.2f}")  # fmt: skip
    print(f"\nmaterialise one rule: median {ours['select']:.2f} ms, p95 {ours['select_p95']:.2f} ms")
    (packs, again), (overlaps, overlaps_again) = ours["packs_seconds"], ours["overlap"]
    print(f"{told['packs']} packs counted and materialised: {packs:.3f} s, later {again:.3f} s "
          f"({ours['packs_cpu']:.3f} s of processors; {ours['packs_told'][1]:.3f} s to make expressions of them); "
          f"counted by DuckDB in one scan: {done['duckdb']['said']['packs_seconds']:.2f} s")  # fmt: skip
    print(f"their overlaps: {overlaps:.2f} s, later {overlaps_again:.2f} s; by Roaring {ours['overlap_roaring']:.2f} s")


# ---- what is asked -------------------------------------------------------------------------------------------------


def columns_of(told: Row) -> list[tuple[str, str, int]]:
    """Return name, sort and cardinality of each column: half are categories, most others numbers."""
    rng = random.Random(told["seed"])
    found: list[tuple[str, str, int]] = []
    for i in range(told["columns"]):
        sort = ("category", "money", "category", "count", "category", "flag", "days", "category", "share")[i % 9]
        found.append((f"{sort}_{i}", sort, rng.choice((4, 9, 30, 120, 200))))
    return found


def rules_of(folder: Path, number: int, seed: int) -> list[Any]:
    """Draw rules: six conditions on categories and flags, four on numbers at any value that is there."""
    told = json.loads((folder / TOLD).read_text())
    columns, rng = columns_of(told), random.Random(seed)
    numbers = [name for name, sort, _ in columns if sort in {"money", "count", "days", "share"}]
    values = {name: sample_of(folder, name) for name in numbers}
    return [_rule(columns, numbers, values, rng) for _ in range(number)]


def _rule(columns: Sequence[tuple[str, str, int]], numbers: Sequence[str], values: Row, rng: random.Random) -> Any:
    others = [column for column in columns if column[0] not in numbers]
    leaves: list[Any] = [_among(column, rng) for column in rng.sample(others, 6)]
    leaves += [{"tag": n, "is": rng.choice(("<=", ">=", "<", ">")), "value": rng.choice(values[n])} for n in
               rng.sample(list(numbers), 4)]  # fmt: skip
    rng.shuffle(leaves)
    return {"all": [{"any": leaves[:3]}, {"any": leaves[3:5]}, {"not": {"all": leaves[5:7]}}, {"any": leaves[7:]}]}


def _among(column: tuple[str, str, int], rng: random.Random) -> Any:
    name, sort, many = column
    if sort == "flag":
        return {"tag": name, "is": "=", "value": 1}
    wanted = sorted({min(int(rng.paretovariate(0.7)) - 1, many - 1) for _ in range(rng.randint(1, 4))})
    return {"tag": name, "is": rng.choice(("in", "in", "not_in")), "value": wanted}


def sample_of(folder: Path, name: str) -> list[float]:
    query = f"select {name} from '{folder / FILE}' where {name} is not null using sample 2000 rows (reservoir, 1)"
    return [row[0] for row in duckdb.connect(config={"threads": 1}).execute(query).fetchall()]


def sql_of(rule: Any) -> str:
    if "tag" not in rule:
        ((kind, parts),) = rule.items()
        if kind == "not":
            return f"(not {sql_of(parts)})"
        return "(" + (" and " if kind == "all" else " or ").join(map(sql_of, parts)) + ")"
    value = rule["value"]
    operator = {"in": "in", "not_in": "not in"}.get(rule["is"], rule["is"])
    shown = f"({', '.join(map(str, value))})" if isinstance(value, list) else repr(value)
    return f"({rule['tag']} {operator} {shown})"


# ---- the data ------------------------------------------------------------------------------------------------------


def make(folder: Path) -> tuple[float, object]:
    told = json.loads((folder / TOLD).read_text())
    started, columns = time.perf_counter(), columns_of(told)
    writer: pq.ParquetWriter | None = None
    for first in range(0, told["customers"], PORTION):
        size = min(PORTION, told["customers"] - first)
        rng = np.random.default_rng((told["seed"], first))
        latent = rng.normal(size=size)
        table = pa.table({"customer": np.arange(first, first + size), **{c[0]: _draw(c, latent, rng) for c in columns}})
        writer = writer or pq.ParquetWriter(folder / FILE, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=250_000)
    if writer:
        writer.close()
    return time.perf_counter() - started, None


def _draw(column: tuple[str, str, int], latent: np.ndarray, rng: np.random.Generator) -> pa.Array:
    name, sort, many = column
    weight = (hash_of(name) % 100) / 100
    mixed = weight * latent + (1 - weight) * rng.normal(size=latent.size)
    nothing = rng.random(latent.size) < 0.3 + 0.4 * ((hash_of(name) // 100) % 100) / 100
    match sort:
        case "category":
            drawn = np.minimum((rng.pareto(0.7, latent.size) * np.exp(-mixed / 2)).astype(np.int64), many - 1)
            return pa.array(drawn.astype(np.uint8), mask=nothing)
        case "flag":
            return pa.array((mixed > 1).astype(np.uint8), mask=nothing)
        case "money":
            return pa.array(np.exp(9 + 1.5 * mixed).clip(0, 2e9).astype(np.int32), mask=nothing)
        case "count":
            return pa.array(np.exp(1 + mixed).clip(0, 30_000).astype(np.int16), mask=nothing)
        case "days":
            return pa.array((20_500 - np.exp(4 + mixed).clip(0, 4_000)).astype(np.int16), mask=nothing)
        case _:
            return pa.array(1 / (1 + np.exp(-mixed)), mask=nothing)


def hash_of(name: str) -> int:
    return sum(ord(letter) * 31**i for i, letter in enumerate(name)) % 10_000


# ---- ours ----------------------------------------------------------------------------------------------------------


def build(folder: Path) -> tuple[float, object]:
    from quanyu.foundation.sets.writing import write_index

    told = json.loads((folder / TOLD).read_text())
    target = folder / "index"
    shutil.rmtree(target, ignore_errors=True)
    connection = duckdb.connect(config={"threads": 2})
    source = f"'{folder / FILE}'"

    def columns() -> Any:
        for name, _, _ in columns_of(told):
            rows = connection.sql(f"select customer, {name} from {source}").to_arrow_table()
            yield name, rows["customer"].to_numpy(), _wide(rows[name])

    started = time.perf_counter()
    write_index(target, told["customers"], columns(), 2)
    seconds = time.perf_counter() - started
    return seconds, {"bytes": sum(file.stat().st_size for file in target.glob("rows-*"))}


def renew(folder: Path) -> tuple[float, object]:
    """Give some customers other values, some that nobody has had; stop unless an index that is whole says so too."""
    from quanyu.foundation.sets.algebra import OrdinalSet
    from quanyu.foundation.sets.index import open_index
    from quanyu.foundation.sets.writing import renew_index, write_index

    told = json.loads((folder / TOLD).read_text())
    reach, last = told["customers"], open_index(folder / "index", 2)
    assert last is not None
    rng = np.random.default_rng(told["seed"])
    changed = np.flatnonzero(rng.random(reach) < CHANGED)
    like = rng.integers(0, reach, changed.size)
    connection = duckdb.connect(config={"threads": 2})
    now: dict[str, pa.ChunkedArray] = {}
    some: dict[str, pa.Array] = {}
    for name, sort, _ in columns_of(told):
        rows = connection.sql(f"select {name} from '{folder / FILE}' order by customer").to_arrow_table()
        values = _wide(rows[name]).combine_chunks()
        theirs = values.take(pa.array(like))
        if sort in {"money", "share"}:
            theirs = pc.multiply(theirs, 3) if sort == "money" else pc.multiply(theirs, 0.999)
        some[name] = theirs
        now[name] = pa.chunked_array([pc.replace_with_mask(values, _mask(changed, reach), theirs)])
    shutil.rmtree(folder / "renewed", ignore_errors=True)
    shutil.rmtree(folder / "whole", ignore_errors=True)
    started = time.perf_counter()
    renew_index(folder / "renewed", last, reach, ((name, changed, *_known(changed, v)) for name, v in some.items()), {})
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    everybody = np.arange(reach)
    write_index(folder / "whole", reach, ((name, everybody, values) for name, values in now.items()), 2)
    whole = time.perf_counter() - started
    expressions = _expressions(told)
    rules, living = rules_of(folder, RULES * 5, told["seed"] + 2), OrdinalSet.first(reach)
    counts = []
    for at in ("renewed", "whole"):
        index = open_index(folder / at, 2)
        assert index is not None
        counts.append(index.count([expressions(index, rule) for rule in rules], living))
        shutil.rmtree(folder / at)
    assert counts[0] == counts[1], "renewed, the index says something else"
    return seconds, {"changed": changed.size, "whole": whole}


def _known(of: np.ndarray, values: pa.Array) -> tuple[np.ndarray, pa.ChunkedArray]:
    """Return the ordinals of whom there is a value, and the values."""
    return of[values.is_valid().to_numpy(zero_copy_only=False)], pa.chunked_array([values.drop_null()])


def _mask(changed: np.ndarray, reach: int) -> pa.Array:
    mask = np.zeros(reach, np.bool_)
    mask[changed] = True
    return pa.array(mask)


def _wide(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the types that tags are stored in."""
    return values.cast(pa.float64() if pa.types.is_floating(values.type) else pa.int64())


def _expressions(told: Row) -> Callable[[Any, Any], Any]:
    """Return what turns a rule into an expression over an index."""
    from quanyu.foundation.text import Text
    from quanyu.targeting.fields.catalogue import Catalogue
    from quanyu.targeting.fields.members import members_of
    from quanyu.targeting.fields.model import Askable
    from quanyu.targeting.fields.rules import parse

    sorts = {"share": "number"}
    askables = Catalogue(Askable(n, sorts.get(s, "integer"), Text(n, n)) for n, s, _ in columns_of(told))  # type: ignore[arg-type]
    return lambda index, rule: members_of(parse(rule, askables, "CNY"), index, askables, DAY)


def ours(folder: Path) -> tuple[float, object]:
    from quanyu.foundation.sets.algebra import OrdinalSet
    from quanyu.foundation.sets.index import open_index, overlap

    told = json.loads((folder / TOLD).read_text())
    index, everybody, expressions = (
        open_index(folder / "index", 2),
        OrdinalSet.first(told["customers"]),
        _expressions(told),
    )
    assert index is not None

    def expression(rule: Any) -> Any:
        return expressions(index, rule)

    rules = rules_of(folder, RULES, told["seed"])
    said = timings(rules, lambda rule: index.count([expression(rule)], everybody)[0], ROUNDS)
    chosen = timings(rules, lambda rule: index.select([expression(rule)], everybody)[0].count(), ROUNDS)
    packs = rules_of(folder, told["packs"], told["seed"] + 1)
    found: list[Any] = []

    def choose() -> None:
        found[:] = index.select([expression(rule) for rule in packs], everybody)

    said |= {"packs_told": first_and_later(lambda: [expression(rule) for rule in packs])}
    used = time.process_time()
    said |= {"packs_seconds": first_and_later(choose), "packs_cpu": (time.process_time() - used) / (1 + LATER)}
    said |= {"packs": [members.count() for members in found]}
    said |= {"overlap": first_and_later(lambda: overlap(found, 2))}
    said |= {"overlap_roaring": overlap_by_roaring(found, overlap(found, 2))}
    said |= {"select": chosen["median"], "select_p95": chosen["p95"], "limit": limit_of(index, rules, expression)}
    return 0.0, said


def first_and_later(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the first time, in new memory, and the median of those after it."""
    first, *later = (timed(work) for _ in range(1 + LATER))
    return first, float(np.median(later))


def overlap_by_roaring(sets: Sequence[Any], shared: np.ndarray) -> float:
    """Return the seconds that all pairs take as Roaring bitmaps; one in ten pairs is measured."""
    from pyroaring import BitMap

    from quanyu.foundation.sets.storage import to_bytes

    maps = [BitMap.deserialize(to_bytes(members)) for members in sets]
    started, pairs = time.perf_counter(), 0
    for i in range(0, len(maps), 10):
        for j in range(i, len(maps)):
            assert maps[i].intersection_cardinality(maps[j]) == shared[i, j]
            pairs += 1
    whole = len(maps) * (len(maps) + 1) / 2
    return (time.perf_counter() - started) * whole / max(pairs, 1)


def limit_of(index: Any, rules: Sequence[Any], expression: Callable[[Any], Any]) -> float:
    """Return the milliseconds in which two threads read the rows that a rule names, each once."""
    from quanyu.foundation.sets.programs import ROW, assemble

    def rows_of(rule: Any) -> int:
        programs = assemble([expression(rule)])
        asked = {row + k for _, row, many, _ in programs.leaves.tolist() for k in range(many)}
        return len(asked | {row for _, source, row in programs.code.tolist() if source == ROW})

    words = index.rows[0].shape[1]
    plain = np.random.default_rng(1).integers(0, 2**63, (2, 64_000_000), dtype=np.uint64)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(np.max, plain))
        started = time.perf_counter()
        list(pool.map(np.max, plain))
        speed = plain.nbytes / (time.perf_counter() - started)
    return float(np.median([rows_of(rule) for rule in rules]) * words * 8 / speed * 1e3)


# ---- rivals --------------------------------------------------------------------------------------------------------


def by_duckdb(folder: Path) -> tuple[float, object]:
    told = json.loads((folder / TOLD).read_text())
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"create table customers as select * from '{folder / FILE}'")

    def count(condition: str) -> int:
        return connection.execute(f"select count(*) from customers where {condition}").fetchone()[0]  # type: ignore[index]

    said = timings([sql_of(rule) for rule in rules_of(folder, RULES, told["seed"])], count)
    packs = [sql_of(rule) for rule in rules_of(folder, told["packs"], told["seed"] + 1)]
    started = time.perf_counter()
    filters = ", ".join(f"count(*) filter (where {condition})" for condition in packs)
    found = connection.execute(f"select {filters} from customers").fetchone()
    said |= {"packs_seconds": time.perf_counter() - started, "packs": list(found or ())}
    return 0.0, said


def by_polars(folder: Path) -> tuple[float, object]:
    import polars as pl

    told = json.loads((folder / TOLD).read_text())
    rows = pl.read_parquet(folder / FILE).rechunk()

    def condition(rule: Any) -> Any:
        if "tag" not in rule:
            ((kind, parts),) = rule.items()
            if kind == "not":
                return ~condition(parts)
            found = [condition(part) for part in parts]
            return pl.all_horizontal(found) if kind == "all" else pl.any_horizontal(found)
        column, value = pl.col(rule["tag"]), rule["value"]
        return {
            "in": lambda: column.is_in(value),
            "not_in": lambda: ~column.is_in(value),
            "=": lambda: column == value,
            "<": lambda: column < value,
            "<=": lambda: column <= value,
            ">": lambda: column > value,
            ">=": lambda: column >= value,
        }[rule["is"]]()

    def count(rule: Any) -> int:
        return rows.lazy().filter(condition(rule)).select(pl.len()).collect().item()

    return 0.0, timings(rules_of(folder, RULES, told["seed"]), count)


def by_clickhouse(folder: Path) -> tuple[float, object]:
    from chdb import session

    told = json.loads((folder / TOLD).read_text())
    asking = session.Session()
    asking.query("create database bench engine = Atomic")
    asking.query(f"create table bench.customers engine = Memory as select * from file('{folder / FILE}', Parquet)")

    def count(sql: str) -> int:
        return int(str(asking.query(f"select count() from bench.customers where {sql}", "TSV")).strip())

    return 0.0, timings([sql_of(rule) for rule in rules_of(folder, RULES, told["seed"])], count)


def by_bitmaps(folder: Path) -> tuple[float, object]:
    from chdb import session

    told = json.loads((folder / TOLD).read_text())
    asking = session.Session()
    asking.query("create database bench engine = Atomic")
    asking.query(f"create table bench.customers engine = Memory as select * from file('{folder / FILE}', Parquet)")
    bitmaps = Bitmaps(asking, columns_of(told))
    asking.query("drop table bench.customers")
    return 0.0, timings(rules_of(folder, RULES, told["seed"]), bitmaps.count)


def timings(rules: Sequence[Any], count: Callable[[Any], int], rounds: int = ROUNDS_OF_RIVALS) -> Row:
    """Return the counts, and milliseconds: of the first question, and median and 95th percentile of the others."""
    counts, taken = [], []
    for _ in range(rounds):
        for rule in rules:
            started = time.perf_counter()
            counts.append(count(rule))
            taken.append((time.perf_counter() - started) * 1e3)
    assert counts == counts[: len(rules)] * rounds
    warm = taken[len(rules) :]
    return {
        "counts": counts[: len(rules)],
        "first": taken[0],
        "median": float(np.median(warm)),
        "p95": float(np.percentile(warm, 95)),
    }


STEPS: dict[str, Callable[[Path], tuple[float, object]]] = {
    "data": make,
    "index": build,
    "renew": renew,
    "ours": ours,
    "duckdb": by_duckdb,
    "polars": by_polars,
    "clickhouse": by_clickhouse,
    "bitmaps": by_bitmaps,
}

if __name__ == "__main__":
    sys.exit(main())
