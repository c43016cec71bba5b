"""Of each key the last word stands, on its row or a column, whatever was laid, taken, compacted or killed between."""

import signal
from dataclasses import replace
from itertools import count
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.foundation.lake import laying
from quanyu.foundation.lake.compaction import compact, flatten
from quanyu.foundation.lake.landing import FAILPOINTS

KEY = st.integers(0, 9)
STEP = st.one_of(
    st.tuples(st.just("lay"), st.sets(KEY)),
    st.tuples(st.just("lay"), st.sets(KEY)),
    st.tuples(st.just("take"), st.sets(KEY)),
    st.tuples(st.sampled_from(["text", "more", "text more"]), st.sets(KEY)),
    st.tuples(st.sampled_from(["text", "more", "text more"]), st.sets(KEY)),
    st.tuples(st.sampled_from(["replace", "compact", "flatten"]), st.sets(KEY)),
)
EXAMPLES = count()
LAY = """
import ibis
with ws.lake.landing("killed", [table]) as landing:
    landing.take_away(table, ibis.memtable({"n": [1]}))
    os.environ["QUANYU_FAILPOINT"] = point
    landing.lay_over(table, ibis.memtable(rows))
    ws.lake.publish(landing)
pipe.send("published")
"""


def keyed(bench) -> Any:
    schema = bench.notes.schema.append(pa.field("more", pa.string()))
    return replace(bench.notes, name=f"keyed{next(EXAMPLES)}", keyed_by=("n",), schema=schema)


def do(bench, table, what: str, keys: set[int], rows: dict[int, str | None]) -> None:
    with bench.lake.landing("test", [table]) as landing:
        told = bench.rows(table, [{"n": n, "text": text, "more": text and text + "!"} for n, text in rows.items()])
        match what:
            case "lay":
                landing.lay_over(table, ibis.memtable(told))
            case "take":
                landing.take_away(table, ibis.memtable({"n": sorted(keys)}, schema={"n": "int64"}))
            case "replace":
                landing.replace(table, ibis.memtable(told))
            case _:
                landing.lay_partly(table, ibis.memtable(told.select(["n", *what.split()])))
        bench.lake.publish(landing)


def texts(bench, table, vector: Any = None) -> list[tuple[int, str | None]]:
    return [(n, text) for n, text, _more in bench.read(table, vector)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=1, max_size=8))
def test_the_last_word_on_each_key_stands(bench, steps: list[tuple[str, set[int]]]):
    table, told = keyed(bench), count()
    first = {n: f"first {n}" for n in range(4)}
    do(bench, table, "replace", set(), first)
    stands = said(first)
    for what, keys in steps:
        rows = {n: None if n % 5 == 4 else f"{what} {next(told)}" for n in keys}
        if what == "compact":
            compact(bench.lake, [table], keep_hours=0)
        elif what == "flatten":
            flatten(bench.lake, table)
        else:
            do(bench, table, what, keys, {} if what == "take" else rows)
            stands = follows(stands, what, keys, said(rows))
        assert {n: {"text": text, "more": more} for n, text, more in bench.read(table)} == stands


def said(rows: dict[int, str | None]) -> dict[int, dict[str, str | None]]:
    return {n: {"text": text, "more": text and text + "!"} for n, text in rows.items()}


def follows(stands: dict[int, Any], what: str, keys: set[int], rows: dict[int, Any]) -> dict[int, Any]:
    match what:
        case "replace":
            return rows
        case "take":
            return {n: row for n, row in stands.items() if n not in keys}
        case "lay":
            return stands | rows
        case _:
            laid = {n: {name: rows[n][name] for name in what.split()} for n in keys & stands.keys()}
            return stands | {n: stands[n] | row for n, row in laid.items()}


PARTLY = st.lists(st.tuples(st.sampled_from(["text", "more", "text more"]), st.sets(KEY)), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(PARTLY)
def test_what_was_laid_over_a_column_is_read_by_itself(bench, steps: list[tuple[str, set[int]]]):
    table, told = keyed(bench), count()
    do(bench, table, "replace", set(), dict.fromkeys(range(10), "first"))
    expected: dict[str, dict[int, str | None]] = {"text": {}, "more": {}}
    for what, keys in steps:
        rows = {n: f"{what} {next(told)}" for n in keys}
        do(bench, table, what, keys, rows)
        for name in what.split():
            expected[name] |= {n: row[name] for n, row in said(rows).items()}
    files = bench.lake.files(table, bench.vector(table)[table.name].version)
    found = laying.columns_over(bench.lake.engine, table, files)
    read = {name: bench.lake.to_arrow(rows).to_pylist() for name, rows in found.items()}
    assert {name: {row["n"]: row[name] for row in rows} for name, rows in read.items()} == {
        name: values for name, values in expected.items() if values
    }


def test_earlier_versions_are_read_as_they_were(bench):
    table = keyed(bench)
    do(bench, table, "replace", set(), {1: "a", 2: "a"})
    before = bench.vector(table)
    do(bench, table, "lay", set(), {2: "b"})
    do(bench, table, "more", set(), {1: "c"})
    assert bench.read(table) == [(1, "a", "c!"), (2, "b", "b!")]
    assert bench.read(table, before) == [(1, "a", "a!"), (2, "a", "a!")]


def test_compaction_lets_little_lie_and_writes_much_into_the_table(bench):
    table = keyed(bench)
    do(bench, table, "replace", set(), dict.fromkeys(range(20), "a"))
    do(bench, table, "lay", set(), dict.fromkeys(range(4), "b"))
    assert not [each for each in compact(bench.lake, [table], keep_hours=0) if each.files_after]
    assert bench.vector(table)[table.name].superseded
    do(bench, table, "lay", set(), dict.fromkeys(range(1, 2), "c"))
    (done,) = compact(bench.lake, [table], keep_hours=0)
    assert (done.rows, done.dropped, bench.strays(table)) == (20, 5, set())
    assert not bench.vector(table)[table.name].superseded
    assert sorted({text for _n, text in texts(bench, table)}) == ["a", "b", "c"]


def test_many_batches_are_written_into_the_table_however_small():
    files = [("b1-x.parquet", 10_000), *((f"o{n}-x.parquet", 1) for n in range(2, 2 + laying.OFTEN))]
    assert not laying.is_much(files)
    assert laying.is_much([*files, ("g99-x.parquet", 1)])
    assert not laying.is_much([*files, ("g99-x.parquet", 1)], times=2)


def test_rows_of_some_columns_weigh_less_than_whole_ones():
    below = ("b1-x.parquet", 100)
    assert laying.is_much([below, ("o2-x.parquet", 21)])
    assert not laying.is_much([below, ("p2-x.parquet", 80)])
    assert laying.is_much([below, ("p2-x.parquet", 44), ("o3-x.parquet", 10)])


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_what_was_there_stands(bench, start_at_home, point: str):
    table = keyed(bench)
    do(bench, table, "replace", set(), {1: "a", 2: "a"})
    rows = bench.rows(table, [{"n": 2, "text": "b"}])
    child = start_at_home(LAY, table=table, rows=rows, point=point)
    assert child.end() == (-signal.SIGKILL if point != "lake.started" else 0)
    expected = [(2, "b")] if point == "lake.started" else [(1, "a"), (2, "a")]
    assert texts(bench, table) == expected
    do(bench, table, "lay", set(), {3: "c"})
    assert texts(bench, table) == [*expected, (3, "c")]
    assert bench.strays(table) == set()
