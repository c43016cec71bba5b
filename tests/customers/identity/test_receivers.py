"""Whom parcels go to is a hint: kept where a source allows it, hashed and sealed, and never of gifts and stations."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity import evidence, waiting
from quanyu.customers.identity.evidence import evidence_in
from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, RECEIVERS, RECORDS, RECORDS_PRIVATE
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.errors import Invalid
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Rows = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., list[Any]]
HOUSE = rooms_of(ROOMS)
COLUMNS = "order,user,name,phone,city,address,note,pickup,at"
ORDERS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
legal_basis: {basis: consent, receivers: true}
kinds:
  - kind: receiver
    columns: {order_number: order, key: user, name: name, phone: phone, city: city, address: address,
              gift_note: note, pickup: pickup, observed_at: at}
"""
CARDS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
kinds:
  - kind: customer_record
    columns: {key: card, name: name}
    identifiers: [{type: phone, column: phone}]
"""
DOOR = "文三路100号3幢502室"


def parcels(bring: Import, *lines: str, name: str = "orders.csv", mapping: str = ORDERS) -> Outcome:
    return bring("\n".join([COLUMNS, *lines, ""]).encode(), mapping=mapping, source="shop", name=name)


def cards(bring: Import, *lines: str, source: str = "till") -> Outcome:
    text = "\n".join(["card,name,phone", *lines, ""])
    return bring(text.encode(), mapping=CARDS, source=source, name=f"{source}.csv")


def evidence_now(workspace: Workspace, ask: Ask) -> dict[int, tuple[Any, ...]]:
    """Return what the database says of names, which has to be what the lake says."""
    said = {row[0]: row[1:] for row in ask("select record, family, name, born, gender from record_evidence")}
    vector = workspace.lake.vector([RECORDS, RECEIVERS])
    told = workspace.lake.to_arrow(evidence_in(workspace.lake, vector)).to_pylist()
    assert said == {row["record"]: tuple(row.values())[1:] for row in told if any(list(row.values())[1:])}
    return said


def test_a_receiver_is_kept_hashed_and_a_gift_a_station_an_office_only_as_such(
    bring: Import, rows: Rows, ask: Ask, workspace: Workspace
):
    outcome = parcels(
        bring,
        f"1,u1,王芳,13800138021,杭州市,{DOOR},,,2026-03-01 10:00",
        f"2,u1,李强,13800138022,宁波市,{DOOR},生日快乐,,2026-03-02 10:00",
        "3,u1,王芳,13800138021,杭州市,菜鸟驿站(文三路店),,,2026-03-03 10:00",
        "4,u1,王芳,13800138023,杭州市,科技大厦18层1801,,,2026-03-04 10:00",
        f"5,u1,王芳,13800138024,杭州市,{DOOR},,yes,2026-03-05 10:00",
        f"6,u1,王芳,138****8021,杭州市,{DOOR},无,,2026-03-06 10:00",
        f"7,,王芳,13800138025,杭州市,{DOOR},,,2026-03-07 10:00",
        f"8,u2,王芳,+86 138-0013-8021,杭州市,{DOOR.replace('3幢', ' 3 幢 ')},,,2026-03-08 10:00",
    )
    assert [(count.kind, count.landed, count.known) for count in outcome.counts] == [("receiver", 7, 0)]
    kept = {row["order_number"]: row for row in rows(RECEIVERS)}
    aside = {number: row["aside"] for number, row in kept.items()}
    assert aside == {
        "1": None, "2": "gift", "3": "parcel station", "4": "office", "5": "parcel station", "6": None, "8": None,
    }  # fmt: skip
    told = ("high", "low", "family_key", "name_key", "address_key")
    assert all(row[name] is None for row in kept.values() if row["aside"] for name in told)
    assert all(kept["1"][name] is not None and kept["1"][name] == kept["8"][name] for name in told)
    assert kept["6"]["high"] is None
    assert kept["6"]["name_key"] == kept["1"]["name_key"]
    assert ask("select type, scope, count(*), count(distinct value_hash) from identifier group by 1, 2") == [
        ("receiver_phone", "global", 2, 1)
    ]
    values = open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE])).to_pylist()
    assert {(row["type"], row["value"]) for row in values} == {("receiver_phone", "+8613800138021")}
    faults = [(row["type"], row["reason"], row["times"]) for row in rows(IDENTIFIER_FAULTS)]
    assert faults == [("receiver_phone", "masked", 1)]
    assert recognise(workspace).customers == 2  # it proves nothing
    shared = explain(workspace, "shop:u1", "shop:u2")
    assert (shared.same, [(each.type, each.reason) for each in shared.refusals]) == (
        False,
        [("receiver_phone", "type")],
    )


def test_nothing_is_held_unless_the_source_says_that_it_may_be(bring: Import):
    line = f"1,u1,王芳,13800138021,杭州市,{DOOR},,,2026-03-01 10:00"
    for told in ("", "legal_basis: {basis: consent}", "legal_basis: {basis: consent, receivers: false}"):
        with pytest.raises(Invalid) as refused:
            parcels(bring, line, mapping=ORDERS.replace("legal_basis: {basis: consent, receivers: true}", told))
        assert [fault.received for fault in refused.value.faults] == ['"receiver"']
        assert "legal_basis: {receivers: true}" in refused.value.faults[0].allowed
    with pytest.raises(Invalid) as refused:
        parcels(bring, line, mapping=ORDERS.replace("receivers: true", "receivers: perhaps"))
    assert refused.value.faults[0].received == '"perhaps"'


@pytest.mark.parametrize("large", [pytest.param(0.0, marks=pytest.mark.scale), 2.0])
def test_who_tells_no_name_bears_the_one_that_all_his_parcels_bear(
    large: float, bring: Import, ask: Ask, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """A family has one phone. Whose account the nickname is, their parcels tell; then nobody has to guess."""
    monkeypatch.setattr(waiting, "LARGE", large)
    cards(bring, "M1,王芳,13800138021", "M2,李强,13800138021")
    cards(bring, "u1,开心每一天,13800138021", "u2,,13800138021", "u3,,13800138021", source="shop")
    recognise(workspace)
    assert recognise(workspace).customers == 5  # the three could be either's
    first = parcels(
        bring,
        f"1,u1,Wang Fang,,杭州市,{DOOR},,,2026-03-01 10:00",
        f"2,u2,李强,,杭州市,{DOOR},,,2026-03-01 10:00",
        f"3,u3,李强,,杭州市,{DOOR},,,2026-03-01 10:00",
        f"4,u3,赵敏,,杭州市,{DOOR},,,2026-03-02 10:00",
    )
    recognise(workspace)
    assert recognise(workspace).customers == 5  # one parcel is no habit
    second = parcels(
        bring,
        f"5,u1,王芳,,杭州市,{DOOR},,,2026-04-01 10:00",
        f"6,u2,李强,,杭州市,{DOOR},,,2026-04-01 10:00",
        f"7,u3,李强,,杭州市,{DOOR},,,2026-04-02 10:00",
        name="later.csv",
    )
    evidence_now(workspace, ask)
    assert recognise(workspace).customers == 3  # u3 sends to two
    for one, other, same in [("till:M1", "shop:u1", True), ("till:M2", "shop:u2", True), ("till:M2", "shop:u3", False)]:
        assert explain(workspace, one, other).same is same
    again = parcels(bring, f"5,u1,王芳,,杭州市,{DOOR},,,2026-04-01 10:00", name="again.csv")
    assert [(count.landed, count.known) for count in again.counts] == [(0, 1)]
    take_back(workspace, second.number, HOUSE)
    evidence_now(workspace, ask)
    assert recognise(workspace).customers == 5
    take_back(workspace, first.number, HOUSE)
    assert evidence_now(workspace, ask).keys() == {
        row[0] for row in ask("select record from record where source = 'till'")
    }


@pytest.mark.scale
def test_a_parcel_to_somebody_else_takes_the_name_away(bring: Import, ask: Ask, workspace: Workspace):
    cards(bring, "M1,王芳,13800138021", "M2,李强,13800138021")
    cards(bring, "u1,,13800138021", source="shop")
    parcels(bring, *(f"{n},u1,王芳,,杭州市,{DOOR},,,2026-03-0{n} 10:00" for n in (1, 2)))
    assert recognise(workspace).customers == 2
    parcels(bring, f"3,u1,李强,,杭州市,{DOOR},,,2026-03-03 10:00", name="later.csv")
    assert len(evidence_now(workspace, ask)) == 2
    assert recognise(workspace).customers == 3
    parcels(bring, f"3,u1,王芳,,杭州市,{DOOR},,,2026-03-04 10:00", name="corrected.csv")
    assert len(evidence_now(workspace, ask)) == 3
    assert recognise(workspace).customers == 2


@pytest.mark.scale
def test_what_a_record_says_itself_stands_above_parcels(bring: Import, ask: Ask, workspace: Workspace):
    cards(bring, "u1,李女士,13800138021", "u2,赵敏,13800138022", "u3,王女士,13800138023", source="shop")
    before = evidence_now(workspace, ask)
    lines = [
        f"{n}{user},{user},王芳,,杭州市,{DOOR},,,2026-03-0{n} 10:00" for n in (1, 2) for user in ("u1", "u2", "u3")
    ]
    assert len(lines) / 3 == evidence.PARCELS
    parcels(bring, *lines)
    now = evidence_now(workspace, ask)
    (changed,) = [record for record in now if now[record] != before[record]]
    assert before[changed][1] is None
    assert now[changed][1] is not None
    assert now[changed][0] == before[changed][0]  # the surname fits, so that the parcels tell the given name
