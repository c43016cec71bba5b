"""Runs the steps of a benchmark, each in a process of its own, and says how long they took and how much memory."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb


def child(script: Path, step: str, folder: Path) -> dict[str, Any]:
    """Run `script --step STEP --keep FOLDER` and return what its last line says."""
    done = subprocess.run(
        [sys.executable, str(script), "--step", step, "--keep", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{step} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def report_peak(step: Callable[[Path], tuple[float, object]], folder: Path) -> None:
    """Print what a step took and said; imports and opening a home are not counted, as a server has them behind it."""
    seconds, answer = step(folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "peak": used.ru_maxrss / 1024, "cpu": cpu, "said": answer}))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_house(home_folder: Path, work: Callable[..., object]) -> float:
    """Return how long `work(house, workspace)` takes on a home in this folder, which is made if need be."""
    from quanyu.app.house import House
    from quanyu.foundation import home as homes
    from quanyu.foundation.settings import Settings

    home = homes.create(Settings.load(home_folder), "main", "UTC", "GBP")
    try:
        return timed(lambda: work(House(home), home.workspace()))
    finally:
        home.close()


def plain() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": os.cpu_count() or 2, "preserve_insertion_order": False})
    connection.execute("set enable_progress_bar = false")
    return connection


def copy_bytes(source: Path, target: Path) -> float:
    """Return how long the physical limit takes: to read and write the bytes once, durably."""

    def copy() -> None:
        shutil.copyfile(source, target)
        with target.open("rb+") as copied:
            os.fsync(copied.fileno())

    seconds = timed(copy)
    target.unlink()
    return seconds
