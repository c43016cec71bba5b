"""What a batch writes shows at once or not at all, and a reader keeps what it has."""

from dataclasses import replace
from itertools import count

import ibis
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ibis import _

from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.model import Pinned
from quanyu.foundation.lake.tables import lake_pin


def test_a_table_never_written_is_empty(bench):
    assert bench.vector(bench.visits, bench.cards) == {}
    assert bench.read(bench.visits) == []
    assert bench.lake.table(bench.cards, {}).columns == tuple(bench.cards.schema.names)


def test_several_tables_show_together(bench):
    with bench.lake.landing("test", [bench.visits, bench.cards]) as landing:
        landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(1)]))
        landing.append(bench.cards, bench.rows(bench.cards, [bench.card("a", 1)]))
        assert bench.vector(bench.visits, bench.cards) == {}
        bench.lake.publish(landing)
    assert set(bench.vector(bench.visits, bench.cards)) == {"visits", "cards"}
    assert len(bench.read(bench.visits)) == len(bench.read(bench.cards)) == 1


def test_a_transaction_that_fails_publishes_nothing(bench):
    def fail() -> None:
        with bench.lake.landing("test", [bench.visits, bench.notes]) as landing, bench.ws.begin() as connection:
            landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(2)]))
            landing.append(bench.notes, bench.rows(bench.notes, [{"n": 1, "text": "one"}]))
            landing.publish(connection)
            raise ZeroDivisionError

    bench.append((bench.visits, [bench.visit(1)]))
    with pytest.raises(ZeroDivisionError):
        fail()
    assert [row[0] for row in bench.read(bench.visits)] == [1]
    assert bench.vector(bench.notes) == {}
    assert bench.strays(bench.visits) == set()
    assert bench.on_disk(bench.notes) == set()


def test_what_was_not_published_is_undone_by_the_next_writer(bench):
    bench.append((bench.visits, [bench.visit(1)]))
    with bench.lake.landing("test", [bench.visits]) as landing:
        landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(2)]))
    assert [row[0] for row in bench.read(bench.visits)] == [1]
    bench.append((bench.visits, [bench.visit(3)]))
    assert [row[0] for row in bench.read(bench.visits)] == [1, 3]
    assert bench.strays(bench.visits) == set()
    assert bench.ask("select state from lake_batch order by number") == [
        ("published",),
        ("rolled back",),
        ("published",),
    ]


def test_writers_go_on_from_what_others_have_written_and_undone(bench, home):
    other = replace(bench, ws=home.workspace())
    for n in range(3):
        bench.append((bench.visits, [bench.visit(n)]))
        other.append((bench.visits, [bench.visit(n + 10)]))
    with bench.lake.landing("test", [bench.visits]) as landing:
        landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(99)]))
    other.append((bench.visits, [bench.visit(20)]))
    compact(bench.lake, [bench.visits])
    other.append((bench.visits, [bench.visit(30)]))
    bench.append((bench.visits, [bench.visit(40)]))
    for each in (bench, other):
        assert [row[0] for row in each.read(bench.visits)] == [0, 1, 10, 11, 12, 2, 20, 30, 40]


def test_a_reader_keeps_its_version_while_others_write_and_compact(bench):
    bench.append((bench.visits, [bench.visit(1), bench.visit(2, month="2024-02")]), (bench.cards, [bench.card("a", 1)]))
    vector = bench.vector(bench.visits, bench.cards)
    visits, cards = bench.lake.table(bench.visits, vector), bench.lake.table(bench.cards, vector)
    before = bench.plain(bench.lake.to_arrow(visits)), bench.plain(bench.lake.to_arrow(cards))
    bench.append((bench.visits, [bench.visit(3)]), (bench.cards, [bench.card("a", 2, day=1, number=2)]))
    compact(bench.lake, [bench.visits, bench.cards])
    assert (bench.plain(bench.lake.to_arrow(visits)), bench.plain(bench.lake.to_arrow(cards))) == before
    assert bench.read(bench.visits, vector) == before[0]
    assert [row[1] for row in bench.read(bench.cards)] == [2]
    assert len(bench.read(bench.visits)) == 3


def test_the_last_observed_version_wins_then_the_last_imported(bench):
    bench.append((bench.cards, [bench.card("a", 1, 5, 1), bench.card("b", 1, 5, 1), bench.card("c", 1, 5, 1)]))
    bench.append((bench.cards, [bench.card("a", 2, 4, 2), bench.card("b", 2, 5, 2, None), bench.card("d", 2, 0, 2)]))
    assert [row[:2] for row in bench.read(bench.cards)] == [("a", 1), ("b", 2), ("c", 1), ("d", 2)]
    assert len(bench.read(bench.cards, all_versions=True)) == 6


CARD = st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 3), st.sampled_from((None, "2024-01")))
ACTS = st.lists(
    st.one_of(
        st.lists(CARD, min_size=1, max_size=4, unique_by=lambda row: row[0]),
        st.sampled_from(("compact", "compact, keep the last", "take back", "erase")),
    ),
    min_size=1,
    max_size=7,
)
GONE = ("take back", "erase")
NEW = [("b", 0, 1, None)]
TABLES = count()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS)
@example(
    [
        [("a", 0, 1, None), ("c", 0, 1, None)],
        "compact",
        [("a", 1, 1, None), ("c", 0, 2, None)],
        "erase",
        [("b", 0, 1, None)],
    ]
)
def test_picked_rows_are_those_that_stand_and_not_what_they_once_were(bench, acts):
    table, number = replace(bench.cards, name=f"picked{next(TABLES)}"), 0
    for act in acts:
        if act in GONE:
            with bench.lake.landing("test", [table]) as landing:
                gone = {"import_number": [number]} if act == "take back" else {"card": ["c"]}
                if landing.remove(table, ibis.memtable(gone)):
                    bench.lake.publish(landing)
        elif isinstance(act, str):
            compact(bench.lake, [table], 0, revocable=None if act == "compact" else number)
        else:
            number += 1
            bench.append((table, [bench.card(card, points, day, number, month) for card, points, day, month in act]))
        vector = bench.lake.vector((table,))
        standing = bench.read(table, vector)
        for points in range(3):
            picked = bench.lake.picked(table, vector, lambda rows, points=points: rows.points == points)
            assert bench.plain(bench.lake.to_arrow(picked)) == [row for row in standing if row[1] == points]


def test_replaced_rows_are_gone_and_an_empty_replacement_counts(bench):
    bench.append((bench.notes, [{"n": 1, "text": "one"}]))
    with bench.lake.landing("test", [bench.notes]) as landing:
        landing.replace(bench.notes, bench.rows(bench.notes, [{"n": 2, "text": None}, {"n": 3, "text": ""}]))
        bench.lake.publish(landing)
    assert bench.read(bench.notes) == [(2, None), (3, "")]
    with bench.lake.landing("test", [bench.notes]) as landing:
        landing.replace(bench.notes, bench.rows(bench.notes, []))
        bench.lake.publish(landing)
    assert bench.read(bench.notes) == []


def test_one_workspace_sees_nothing_of_another(bench, home):
    with home.database.begin() as connection:
        connection.execute(
            sa.text("""insert into workspace (name, time_zone, currency, wrapped_key, created_at)
                select 'other', time_zone, currency, wrapped_key, created_at from workspace""")
        )
    bench.append((bench.notes, [{"n": 1, "text": "one"}]))
    other = home.workspace("other")
    assert other.lake.vector([bench.notes]) == {}
    assert bench.vector(bench.notes) != {}


def test_pins_are_told_by_table_and_end_with_their_holder(bench):
    vector = {"notes": Pinned(3, False), "visits": Pinned(5, False)}
    with bench.ws.begin() as connection:
        bench.lake.pin(connection, "tags:1", vector)
        bench.lake.pin(connection, "tags:2", {"notes": Pinned(4, False)})
    assert bench.lake.pinned(bench.notes) == {3, 4}
    with bench.ws.begin() as connection:
        connection.execute(sa.delete(lake_pin).where(lake_pin.c.holder == "tags:1"))
    assert bench.lake.pinned(bench.notes) == {4}
    assert bench.lake.pinned(bench.visits) == set()


def test_what_is_held_is_dropped_afterwards(bench):
    bench.append((bench.notes, [{"n": 1, "text": "one"}]))
    with bench.lake.held(bench.lake.table(bench.notes, bench.vector(bench.notes))) as held:
        bench.append((bench.notes, [{"n": 2, "text": "two"}]))
        assert bench.plain(bench.lake.to_arrow(held)) == [(1, "one")]
    left = bench.lake.engine.backend().raw_sql("select table_name from duckdb_tables() where table_name like '%held%'")
    assert left.fetchall() == []


def test_columns_come_as_arrays(bench):
    bench.append((bench.notes, [{"n": n, "text": f"{n}"} for n in (3, 1, 2)]))
    found = bench.lake.columns(bench.lake.table(bench.notes, bench.vector(bench.notes)).mutate(even=_.n % 2 == 0))
    assert sorted(zip(found["n"].tolist(), found["text"].tolist(), found["even"].tolist(), strict=True)) == [
        (1, "1", False), (2, "2", True), (3, "3", False),
    ]  # fmt: skip


def test_a_column_with_a_gap_is_no_array(bench):
    bench.append((bench.notes, [{"n": 1, "text": None}]))
    with pytest.raises(AssertionError):
        bench.lake.columns(bench.lake.table(bench.notes, bench.vector(bench.notes)))
