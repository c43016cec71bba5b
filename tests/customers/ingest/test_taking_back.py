"""A wrong import leaves as a whole: what stands afterwards is what would stand without it, however it is disturbed."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from ibis import _

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS, RECORDS_PRIVATE
from quanyu.customers.ingest import taking_back
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.customers.ingest.status import source_status
from quanyu.customers.ingest.taking_back import mark_final, take_back
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.kinds import Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Rows = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., list[Any]]

LINES_ONLY = """
source: SOURCE
files: "FILES"
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}
"""
PRODUCTS_ONLY = """
source: SOURCE
files: "FILES"
currency: GBP
kinds:
  - kind: product
    columns: {product: article, name: name}
"""
GOOD = (
    "1001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
    "1002,18,JUG,Jug,1,10,2011-03-02 10:00,Germany",
)
WRONG = (
    "1003,17,MUG,Wrong mug,2,99,2011-04-01 09:00,Spain",
    "1004,66,POT,Pot,1,5,2011-04-01 09:00,Italy",
    "1004,66,POT,Pot,many,5,2011-04-01 09:00,Italy",
)
TABLES = (ORDER_LINES, RECORDS, PRODUCTS, CUSTOMER_OF_RECORD)
HOUSE = rooms_of(ROOMS)


def state(workspace: Workspace, rows: Rows, ask: Ask) -> dict[str, Any]:
    """Say what readers see."""
    told = {table.name: sorted(map(str, rows(table, of=workspace))) for table in TABLES}
    counted = ("order_number", "order_type", "sale_amount", "lines", "business_date", "record")
    told["orders"] = sorted(str([row[c] for c in counted]) for row in rows(ORDERS, of=workspace) if row["lines"])
    sealed = open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE])).to_pylist()
    told["private"] = sorted(map(str, sealed))
    for table in ("record", "identifier", "record_customer", "replayed_reject"):
        told[table] = sorted(ask(f"select * from {table}", of=workspace), key=str)
    return told


def test_what_it_landed_leaves_and_what_it_replaced_speaks(bring: Import, workspace: Workspace, rows: Rows, ask: Ask):
    bring(GOOD)
    recognise(workspace)
    before = state(workspace, rows, ask)
    wrong = bring(WRONG, name="wrong.csv")
    recognise(workspace)
    compact(workspace.lake, [PRODUCTS, RECORDS, ORDER_LINES], keep_hours=0, revocable=mark_final(workspace))
    assert {row["name"] for row in rows(PRODUCTS)} == {"Wrong mug", "Jug", "Pot"}
    done = take_back(workspace, wrong.number, HOUSE)
    assert (done.imports, done.removed["order_lines"], done.known_later) == ((wrong.number,), 2, 0)
    assert state(workspace, rows, ask) == before
    assert list_rejects(workspace) == []
    assert ask("select records, customers from population") == [(3, 3)]  # ordinals are never given out again
    assert ask("select count(*) from customer") == [(3,)]
    assert ask("select state, final from data_import order by number") == [("landed", False), ("taken back", False)]
    assert ask("select sum(landed) from import_count where grain") == [(4,)]
    assert [count.landed for count in source_status(workspace)[0].counts if count.grain] == [2]
    with pytest.raises(Conflict, match="already been taken back"):
        take_back(workspace, wrong.number, HOUSE)
    again = bring(WRONG, name="wrong.csv")
    assert (again.lines.landed, again.lines.rejected, again.lines.known) == (2, 1, 0)
    done = recognise(workspace)
    assert (done.records, done.created) == (1, 1)
    assert ask("select max(record), max(customer) from record_customer") == [(3, 3)]
    assert recognise(workspace).records == 0


def test_a_record_that_another_import_names_stays_and_is_that_ones(
    bring: Import, workspace: Workspace, rows: Rows, ask: Ask
):
    first = bring(GOOD, mapping=LINES_ONLY)
    second = bring(["1001,17,CUP,Cup,1,2,2011-02-01 09:00,France"], name="later.csv", mapping=LINES_ONLY)
    assert {row["order_number"]: row["sale_amount"] for row in rows(ORDERS)} == {"1001": 900, "1002": 1000}
    assert take_back(workspace, first.number, HOUSE).known_later == 0
    assert ask("select count(*), max(import_number) from record") == [(1, second.number)]
    assert [row["product"] for row in rows(ORDER_LINES)] == ["CUP"]
    assert {row["order_number"]: row["sale_amount"] for row in rows(ORDERS) if row["counts"]} == {"1001": 200}
    take_back(workspace, second.number, HOUSE)
    assert (ask("select count(*) from record"), rows(ORDER_LINES)) == ([(0,)], [])
    assert not [row for row in rows(ORDERS) if row["counts"] or row["record"] is not None]
    assert bring(GOOD, mapping=LINES_ONLY).lines.landed == 2


def test_what_cannot_be_taken_back_says_why(bring: Import, workspace: Workspace):
    number = bring(GOOD, mapping=PRODUCTS_ONLY).number
    with pytest.raises(NotFound):
        take_back(workspace, 99, HOUSE)
    workspace.clock.move(timedelta(days=31))
    with pytest.raises(Conflict, match="too old"):
        take_back(workspace, number, HOUSE)
    later = bring(WRONG[:1], name="wrong.csv", mapping=PRODUCTS_ONLY)
    assert mark_final(workspace) == later.number
    workspace.clock.move(timedelta(days=-31))
    with pytest.raises(Conflict, match="too old"):  # compaction may have dropped what it replaced
        take_back(workspace, number, HOUSE)


PARTS = LakeTable(
    "parts",
    pa.schema([("source", pa.string()), ("bill", pa.string()), ("amount", pa.int64()), ("import_number", pa.int64())]),
)
SUMS = LakeTable(
    "sums",
    pa.schema(
        [
            ("source", pa.string()),
            ("bill", pa.string()),
            ("total", pa.int64()),
            ("observed_at", pa.timestamp("us", "UTC")),
            ("import_number", pa.int64()),
        ]
    ),
    versioned_by=("source", "bill"),
)


def settle(delivery: Delivery) -> None:
    """Add up the bills that got parts, or lost some."""
    lake, there = delivery.workspace.lake, delivery.landing.written(PARTS)
    touched = delivery.rows if "source" in delivery.rows.columns else there
    parts = lake.table(PARTS, delivery.landing.vector).union(there)
    sums = parts.semi_join(touched, ["source", "bill"]).group_by("source", "bill").agg(total=_.amount.sum())
    number = ibis.literal(delivery.import_number, "int64")
    at = ibis.literal(delivery.workspace.clock.now(), "timestamp('UTC', 6)")
    delivery.landing.append(SUMS, sums.mutate(observed_at=at, import_number=number))


def land_parts(delivery: Delivery) -> Accepted:
    number = ibis.literal(delivery.import_number, "int64")
    parts = delivery.rows.select("bill", "amount", source=ibis.literal(delivery.source), import_number=number)
    return Accepted(delivery.landing.append(PARTS, parts), 0)


def test_what_is_derived_is_worked_out_anew(workspace: Workspace, rows: Rows):
    text = Text("Part", "行")
    inputs = (Input("bill", "key", text), Input("amount", "integer", text))
    kind = Kind("part", text, inputs, ("bill",), (PARTS, SUMS), land_parts, document=("bill",), settle=settle)
    with workspace.begin() as connection:
        connection.exec_driver_sql(
            "insert into data_import (workspace, source, state, files, bytes, started_at, finished_at) "
            f"select {workspace.number}, 'till', 'landed', 1, 1, '2026-01-01', '2100-01-01' from generate_series(1, 2)"
        )
    for number, given in ((1, [("a", 1), ("b", 2)]), (2, [("a", 10), ("c", 5)])):
        with workspace.lake.landing("test", [PARTS, SUMS]) as writing, workspace.begin() as connection:
            told = ibis.memtable({"bill": [b for b, _ in given], "amount": [a for _, a in given]})
            delivery = Delivery(workspace, connection, writing, "till", number, "GBP", 1, told, [])
            land_parts(delivery)
            settle(delivery)
            writing.publish(connection)
    assert sorted((row["bill"], row["total"]) for row in rows(SUMS)) == [("a", 11), ("b", 2), ("c", 5)]
    take_back(workspace, 1, taking_back.Rooms([kind], [PARTS, SUMS], lambda *_: None))
    assert sorted((row["bill"], row["total"]) for row in rows(SUMS)) == [("a", 10), ("c", 5)]


TAKE_BACK = """
import os
os.environ.update(environment)
from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings

with opened(Settings.load()) as home:
    pipe.send("ready")
    take_back(home.workspace("main"), number, rooms_of(ROOMS))
    pipe.send("done")
"""
FORKS = multiprocessing.get_context("forkserver")  # importing all anew for each child takes longer than its work
FORKS.set_forkserver_preload(["quanyu.app.rooms", "quanyu.app.house", "quanyu.foundation.home"])


@contextmanager
def taking_back_elsewhere(number: int, environment: dict[str, str], point: str = "") -> Iterator[Any]:
    """Let another process take an import back; yield it and the end of its pipe."""
    pipe, theirs = FORKS.Pipe()
    given = {"pipe": theirs, "environment": {**environment, "QUANYU_FAILPOINT": point}, "number": number}
    process = FORKS.Process(target=exec, args=(TAKE_BACK, given))
    process.start()
    theirs.close()
    try:
        yield process, pipe
    finally:
        process.kill()
        process.join(60)


def test_killed_anywhere_it_is_all_or_nothing(
    bring: Import, workspace: Workspace, rows: Rows, ask: Ask, environment: dict[str, str]
):
    bring(GOOD, mapping=LINES_ONLY)
    without = state(workspace, rows, ask)
    wrong = bring(WRONG, name="wrong.csv", mapping=LINES_ONLY).number
    with_it = state(workspace, rows, ask)
    for point in ("lake.written", "lake.published", *taking_back.FAILPOINTS):
        with taking_back_elsewhere(wrong, environment, point) as (process, _):
            process.join(60)
            assert process.exitcode == -signal.SIGKILL, point
        assert state(workspace, rows, ask) == (without if point == taking_back.FAILPOINTS[-1] else with_it), point


def test_it_waits_for_a_running_import(bring: Import, workspace: Workspace, ask: Ask, environment: dict[str, str]):
    number = bring(GOOD, mapping=PRODUCTS_ONLY).number
    with workspace.locked("ingest:till"), taking_back_elsewhere(number, environment) as (_, pipe):
        assert pipe.recv() == "ready"
        assert not pipe.poll(0.5)
        assert ask("select state from data_import") == [("landed",)]
    assert ask("select state from data_import") == [("landed",)]
    with taking_back_elsewhere(number, environment) as (_, pipe):
        assert [pipe.recv(), pipe.recv()] == ["ready", "done"]
    assert ask("select state from data_import") == [("taken back",)]
