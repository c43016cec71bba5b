"""A past run is had again as it was, for as many days as is set, beside the one that stands."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply, stop
from quanyu.targeting.tags.past import Past, anew, of_day, of_run, runs, values
from quanyu.targeting.tags.runs import Current, current, last_run

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
OURS = """pack: ours
tags:
  - name: baskets
    title: {en: T, zh: 题}
    description: {en: D, zh: 述}
    family: value
    type: integer
    statistic: {over: orders, take: count}
"""


def rows_of(ws: Workspace, now: Current) -> list[dict[str, object]]:
    return ws.lake.to_arrow(now.rows.order_by("customer")).to_pylist()


def again(ws: Workspace, past: Past) -> list[dict[str, object]]:
    with values(ws, past) as then:
        return rows_of(ws, then)


def test_a_run_is_had_again_after_data_people_and_packs_have_changed(retailer) -> None:
    ws = retailer.ws
    apply(ws, OURS)
    first = compute(ws, AS_OF)
    then = rows_of(ws, current(ws))
    retailer.land({table: table.schema.empty_table() for table in (ORDERS, ORDER_LINES)})
    retailer.live(0, 1, 3)
    stop(ws, "ours")
    second = compute(ws, AS_OF + timedelta(days=7))
    stands = (last_run(ws), rows_of(ws, current(ws)), ws.lake.vector([ORDERS]))
    for table in (ORDERS, ORDER_LINES):
        compact(ws.lake, [table], keep_hours=0)
    found = again(ws, of_run(ws, first.number))
    # 2 and 4 have no survivor: they were erased, and are not brought back.
    assert found == [row for row in then if row["customer"] in (0, 1, 3)]
    assert found[0]["baskets"] == then[0]["baskets"] != 0
    assert (last_run(ws), rows_of(ws, current(ws)), ws.lake.vector([ORDERS])) == stands
    assert [(r.run.number, r.kept) for r in runs(ws)] == [(second.number, True), (first.number, True)]
    assert again(ws, of_run(ws, second.number)) == stands[1]


def test_some_tags_alone_are_the_same(retailer) -> None:
    run = compute(retailer.ws, AS_OF)
    whole = again(retailer.ws, of_run(retailer.ws, run.number))
    with values(retailer.ws, of_run(retailer.ws, run.number), ["rfm_tier"]) as then:
        some = rows_of(retailer.ws, then)
    assert [row["rfm_tier"] for row in some] == [row["rfm_tier"] for row in whole]
    assert "top_product" not in some[0]


def test_a_day_is_its_last_run_or_else_worked_out_by_todays_data(retailer) -> None:
    ws = retailer.ws
    run = compute(ws, AS_OF)
    assert of_day(ws, date(2011, 7, 1)).run.number == run.number
    without = of_day(ws, date(2011, 7, 8))
    assert without.run.number == 0
    found = again(ws, without)
    compute(ws, AS_OF + timedelta(days=7))
    assert rows_of(ws, current(ws)) == found
    assert of_day(ws, date(2011, 7, 8)).run.number != 0
    assert anew(ws, date(2011, 7, 8)).run.number == 0, "whether there was a run or not"
    assert again(ws, anew(ws, date(2011, 7, 8))) == found


def test_after_the_days_that_are_set_it_is_gone_and_says_so(retailer) -> None:
    ws = retailer.ws
    first = compute(ws, AS_OF)
    ws.clock.move(timedelta(days=ws.settings.reproduce_days, minutes=1))
    retailer.live(0, 1)
    second = compute(ws, AS_OF)
    assert [r.kept for r in runs(ws)] == [True, False]
    with pytest.raises(Conflict) as caught:
        of_run(ws, first.number)
    assert "14 days" in caught.value.problem.en
    assert of_run(ws, second.number).until is None
    with pytest.raises(NotFound):
        of_run(ws, 999)


def test_tables_that_nothing_had_landed_in_stay_unknown(retailer) -> None:
    ws = retailer.ws
    retailer.land({ORDERS: pa.Table.from_pylist([], ORDERS.schema)})
    run = compute(ws, AS_OF)
    past = of_run(ws, run.number)
    assert ORDERS.name in past.vector
    assert "messages" not in {**past.vector, **past.beside}
