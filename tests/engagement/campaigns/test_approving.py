"""Somebody else approves what is large, and whatever is changed afterwards voids it, by name."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN, OTHER, later
from tests.engagement.campaigns.test_releasing import CONTENT_2
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import audience

from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.approving import approve
from quanyu.engagement.campaigns.releasing import release, watch
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.targeting.audiences.refreshing import refresh

CASES = ", cases: [{audience: idle, content: hello, by: [mails]}]"


@pytest.fixture
def strict(spring):
    policy.apply(spring, "approval: {above: 50}\n")
    apply(spring, CAMPAIGN.replace("for_you, by: [texts, mails]", f"for_you, by: [texts, mails]{CASES}"), AUTHOR)
    return spring


def refused(ws) -> Conflict:
    with pytest.raises(Conflict) as raised:
        release(ws, "spring", AUTHOR, early=True)
    return raised.value


def test_what_is_large_needs_another_ones_approval(strict):
    error = refused(strict)
    assert error.received == f"{MEMBERS} customers"
    assert error.allowed == ("at most 50 without approval",)
    for who in (AUTHOR, "operator:wang.fang"):
        with pytest.raises(Conflict) as raised:
            approve(strict, "spring", who)
        assert raised.value.received == who
    approve(strict, "spring", OTHER)
    assert release(strict, "spring", AUTHOR).changed
    approved = acts_of(strict, "spring")[1]
    assert (approved.act, approved.who, approved.told["size"]) == ("approved", OTHER, MEMBERS)


def test_what_is_small_needs_none(strict):
    policy.apply(strict, f"approval: {{above: {MEMBERS}}}\n")
    assert release(strict, "spring", AUTHOR).changed


@pytest.mark.each_point
@pytest.mark.parametrize("changed", ["definition", "audience", "content", "audience of a case"])
def test_any_later_change_voids_it_and_is_named(strict, changed):
    approve(strict, "spring", OTHER)
    place = {"definition": "definition spring", "content": "content hello", "audience": "audience everybody"}
    if changed == "definition":
        text = CAMPAIGN.replace("for_you, by: [texts, mails]", f"for_you, by: [texts, mails]{CASES}")
        apply(strict, text.replace("hours: 2}", "hours: 3}"), AUTHOR)
    elif changed == "content":
        apply_content(strict, CONTENT_2)
    elif changed == "audience":
        audience(strict, "everybody", '{tag: frequency, is: ">=", value: 0}')
    else:
        audience(strict, "idle", '{tag: frequency, is: "<", value: 2}')
    refresh(strict)
    (fault,) = refused(strict).faults
    assert fault.place == place.get(changed, "audience idle")
    assert fault.received != fault.allowed[0].removeprefix("approved: ")
    approve(strict, "spring", OTHER)
    assert release(strict, "spring", AUTHOR).changed


@pytest.mark.scale
def test_an_audience_that_is_named_by_another_one_counts_too(spring):
    audience(spring, "inner", "{tag: frequency, is: is_known}")
    audience(spring, "everybody", "{audience: inner}")
    refresh(spring)
    policy.apply(spring, "approval: {above: 50}\n")
    apply(spring, CAMPAIGN, AUTHOR)
    approve(spring, "spring", OTHER)
    audience(spring, "inner", '{tag: frequency, is: ">=", value: 0}')
    refresh(spring)
    assert [fault.place for fault in refused(spring).faults] == ["audience everybody"]


@pytest.mark.scale
def test_a_stage_that_goes_by_itself_waits_for_an_approval_that_holds(strict):
    approve(strict, "spring", OTHER)
    release(strict, "spring", AUTHOR)
    apply_content(strict, CONTENT_2)
    later(strict, hours=25)
    assert watch(strict) == []
    approve(strict, "spring", OTHER)
    assert len(watch(strict)) == 1


def test_an_audience_that_was_defined_anew_is_looked_at_first(strict):
    approve(strict, "spring", OTHER)
    audience(strict, "everybody", '{tag: frequency, is: ">=", value: 0}')
    assert "quanyu audience refresh" in str(refused(strict).remedy)


def test_the_size_is_a_number(spring):
    with pytest.raises(Invalid) as raised:
        policy.apply(spring, "approval: {above: many}\n")
    assert [fault.place for fault in raised.value.faults] == ["line 1: approval.above"]
