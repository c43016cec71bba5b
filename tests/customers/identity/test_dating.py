"""What a record had long before another one had it joins the two no more, in whatever order it is told."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity import keeping
from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import Policy, TypeRule, default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.resolving import LAPSED, LINKED, UNDATED, Known, Links, resolve
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
LONG = """
source: SOURCE
files: "FILES"
kinds:
  - kind: identifier
    columns: {key: id, type: type, scope: scope, value: value, observed_at: at}
"""
HOUSE = rooms_of(ROOMS)


def bind(bring: Import, *lines: str, source: str = "app") -> int:
    """Import who had which device when: id, device, day."""
    told = [f"{key},device,phone_os,{device},{day}" for key, device, day in (line.split(" ") for line in lines)]
    text = "\n".join(["id,type,scope,value,at", *told, ""])
    return bring(text.encode(), mapping=LONG, source=source, name=f"{source}.csv").number


def alone(days: Sequence[int], valid_for: int, parted: Sequence[bool] = ()) -> list[int]:
    """Return why a value that these records had on these days joins each."""
    count = len(days)
    known = Known(np.arange(count), np.arange(count), np.zeros(count, np.bool_), *[np.zeros(count, np.int64)] * 4)
    links = Links(
        *(np.arange(count), np.zeros(count, np.int64), np.zeros(1, np.int64), [("device", "app")]),
        np.array(parted or [False] * count),
        seen=np.array(days),
    )
    rule = TypeRule("proves", records=10, customers=20, valid_for=valid_for)
    return resolve(known, links, Policy("", Text("", ""), {}, rule, "")).reason.tolist()


@pytest.mark.parametrize(
    ("days", "valid_for", "why"),
    [
        ((0, 180), 180, [LINKED, LINKED]),
        ((0, 181), 180, [LAPSED, LINKED]),
        ((0, 181), 0, [LINKED, LINKED]),
        ((0, 100, 200), 150, [LAPSED, LINKED, LINKED]),
        ((UNDATED, 5_000), 1, [LINKED, LINKED]),
    ],
)
def test_a_link_lapses_by_what_was_seen_last(days: Sequence[int], valid_for: int, why: list[int]):
    for order in permutations(range(len(days))):
        assert alone([days[at] for at in order], valid_for) == [why[at] for at in order]


def test_what_is_not_a_record_s_lets_no_other_link_lapse():
    assert alone([0, 500], 180, [False, True])[0] == LINKED


@pytest.mark.parametrize("order", tuple(permutations(("a d1 2025-01-01", "b d1 2025-05-01", "c d1 2026-03-01"))))
def test_a_device_that_was_sold_joins_who_has_it_now_whatever_is_told_first(
    order: Sequence[str], bring: Import, workspace: Workspace
):
    for at, line in enumerate(order):
        bind(bring, line, source="abc"[at])
        recognise(workspace)
    bind(bring, "b d1 2026-02-01", source="abc"[[line[0] for line in order].index("b")])
    assert recognise(workspace).customers == 2
    name = {line[0]: f"{'abc'[at]}:{line[0]}" for at, line in enumerate(order)}
    assert explain(workspace, name["b"], name["c"]).same
    gone = explain(workspace, name["a"], name["c"])
    assert (gone.same, [refusal.reason for refusal in gone.refusals]) == (False, ["lapsed"])


def test_the_two_accounts_of_a_sold_device_are_told_apart_within_one_source(bring: Import, workspace: Workspace):
    """A device of two accounts is nobody's; one of them lapses, and the till of the other one knows him by it."""
    bind(bring, "old d1 2025-01-01", "new d1 2026-01-01")
    bind(bring, "m1 d1 2026-01-02", source="till")
    assert recognise(workspace).customers == 2
    assert explain(workspace, "app:new", "till:m1").same


def test_a_sighting_that_is_taken_back_lets_nobody_lapse(bring: Import, workspace: Workspace, ask: Ask):
    bind(bring, "a d1 2025-01-01")
    bind(bring, "b d1 2025-01-02", source="till")
    assert recognise(workspace).customers == 1
    wrong = bind(bring, "b d1 2026-01-01", source="till")
    assert recognise(workspace).customers == 2
    take_back(workspace, wrong, HOUSE)
    assert recognise(workspace).customers == 1


def test_what_a_source_saw_in_the_future_it_has_not_seen(bring: Import, workspace: Workspace):
    bind(bring, "a d1 2025-01-01")
    bind(bring, "b d1 2999-01-01", source="till")
    assert recognise(workspace).customers == 1


@pytest.mark.parametrize("many", [1, 100_000])
def test_only_what_the_policy_dates_has_a_day(
    many: int, bring: Import, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "MANY", many)
    bind(bring, "a d1 2025-01-01", "a d1 2025-03-01", "a d1 2025-02-01", "b d2 ")
    days = "select seen::text, seen_import from identifier order by seen"
    assert ask(days) == [("2025-03-01", 1), (None, None)]
    silent = read_policy(default_policy().text.replace(", valid_for: 180", ""))
    apply_policy(workspace, silent, "test")
    bind(bring, "a d1 2025-04-01", "c d3 2025-04-01")
    assert ask(days) == [("2025-03-01", 1), (None, None), (None, None)]
    other = silent.text.replace("otherwise: {strength: proves", "otherwise: {valid_for: 30, strength: proves")
    apply_policy(workspace, read_policy(other), "test")
    bind(bring, "c d3 2025-05-01")
    bring(
        b"id,type,scope,value,at\nc,cookie,web,x,2025-05-01 12:00\nc,wx,web,x,2025-05-02 12:00\n",
        mapping=LONG, source="app", name="app.csv",
    )  # fmt: skip
    # The policy speaks of cookies, and of no days; what it does not speak of has those of `otherwise`.
    assert ask(days) == [("2025-03-01", 1), ("2025-05-02", 4), *[(None, None)] * 3]
