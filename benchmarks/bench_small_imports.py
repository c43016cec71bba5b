"""What it takes to import a file of three lines, again and again: seconds, processor seconds, and where they go.

    python benchmarks/bench_small_imports.py [--imports 20] [--anew] [--profile] [--keep FOLDER]

A till whose lines make orders, records of customers and products, so that all rooms have something to do. The first
imports are not counted: they make tables. `--anew` makes every text of a query anew, as Ibis does by itself.
`--profile` prints the functions that took longest.
"""

import argparse
import cProfile
import pstats
import shutil
import sys
import tempfile
import time
from pathlib import Path

from steps import in_house

WARMING = 3
MAPPING = """
source: till
files: till-{n}.csv
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {{order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}}
  - kind: customer_record
    columns: {{key: card, observed_at: at}}
    identifiers:
      - {{type: phone, column: phone}}
  - kind: product
    columns: {{product: article, name: name, observed_at: at}}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--imports", type=int, default=20)
    arguments.add_argument("--anew", action="store_true", help="make every text of a query anew")
    arguments.add_argument("--profile", action="store_true", help="print where the time goes")
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        in_house(folder / "home", lambda house, workspace: measure(house, workspace, folder, given))
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def measure(house, workspace, folder: Path, given: argparse.Namespace) -> None:
    from ibis.backends.duckdb import Backend

    from quanyu.foundation.lake.compiling import TEXTS, RememberingBackend

    if given.anew:
        for name in ("compile", "_run_pre_execute_hooks"):
            setattr(RememberingBackend, name, getattr(Backend, name))
    for n in range(WARMING):
        bring(house, workspace, folder, n)
    profile = cProfile.Profile()
    before = (TEXTS.found, TEXTS.made)
    wall, cpu = time.perf_counter(), time.process_time()
    if given.profile:
        profile.enable()
    for n in range(WARMING, WARMING + given.imports):
        bring(house, workspace, folder, n)
    profile.disable()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{given.imports} imports of 3 lines: {wall / given.imports:.3f} s, {cpu / given.imports:.3f} processor s each"
    )
    print(f"texts of queries: {TEXTS.found - before[0]} found again, {TEXTS.made - before[1]} made")
    if given.profile:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(90)


def bring(house, workspace, folder: Path, n: int) -> None:
    from quanyu.customers.ingest.importing import import_files

    lines = [
        f"{n}{k},c{n}{k},a{k},Mug {k},{k + 1},2.50,2026-01-{n % 28 + 1:02} 10:0{k},0771234{n:03}{k}" for k in range(3)
    ]
    content = "\n".join(["no,card,article,name,qty,price,at,phone", *lines, ""])
    (folder / f"till-{n}.csv").write_text(content)
    path = folder / f"till-{n}.yaml"
    path.write_text(MAPPING.format(n=n))
    outcome = import_files(workspace, house.mapping(workspace, path))
    assert outcome.lines.rejected == 0, outcome


if __name__ == "__main__":
    main()
