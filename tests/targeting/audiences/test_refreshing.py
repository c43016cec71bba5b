"""A refresh takes a snapshot when something has changed, and says who entered and left."""

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.refreshing import FAILPOINTS, refresh
from quanyu.targeting.audiences.room import refresh_all
from quanyu.targeting.audiences.snapshots import members_of
from quanyu.targeting.audiences.tables import audience
from quanyu.targeting.tags.computing import compute

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)

CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.audiences.refreshing import refresh

with opened(Settings.load()) as home:
    refresh(home.workspace())
"""


def define(ws: Workspace, name: str, rule: str) -> None:
    apply(ws, f"{{name: {name}, title: {{en: T, zh: 题}}, description: {{en: D, zh: 述}}, rule: {rule}}}")


def members(ws: Workspace, name: str) -> list[int]:
    return members_of(ws, refresh(ws, name)[0].snapshot).ordinals().tolist()


def test_snapshots_follow_tags_and_definitions(retailer) -> None:
    ws = retailer.ws
    run = compute(ws, AS_OF)
    define(ws, "recent", '{tag: recency_days, is: "<=", value: 62}')
    define(ws, "not_recent", '{not: {tag: recency_days, is: "<=", value: 62}}')
    assert members(ws, "recent") == [0, 1]
    assert members(ws, "not_recent") == [3], "who never bought is unknown, so in neither"
    first = refresh(ws, "recent")[0]
    assert first.skipped
    assert first.snapshot.tag_run == run.number
    compute(ws, AS_OF + timedelta(days=1))
    both = {r.snapshot.audience: r for r in refresh(ws)}
    assert (both["recent"].entered, both["recent"].left, both["recent"].snapshot.size) == (0, 1, 1)
    assert (both["not_recent"].entered, both["not_recent"].left) == (1, 0)
    define(ws, "recent", '{tag: frequency, is: "=", value: 0}')
    assert members(ws, "recent") == [2, 4]


def test_facts_name_the_snapshots_and_only_changes_are_told(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "buyers", '{tag: frequency, is: ">", value: 0}')
    first = refresh(ws)[0].snapshot
    compute(ws, AS_OF + timedelta(days=5))
    second = refresh(ws)[0]
    assert not second.skipped
    retailer.live(0, 1, 2, 4)
    compute(ws, AS_OF + timedelta(days=5))
    third = refresh(ws)[0].snapshot
    assert retailer.facts("audiences.changed") == [
        {"audience": "buyers", "snapshot": first.number, "previous": None, "entered": 3, "left": 0},
        {"audience": "buyers", "snapshot": third.number, "previous": second.snapshot.number, "entered": 0, "left": 1},
    ]


def test_only_the_living_count_at_once(retailer) -> None:
    ws = retailer.ws
    run = compute(ws, AS_OF)
    retailer.live(0, 2)
    found = count(ws, {"tag": "frequency", "is": ">", "value": 0})
    assert (found.size, found.base, found.tag_run, found.as_of) == (1, 2, run.number, AS_OF)


def test_money_in_a_rule_is_in_major_units(retailer) -> None:
    compute(retailer.ws, AS_OF)
    assert count(retailer.ws, {"tag": "monetary", "is": ">=", "value": "180.01"}).size == 1
    assert count(retailer.ws, {"tag": "monetary", "is": ">", "value": 180.01}).size == 0


def test_without_tags_it_says_what_to_do(retailer) -> None:
    define(retailer.ws, "buyers", '{tag: frequency, is: ">", value: 0}')
    with pytest.raises(Conflict) as caught:
        refresh(retailer.ws)
    assert "quanyu tag compute" in str(caught.value.remedy)


def test_one_broken_definition_does_not_hold_back_the_others(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "good", '{tag: frequency, is: ">", value: 0}')
    define(ws, "gone", '{tag: frequency, is: ">", value: 0}')
    broken = sa.update(audience).where(audience.c.name == "gone")
    with ws.begin() as connection:
        connection.execute(broken.values(definition=sa.text("""jsonb_set(definition, '{rule,tag}', '"old_tag"')""")))
    with pytest.raises(Invalid) as caught:
        refresh(ws)
    assert [fault.place for fault in caught.value.faults] == ["gone: rule.tag"]
    assert {a.name: a.snapshot and a.snapshot.size for a in list_audiences(ws)} == {"gone": None, "good": 3}


def test_many_audiences_in_one_scan_agree_with_one_by_one(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    rules = [f'{{tag: recency_days, is: "<=", value: {days}}}' for days in range(0, 180, 2)]
    for i, rule in enumerate(rules):
        define(ws, f"a{i:03}", rule)
    sizes = [r.snapshot.size for r in refresh(ws)]
    assert sizes == [count(ws, {"tag": "recency_days", "is": "<=", "value": days}).size for days in range(0, 180, 2)]
    assert refresh_all(ws) == []


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_every_change_is_told_once(retailer, environment, point: str) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "a", '{tag: frequency, is: ">", value: 0}')
    define(ws, "b", "{not: {did: {over: orders}}}")  # of no column
    child = subprocess.run(
        ["python", "-c", CHILD],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    assert [r.snapshot.size for r in refresh(ws)] == [3, 2]
    assert [(f["audience"], f["entered"]) for f in retailer.facts("audiences.changed")] == [("a", 3), ("b", 2)]


def test_two_refreshes_at_once_take_one_snapshot(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "a", '{tag: frequency, is: ">", value: 0}')
    define(ws, "b", "{not: {did: {over: orders}}}")
    with ThreadPoolExecutor(2) as pool:
        both = [each.result() for each in [pool.submit(refresh, ws) for _ in range(2)]]
    assert sorted(tuple(r.skipped for r in done) for done in both) == [(False, False), (True, True)]
    assert [[(r.snapshot.number, r.snapshot.size) for r in done] for done in both] == [
        [(r.snapshot.number, r.snapshot.size) for r in both[0]]
    ] * 2
    assert len(retailer.facts("audiences.changed")) == 2


INTERRUPTED = """
from quanyu.app.cli import main
print("begun", flush=True)
raise SystemExit(main(["audience", "refresh"]))
"""


@pytest.mark.each_point
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_ended_while_it_looks_through_much_the_old_snapshot_stays(
    retailer, environment, ending: signal.Signals
) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "a", '{tag: frequency, is: ">", value: 0}')
    before = refresh(ws)
    many = ", ".join(f"{{did: {{over: orders, within: {days}}}}}" for days in range(1, 900))
    define(ws, "a", f"{{any: [{many}]}}")
    child = subprocess.Popen(
        ["python", "-c", INTERRUPTED], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(5)
    child.send_signal(ending)
    _, said = child.communicate(timeout=60)
    assert child.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[ending], said
    assert [a.snapshot and a.snapshot.number for a in list_audiences(ws)] == [before[0].snapshot.number]
    define(ws, "a", '{tag: frequency, is: "=", value: 0}')
    assert members(ws, "a") == [2, 4]
