"""A company of a million customers, written by `quanyu simulate`: time, peak memory, rows, beside copying its bytes.

    python benchmarks/bench_simulate.py [--customers 1000000] [--gzip] [--keep FOLDER] [--profile]

The rows are counted in the files, not by who wrote them. A source record is one system's id of a person: an account,
a buyer of a marketplace, a device. The limit is to copy what was written. With `--profile` the same work is done once
more, by one process that counts what each step of it takes of its processor.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil
from isal import igzip

from quanyu.simulator import company
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.formats import Targets, write_shape
from quanyu.simulator.moments import months

BARS = {100_000: 15, 1_000_000: 120, 10_000_000: 1500}  # seconds on two cores


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--gzip", action="store_true", help="let the files be packed, as ten million should")
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--profile", action="store_true", help="tell what each step takes of a processor")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-simulate-"))
    try:
        measure(folder, given.customers, ["--gzip"] if given.gzip else [])
        if given.profile:
            profile(folder / "profiled", Arguments(given.customers), packed=given.gzip)
    finally:
        if not given.keep:
            shutil.rmtree(folder)


def measure(folder: Path, customers: int, more: list[str]) -> None:
    seconds, used, peak = timed(folder, customers, more)
    files = [path for path in (folder / "out").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    counted = {name: count(folder / "out", *globs) for name, globs in COUNTED.items()}
    print(f"{customers:,} customers, two years: {len(files):,} files, {size / 1e9:.2f} GB")
    for name, found in counted.items():
        print(f"  {name:<34}{found:>14,}")
    links = duckdb.sql(f"select count(distinct (source, record)) from '{folder}/out-truth/links/*.parquet'").fetchall()
    print(f"  {'source records: ids of people':<34}{links[0][0]:>14,}")
    bar = f", allowed {BARS[customers]} s" if customers in BARS else ""
    print(f"written in {seconds:.1f} s{bar}, {used:.1f} s of processors")
    print(f"at most {peak / 1e9:.2f} GB of memory in all processes, allowed 8 GB")
    print(f"reading and writing the same bytes once takes {copied(files, folder):.1f} s")


def timed(folder: Path, customers: int, more: list[str]) -> tuple[float, float, int]:
    """Return seconds, those of the processors, and the most memory that the processes held (shared pages once each)."""
    run = [Path(sys.executable).with_name("quanyu"), "simulate", "--customers", str(customers), "--out", folder / "out"]
    run += more
    started, peak = time.perf_counter(), 0
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, held(process.pid))
        time.sleep(0.25)
    assert process.returncode == 0, f"quanyu simulate ended with {process.returncode}"
    seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, used.ru_utime + used.ru_stime, peak


def held(pid: int) -> int:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return sum(each.memory_info().rss for each in family)
    except psutil.NoSuchProcess:
        return 0


COUNTED = {
    "order lines": ("pos_*/receipts-*.csv*", "*/items-*.csv*", "jd/orders-*.csv*", "douyin/orders-*.csv*",
                    "mini_program/orders-*.csv*", "site/orders-*.csv*"),
    "events": ("*/events-*.jsonl.gz",),
    "messages": ("sms/sent-*.csv*", "wecom/mass_sends-*.csv*", "push/sent-*.csv*", "official_account/messages-*.csv*"),
    "records: cards": ("pos_*/members.csv*",),
    "records: mini-program, site, app": ("mini_program/users.csv*", "site/users.csv*", "app/users.csv*"),
    "records: followers, contacts": ("official_account/followers.jsonl*", "wecom/external_contacts.jsonl*"),
    "records: members of marketplaces": ("tmall_*/members.csv*", "douyin/members.csv*"),
}  # fmt: skip


def count(out: Path, *globs: str) -> int:
    """Count rows: ends of lines in the files, less their headings. No text of the company holds a line break."""
    files = [path for pattern in globs for path in out.glob(pattern)]
    return sum(line_ends(path) - (".csv" in path.name) for path in files)


def line_ends(path: Path) -> int:
    with igzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(1 << 22), b""))


def copied(files: list[Path], folder: Path) -> float:
    started = time.perf_counter()
    for path in files:
        shutil.copyfile(path, folder / "copy")
    (folder / "copy").unlink()
    return time.perf_counter() - started


def profile(out: Path, arguments: Arguments, *, packed: bool) -> None:
    """Do what the processes of `quanyu simulate` share in this one, and print what takes how much of its processor."""
    taken: Counter[str] = Counter()

    @contextmanager
    def taking(step: str) -> Generator[None]:
        started = os.times()
        yield
        ended = os.times()
        taken[step] += ended.user - started.user + ended.system - started.system

    parts, truth = out / company.PARTS, out / "truth"
    truth.mkdir(parents=True)
    with taking("the world"):
        world = company.world_of(arguments)
    batches = company.batches_of(arguments)
    for batch in batches:
        with taking("people drawn"):
            company.draw_batch(arguments, parts, truth, batch)
    for batch in batches:
        with taking("links of the truth"):
            company.link_batch(arguments, parts, truth, batch)
    connection, named = company.writer(arguments, parts), months(world)
    for job in company.jobs_of(arguments, parts):
        found = company.show_job(connection, world, job)
        targets = Targets(out, {month: named[month] for month in found}, packed)
        for shape in job.shapes:
            with taking(f"  {shape.path}"):
                write_shape(connection, shape, targets)
    whole = sum(taken.values())
    print(f"{whole:.1f} s of the processor in one process, without its start; of them")
    for step, seconds in taken.most_common(16):
        print(f"  {step:<44}{seconds:>7.2f} s{seconds / whole:>7.1%}")


if __name__ == "__main__":
    main()
