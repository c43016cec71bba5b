"""Brands that a policy keeps apart have customers of their own, however the records of a person come."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.customers.identity.test_policy import SHORT, faults
from tests.customers.identity.test_resolving import WORLDS, Entry, laid_out, together

from quanyu.customers.identity import reviewing, waiting
from quanyu.customers.identity.brands import Brands
from quanyu.customers.identity.comparing import compare
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.measures import OF_BRANDS
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import Policy, TypeRule, default_policy, read_policy
from quanyu.customers.identity.profile import profile
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.resolving import resolve
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import NotFound
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name, city: city, observed_at: at}
    identifiers:
      - {type: phone, column: phone}
"""
SECTION = """brands:
  merge_across: {merge}
  of: {{tea: [pos, mini], kids: [shop]}}
"""
APART = read_policy(default_policy().text + SECTION.format(merge="false"))
TOGETHER = read_policy(default_policy().text + SECTION.format(merge="true"))
PHONE = "13800138021"


def members(bring: Import, source: str, *lines: str) -> None:
    text = "\n".join(["id,name,city,at,phone", *lines, ""])
    bring(text.encode(), mapping=MEMBERS, source=source, name=f"{source}.csv")


def of_one_person(bring: Import) -> None:
    members(bring, "pos", f"p1,王芳,上海市,2026-01-01,{PHONE}")
    members(bring, "mini", f"m1,Wang Fang,杭州市,2026-02-01,{PHONE}")
    members(bring, "shop", f"s1,王芳,北京市,2026-03-01,{PHONE}")


@given(world=WORLDS)
def test_brands_apart_are_resolved_as_if_each_were_alone(world: list[Entry]):
    rule = TypeRule("proves", records=3, customers=4, unless=("name",))
    merging = Policy("all", Text("", ""), {}, rule, "")
    apart = replace(merging, brands=Brands({"a": ("0",), "b": ("1",)}, merge_across=False))
    known, links = laid_out(world)
    known = replace(known, sources=("0", "1", "2"))
    found = resolve(known, links, apart)
    for number in range(3):
        mine = [entry for entry in world if entry.source == number]
        here = np.flatnonzero(known.source == number)
        alone = resolve(*laid_out(mine), merging)
        assert np.array_equal(together(found.component[here]), together(alone.component))
    across = known.source[:, None] != known.source
    assert not (together(found.component) & across).any()


@pytest.mark.parametrize("large", [0.0, pytest.param(2.0, marks=pytest.mark.scale)])
def test_a_policy_there_and_back(large: float, bring: Import, workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waiting, "LARGE", large)
    apply_policy(workspace, APART, "test")
    of_one_person(bring)
    members(bring, "other", f"o1,王芳,广州市,2026-04-01,{PHONE}")  # the group's own
    assert recognise(workspace).customers == 3
    refused = explain(workspace, "pos:p1", "shop:s1")
    assert (refused.same, [each.reason for each in refused.refusals]) == (False, ["brands"])
    assert explain(workspace, "pos:p1", "mini:m1").same
    assert reviewing.review(workspace, lambda _, asked: asked.select(["question"]).slice(0, 0)).questions == ()
    found = compare(workspace, APART, TOGETHER)
    assert (found.before, found.after, {each.reason for each in found.samples}) == (3, 1, {"brands"})
    apply_policy(workspace, TOGETHER, "test")
    assert recognise(workspace).customers == 1
    apply_policy(workspace, APART, "test")
    assert recognise(workspace).customers == 3


def test_what_people_say_of_a_value_joins_nobody_across_brands(bring: Import, workspace: Workspace, ask: Ask):
    apply_policy(workspace, APART, "test")
    members(bring, "pos", f"p1,王芳,,2026-01-01,{PHONE}", f"p2,李强,,2026-01-01,{PHONE}")
    members(bring, "shop", f"s1,张三,,2026-01-01,{PHONE}", f"s2,赵四,,2026-01-01,{PHONE}")
    assert recognise(workspace).customers == 4
    ((number, customers),) = ask("select number, customers from identity_question")
    assert customers == 4
    reviewing.answer(workspace, "together", Decision("ann", "nicknames"), [number], None)
    assert recognise(workspace).customers == 2
    assert not explain(workspace, "pos:p1", "shop:s1").same


def test_a_brand_sees_its_own_sources_only(bring: Import, workspace: Workspace):
    apply_policy(workspace, TOGETHER, "test")
    of_one_person(bring)
    recognise(workspace)
    whole, tea = profile(workspace, "pos:p1"), profile(workspace, "pos:p1", "tea")
    city = {each.attribute: (each.value, each.others) for each in tea.golden}["city"]
    assert (len(whole.records), len(tea.records), city) == (3, 2, ("杭州市", 1))
    assert tea.one_id == whole.one_id
    with pytest.raises(NotFound) as unknown:
        profile(workspace, "shop:s1", "tea")
    assert unknown.value.received == "shop"
    with pytest.raises(NotFound) as caught:
        profile(workspace, "pos:p1", "wine")
    assert caught.value.allowed == ("kids", "tea")


def test_a_rule_may_ask_which_brands_know_a_customer(bring: Import, workspace: Workspace):
    of_one_person(bring)
    members(bring, "mini", "m2,,,2026-01-01,13800138022")
    members(bring, "other", "o1,,,2026-01-01,13800138023")
    apply_policy(workspace, TOGETHER, "test")
    recognise(workspace)
    vector = workspace.lake.vector(OF_BRANDS.tables)
    scope = pinned_scope(workspace.lake, OF_BRANDS.tables, vector, workspace.clock.now(), "Asia/Shanghai")
    told = workspace.lake.to_arrow(OF_BRANDS.build(scope)).to_pylist()
    assert sorted(row["brands"] for row in told) == ["kids + tea", "tea"]


def test_the_key_differs_only_where_brands_are_apart():
    assert TOGETHER.key == default_policy().key != APART.key


def test_faults_of_the_section_are_named(tmp_path: Path):
    text = SHORT + "brands:\n  merge_across: perhaps\n  of:\n    a: [x, x]\n    b: [x]\n    c: []\n"
    assert set(faults(text)) == {
        *("line 7: brands.merge_across", "line 9: brands.of.a[1]", "line 10: brands.of.b[0]", "line 11: brands.of.c"),
    }
    assert list(faults(SHORT + "brands: {of: {}}\n")) == ["line 6: brands.of"]
