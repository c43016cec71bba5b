"""The pack's tags of orders over N customers: the tag factory beside hand-written DuckDB, equal answers first.

    python benchmarks/bench_tags.py [--customers 10000000] [--lines 100000000] [--buckets 8] [--memory-mb 12288]
                                    [--keep FOLDER] [--day]

Each step works in a process of its own. The rival reads tables that are sorted by customer, in the smallest types, with
all that belongs to a line beside it, and knows nothing of records; it writes the same tags, a bucket of customers at a
time. `one by one` asks the same tables once for each tag. Preparing the rival's tables is not counted.

`--day` lands a day's orders of 0.5% of the customers instead, and compares a run that goes on with a full one.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from meter import Meter
from sqlglot import exp
from steps import child, in_house, report_peak, timed
from trade import make_home

SQL = Path(__file__).with_name("rival_pack.sql")
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
LAID = "writing what is laid over as one"
LEAST_PART = 0.1
"""Processor seconds from which on a part of a run is printed by itself."""
NOT_KEPT = ("lately", "own_gap")
OF_ALL = ("days_to_next_purchase",)
"""Tags that depend on everybody: the rival works them out when all buckets are done."""
SCHEMA = """
    create table orders (customer int, day date, h int, amount int, returned int, lines int, discount int,
                         shipping_fee int, store varchar, source varchar, channel varchar, sale bool, counts bool);
    create table lines (customer int, day date, product varchar, amount int, quantity int, unit_price int,
                        category_1 varchar, category_2 varchar, category_3 varchar, brand varchar, kind varchar,
                        list_price int, sale bool, counts bool);
    create table refunds (customer int, day date, amount int, category_3 varchar);
    create table festivals (day date, festival varchar)"""
GAP = """last_purchase + floor(coalesce(own_gap, (select median(own_gap) from {all})) + 0.5)::int"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=10_000_000)
    arguments.add_argument("--lines", type=int, default=100_000_000)
    arguments.add_argument("--buckets", type=int, default=8, help="of the rival")
    arguments.add_argument("--memory-mb", type=int, default=12_288, help="what the engines may use, ours and the rival")
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--only", help="do one step on what was kept, and print its time")
    arguments.add_argument("--day", action="store_true", help="a day's data: going on against a full run")
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        return report_peak(STEPS[given.step], given.keep)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        told = {name: getattr(given, name) for name in ("customers", "lines", "buckets", "memory_mb")}
        (folder / "told.json").write_text(json.dumps(told))
        if given.day:
            if not (folder / "made").exists():
                child(Path(__file__), "data", folder)
            show_day(child(Path(__file__), "day", folder)["said"])
        elif given.only:
            print(child(Path(__file__), given.only, folder))
        else:
            compare(folder, told)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def show_day(said: dict[str, Any]) -> None:
    print(f"equal: {said['customers']:,} customers; anew: {said['recomputed']:,}; laid over: {said['laid']:,} rows")
    for name, seconds in said["seconds"].items():
        print(f"{name:40}{seconds:>8.1f} processor seconds")
        for place, part in sorted(said["parts"][name].items(), key=lambda each: -each[1]):
            if part >= LEAST_PART:
                print(f"    {place:36}{part:>8.1f}")
    going_on = said["seconds"]["looking for changes"] + said["seconds"]["going on"]
    print(f"going on / full: {going_on / said['seconds']['full']:.2f}")


def compare(folder: Path, told: dict[str, int]) -> None:
    print(f"{told['customers']:,} customers, {told['lines']:,} order lines", flush=True)
    for step, made in (("data", folder / "made"), ("rival_data", folder / "rival.duckdb")):
        if not made.exists():
            print(f"{step} in {child(Path(__file__), step, folder)['seconds']:.0f} s", flush=True)
    done = {name: child(Path(__file__), name, folder) for name in ("tags", "rival", "one_by_one")}
    answered = child(Path(__file__), "compare", folder)["said"]
    print(f"answers are equal: {answered['tags']} tags of {answered['customers']:,} customers")
    print(f"left out on both sides: {', '.join(done['tags']['said']['left_out']) or 'nothing'}\n")
    rival = done["rival"]["seconds"]
    print(f"{'':24}{'seconds':>10}{'peak MB':>10}{'x rival':>10}")
    for name, title in (("tags", "quanyu"), ("rival", "DuckDB by hand"), ("one_by_one", "DuckDB, one by one")):
        seconds = done[name]["seconds"]
        print(f"{title:24}{seconds:>10.1f}{done[name]['peak']:>10,.0f}{seconds / rival:>10.2f}")
    print(f"one by one / quanyu: {done['one_by_one']['seconds'] / done['tags']['seconds']:.1f}")


# ---- the steps, each in a process of its own -----------------------------------------------------------------------


def told_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "told.json").read_text())


def data(folder: Path) -> tuple[float, object]:
    told = told_of(folder)
    shutil.rmtree(folder / "home", ignore_errors=True)
    seconds = make_home(folder / "home", told["customers"], told["lines"])
    (folder / "made").touch()
    return seconds, None


def names() -> list[str]:
    """Return the tags that the rival works out."""
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    query = SQL.read_text().replace("$first", "0").replace("$last", "0")
    columns = [row[0] for row in connection.execute(f"describe {query}").fetchall()]
    return [name for name in columns if name not in (*NOT_KEPT, "customer")] + list(OF_ALL)


def pack_of_orders(ws) -> tuple[Any, list[str]]:
    """Return the built-in tags that the rival works out, and the other tags of orders."""
    from dataclasses import replace

    from quanyu.targeting.fields.catalogue import FIELDS
    from quanyu.targeting.tags.definitions import built_in

    whole = built_in(FIELDS, ws.currency)
    wanted, made = names(), {tag.name: tag for tag in whole.tags}
    chosen = tuple(made[name] for name in wanted)
    left_out = [name for name, tag in made.items() if name not in wanted and sources_of(tag, made) <= TRADE]
    return replace(whole, tags=chosen), left_out


TRADE = frozenset({"orders", "lines", "returns", "refunds"})


def sources_of(tag, made) -> frozenset[str]:
    source = tag.source
    if hasattr(source, "over") and hasattr(source, "take"):
        return frozenset({source.over})
    if hasattr(source, "field"):
        return frozenset({source.field.partition(".")[0]})
    return frozenset[str]().union(*(sources_of(made[name], made) for name in tag.needs))


def tags(folder: Path) -> tuple[float, object]:
    from quanyu.targeting.tags.computing import publish
    from quanyu.targeting.tags.pinning import pin

    found: list[list[str]] = []

    def work(house, ws) -> None:
        pack, left_out = pack_of_orders(ws)
        found.append(left_out)
        publish(ws, pin(ws, AS_OF, pack))

    os.environ["QUANYU_MEMORY_MB"] = str(told_of(folder)["memory_mb"])
    seconds = in_house(folder / "home", work)
    return seconds, {"left_out": found[0]}


def day(folder: Path) -> tuple[float, object]:
    """Run in full, land a day, go on, run in full again; stop unless the last two say the same to the value."""
    from trade import land_day

    from quanyu.commerce.orders.tables import ORDERS
    from quanyu.foundation.lake import laying
    from quanyu.foundation.lake.compaction import compact
    from quanyu.targeting.tags.computing import publish
    from quanyu.targeting.tags.continuing import plan
    from quanyu.targeting.tags.pinning import pin
    from quanyu.targeting.tags.runs import last_run
    from quanyu.targeting.tags.tables import customer_tags

    seconds: dict[str, float] = {}
    parts: dict[str, dict[str, float]] = {}
    said: dict[str, Any] = {"seconds": seconds, "parts": parts}
    meter = Meter("quanyu.targeting.tags.")

    def spent(name: str, work_: Callable[[], Any]) -> Any:
        meter.taken()
        before = time.process_time()
        result = work_()
        seconds[name] = time.process_time() - before
        parts[name] = meter.taken()
        return result

    def work(house, ws) -> None:
        pack = pack_of_orders(ws)[0]
        table, customers = customer_tags(pack), told_of(folder)["customers"]
        publish(ws, pin(ws, AS_OF, pack))
        land_day(ws, customers, AS_OF.date(), ws.lake.stored(ORDERS, ws.lake.vector((ORDERS,))), 0.005)
        inputs = pin(ws, AS_OF + timedelta(days=1), pack)
        known = (inputs.pack, inputs.vector, inputs.people, inputs.scope, last_run(ws))
        planned = spent("looking for changes", lambda: plan(ws, *known))
        run = spent("going on", lambda: publish(ws, inputs, planned))
        if planned.changes is None:
            sys.exit(f"everything was computed: {planned.reason}")
        version = ws.lake.vector((table,))[table.name].version
        files = [file for some in ws.lake.log(table).partitions(version).values() for file in some]
        said["laid"] = sum(file["num_records"] for file in files if laying.laid_by(file["path"]) is not None)
        shown = f"{folder}/went_on.parquet"  # the files that it lies in may be written as one next
        ws.lake.write_parquet(ws.lake.table(table, ws.lake.vector((table,))).select(*table.schema.names), Path(shown))
        laying.MUCH = 1 << 40
        spent(LAID, lambda: compact(ws.lake, [table]))
        spent("full", lambda: publish(ws, inputs))
        whole = ws.lake.table(table, ws.lake.vector((table,))).select(*table.schema.names)
        told = ws.lake.engine.backend().read_parquet(shown).rename({f"_{name}": name for name in whole.columns})
        beside = whole.inner_join(told, [("customer", "_customer")])
        wrong = {name: ws.lake.count(beside.filter(_differs(beside, name))) for name in whole.columns}
        if any(wrong.values()) or ws.lake.count(beside) != customers or ws.lake.count(told) != customers:
            sys.exit(f"the answers differ: { ({name: many for name, many in wrong.items() if many}) }")
        said.update(customers=run.customers, recomputed=run.recomputed)

    os.environ["QUANYU_MEMORY_MB"] = str(told_of(folder)["memory_mb"])
    return in_house(folder / "home", work), said


def _differs(beside, name: str):
    """Means of fractions are added up in whatever order threads come: no two full runs agree to the last bit."""
    one, other = beside[name], beside[f"_{name}"]
    if not one.type().is_floating():
        return ~one.identical_to(other)
    return ((one - other).abs() > 1e-9) | (one.isnull() != other.isnull())


def rival_data(folder: Path) -> tuple[float, object]:
    """Write what the rival reads: the same rows, whose customer is known, sorted by customer."""
    from quanyu.commerce.catalog.tables import PRODUCTS
    from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
    from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
    from quanyu.targeting.fields.calendar import days_of_festivals

    tables = (PRODUCTS, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS, CUSTOMER_OF_RECORD)
    making = folder / "rival.making"
    making.unlink(missing_ok=True)

    def work(house, ws) -> None:
        vector = ws.lake.vector(tables)
        engine = ws.lake.engine.backend()
        for table in tables:
            engine.create_view(table.name, ws.lake.table(table, vector), overwrite=True)
        days = days_of_festivals()
        engine.con.register("festival_days", pa.table({"day": list(days), "festival": list(days.values())}))
        engine.raw_sql(f"attach '{making}' as rival")
        for statement in (Path(__file__).parent / "rival_pack_tables.sql").read_text().split(";"):
            if statement.strip():
                engine.raw_sql(statement)

    seconds = in_house(folder / "home", work)
    making.rename(folder / "rival.duckdb")
    return seconds, None


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    memory = f"{told_of(folder)['memory_mb']}MB"
    config = {"threads": os.cpu_count() or 2, "memory_limit": memory, "preserve_insertion_order": False}
    connection = duckdb.connect(str(folder / "rival.duckdb"), config=config, read_only=True)
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set temp_directory = '{folder / 'spill'}'")
    return connection


def ranges(folder: Path) -> list[tuple[int, int]]:
    told = told_of(folder)
    width = -(-told["customers"] // told["buckets"])
    return [(a, min(a + width, told["customers"]) - 1) for a in range(0, told["customers"], width)]


def rival(folder: Path) -> tuple[float, object]:
    out = folder / "rival_tags"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    connection = opened(folder)

    def work() -> None:
        for first, last in ranges(folder):
            query = SQL.read_text().replace("$first", str(first)).replace("$last", str(last))
            connection.execute(f"copy ({query}) to '{out}/{first}.parquet' (format parquet, compression zstd)")
        every = f"read_parquet('{out}/*.parquet')"
        gap = GAP.format(all=every)
        connection.execute(
            f"copy (select customer, {gap} as {OF_ALL[0]} from {every}) to '{folder}/rival_gaps.parquet'"
        )

    return timed(work), None


def one_by_one(folder: Path) -> tuple[float, object]:
    """Ask for each tag alone, of the part of the query that it needs."""
    connection = opened(folder)
    last = told_of(folder)["customers"] - 1

    def work() -> None:
        for query in queries_of_one().values():
            asked = query.replace("$first", "0").replace("$last", str(last))
            connection.execute(f"copy ({asked}) to '{folder}/one.parquet' (format parquet, compression zstd)")

    return timed(work), None


def queries_of_one() -> dict[str, str]:
    """Cut the rival's query into one for each tag, with the joins that it needs and no other."""
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    whole = sqlglot.parse_one(SQL.read_text().replace("$first", "1").replace("$last", "987654321"), read="duckdb")
    items = {item.alias_or_name: item for item in whole.expressions}
    joined = {join.this.name: join for join in whole.args["joins"]}
    parts = {join.this.name: join.this.alias_or_name for join in joined.values()}
    head = {cte.alias: cte.this.sql("duckdb") for cte in whole.args["with_"].expressions}
    said = ", ".join(f"{name} as ({text})" for name, text in head.items())
    columns = {
        name: {row[0] for row in connection.execute(f"describe with {said} select * from {name}").fetchall()}
        for name in parts
    }
    found: dict[str, str] = {}
    for name in items:
        if name in ("customer", *NOT_KEPT):
            continue
        wanted, left = [], [name]
        while left:
            each = left.pop()
            if each not in wanted:
                wanted.append(each)
                left += [c.name for c in items[each].find_all(exp.Column) if c.name in items and c.name != each]
        used = {c.name for each in wanted for c in items[each].find_all(exp.Column)}
        joins = [f"left join {part} {alias} using (customer)" for part, alias in parts.items()
                 if used & (columns[part] - {"customer"})]  # fmt: skip
        asked = ", ".join(items[each].sql("duckdb") for each in reversed(wanted))
        needed = f"with {said} select t.customer, {asked} from told t {' '.join(joins)}"
        found[name] = needed.replace("BETWEEN 1 AND 987654321", "between $first and $last").replace(
            "RANGE(1, 987654321 + 1)", "range($first, $last + 1)"
        )
    return found


def equal(folder: Path) -> tuple[float, object]:
    """Stop unless both say the same of every customer."""
    from quanyu.targeting.tags.tables import CUSTOMER_TAGS, customer_tags

    wanted = names()

    def work(house, ws) -> None:
        engine = ws.lake.engine.backend()
        rows = ws.lake.table(customer_tags(pack_of_orders(ws)[0]), ws.lake.vector([CUSTOMER_TAGS]))
        engine.create_view("ours", rows, overwrite=True)
        theirs = f"read_parquet('{folder}/rival_tags/*.parquet') a join read_parquet('{folder}/rival_gaps.parquet') b"
        engine.raw_sql(f"create temp view theirs as select * from {theirs} using (customer)")
        floats = {n for n, t in engine.table("ours").schema().items() if t.is_floating()}
        differ = [
            f"count(*) filter (abs(a.{n} - b.{n}) > 1e-9 or (a.{n} is null) <> (b.{n} is null)) as {n}"
            if n in floats else f"count(*) filter (a.{n} is distinct from b.{n}) as {n}"
            for n in wanted
        ]  # fmt: skip
        query = f"select count(*), {', '.join(differ)} from ours a full join theirs b using (customer)"
        counts = engine.con.execute(query).fetchone()
        wrong = {name: many for name, many in zip(wanted, counts[1:], strict=True) if many}
        if wrong or counts[0] != told_of(folder)["customers"]:
            sys.exit(f"the answers differ: {counts[0]} customers, {wrong}")

    seconds = in_house(folder / "home", work)
    return seconds, {"tags": len(wanted), "customers": told_of(folder)["customers"]}


STEPS: dict[str, Callable[[Path], tuple[float, object]]] = {
    "data": data,
    "rival_data": rival_data,
    "tags": tags,
    "day": day,
    "rival": rival,
    "one_by_one": one_by_one,
    "compare": equal,
}

if __name__ == "__main__":
    main()
