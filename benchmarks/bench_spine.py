"""The main job on 20 million order lines, each step in a process of its own, beside plain DuckDB in its best form.

    python benchmarks/bench_spine.py [--lines 20000000] [--keep FOLDER]

Answers are compared before any time is printed. The rival lands without checking, without remembering what it landed
and without recognising anybody: what it leaves out is said beside its time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from steps import child, copy_bytes, in_house, plain, report_peak, timed

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
FEW_TAGS = Path(__file__).with_name("few_tags.yaml")
RULE = {
    "all": [
        {"tag": "monetary", "is": ">=", "value": 200},
        {"any": [{"tag": "recency_days", "is": ">", "value": 90}, {"tag": "return_share", "is": ">", "value": 0.2}]},
        {"not": {"tag": "country", "is": "=", "value": "France"}},
    ]
}
RULE_SQL = """monetary >= 20000 and (date '2025-12-31' - last_purchase > 90 or return_share > 0.2)
              and not (country = 'France')"""
MAPPING = """
source: bench
files: lines.csv
kinds:
  - kind: order_line
    columns: {order_number: InvoiceNo, customer: CustomerID, product: StockCode, quantity: Quantity,
              unit_price: UnitPrice, placed_at: InvoiceDate}
  - kind: customer_record
    columns: {key: CustomerID, country: Country, observed_at: InvoiceDate}
    identifiers: [{type: customer_number, column: CustomerID}]
  - kind: product
    columns: {product: StockCode, name: Description, observed_at: InvoiceDate}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--lines", type=int, default=20_000_000)
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        report_peak(lambda folder: (STEPS[given.step](folder), None), given.keep)
        return
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        compare(folder, given.lines)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def compare(folder: Path, lines: int) -> None:
    csv = folder / "lines.csv"
    if not csv.exists():
        # In a process of its own: a child's peak begins with what its parent once had.
        script = f"from lines import write_lines; from pathlib import Path; write_lines(Path({str(csv)!r}), {lines})"
        subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, check=True)
    (folder / "mapping.yaml").write_text(MAPPING)
    print(f"{lines:,} lines, {csv.stat().st_size / 1e6:,.0f} MB of CSV, {os.cpu_count()} cores")
    copying = copy_bytes(csv, folder / "copied")
    times = {name: child(Path(__file__), name, folder) for name in STEPS}
    assert_equal(folder)
    print("answers are equal: 12 tags of every customer, and the audience\n")
    print(f"{'step':28}{'quanyu':>10}{'peak':>10}{'DuckDB':>10}{'peak':>10}{'ratio':>8}   what the rival leaves out")
    for ours, theirs, title, missing in PAIRS:
        mine, other = times[ours], times[theirs]
        print(
            f"{title:28}{mine['seconds']:9.2f}s{mine['peak']:8.0f}MB{other['seconds']:9.2f}s{other['peak']:8.0f}MB"
            f"{mine['seconds'] / other['seconds']:8.2f}   {missing}"
        )
    identify = times["identify"]
    print(f"{'recognise customers':28}{identify['seconds']:9.2f}s{identify['peak']:8.0f}MB")
    again = times["land_again"]
    print(f"{'land the same file again':28}{again['seconds']:9.2f}s{again['peak']:8.0f}MB   (nothing lands)")
    print(f"\nlanding: {lines / times['land']['seconds']:,.0f} lines/s; copying the file's bytes takes {copying:.2f} s")


def land(folder: Path) -> float:
    from quanyu.customers.ingest.importing import import_files

    return in_house(folder / "home", lambda house, ws: import_files(ws, house.mapping(ws, folder / "mapping.yaml")))


def land_again(folder: Path) -> float:
    from quanyu.customers.ingest.importing import import_files

    def work(house, ws):
        outcome = import_files(ws, house.mapping(ws, folder / "mapping.yaml"))
        assert all(count.landed == 0 for count in outcome.counts)

    return in_house(folder / "home", work)


def identify(folder: Path) -> float:
    from quanyu.customers.identity.recognising import recognise

    return in_house(folder / "home", lambda house, ws: recognise(ws))


def compact(folder: Path) -> float:
    from quanyu.foundation.lake.compaction import compact as compact_tables

    return in_house(folder / "home", lambda house, ws: compact_tables(ws.lake, house.lake_tables))


def tags(folder: Path) -> float:
    from quanyu.targeting.tags.computing import compute
    from quanyu.targeting.tags.packs import apply

    in_house(folder / "home", lambda house, ws: apply(ws, FEW_TAGS))
    return in_house(folder / "home", lambda house, ws: compute(ws, AS_OF))


def audience(folder: Path) -> float:
    from quanyu.targeting.audiences.counting import count

    warm: list[float] = []

    def work(house, ws):
        (folder / "audience.json").write_text(json.dumps(count(ws, RULE).size))
        warm.append(timed(lambda: count(ws, RULE)))

    in_house(folder / "home", work)
    return warm[0]


def rival_land(folder: Path) -> float:
    shutil.rmtree(folder / "rival", ignore_errors=True)
    query = f"""
        copy (select CustomerID as customer, InvoiceNo as invoice, StockCode as product, Description as name,
                     Quantity::int as quantity, UnitPrice::decimal(18,6) as unit_price, InvoiceDate as placed,
                     Country as country,
                     (round(Quantity * UnitPrice::decimal(18,6), 2) * 100)::bigint as amount,
                     strftime(InvoiceDate, '%Y-%m') as month
              from read_csv('{folder}/lines.csv', types = {{'UnitPrice': 'DECIMAL(18,6)', 'InvoiceNo': 'VARCHAR'}}))
        to '{folder}/rival' (format parquet, compression zstd, partition_by (month))"""
    return timed(lambda: plain().execute(query).fetchall())


def rival_compact(folder: Path) -> float:
    shutil.rmtree(folder / "sorted", ignore_errors=True)
    (folder / "sorted").mkdir()
    connection = plain()

    def work() -> None:
        for month in sorted((folder / "rival").iterdir()):
            connection.execute(
                f"""copy (select * from read_parquet('{month}/*.parquet') order by customer, placed)
                    to '{folder}/sorted/{month.name}.parquet' (format parquet, compression zstd)"""
            )

    return timed(work)


def rival_tags(folder: Path) -> float:
    query = (Path(__file__).parent / "rival_tags.sql").read_text().replace("$lines", f"'{folder}/sorted/*.parquet'")
    return timed(lambda: plain().execute(f"copy ({query}) to '{folder}/tags.parquet' (format parquet)").fetchall())


def rival_audience(folder: Path) -> float:
    query = f"select count(*) from '{folder}/tags.parquet' where {RULE_SQL}"
    connection = plain()

    (folder / "rival_audience.json").write_text(json.dumps(connection.execute(query).fetchone()[0]))
    return timed(lambda: connection.execute(query).fetchone())


def assert_equal(folder: Path) -> None:
    """Stop unless both sides say the same of every customer."""
    from quanyu.customers.identity.private import open_values
    from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS_PRIVATE
    from quanyu.targeting.tags.runs import current
    from quanyu.targeting.tags.tables import customer_tags

    found: dict[str, object] = {}

    def look(_: object, ws: object) -> None:
        tags = customer_tags(current(ws).pack)
        vector = ws.lake.vector([tags, CUSTOMER_OF_RECORD, RECORDS_PRIVATE])
        found["tags"] = ws.lake.to_arrow(ws.lake.table(tags, vector))
        found["mapping"] = ws.lake.to_arrow(ws.lake.table(CUSTOMER_OF_RECORD, vector))
        found["values"] = open_values(ws, vector)

    in_house(folder / "home", look)
    connection = plain()
    for name, table in found.items():
        connection.register(name, table)
    differing = connection.execute(
        (Path(__file__).parent / "compare_tags.sql").read_text().replace("$rival", f"'{folder}/tags.parquet'")
    ).fetchone()
    customers = connection.execute("select count(*) from tags").fetchone()[0]
    if differing != (customers, 0):
        sys.exit(f"the answers differ: (customers, different) = {differing}, expected ({customers}, 0)")
    ours, theirs = (json.loads((folder / f"{n}.json").read_text()) for n in ("audience", "rival_audience"))
    if ours != theirs:
        sys.exit(f"the audience differs: {ours} and {theirs}")
    print(f"{customers:,} customers, {ours:,} in the audience")


STEPS: dict[str, Callable[[Path], float]] = {
    "land": land,
    "rival_land": rival_land,
    "identify": identify,
    "compact": compact,
    "rival_compact": rival_compact,
    "tags": tags,
    "rival_tags": rival_tags,
    "audience": audience,
    "rival_audience": rival_audience,
    "land_again": land_again,
}
PAIRS = (
    ("land", "rival_land", "landing", "checks, rejects, once-only, records, order headers, products, atomic publish"),
    ("compact", "rival_compact", "compaction", "all but the lines; the switch of versions"),
    ("tags", "rival_tags", "12 tags", "records apart from customers; a snapshot with its versions"),
    ("audience", "rival_audience", "one audience, counted again", "faults named; the set of the living"),
)

if __name__ == "__main__":
    main()
