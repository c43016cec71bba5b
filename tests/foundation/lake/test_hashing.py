"""A hash is the same everywhere, and two different contents have two."""

import hashlib
from uuid import UUID

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.lake.hashing import content_hash, content_key, keyed_hash

TEXT = st.none() | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=8, unique=True)


@pytest.fixture(scope="module")
def engine() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def hashes(engine: ibis.BaseBackend, rows: list[tuple[str | None, str | None]], secret: str | None = None) -> list:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    table = ibis.memtable(pa.table(columns, names=["a", "b"]))
    value = content_hash(table.a, table.b) if secret is None else keyed_hash(secret, table.a, table.b)
    return engine.to_pyarrow(table.select(h=value))["h"].to_pylist()


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_different_contents_differ(engine: ibis.BaseBackend, rows: list[tuple[str | None, str | None]]):
    found = hashes(engine, rows)
    assert len(set(found)) == len(rows)
    assert all(0 <= value < 1 << 60 for value in found)
    assert hashes(engine, rows) == found


@settings(max_examples=10, deadline=None)
@given(PAIRS)
def test_the_content_hash_can_be_worked_out_elsewhere(engine: ibis.BaseBackend, rows: list[tuple[str, str]]):
    written = ["\x1f".join("\x00" if value is None else value for value in row) for row in rows]
    expected = [int(hashlib.md5(text.encode()).hexdigest()[:15], 16) for text in written]
    assert hashes(engine, rows) == expected


def test_the_key_of_a_row_without_one_is_md5_of_its_content(engine: ibis.BaseBackend):
    row = ibis.memtable(pa.table({"a": ["x"], "b": pa.array([None], pa.string())}))
    key = engine.to_pyarrow(row.select(h=content_key(row.a, row.b)))["h"].to_pylist()
    assert key == [hashlib.md5(b"x\x1f\x00").hexdigest()]


def test_the_keyed_hash_is_sha_256_under_the_secret(engine: ibis.BaseBackend):
    rows = [("phone", "+44 1"), ("phone", "号码"), ("", ""), ("phone", None)]
    expected = [str(UUID(hashlib.sha256("\x1f".join(("s3", *row)).encode()).hexdigest()[:32])) for row in rows[:3]]
    assert hashes(engine, rows, "s3") == [*expected, None]
    assert not set(hashes(engine, rows[:3], "s4")) & set(expected)


def test_what_stands_in_which_column_counts(engine: ibis.BaseBackend):
    rows = [("a", "b"), ("ab", ""), ("", "ab"), (None, "ab"), ("ab", None), (None, None), ("", "")]
    assert len(set(hashes(engine, rows))) == len(rows)
