"""Compaction leaves every row that a reader sees, in few sorted files, and deletes what nobody needs."""

import signal
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import ibis
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.foundation.lake import landing
from quanyu.foundation.lake.compaction import FAILPOINTS, compact

COMPACT = """
from quanyu.foundation.lake.compaction import compact
os.environ["QUANYU_FAILPOINT"] = point
compact(ws.lake, tables, keep_hours=0)
"""


def fill(bench) -> None:
    """Three batches, some of whose cards supersede others, over two months and none."""
    for n in (1, 2, 3):
        visits = [bench.visit(p, n, month, f"{n}") for p in (7, -3, None, 40) for month in ("2024-01", None)]
        cards = [bench.card(f"c{c}", 10 * n + c, n, n, "2024-01" if c % 2 else None) for c in range(n, n + 3)]
        bench.append((bench.visits, visits), (bench.cards, cards))


def contents(bench) -> tuple[list[Any], list[Any]]:
    return bench.read(bench.visits), bench.read(bench.cards)


def test_rows_stay_in_one_sorted_file_a_partition(bench):
    fill(bench)
    before = contents(bench)
    visits, cards = compact(bench.lake, [bench.visits, bench.cards], keep_hours=0)
    assert (visits.partitions, visits.files_after, visits.rows, visits.dropped) == (2, 2, 24, 0)
    assert visits.files_before > 2
    assert (cards.rows, cards.dropped) == (5, 4)
    assert contents(bench) == before
    for table in (bench.visits, bench.cards):
        assert len(bench.published_files(table)) == 2
        assert bench.strays(table) == set()
        for file in bench.published_files(table):
            rows = pq.ParquetFile(file).read().select(list(table.sort_by)).to_pylist()
            keys = [tuple((value is None, value or 0) for value in map(_ordinal, row.values())) for row in rows]
            assert all(a <= b for a, b in pairwise(keys)), file


def _ordinal(value: Any) -> float | None:
    return value.timestamp() if hasattr(value, "timestamp") else value


def test_doing_it_twice_does_nothing_the_second_time(bench):
    fill(bench)
    assert len(compact(bench.lake, [bench.visits, bench.cards], keep_hours=0)) == 2
    vector, files = bench.vector(bench.visits, bench.cards), bench.on_disk(bench.visits)
    assert compact(bench.lake, [bench.visits, bench.cards], keep_hours=0) == []
    assert (bench.vector(bench.visits, bench.cards), bench.on_disk(bench.visits)) == (vector, files)


def test_a_table_never_written_is_left_alone(bench):
    assert compact(bench.lake, [bench.visits]) == []
    assert not bench.lake.log(bench.visits).exists()


@pytest.mark.parametrize("days", [-100, 100])
def test_files_that_somebody_may_be_reading_stay_whatever_the_clock_of_the_home_shows(bench, workspace, days):
    workspace.clock.move(timedelta(days=days))
    fill(bench)
    reading = bench.lake.table(bench.visits, bench.vector(bench.visits))
    (done,) = compact(bench.lake, [bench.visits])
    assert (done.files_after, done.deleted) == (2, 0)
    assert bench.lake.count(reading) == 24
    (again,) = compact(bench.lake, [bench.visits], keep_hours=0)
    assert again.deleted > 0


def test_only_partitions_that_got_rows_are_written_again(bench):
    fill(bench)
    compact(bench.lake, [bench.visits])
    bench.append((bench.visits, [bench.visit(1, month="2024-02")]))
    (done,) = compact(bench.lake, [bench.visits], keep_hours=0)
    assert (done.partitions, done.files_before, done.files_after, done.rows) == (3, 1, 1, 1)


def test_a_table_without_partitions_and_one_that_is_empty(bench):
    bench.append((bench.notes, [{"n": n, "text": None} for n in (3, 1, 2)]))
    bench.append((bench.notes, [{"n": 0, "text": ""}]))
    compact(bench.lake, [bench.notes], keep_hours=0)
    assert pq.read_table(bench.published_files(bench.notes)[0])["n"].to_pylist() == [0, 1, 2, 3]
    with bench.lake.landing("test", [bench.notes]) as writing:
        writing.replace(bench.notes, bench.rows(bench.notes, []))
        bench.lake.publish(writing)
    compact(bench.lake, [bench.notes], keep_hours=0)
    assert bench.read(bench.notes) == []
    assert bench.on_disk(bench.notes) == set()


def test_columns_of_the_workspace_survive(bench):
    bench.append((bench.visits, [bench.visit(1)]))
    grown = bench.rows(bench.visits, [bench.visit(2)]).append_column("x_rating", [[4.5]])
    bench.append((bench.visits, grown))
    compact(bench.lake, [bench.visits], keep_hours=0)
    bench.append((bench.visits, [bench.visit(3)]))
    assert [(row[0], row[-1]) for row in bench.read(bench.visits)] == [(1, None), (2, 4.5), (3, None)]


def test_a_clash_of_equal_versions_shows_one_before_and_after(bench):
    """Two mappings of one import may bring the same version of a row twice."""
    bench.append(
        (bench.cards, [bench.card("a", 1), bench.card("b", 1)]), (bench.cards, [bench.card("a", 2, month="2024-02")])
    )
    assert [row[0] for row in bench.read(bench.cards)] == ["a", "b"]
    compact(bench.lake, [bench.cards])
    assert [row[0] for row in bench.read(bench.cards)] == ["a", "b"]


MONTHS = (None, "2024-01", "2024-02", "a b/ü%=")
ROW = st.tuples(st.sampled_from("abcd"), st.integers(0, 3), st.sampled_from(MONTHS))
IMPORTS = st.lists(st.lists(ROW, min_size=1, max_size=8, unique_by=lambda row: row[0]), min_size=1, max_size=4)
EXAMPLES = count()


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(IMPORTS)
def test_the_superseded_goes_and_nothing_else(bench, imports: list[list[tuple[str, int, str | None]]]):
    table = replace(bench.cards, name=f"cards{next(EXAMPLES)}")
    expected: dict[str, dict[str, Any]] = {}
    points = count()
    for number, rows in enumerate(imports):
        given = [bench.card(card, next(points), day, number, month) for card, day, month in rows]
        bench.append((table, given))
        for row in given:
            known = expected.get(row["card"])
            if known is None or (row["observed_at"], number) > (known["observed_at"], known["import_number"]):
                expected[row["card"]] = row
    latest = bench.plain(bench.rows(table, list(expected.values())))
    assert bench.read(table) == latest
    compact(bench.lake, [table], keep_hours=0)
    assert bench.read(table) == latest
    assert bench.read(table, all_versions=True) == latest
    assert bench.strays(table) == set()
    assert not bench.vector(table)[table.name].superseded


@pytest.mark.each_point
@pytest.mark.parametrize("point", [*landing.FAILPOINTS, *FAILPOINTS])
def test_killed_anywhere_the_next_compaction_mends_it(bench, start_at_home, point: str):
    fill(bench)
    before = contents(bench)
    child = start_at_home(COMPACT, tables=[bench.visits, bench.cards], point=point)
    assert child.end() == -signal.SIGKILL
    assert contents(bench) == before
    compact(bench.lake, [bench.visits, bench.cards], keep_hours=0)
    assert contents(bench) == before
    assert len(bench.read(bench.cards, all_versions=True)) == len(before[1])
    for table in (bench.visits, bench.cards):
        assert len(bench.published_files(table)) == 2
        assert bench.strays(table) == set()
        assert bench.lake.log(table).batch() == bench.published_batch(table)
    assert compact(bench.lake, [bench.visits, bench.cards], keep_hours=0) == []


@pytest.mark.parametrize("point", ["lake.written", "compaction.partition"])
def test_a_full_disk_leaves_the_old_files_in_use(bench, monkeypatch, point: str):
    fill(bench)
    before, files = contents(bench), bench.on_disk(bench.visits)
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{point}=full")
    with pytest.raises(OSError, match="No space left"):
        compact(bench.lake, [bench.visits, bench.cards])
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert contents(bench) == before
    assert bench.on_disk(bench.visits) == files
    assert len(compact(bench.lake, [bench.visits, bench.cards])) == 2


def test_pinned_versions_stay_readable_and_others_go(bench):
    fill(bench)
    pinned = bench.vector(bench.cards)
    before = bench.read(bench.cards)
    with bench.ws.begin() as connection:
        bench.lake.pin(connection, "tags:1", pinned)
    bench.append((bench.cards, [bench.card("late", 1, 9, 9)]))
    compact(bench.lake, [bench.cards], keep_hours=0)
    assert bench.read(bench.cards, pinned) == before
    assert bench.strays(bench.cards) == set(bench.lake.log(bench.cards).files(pinned["cards"].version))
    with bench.ws.begin() as connection:
        connection.exec_driver_sql("delete from lake_pin")
    (done,) = compact(bench.lake, [bench.cards], keep_hours=0)
    assert done.deleted > 0
    assert bench.strays(bench.cards) == set()


def test_what_was_just_replaced_is_kept_for_a_while(bench):
    fill(bench)
    old = bench.on_disk(bench.visits)
    (done,) = compact(bench.lake, [bench.visits])
    assert done.deleted == 0
    assert old < bench.on_disk(bench.visits)


def test_nothing_is_deleted_while_somebody_copies(bench, home):
    fill(bench)
    with home.database.lock_if_free("vacuum") as held:
        assert held
        assert [done.deleted for done in compact(bench.lake, [bench.visits], keep_hours=0)] == [0]
    assert bench.strays(bench.visits)
    assert [done.deleted for done in compact(bench.lake, [bench.visits], keep_hours=0)] != [0]
    assert bench.strays(bench.visits) == set()


def test_what_is_compacted_is_as_old_as_it_was(bench):
    """A clock that was moved on does not make compaction forget rows."""
    fill(bench)
    before = contents(bench)
    bench.ws.clock.move(timedelta(days=400))
    compact(bench.lake, [bench.visits, bench.cards])
    assert contents(bench) == before


def test_versions_that_a_take_back_may_need_are_kept_apart(bench):
    """Of a: 1 stays below 2, which only imports from 2 on have superseded; of b: 1 is below 4 and 2, 2 below 4."""
    bench.append((bench.cards, [bench.card("a", 1), bench.card("b", 1), bench.card("c", 1)]))
    bench.append((bench.cards, [bench.card("a", 2, 1, 2, month="2024-02"), bench.card("b", 2, 1, 2)]))
    bench.append((bench.cards, [bench.card("b", 4, 2, 4)]))
    seen, versions = bench.read(bench.cards), bench.read(bench.cards, all_versions=True)
    assert [done.dropped for done in compact(bench.lake, [bench.cards], 0, revocable=2)] == [0]
    assert not bench.vector(bench.cards)["cards"].superseded
    assert (bench.read(bench.cards), bench.read(bench.cards, all_versions=True)) == (seen, versions)
    assert compact(bench.lake, [bench.cards], 0, revocable=2) == []
    bench.append((bench.cards, [bench.card("d", 1, 0, 5)]))
    assert [done.dropped for done in compact(bench.lake, [bench.cards], 0, revocable=3)] == [2]
    assert [row[:2] for row in bench.read(bench.cards, all_versions=True)] == [
        ("a", 2), ("b", 2), ("b", 4), ("c", 1), ("d", 1)
    ]  # fmt: skip
    with bench.lake.landing("test", [bench.cards]) as writing:
        assert writing.remove(bench.cards, ibis.memtable({"import_number": [4]})) == 1
        bench.lake.publish(writing)
    assert [row[:2] for row in bench.read(bench.cards)] == [("a", 2), ("b", 2), ("c", 1), ("d", 1)]
    compact(bench.lake, [bench.cards], keep_hours=0, revocable=3)
    assert len(bench.read(bench.cards)) == len(bench.read(bench.cards, all_versions=True)) == 4
    assert not [file for file in bench.published_files(bench.cards) if file.name.startswith("k")]
    assert bench.strays(bench.cards) == set()
