"""Last Monday's audience is had again to the id, whatever has come in, been corrected, merged or defined since."""

from datetime import timedelta
from pathlib import Path

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.errors import NotFound
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.past import chosen_then, ids_of
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.snapshots import members_of
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.packs import apply as apply_pack
from quanyu.targeting.tags.past import of_day, of_run, values
from quanyu.targeting.tags.runs import current

FEW_TAGS = Path(__file__).parents[1] / "few_tags.yaml"
PEOPLE = """source: SOURCE
files: people.csv
kinds:
  - kind: customer_record
    columns: {key: key, country: country}
    identifiers: [{type: phone, scope: global, column: phone}, {type: email, scope: global, column: email}]
"""
ORDERS = "order_number customer placed_at amount"


def define(ws: Workspace, name: str, rule: str) -> None:
    apply(ws, f"{{name: {name}, title: {{en: T, zh: 题}}, description: {{en: D, zh: 述}}, rule: {rule}}}")


def tags(ws: Workspace) -> list[dict[str, object]]:
    return ws.lake.to_arrow(current(ws).rows.order_by("customer")).to_pylist()


@pytest.fixture
def monday(workspace: Workspace, imported, deliver) -> tuple[Workspace, TagRun, list[dict[str, object]], list[int]]:
    """A workspace of three customers on Monday, with tags and audiences, and what both were."""
    ws = workspace
    apply_pack(ws, FEW_TAGS)
    people = "key,country,phone,email\nA,France,13800138001,\nB,Norway,,b@example.com\nC,Japan,,\n"
    imported(PEOPLE.replace("SOURCE", "tills"), **{"people.csv": people})
    orders = [
        ("1", "A", "2026-01-05 10:00", "50"),
        ("2", "A", "2026-01-09 10:00", "70"),
        ("3", "B", "2026-01-07 10:00", "20"),
    ]
    deliver("order", ORDERS, orders, source="tills")
    recognise(ws)
    run = compute(ws)
    define(ws, "inner", '{tag: monetary, is: ">=", value: 20}')
    define(ws, "good", "{all: [{audience: inner}, {did: {over: orders, where: {column: amount, is: '>', value: 30}}}]}")
    members = {r.snapshot.audience: members_of(ws, r.snapshot) for r in refresh(ws)}["good"]
    assert members.count() == 1
    return ws, run, tags(ws), members.ordinals().tolist()


def test_monday_is_had_again_to_the_id(monday, imported, deliver) -> None:
    ws, run, then, members = monday
    ids = ids_of(ws, chosen_then(ws, "good", of_run(ws, run.number)).members)
    ws.clock.move(timedelta(days=7))
    late = [("4", "C", "2026-01-02 10:00", "900"), ("3", "B", "2026-01-07 10:00", "45")]
    deliver("order", ORDERS, late, source="tills")
    app = "key,country,phone,email\n1,Peru,13800138001,b@example.com\n"
    imported(PEOPLE.replace("SOURCE", "app"), **{"people.csv": app})
    assert recognise(ws).merged == 1
    apply_pack(ws, FEW_TAGS.read_text("utf-8").replace("at: [2, 3, 5, 10]", "at: [1, 2, 3, 4]"))
    define(ws, "inner", '{tag: monetary, is: ">=", value: 800}')
    compute(ws)
    refresh(ws)
    compact(ws.lake, [table for room in ROOMS for table in room.lake_tables], keep_hours=0)
    stands = tags(ws)
    assert len(stands) == 2
    for past in (of_run(ws, run.number), of_day(ws, run.day)):
        with values(ws, past) as found:
            rows = ws.lake.to_arrow(found.rows.order_by("customer")).to_pylist()
        assert rows == then, "who was merged away since has what was his"
        chosen = chosen_then(ws, "good", past)
        assert chosen.members.ordinals().tolist() == members
        assert ids_of(ws, chosen.members) == ids
        assert (chosen.count.size, chosen.count.base, chosen.count.tag_run) == (1, 3, run.number)
    assert chosen_then(ws, {"tag": "country", "is": "=", "value": "Norway"}, past).count.size == 1
    assert tags(ws) == stands


def test_an_audience_of_later_was_none_then(monday) -> None:
    ws, run, _tags, _members = monday
    ws.clock.move(timedelta(days=1))
    compute(ws)
    ws.clock.move(timedelta(days=1))
    define(ws, "younger", "{audience: inner}")
    with pytest.raises(NotFound):
        chosen_then(ws, "younger", of_run(ws, run.number))
