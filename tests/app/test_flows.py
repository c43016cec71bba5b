"""Who moved between stages is what two runs say, one of four weeks before; the page itself waits for nothing."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from quanyu.app.flows import BACK, flows, renew_flows
from quanyu.app.overview import overview
from quanyu.customers.identity.recognising import recognise
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.runs import current

DAY, CYCLE = date(2026, 6, 30), 30
EVENING = datetime.combine(DAY, time(22, 0), UTC)


def trade() -> list[tuple[object, ...]]:
    """Return purchases of ninety who buy each month: some stop on the way, some come late, some but once."""
    spans = {0: range(12), 1: range(7), 2: range(9), 3: range(10, 12), 4: range(11, 12), 5: range(3, 4)}
    days = [(who, who % CYCLE + n * CYCLE) for who in range(90) for n in spans[who % len(spans)]]
    first = DAY - timedelta(days=365)
    placed = [(who, first + timedelta(days=day)) for who, day in days]
    return [(f"{who}-{day}", f"c{who}", "x", "1", "10", f"{day}") for who, day in placed if day <= DAY]


def stages(ws) -> dict[int, str | None]:
    now = current(ws)
    rows = ws.lake.to_arrow(now.rows.select("customer", stage=now.rows["lifecycle"])).to_pylist()
    return {row["customer"]: row["stage"] for row in rows}


def test_who_moved_is_what_a_run_of_four_weeks_before_said(workspace, deliver):
    deliver("order_line", "order_number customer product quantity unit_price placed_at", trade())
    recognise(workspace)
    compute(workspace, EVENING - BACK)
    before = stages(workspace)
    compute(workspace, EVENING)
    after = stages(workspace)
    renew_flows(workspace)
    assert flows(workspace) is None, "nobody looks at the page"
    overview(workspace)
    renew_flows(workspace)
    found = flows(workspace)
    told = {(move["before"], move["after"]): move["customers"] for move in found.answer["moves"]}
    assert told == Counter((before[who], stage) for who, stage in after.items())
    assert len(told) > 4
    assert sum(told.values()) == 90
    assert [stage["value"] for stage in found.answer["stages"]] == ["new", "active_old", "old", "dormant"]
    assert (found.answer["before"], found.answer["after"]) == (f"{DAY - BACK}", f"{DAY}")
    renew_flows(workspace)
    assert flows(workspace) == found, "it is counted once a run"


def test_nothing_is_counted_before_tags_are_computed(workspace):
    overview(workspace)
    renew_flows(workspace)
    assert flows(workspace) is None
