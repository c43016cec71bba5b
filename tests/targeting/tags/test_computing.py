"""A run replaces all tags at once, from one version vector, and only when something has changed."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.model import CustomersMerged
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.lake.compaction import compact
from quanyu.targeting.tags import pinning
from quanyu.targeting.tags.computing import FAILPOINTS, compute
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.room import refresh
from quanyu.targeting.tags.runs import current, last_run
from quanyu.targeting.tags.staleness import mark_stale
from quanyu.targeting.tags.tables import customer_tags

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)

CHILD = """
import sys
from datetime import datetime
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.tags import computing
from quanyu.targeting.tags.computing import compute

with opened(Settings.load()) as home:
    compute(home.workspace(), datetime.fromisoformat(sys.argv[1]))
"""


def values(ws) -> dict[int, dict[str, object]]:
    return {row.pop("customer"): row for row in ws.lake.to_arrow(current(ws).rows).to_pylist()}


def test_a_run_gives_every_living_customer_a_row(retailer) -> None:
    run = compute(retailer.ws, AS_OF)
    found = values(retailer.ws)
    assert (run.customers, run.skipped, run.day.isoformat()) == (5, False, "2011-07-01")
    assert found.keys() == {0, 1, 2, 3, 4}
    assert (found[0]["monetary"], found[0]["rfm_score"], found[0]["country"]) == (18001, "331", "Germany")
    assert found[4]["frequency"] == 0
    assert current(retailer.ws).rows.schema().to_pyarrow() == customer_tags(standing(retailer.ws)).schema
    assert retailer.facts("tags.computed") == [{"run": run.number}]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_customers_computed_some_at_a_time_get_the_same_tags(retailer, monkeypatch, at_once: int) -> None:
    compute(retailer.ws, AS_OF)
    together = values(retailer.ws)
    monkeypatch.setattr(pinning, "LEAST_AT_ONCE", at_once)
    monkeypatch.setattr(pinning, "BYTES_OF_A_VALUE", 1 << 60)
    mark_stale(retailer.ws, CustomersMerged(merged_away=(5,), survivors=(0,)))
    run = compute(retailer.ws, AS_OF)
    assert (run.skipped, run.customers) == (False, 5)
    assert values(retailer.ws) == together


def test_nothing_is_done_twice(retailer) -> None:
    first = compute(retailer.ws, AS_OF)
    again = compute(retailer.ws, AS_OF + timedelta(minutes=20))
    assert again.skipped
    assert again.number == first.number
    assert compute(retailer.ws, AS_OF + timedelta(days=1)).number > first.number


def test_another_order_a_death_a_merge_or_a_renumbering_computes_again(retailer) -> None:
    numbers = [compute(retailer.ws, AS_OF).number]
    retailer.land({ORDERS: ORDERS.schema.empty_table()})
    numbers.append(compute(retailer.ws, AS_OF).number)
    retailer.live(0, 1, 2, 3)
    numbers.append(compute(retailer.ws, AS_OF).number)
    mark_stale(retailer.ws, CustomersMerged(merged_away=(5,), survivors=(0,)))
    mark_stale(retailer.ws, CustomersMerged(merged_away=(5,), survivors=(0,)))
    numbers.append(compute(retailer.ws, AS_OF).number)
    retailer.live(0, 1, 2, 3, epoch=2)
    numbers.append(compute(retailer.ws, AS_OF).number)
    assert sorted(set(numbers)) == numbers
    assert compute(retailer.ws, AS_OF).skipped


def test_nobody_yet(workspace) -> None:
    with pytest.raises(Conflict, match="not been computed"):
        current(workspace)
    assert compute(workspace, AS_OF).customers == 0
    assert values(workspace) == {}


def test_a_renumbering_makes_the_run_unusable_until_the_next(retailer) -> None:
    compute(retailer.ws, AS_OF)
    retailer.live(0, 1, epoch=7)
    with pytest.raises(Conflict, match="numbered anew"):
        current(retailer.ws)
    compute(retailer.ws, AS_OF)
    assert current(retailer.ws).run.epoch == 7


def test_other_currencies_and_naive_instants_are_refused(retailer) -> None:
    with pytest.raises(Invalid, match="time zone"):
        compute(retailer.ws, datetime(2011, 12, 10))
    orders = retailer.ws.lake.to_arrow(retailer.ws.lake.table(ORDERS, retailer.ws.lake.vector((ORDERS,))))
    euros = pa.array(["EUR"] * orders.num_rows)
    retailer.land({ORDERS: orders.set_column(orders.schema.get_field_index("currency"), "currency", euros)})
    with pytest.raises(Conflict) as caught:
        compute(retailer.ws, AS_OF)
    assert "EUR" in str(caught.value.received)


def test_two_at_once_make_one_run(retailer) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: compute(retailer.ws, AS_OF), range(2)))
    assert sorted(run.skipped for run in runs) == [False, True]
    assert len({run.number for run in runs}) == 1


@pytest.mark.each_point
@pytest.mark.parametrize("point", [*FAILPOINTS, "lake.written", "lake.committed", "lake.published"])
def test_killed_anywhere_the_old_or_the_new_run_stands_whole(retailer, environment, point: str) -> None:
    compute(retailer.ws, AS_OF)
    later = AS_OF + timedelta(days=2)
    child = subprocess.run(
        ["python", "-c", CHILD, later.isoformat()],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    stored = last_run(retailer.ws)
    assert stored is not None
    expected = 201 if stored[0].as_of == AS_OF else 100200
    assert values(retailer.ws)[1]["monetary"] == expected
    assert compute(retailer.ws, later).skipped == (point == "tags.published")
    assert values(retailer.ws)[1]["monetary"] == 100200


def test_a_refresh_says_what_it_did(retailer) -> None:
    assert len(refresh(retailer.ws)) == 1
    assert refresh(retailer.ws) == ()
    assert ORDER_LINES.name in last_run(retailer.ws)[1]


def test_what_the_current_run_read_survives_compaction(retailer) -> None:
    compute(retailer.ws, AS_OF)
    lake = retailer.ws.lake
    vector = lake.vector([ORDERS])
    before = lake.to_arrow(lake.table(ORDERS, vector).order_by("order_number"))
    compact(lake, [ORDERS, ORDER_LINES], keep_hours=0)
    compact(lake, [ORDERS, ORDER_LINES], keep_hours=0)
    assert lake.to_arrow(lake.table(ORDERS, vector).order_by("order_number")).equals(before)
    compute(retailer.ws, AS_OF + timedelta(days=1))
    # The run before is kept beside the one that stands: it can be had again for some days.
    assert lake.pinned(ORDERS) == {vector[ORDERS.name].version, lake.vector([ORDERS])[ORDERS.name].version}
