"""Of each key the row of the last batch stands, whatever was laid, taken away, compacted or killed between."""

import signal
from dataclasses import replace
from itertools import count
from typing import Any

import ibis
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
    return replace(bench.notes, name=f"keyed{next(EXAMPLES)}", keyed_by=("n",))


def do(bench, table, what: str, keys: set[int], rows: dict[int, str]) -> None:
    with bench.lake.landing("test", [table]) as landing:
        given = ibis.memtable(bench.rows(table, [{"n": n, "text": text} for n, text in rows.items()]))
        match what:
            case "lay":
                landing.lay_over(table, given)
            case "take":
                landing.take_away(table, ibis.memtable({"n": sorted(keys)}, schema={"n": "int64"}))
            case _:
                landing.replace(table, given)
        bench.lake.publish(landing)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=1, max_size=7))
def test_the_last_word_on_each_key_stands(bench, steps: list[tuple[str, set[int]]]):
    table, told = keyed(bench), count()
    stands = {n: f"first {n}" for n in range(4)}
    do(bench, table, "replace", set(), stands)
    for what, keys in steps:
        rows = {n: f"{what} {next(told)}" for n in keys}
        if what == "compact":
            compact(bench.lake, [table], keep_hours=0)
        elif what == "flatten":
            flatten(bench.lake, table)
        else:
            do(bench, table, what, keys, {} if what == "take" else rows)
            left = {} if what == "replace" else {n: text for n, text in stands.items() if n not in keys}
            stands = left if what == "take" else left | rows
        assert dict(bench.read(table)) == stands


def test_earlier_versions_are_read_as_they_were(bench):
    table = keyed(bench)
    do(bench, table, "replace", set(), {1: "a", 2: "a"})
    before = bench.vector(table)
    do(bench, table, "lay", set(), {2: "b"})
    assert bench.read(table) == [(1, "a"), (2, "b")]
    assert bench.read(table, before) == [(1, "a"), (2, "a")]


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
    assert sorted({text for _n, text in bench.read(table)}) == ["a", "b", "c"]


def test_many_batches_are_written_into_the_table_however_small():
    files = [("b1-x.parquet", 10_000), *((f"o{n}-x.parquet", 1) for n in range(2, 2 + laying.OFTEN))]
    assert not laying.is_much(files)
    assert laying.is_much([*files, ("g99-x.parquet", 1)])
    assert not laying.is_much([*files, ("g99-x.parquet", 1)], times=2)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_what_was_there_stands(bench, start_at_home, point: str):
    table = keyed(bench)
    do(bench, table, "replace", set(), {1: "a", 2: "a"})
    rows = bench.rows(table, [{"n": 2, "text": "b"}])
    child = start_at_home(LAY, table=table, rows=rows, point=point)
    assert child.end() == (-signal.SIGKILL if point != "lake.started" else 0)
    expected = [(2, "b")] if point == "lake.started" else [(1, "a"), (2, "a")]
    assert bench.read(table) == expected
    do(bench, table, "lay", set(), {3: "c"})
    assert bench.read(table) == [*expected, (3, "c")]
    assert bench.strays(table) == set()
