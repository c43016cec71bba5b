"""The files of the small company as tables, and the truth beside them."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanyu.simulator.arguments import Arguments
from quanyu.simulator.files import open_writer
from quanyu.simulator.world import build_world

Rows = list[dict[str, str]]
FIRST, LAST = date(2024, 7, 1), date(2026, 6, 30)


@pytest.fixture(scope="session")
def rows(company) -> Callable[..., Rows]:
    """Return a reader of all files of a name (or glob) as rows of text."""

    def read(name: str, encoding: str = "utf-8-sig") -> Rows:
        found: Rows = []
        for path in sorted((company / "out").glob(name)):
            with path.open(encoding=encoding, newline="") as text:
                found += csv.DictReader(text)
        assert found, f"{name} is missing or empty"
        return found

    return read


@pytest.fixture(scope="session")
def truth(company) -> Callable[[str], pa.Table]:
    """Return a reader of the tables of the truth."""
    return lambda name: pq.read_table(company / "truth" / name)


@pytest.fixture(scope="session")
def header(company) -> Callable[..., list[str]]:
    """Return a reader of the first line of a file."""

    def read(name: str, encoding: str = "utf-8-sig") -> list[str]:
        path: Path = sorted((company / "out").glob(name))[0]
        with path.open(encoding=encoding, newline="") as text:
            return next(csv.reader(text))

    return read


@pytest.fixture(scope="session")
def within() -> Callable[[str], bool]:
    """Return a check that a local time lies within the days of the files."""
    return lambda text: FIRST <= datetime.strptime(text, "%Y-%m-%d %H:%M:%S").date() <= LAST


@pytest.fixture(scope="session")
def untold() -> Callable[[list[int], list[int]], bool]:
    """Return a check that numbers are neither persons nor ordered as persons are: by rank correlation."""

    def check(ids: list[int], persons: list[int]) -> bool:
        assert len(ids) == len(persons) > 30
        ranks = [np.argsort(np.argsort(np.array(values, np.float64), kind="stable")) for values in (ids, persons)]
        return abs(np.corrcoef(*ranks)[0, 1]) < 3.5 / len(ids) ** 0.5 and not set(ids) & set(persons)

    return check


@pytest.fixture(scope="session")
def fen() -> Callable[[str], int]:
    """Return what turns an amount such as 12.30 into fen."""
    return lambda text: round(float(text) * 100)


@pytest.fixture(scope="session")
def table(company) -> Callable[[str], Rows]:
    """Return a reader of all files of a glob as rows of text; none where there is no such file."""

    def read(pattern: str) -> Rows:
        found: Rows = []
        for path in sorted((company / "out").glob(pattern)):
            with path.open(encoding="utf-8-sig", newline="") as text:
                found += csv.DictReader(text)
        return found

    return read


@pytest.fixture(scope="session")
def objects(company) -> Callable[[str], list[dict]]:
    """Return a reader of all files of a glob as the objects of their lines."""

    def read(pattern: str) -> list[dict]:
        found: list[dict] = []
        for path in sorted((company / "out").glob(pattern)):
            written = path.read_bytes()
            text = (gzip.decompress(written) if path.suffix == ".gz" else written).decode()
            found += [json.loads(line) for line in text.splitlines()]
        return found

    return read


@pytest.fixture(scope="session")
def persons(company) -> Callable[[str, Rows, str], list[int]]:
    """Return what finds the person of each row: an expression over the truth's key gives the value of a column."""
    connection = open_writer(build_world(Arguments(2_000, years=1, seed=3)))

    def find(expression: str, given: Rows, column: str) -> list[int]:
        records = f"'{company}/truth/records/*.parquet'"
        known = dict(connection.execute(f"select {expression}, person from {records}").fetchall())
        return [known[row[column]] for row in given]

    return find
