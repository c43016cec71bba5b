"""Killed anywhere, or with the disk full: what was published stands, and the next batch mends the rest."""

import signal

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.landing import FAILPOINTS
from quanyu.foundation.lake.model import LakeTable

BOTH = """
os.environ["QUANYU_FAILPOINT"] = point if at == 0 else ""
with ws.lake.landing("killed", [first, second]) as landing:
    landing.append(first, first_rows)
    os.environ["QUANYU_FAILPOINT"] = point
    landing.append(second, second_rows)
    ws.lake.publish(landing)
pipe.send("published")
"""
MANY = """
pipe.recv()
for n in range(4):
    with ws.lake.landing("many", [table]) as landing:
        landing.append(table, rows)
        ws.lake.publish(landing)
pipe.send("done")
"""


def earlier(bench) -> None:
    bench.append((bench.visits, [bench.visit(1)]), (bench.cards, [bench.card("a", 1)]))


def later(bench) -> dict[str, pa.Table]:
    visits = [bench.visit(2), bench.visit(3, month="2024-02"), bench.visit(4, month=None)]
    cards = [bench.card("a", 2, day=1, number=2), bench.card("b", 5, number=2, month=None)]
    return {"first_rows": bench.rows(bench.visits, visits), "second_rows": bench.rows(bench.cards, cards)}


@pytest.mark.each_point
@pytest.mark.parametrize(("point", "at"), [*((point, 0) for point in FAILPOINTS), ("lake.written", 1)])
def test_killed_anywhere_the_next_landing_mends_it(bench, start_at_home, point: str, at: int):
    earlier(bench)
    before = bench.read(bench.visits), bench.read(bench.cards)
    given = later(bench)
    child = start_at_home(BOTH, first=bench.visits, second=bench.cards, point=point, at=at, **given)
    assert child.end() == -signal.SIGKILL
    assert (bench.read(bench.visits), bench.read(bench.cards)) == before
    bench.append((bench.visits, given["first_rows"]), (bench.cards, given["second_rows"]))
    assert [row[0] for row in bench.read(bench.visits)] == [1, 2, 3, 4]
    assert [row[:2] for row in bench.read(bench.cards)] == [("a", 2), ("b", 5)]
    for table in (bench.visits, bench.cards):
        assert bench.strays(table) == set()
        assert bench.lake.log(table).batch() == bench.published_batch(table)


def test_a_batch_of_two_tables_is_undone_in_each_when_they_are_written_apart(bench, start_at_home):
    given = later(bench)
    child = start_at_home(BOTH, first=bench.visits, second=bench.cards, point="lake.committed", at=1, **given)
    assert child.end() == -signal.SIGKILL
    bench.append((bench.visits, [bench.visit(9)]))
    assert bench.vector(bench.cards) == {}
    bench.append((bench.cards, [bench.card("z", 9)]))
    assert [row[0] for row in bench.read(bench.visits)] == [9]
    assert [row[0] for row in bench.read(bench.cards)] == ["z"]


@pytest.mark.parametrize("point", FAILPOINTS)
def test_a_full_disk_leaves_what_is_published_and_the_next_writer_works(bench, monkeypatch, point: str):
    earlier(bench)
    given = later(bench)
    rows = (bench.visits, given["first_rows"]), (bench.cards, given["second_rows"])
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{point}=full")
    with pytest.raises(OSError, match="No space left"):
        bench.append(*rows)
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert [row[0] for row in bench.read(bench.visits)] == [1]
    bench.append(*rows)
    assert [row[0] for row in bench.read(bench.visits)] == [1, 2, 3, 4]
    assert bench.strays(bench.visits) | bench.strays(bench.cards) == set()


def test_two_processes_write_one_table_in_turn(bench, start_at_home):
    bench.append((bench.notes, [{"n": 0, "text": "first"}]))
    both = [
        start_at_home(MANY, table=bench.notes, rows=bench.rows(bench.notes, [{"n": n, "text": None}])) for n in (1, 2)
    ]
    for child in both:
        child.pipe.send("go")
    assert [child.pipe.recv() for child in both] == ["done", "done"]
    assert [row[0] for row in bench.read(bench.notes)] == [0, 1, 1, 1, 1, 2, 2, 2, 2]
    states = bench.ask("select state, count(*) from lake_batch group by state")
    assert states == [("published", 9)]


def with_rating(bench, person: int, rating: float | None):
    rows = bench.rows(bench.visits, [bench.visit(person)])
    return rows.append_column("x_rating", pa.array([rating], pa.float64()))


def test_a_new_column_comes_and_old_rows_have_none(bench):
    bench.append((bench.visits, [bench.visit(1)]))
    before = bench.vector(bench.visits)
    bench.append((bench.visits, with_rating(bench, 2, 4.5)))
    bench.append((bench.visits, [bench.visit(3)]))
    assert [(row[0], row[-1]) for row in bench.read(bench.visits)] == [(1, None), (2, 4.5), (3, None)]
    assert len(bench.read(bench.visits, before)[0]) == 4
    schema = bench.lake.log(bench.visits).schema(bench.vector(bench.visits)["visits"].version)
    assert schema.names == [*bench.visits.schema.names, "x_rating"]


def test_growth_that_was_rolled_back_can_come_again(bench, start_at_home):
    bench.append((bench.visits, [bench.visit(1)]), (bench.cards, [bench.card("a", 1)]))
    given = {**later(bench), "first_rows": with_rating(bench, 2, 4.5)}
    child = start_at_home(BOTH, first=bench.visits, second=bench.cards, point="lake.written", at=0, **given)
    assert child.end() == -signal.SIGKILL
    bench.append((bench.visits, [bench.visit(3)]))
    assert [row[0] for row in bench.read(bench.visits)] == [1, 3]
    bench.append((bench.visits, with_rating(bench, 4, 1.5)))
    assert [(row[0], row[-1]) for row in bench.read(bench.visits)] == [(1, None), (3, None), (4, 1.5)]
    alone = DeltaTable(str(bench.lake.folder / "visits")).to_pyarrow_table()
    assert sorted(alone["person"].to_pylist()) == [1, 3, 4]


def test_growth_without_rows_does_no_harm(bench):
    bench.append((bench.visits, [bench.visit(1)]))
    bench.append((bench.visits, with_rating(bench, 2, 4.5).slice(1)))
    bench.append((bench.visits, with_rating(bench, 3, 1.0)))
    assert [(row[0], row[-1]) for row in bench.read(bench.visits)] == [(1, None), (3, 1.0)]


def test_a_batch_says_what_it_has_written_so_far(bench):
    with bench.lake.landing("test", [bench.visits]) as landing:
        assert bench.lake.count(landing.written(bench.visits)) == 0
        assert landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(1), bench.visit(2)])) == 2
        assert landing.append(bench.visits, bench.rows(bench.visits, [])) == 0
        assert bench.lake.count(landing.written(bench.visits)) == 2


def test_only_rows_that_follow_others_supersede(bench):
    bench.append((bench.cards, [bench.card("a", 1)]))
    assert not bench.vector(bench.cards)["cards"].superseded
    with bench.lake.landing("test", [bench.cards]) as landing:
        landing.append(bench.cards, bench.rows(bench.cards, [bench.card("b", 1)]), supersedes=False)
        bench.lake.publish(landing)
    assert not bench.vector(bench.cards)["cards"].superseded
    bench.append((bench.cards, [bench.card("a", 2, day=1)]))
    assert bench.vector(bench.cards)["cards"].superseded
    with bench.lake.landing("test", [bench.cards]) as landing:
        landing.replace(bench.cards, bench.rows(bench.cards, [bench.card("a", 3)]))
        bench.lake.publish(landing)
    assert not bench.vector(bench.cards)["cards"].superseded
    with bench.lake.landing("test", [bench.cards]) as landing:
        landing.replace(bench.cards, bench.rows(bench.cards, [bench.card("a", 4)]))
        landing.append(bench.cards, bench.rows(bench.cards, [bench.card("a", 5, day=1)]))
        bench.lake.publish(landing)
    assert [row[1] for row in bench.read(bench.cards)] == [5]


REMOVE = """
import ibis
os.environ["QUANYU_FAILPOINT"] = point
with ws.lake.landing("removing", [table]) as landing:
    landing.remove(table, ibis.memtable(keys))
    ws.lake.publish(landing)
"""


def test_rows_of_a_key_leave_and_older_versions_speak_again(bench):
    bench.append((bench.visits, [bench.visit(1), bench.visit(2, month="2024-02"), bench.visit(9, month=None)]))
    bench.append((bench.cards, [bench.card("a", 1), bench.card("b", 7)]))
    bench.append((bench.cards, [bench.card("a", 2, 1, number=2), bench.card("c", 3, 1, 2, month="2024-02")]))
    files = bench.published_files(bench.visits)
    with bench.lake.landing("test", [bench.cards, bench.visits, bench.notes]) as landing:
        keys = ibis.memtable({"import_number": [2, 5]})
        assert landing.remove(bench.cards, keys) == 2
        assert landing.remove(bench.visits, ibis.memtable({"person": [2], "note": [""]})) == 1
        assert landing.remove(bench.notes, keys) == 0
        assert bench.plain(bench.lake.to_arrow(bench.lake.table(bench.cards, landing.vector)))[0][1] == 1
        assert len(bench.read(bench.cards)) == 3
        landing.append(bench.cards, bench.rows(bench.cards, [bench.card("a", 9, 0, 3)]))
        bench.lake.publish(landing)
    assert [row[:2] for row in bench.read(bench.cards)] == [("a", 9), ("b", 7)]
    assert [row[0] for row in bench.read(bench.visits)] == [1, 9]
    assert set(bench.published_files(bench.visits)) < set(files)
    assert "notes" not in bench.vector(bench.notes)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_while_rows_leave_all_are_there_and_the_next_batch_works(bench, start_at_home, point: str):
    earlier(bench)
    bench.append((bench.visits, [bench.visit(2)]))
    child = start_at_home(REMOVE, table=bench.visits, keys=pa.table({"person": [2]}), point=point)
    assert child.end() == -signal.SIGKILL
    assert [row[0] for row in bench.read(bench.visits)] == [1, 2]
    bench.append((bench.visits, [bench.visit(3)]))
    assert [row[0] for row in bench.read(bench.visits)] == [1, 2, 3]
    assert bench.strays(bench.visits) == set()


def test_what_is_replaced_sorted_is_as_compaction_leaves_it(bench):
    table = LakeTable("places", pa.schema([("n", pa.int64()), ("name", pa.string())]), sort_by=("n",))
    for begin in (0, 50):
        numbers = [*range(begin + 60_000, begin, -1)]
        rows = pa.table({"n": numbers, "name": [f"n{n}" for n in numbers]})
        with bench.lake.landing("places", [table]) as landing:
            assert landing.replace_sorted(table, rows) == 60_000
            bench.lake.publish(landing)
        vector = bench.lake.vector([table])
        (file,) = bench.lake.files(table, vector["places"].version)
        written = pq.ParquetFile(file)
        assert written.read()["n"].to_pylist() == sorted(numbers)
        assert written.metadata.num_row_groups == 3
    assert [each.table for each in compact(bench.lake, [table])] == []


def test_only_a_table_with_an_order_and_no_partitions_is_replaced_sorted(bench):
    with bench.lake.landing("visits", [bench.visits]) as landing, pytest.raises(AssertionError):
        landing.replace_sorted(bench.visits, bench.rows(bench.visits, [bench.visit(1)]))
