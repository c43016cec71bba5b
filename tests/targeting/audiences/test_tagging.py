"""A manual tag goes to whom pasted values or an audience name, with counts that add up."""

from pathlib import Path

import pytest

from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.errors import Invalid
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply as define
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.tagging import tag_audience, tag_values
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.giving import Gift, gifts
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.runs import current

GIVEN = Path(__file__).parents[1] / "tags" / "given.yaml"
FEW_TAGS = Path(__file__).parents[1] / "few_tags.yaml"
CRM = """source: crm
files: people.csv
kinds:
  - kind: customer_record
    columns: {key: key}
    identifiers: [{type: phone, scope: global, column: phone}]
"""
KEY = """source: {source}
files: people.csv
kinds:
  - kind: customer_record
    columns: {{key: key}}
    identifiers: [{{type: phone, scope: global, column: phone}}, {{type: email, scope: global, column: email}}]
"""
GOLD = "{name: gold, title: {en: G, zh: 金}, description: {en: D, zh: 述}, rule: {tag: care, is: '=', value: gold}}"


@pytest.fixture
def crm(workspace: Workspace, imported) -> Workspace:
    apply(workspace, FEW_TAGS)
    apply(workspace, GIVEN)
    imported(CRM, **{"people.csv": "key,phone\nA,13800138001\nB,13800138002\nC,\n"})
    recognise(workspace)
    return workspace


def test_values_are_read_as_those_of_a_list_and_the_tag_chooses_an_audience(crm: Workspace) -> None:
    text = b"13800138001\nA\nB;B\n13800138009\n138****8002\n\n"
    done = tag_values(crm, Gift("care", "gold", "ann"), text)
    counts = done.read.counts
    assert (counts.read, counts.matched, counts.same_customer, counts.repeated) == (6, 2, 1, 1)
    assert (counts.invalid, counts.unknown) == (1, 1)
    assert done.gave.changed == 2
    define(crm, GOLD)
    compute(crm)
    assert refresh(crm)[0].snapshot.size == 2
    assert (tag_values(crm, Gift("care", None, "ann"), b"A").gave.changed) == 1
    compute(crm)
    assert [(r.snapshot.size, r.left) for r in refresh(crm)] == [(1, 1)]


def test_the_members_of_an_audience_are_tagged(crm: Workspace) -> None:
    tag_values(crm, Gift("care", "gold", "ann"), b"A\nB")
    define(crm, GOLD)
    compute(crm)
    refresh(crm)
    assert tag_audience(crm, Gift("size", "40", "ann"), "gold").changed == 2
    assert [(g.value, g.customers) for g in gifts(crm, "size")] == [("40", 2)]


def test_nothing_is_looked_up_for_a_gift_with_faults(crm: Workspace) -> None:
    with pytest.raises(Invalid) as caught:
        tag_values(crm, Gift("cares", "gold", ""), b"\xff\xff no text at all \xff")
    assert [f.place for f in caught.value.faults] == ["tag", "author"]
    with pytest.raises(Invalid):
        tag_values(crm, Gift("care", "gold", "ann"), b"A", kind="passport")


def test_a_merge_brings_the_value_of_the_record_that_was_observed_last(workspace: Workspace, imported, deliver) -> None:
    apply(workspace, FEW_TAGS)
    apply(workspace, GIVEN)
    imported(KEY.format(source="clinic"), **{"people.csv": "key,phone,email\nA,13800138001,\nB,13800138002,\n"})
    imported(KEY.format(source="spa"), **{"people.csv": "key,phone,email\nX,,x@example.com\n"})
    deliver(
        "customer_tag",
        "key tag value observed_at",
        [("A", "skin", "dry", "2020-01-02"), ("A", "shoe", "41", "2020-01-01")],
        source="clinic",
    )
    deliver("customer_tag", "key tag value observed_at", [("X", "skin", "oily", "2020-01-03")], source="spa")
    recognise(workspace)
    assert sorted(map(str, imported_values(workspace, "skin"))) == ["None", "dry", "oily"]
    imported(KEY.format(source="app"), **{"people.csv": "key,phone,email\n1,13800138001,x@example.com\n"})
    recognise(workspace)
    assert sorted(map(str, imported_values(workspace, "skin"))) == ["None", "oily"]
    assert sorted(map(str, imported_values(workspace, "shoe"))) == ["41", "None"]


def imported_values(ws: Workspace, name: str) -> list[object]:
    compute(ws)
    return ws.lake.to_arrow(current(ws).rows.select(name))[name].to_pylist()
