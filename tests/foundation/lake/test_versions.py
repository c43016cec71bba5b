"""Whatever portions rows come in, they end in the same latest state, and the same rows again land nothing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.lake.versions import NEWS, OLDER, Arrival, append_once, append_versions, last_of_each, news
from quanyu.foundation.settings import Settings

INSTANT = pa.timestamp("us", tz="UTC")
DAY = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
VALUES = ("name", "size")
GIVEN = pa.schema([("item", pa.string()), ("name", pa.string()), ("size", pa.int64()), ("day", pa.int64())])
PRESENT = pa.schema(
    [
        ("item", pa.string()),
        ("name", pa.string()),
        ("size", pa.int64()),
        ("observed_at", INSTANT),
        (OLDER, pa.map_(pa.string(), INSTANT)),
    ]
)
ITEMS = LakeTable(
    "items",
    pa.schema([*list(PRESENT)[:4], ("content_hash", pa.int64()), ("import_number", pa.int64()), PRESENT.field(OLDER)]),
    versioned_by=("item",),
)
VISITS = LakeTable(
    "visits_once", pa.schema([("source", pa.string()), ("id", pa.string()), ("import_number", pa.int64())])
)

Row = tuple[str, str | None, int | None, int | None]  # item, name, size, day of observation
# Which of two rows of one instant speaks depends on which came first, so a day has one row of an item.
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.one_of(st.none(), st.sampled_from("xyz")),
        st.one_of(st.none(), st.integers(0, 2)),
        st.integers(0, 9),
    ),
    min_size=16,
    max_size=32,
    unique_by=lambda row: (row[0], row[3]),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    folder = tmp_path_factory.mktemp("engine")
    opened = DuckDB(Settings(folder, memory=1 << 30, threads=2), folder / "spill")
    yield opened
    opened.close()


def delivery(rows: Sequence[Row]) -> ibis.Table:
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    observed = [None if day is None else DAY + timedelta(days=day) for day in columns[3]]
    table = pa.table(
        {
            **{f.name: pa.array(columns[i], f.type) for i, f in enumerate(list(GIVEN)[:3])},
            "observed_at": pa.array(observed, INSTANT),
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
        }
    )
    return ibis.memtable(table)


def land(engine: DuckDB, state: pa.Table, rows: Sequence[Row], *, keeps: bool) -> tuple[pa.Table, int, int]:
    """Return the latest state after these rows, how many versions were appended, and how many of them are news."""
    last = last_of_each(delivery(rows), ["item"], VALUES, NOW, keeps=keeps)
    present = ibis.memtable(state)
    appended = engine.backend().to_pyarrow(news(last, present, ["item"], VALUES, keeps=keeps))
    new = appended.to_pylist()
    after = {row["item"]: row for row in state.to_pylist()}
    after |= {row["item"]: {name: row.get(name) for name in PRESENT.names} for row in new}
    rows_after = [after[item] for item in sorted(after)]
    return pa.Table.from_pylist(rows_after, schema=PRESENT), len(new), sum(row[NEWS] for row in new)


def expected(rows: Sequence[Row], *, keeps: bool) -> dict[str, tuple[Any, ...]]:
    """The reference: all rows at once, sorted by when they were observed."""
    state: dict[str, tuple[Any, ...]] = {}
    for item, name, size, day in sorted(rows, key=lambda row: row[3] or 0):
        was = state.get(item, (None, None, None))
        kept = (was[0] if name is None else name, was[1] if size is None else size) if keeps else (name, size)
        state[item] = (*kept, DAY + timedelta(days=day or 0))
    return state


def told(state: pa.Table) -> dict[str, tuple[Any, ...]]:
    return {row["item"]: (row["name"], row["size"], row["observed_at"]) for row in state.to_pylist()}


@pytest.mark.each_point
@pytest.mark.parametrize("keeps", [False, True])
@settings(max_examples=12)
@given(rows=ROWS, size=st.integers(1, 12))
def test_any_portions_end_in_the_same_state(engine: DuckDB, keeps: bool, rows: list[Row], size: int):
    portions = [rows[start : start + size] for start in range(0, len(rows), size)][:4]
    state = PRESENT.empty_table()
    for portion in portions:
        state, _, _ = land(engine, state, portion, keeps=keeps)
    assert told(state) == expected([row for portion in portions for row in portion], keeps=keeps)
    for portion in portions:
        again, appended, _ = land(engine, state, portion, keeps=keeps)
        assert appended == 0
        assert again == state


@pytest.mark.parametrize("keeps", [False, True])
def test_rows_without_a_date_were_seen_now_and_nothing_new_is_no_version(engine: DuckDB, keeps: bool):
    state, _, _ = land(engine, PRESENT.empty_table(), [("a", "x", 1, 3)], keeps=keeps)
    state, appended, _ = land(engine, state, [("a", "x", 1, None)], keeps=keeps)
    assert appended == 0
    state, appended, fresh = land(engine, state, [("a", "y", 1, None)], keeps=keeps)
    assert (appended, fresh) == (1, 1)
    assert told(state) == {"a": ("y", 1, NOW)}


def test_a_later_sighting_is_no_news_but_holds_against_what_comes_late(engine: DuckDB):
    state, _, fresh = land(engine, PRESENT.empty_table(), [("a", "x", 1, 1)], keeps=False)
    state, appended, fresh = land(engine, state, [("a", "x", 1, 5)], keeps=False)
    assert (appended, fresh) == (1, 0)
    state, appended, _ = land(engine, state, [("a", "y", 1, 3)], keeps=False)
    assert appended == 0
    assert told(state)["a"][0] == "x"


def test_the_later_import_speaks_of_the_same_instant(engine: DuckDB):
    state, _, _ = land(engine, PRESENT.empty_table(), [("a", "x", 1, 1), ("a", "z", 1, 1)], keeps=False)
    assert told(state)["a"][0] == "z"
    state, _, fresh = land(engine, state, [("a", "y", None, 1)], keeps=False)
    assert (told(state)["a"][:2], fresh) == (("y", None), 1)


@pytest.fixture
def arrive(bench) -> Callable[..., int]:
    """Return a function that lands rows of one import into a table of the lake."""

    def landed(table: LakeTable, rows: ibis.Table, number: int, key: Sequence[str] = (), *, keeps: bool = False) -> int:
        with bench.lake.landing("test", [table]) as landing:
            arrival = Arrival(bench.lake, landing, number, NOW)
            count = (
                append_once(arrival, table, rows, key) if key else append_versions(arrival, table, rows, keeps=keeps)
            )
            bench.lake.publish(landing)
        return count

    return landed


def test_versions_are_read_back_from_the_lake(arrive: Callable[..., int], bench):
    assert arrive(ITEMS, delivery([("a", "x", None, 1), ("b", "x", 1, 1)]), 1, keeps=True) == 2
    assert not bench.vector(ITEMS)["items"].superseded
    assert arrive(ITEMS, delivery([("c", "x", 1, 1)]), 2, keeps=True) == 1
    assert not bench.vector(ITEMS)["items"].superseded
    assert arrive(ITEMS, delivery([("a", None, 7, 2), ("b", "x", 1, 1)]), 3, keeps=True) == 1
    found = {row[0]: (*row[1:3], row[5], row[6]) for row in bench.read(ITEMS)}
    assert found["a"] == ("x", 7, 3, [("name", DAY + timedelta(days=1)), ("size", None)])
    assert found["b"] == ("x", 1, 1, None)
    assert arrive(ITEMS, delivery([("a", None, 7, 2), ("b", "x", 1, 1)]), 4, keeps=True) == 0


def test_a_fact_stands_once_across_lines_and_imports(arrive: Callable[..., int], bench):
    def visits(*pairs: tuple[str, str]) -> ibis.Table:
        sources, ids = zip(*pairs, strict=True)
        return ibis.memtable(pa.table({"source": list(sources), "id": list(ids), "line": list(range(len(pairs)))}))

    key = ("source", "id")
    assert arrive(VISITS, visits(("web", "1"), ("web", "2"), ("web", "1"), ("app", "1")), 1, key) == 3
    assert arrive(VISITS, visits(("web", "1"), ("web", "3"), ("app", "1")), 2, key) == 1
    assert bench.read(VISITS) == [("app", "1", 1), ("web", "1", 1), ("web", "2", 1), ("web", "3", 2)]
