"""What another policy would change is counted and shown, and nothing is changed by it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from quanyu.customers.identity.comparing import SAMPLES, Difference, Sample, compare
from quanyu.customers.identity.policy import Policy, TypeRule, default_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

Deliver = Callable[..., object]
Ask = Callable[..., list[Any]]
LONG = "key type scope value"
EVENTS = "event_id name occurred_at customer device"
RETAIL = default_policy()
NEVER = TypeRule("never", rank=9)


def without(*types: str) -> Policy:
    """Return the policy for retail in which these types join nobody."""
    return replace(RETAIL, types={**RETAIL.types, **dict.fromkeys(types, NEVER)})


def phones(deliver: Deliver, count: int) -> None:
    """Deliver so many customers of two records each, and one more person."""
    pairs = [(f"{side}{n}", "phone", "", f"138001{n:05}") for n in range(count) for side in "ab"]
    deliver("identifier", LONG, [*pairs, ("c", "card", "heyuan", "C1")])


def test_what_is_one_under_the_one_is_several_under_the_other(deliver: Deliver, workspace: Workspace, ask: Ask):
    phones(deliver, 3)
    recognise(workspace)
    before = (ask("select record, customer from record_customer"), ask("select * from population"))
    found = compare(workspace, RETAIL, without("phone"))
    assert (found.before, found.after, found.merges, found.splits, found.records) == (4, 7, 0, 3, 6)
    assert {(sample.kind, sample.customers, sample.type, sample.reason) for sample in found.samples} == {
        ("split", 2, "phone", "type")
    }
    same = {frozenset(records) for (records,) in ask("select array_agg(record) from record_customer group by customer")}
    assert {frozenset(sample.records) for sample in found.samples} == {group for group in same if len(group) == 2}
    back = compare(workspace, without("phone"), RETAIL)
    assert (back.before, back.after, back.merges, back.splits, back.records) == (7, 4, 3, 0, 6)
    assert {sample.kind for sample in back.samples} == {"merge"}
    assert (ask("select record, customer from record_customer"), ask("select * from population")) == before


def test_one_policy_changes_nothing_and_needs_no_recognition(deliver: Deliver, workspace: Workspace):
    assert compare(workspace, RETAIL, RETAIL) == Difference(0, 0, 0, 0, 0, ())
    phones(deliver, 2)
    assert compare(workspace, RETAIL, RETAIL) == Difference(3, 3, 0, 0, 0, ())


def test_samples_are_few_and_stand_for_merges_and_splits(deliver: Deliver, workspace: Workspace):
    phones(deliver, 30)
    cards = [(f"{side}{n}", "card", "heyuan", f"K{n}") for n in range(30) for side in "xy"]
    deliver("identifier", LONG, cards, source="web")
    found = compare(workspace, without("phone"), without("card"))
    assert (found.merges, found.splits, found.records) == (30, 30, 120)
    kinds = [(sample.kind, sample.type) for sample in found.samples]
    assert sorted(set(kinds)) == [("merge", "phone"), ("split", "card")]
    assert (len(kinds), kinds.count(("merge", "phone"))) == (SAMPLES, SAMPLES // 2)
    assert len({sample.records for sample in found.samples}) == SAMPLES


def test_a_limit_is_the_reason_that_is_told(deliver: Deliver, workspace: Workspace):
    deliver("identifier", LONG, [(f"r{n}", "phone", "", "13800138001") for n in range(3)])
    strict = replace(RETAIL, types={"phone": replace(RETAIL.types["phone"], records=2)}, title=Text("", ""))
    found = compare(workspace, RETAIL, strict)
    assert found.samples == (Sample("split", 3, found.samples[0].records, "phone", "records"),)
    assert len(found.samples[0].records) == 3


def test_a_device_that_has_its_person_is_no_merge(deliver: Deliver, workspace: Workspace):
    """Nobody has become one with anybody: the device was nobody's, and is a person's."""
    deliver("event", EVENTS, [("e1", "Page", "2026-03-01", "", "d1")], source="app")
    deliver("identifier", LONG, [("a", "device", "", "d1")], source="app")
    found = compare(workspace, without("device"), RETAIL)
    assert found == Difference(1, 1, 0, 0, 1, ())
