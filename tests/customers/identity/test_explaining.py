"""The chain that joins two records is the shortest there is, names no value, and says when nothing joins them."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from quanyu.customers.identity import explaining
from quanyu.customers.identity.confidence import EXACT, NAMED, SILENT
from quanyu.customers.identity.explaining import Refusal, explain
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers:
      - {type: phone, column: phone}
      - {type: card, scope: all, column: card}
"""


def members(*lines: str, source: str) -> dict[str, Any]:
    text = "\n".join(["id,phone,card", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS, "source": source, "name": f"{source}.csv"}


@pytest.fixture(scope="module")
def told(bring_once: Import, shared: Workspace) -> Workspace:
    bring_once(**members("a,13800138001,", "b,13900139001,C7", "c,,", source="pos"))
    bring_once(**members("x,138-0013-8001,C7", "y,13700137001,", source="web"))
    recognise(shared)
    return shared


def test_a_chain_names_what_joins_and_never_its_value(told: Workspace) -> None:
    found = explain(told, "pos:a", "pos:b")
    assert found.same
    assert found.whole
    assert [(entry.source, entry.key) for entry in found.entries] == [("pos", "a"), ("web", None), ("pos", "b")]
    assert [(link.type, link.scope, link.touches, link.imports) for link in found.links] == [
        ("phone", "global", 2, (1, 2)),
        ("card", "all", 2, (2, 1)),
    ]
    assert "13800138001" not in repr(found)
    assert [link.confidence for link in found.links] == [SILENT, EXACT]
    assert found.confidence == SILENT * EXACT
    assert all(found.since)  # no day was told, so that of the import counts


def test_it_says_since_when_each_record_is_known(bring: Import, workspace: Workspace) -> None:
    mapping = MEMBERS.replace("key: id", "key: id, name: name, observed_at: at")
    for source, day in {"pos": "2024-03-01", "web": "2025-05-02"}.items():
        lines = f"id,name,at,phone,card\na,王芳,{day},13800138001,\n".encode()
        bring(lines=lines, mapping=mapping, source=source, name=f"{source}.csv")
    found = explain(workspace, "pos:a", "web:a")
    assert [f"{since:%Y-%m-%d}" for since in found.since if since] == ["2024-03-01", "2025-05-02"]
    assert found.confidence == NAMED


def test_a_record_may_be_named_by_its_ordinal(told: Workspace) -> None:
    by_key = explain(told, "pos:a", "pos:b")
    first, last = (entry.record for entry in (by_key.entries[0], by_key.entries[-1]))
    found = explain(told, f"pos#{first}", "pos:b")
    assert found.links == by_key.links
    assert [entry.key for entry in found.entries] == [None, None, "b"]
    assert explain(told, f"pos#{first}", f"pos#{last}").customers == by_key.customers
    with pytest.raises(NotFound):
        explain(told, f"web#{first}", "pos:b")


def test_who_shares_nothing_is_told_apart(told: Workspace) -> None:
    found = explain(told, "pos:a", "web:y")
    assert not found.same
    assert found.links == ()
    assert len(set(found.customers)) == 2


def test_one_record_is_itself(told: Workspace) -> None:
    found = explain(told, "pos:a", "pos:a")
    assert found.same
    assert [entry.key for entry in found.entries] == ["a"]


def test_who_is_not_recognised_yet_has_no_customer(bring: Import, workspace: Workspace) -> None:
    bring(**members("a,13800138001,", source="pos"))
    bring(**members("x,13800138001,", source="web"))
    found = explain(workspace, "pos:a", "web:x")
    assert found.customers == (None, None)
    assert not found.same
    assert len(found.links) == 1


@pytest.mark.parametrize("name", ["pos", ":a", "pos:", ""])
def test_a_record_is_named_by_source_and_key(told: Workspace, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        explain(told, name, "pos:a")
    assert caught.value.received == name.partition(":")[0]


def test_a_record_that_nobody_told_of_is_not_found(told: Workspace) -> None:
    with pytest.raises(NotFound) as caught:
        explain(told, "pos:13800138001", "pos:a")
    assert caught.value.received == "pos"


def test_of_two_things_shared_the_rarer_one_is_told(bring: Import, workspace: Workspace) -> None:
    bring(**members(*(f"m{n},13800138001," for n in range(30)), "a,13800138001,C7", source="pos"))
    bring(**members("x,13800138001,C7", source="web"))
    (link,) = explain(workspace, "pos:a", "web:x").links
    assert (link.type, link.touches) == ("card", 2)


def test_what_joins_too_many_is_given_up(bring: Import, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "MOST", 20)
    bring(**members(*(f"m{n},13800138001," for n in range(40)), "z,,Z1", source="pos"))
    assert not explain(workspace, "pos:m0", "pos:z").whole


def test_what_thousands_share_joins_nobody_and_is_said(bring: Import, workspace: Workspace) -> None:
    """Each of them would else lead to all of them: nine million rows, and no answer within the time of a test."""
    bring(**members(*(f"m{n},13800138001," for n in range(3_000)), "z,13800138001,Z1", source="pos"))
    bring(**members("far,,Z1", "apart,,Z2", source="web"))
    found = explain(workspace, "pos:m0", "pos:z")
    assert (found.links, found.refusals, found.whole) == ((), (Refusal("phone", "global", "records"),), True)
    assert [(link.type, link.touches) for link in explain(workspace, "pos:z", "web:far").links] == [("card", 2)]
    assert (explain(workspace, "pos:m0", "web:apart").links, found.whole) == ((), True)


def test_names_that_contradict_each_other_are_said(bring: Import, workspace: Workspace) -> None:
    mapping = MEMBERS.replace("{key: id}", "{key: id, name: card}").replace(
        "      - {type: card, scope: all, column: card}\n", ""
    )
    bring(
        **{
            **members("a,13800138001,王芳", "b,13800138001,李强", "c,13800138001,王女士", source="pos"),
            "mapping": mapping,
        }
    )
    recognise(workspace)
    assert explain(workspace, "pos:a", "pos:c").same
    found = explain(workspace, "pos:a", "pos:b")
    assert not found.same
    assert found.links == ()
    # Both have the phone, each as a person of his own.
    assert [(each.type, each.reason) for each in found.refusals] == [("phone", "contradicted")]


def test_no_shorter_chain_is_there(bring: Import, workspace: Workspace) -> None:
    draw = random.Random(5)
    people = [(f"r{n}", draw.randrange(14), draw.randrange(14)) for n in range(24)]
    bring(**members(*(f"{key},1380013{phone:04},C{card}" for key, phone, card in people), source="pos"))
    recognise(workspace)
    beside = {
        key: {other for other, *theirs in people if other != key and (theirs[0] == phone or theirs[1] == card)}
        for key, phone, card in people
    }
    for end in ("r3", "r11", "r17", "r23"):
        found = explain(workspace, "pos:r0", f"pos:{end}")
        assert (len(found.links) or None) == _steps(beside, "r0", end)
        assert found.same is bool(found.links)


def _steps(beside: dict[str, set[str]], start: str, end: str) -> int | None:
    reached, front, steps = {start}, {start}, 0
    while front and end not in reached:
        front = set[str]().union(*(beside[key] for key in front)) - reached
        reached |= front
        steps += 1
    return steps if end in reached else None
