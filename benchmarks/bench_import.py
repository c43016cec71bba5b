"""Files to lake: order lines as UTF-8, as gb18030, as Excel; beside a bare DuckDB read_csv and dlt for the same files.

    python benchmarks/bench_import.py [--lines 10000000] [--cells 1000000] [--keep FOLDER]

Each step is a process of its own. Sums over what has landed are compared before any time is printed. The rivals read
and type; they do not check line by line, keep rejects, know a file again, or link lines to customers and orders.
dlt needs the dependency group `bench`; it is left out with a word where it is not installed.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
from steps import child, copy_bytes, in_house, plain, report_peak, timed

COLUMNS = """{order_number: InvoiceNo, customer: CustomerID, product: StockCode, quantity: Quantity,
              unit_price: UnitPrice, placed_at: InvoiceDate}"""
MAPPING = """
source: {name}
files: {file}
kinds:
  - kind: order_line
    columns: {columns}
"""
FILES = {"utf8": "utf8.csv", "gb18030": "gb18030.csv", "excel": "cells.xlsx"}
EXCEL_COLUMNS = 8
TYPES = """columns = {InvoiceNo: 'VARCHAR', StockCode: 'VARCHAR', Description: 'VARCHAR', Quantity: 'INTEGER',
           InvoiceDate: 'TIMESTAMP', UnitPrice: 'DECIMAL(18,6)', CustomerID: 'VARCHAR', Country: 'VARCHAR'}"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--lines", type=int, default=10_000_000)
    arguments.add_argument("--cells", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        report_peak(STEPS[given.step], given.keep)
        return
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        compare(folder, given.lines, given.cells)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def compare(folder: Path, lines: int, cells: int) -> None:
    prepare(folder, lines, cells)
    steps = [name for name in STEPS if "dlt" not in name or importlib.util.find_spec("dlt")]
    done = {name: child(Path(__file__), name, folder) for name in steps}
    assert_equal(done)
    sizes = {name: (folder / file).stat().st_size / 1e6 for name, file in FILES.items()}
    rows = {"utf8": lines, "gb18030": lines, "excel": cells // EXCEL_COLUMNS}
    print(f"{os.cpu_count()} cores; what has landed adds up alike\n")
    print(f"{'file':10}{'lines':>12}{'MB':>8}  {'by':18}{'seconds':>9}{'lines/s':>11}{'peak MB':>9}{'ratio':>7}")
    for name, result in done.items():
        file, by = name.split("_", 1)
        ratio = done[f"{file}_quanyu"]["seconds"] / result["seconds"]
        print(
            f"{file:10}{rows[file]:>12,}{sizes[file]:>8,.0f}  {by:18}{result['seconds']:>9.2f}"
            f"{rows[file] / result['seconds']:>11,.0f}{result['peak']:>9,.0f}{ratio:>7.2f}"
        )
    if "utf8_dlt" not in done:
        print("dlt is not installed: uv sync --group bench")
    for name, file in FILES.items():
        print(f"copying the bytes of {file} durably takes {copy_bytes(folder / file, folder / f'{name}.copied'):.2f} s")


def prepare(folder: Path, lines: int, cells: int) -> None:
    """Write the files, each in a process of its own: a child's peak begins with what its parent once had."""
    here = Path(__file__).parent
    for call in (
        f"write_lines(Path({str(folder / FILES['utf8'])!r}), {lines}, product='商品')",
        f"write_transcoded(Path({str(folder / FILES['utf8'])!r}), Path({str(folder / FILES['gb18030'])!r}))",
        f"write_workbook(Path({str(folder / FILES['excel'])!r}), {cells // EXCEL_COLUMNS})",
    ):
        name = call.partition("(")[0]
        script = f"from lines import {name}; from pathlib import Path; {call}"
        subprocess.run([sys.executable, "-c", script], cwd=here, check=True)
    for name, file in FILES.items():
        (folder / f"{name}.yaml").write_text(MAPPING.format(name=name, file=file, columns=COLUMNS))


def ours(name: str) -> Callable[[Path], tuple[float, object]]:
    def land(folder: Path) -> tuple[float, object]:
        from quanyu.commerce.orders.tables import ORDER_LINES
        from quanyu.customers.ingest.importing import import_files

        sums: list[object] = []

        def work(house, workspace):
            outcome = import_files(workspace, house.mapping(workspace, folder / f"{name}.yaml"))
            assert outcome.lines.rejected == 0
            return outcome

        def look(house, workspace):
            lines = workspace.lake.table(ORDER_LINES, workspace.lake.vector([ORDER_LINES]))
            lines = lines.filter(lines.source == name)
            found = workspace.lake.to_arrow(
                lines.aggregate(n=lines.count(), q=lines.quantity.sum(), a=lines.amount.sum())
            )
            sums.append(said(*(found[c][0].as_py() for c in "nqa")))

        seconds = in_house(folder / f"home-{name}", work)
        in_house(folder / f"home-{name}", look)
        return seconds, sums[0]

    return land


def said(lines: int, quantity: object, amount: object) -> list[str]:
    return [str(lines), str(Decimal(str(quantity)).normalize()), str(int(Decimal(str(amount))))]


AGGREGATE = """select count(*), sum(Quantity), sum((round(Quantity * UnitPrice::decimal(18,6), 2) * 100)::bigint)
               from read_parquet('{}')"""


def duck(source: str) -> Callable[[Path], tuple[float, object]]:
    def land(folder: Path) -> tuple[float, object]:
        target, connection = folder / f"{source}.parquet", plain()
        file = str(folder / FILES[source])
        piped = None
        if source == "gb18030":  # the engine has no such encoding: iconv beside it is the fastest way there is
            pipe = folder / "pipe.csv"
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
            piped = subprocess.Popen(f"iconv -f gb18030 -t utf-8 '{file}' > '{pipe}'", shell=True)
            file = str(pipe)
        query = f"""copy (select * from read_csv('{file}', header = true, {TYPES})) to '{target}'
                    (format parquet, compression zstd)"""
        seconds = timed(lambda: connection.execute(query).fetchall())
        if piped:
            piped.wait()
        return seconds, said(*connection.execute(AGGREGATE.format(target)).fetchone())

    return land


def dlt_lands(folder: Path) -> tuple[float, object]:
    import dlt
    from dlt.sources.filesystem import filesystem, read_csv_duckdb

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["NORMALIZE__WORKERS"] = os.environ["LOAD__WORKERS"] = "2"
    pipeline = dlt.pipeline("bench", pipelines_dir=str(folder / "dlt"), dataset_name="bench",
                            destination=dlt.destinations.filesystem(bucket_url=str(folder / "dlt-lake")))  # fmt: skip
    found = filesystem(bucket_url=str(folder), file_glob=FILES["utf8"])
    lines = found | read_csv_duckdb(use_pyarrow=True, chunk_size=200_000, header=True)
    seconds = timed(lambda: pipeline.run(lines.with_name("lines"), loader_file_format="parquet"))
    written = folder / "dlt-lake" / "bench" / "lines" / "*.parquet"
    query = AGGREGATE.format(written).replace("Quantity", "quantity").replace("UnitPrice", "unit_price")
    return seconds, said(*duckdb.sql(query).fetchall()[0])


def calamine_reads(folder: Path) -> tuple[float, object]:
    """Read the workbook's cells into Python and add up: no types, no checks, nothing written."""
    from python_calamine import CalamineWorkbook

    found: list[list[object]] = []

    def work() -> None:
        sheet = CalamineWorkbook.from_path(str(folder / FILES["excel"])).get_sheet_by_index(0)
        found.extend(sheet.to_python()[1:])

    seconds = timed(work)
    prices = [(int(row[3]), Decimal(str(row[5]))) for row in found]
    amount = sum((quantity * price * 100).to_integral_value("ROUND_HALF_UP") for quantity, price in prices)
    return seconds, said(len(found), sum(quantity for quantity, _ in prices), amount)


def assert_equal(done: dict[str, dict]) -> None:
    for name, result in done.items():
        expected = done[f"{name.split('_')[0]}_quanyu"]["said"]
        if result["said"] != expected:
            sys.exit(f"{name} says {result['said']}, quanyu {expected}")


STEPS: dict[str, Callable[[Path], tuple[float, object]]] = {
    "utf8_quanyu": ours("utf8"),
    "utf8_read_csv": duck("utf8"),
    "utf8_dlt": dlt_lands,
    "gb18030_quanyu": ours("gb18030"),
    "gb18030_iconv+read_csv": duck("gb18030"),
    "excel_quanyu": ours("excel"),
    "excel_calamine": calamine_reads,
}

if __name__ == "__main__":
    main()
