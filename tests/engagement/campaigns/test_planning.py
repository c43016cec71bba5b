"""A plan says beforehand what the campaign then does: whom each arm reaches by which account, and who is left."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN
from tests.engagement.conftest import MEMBERS, member
from tests.engagement.journeys.conftest import batches, outcomes

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.definitions import checked
from quanyu.engagement.campaigns.planning import in_words as plan_in_words
from quanyu.engagement.campaigns.planning import plan
from quanyu.engagement.campaigns.releasing import release
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments.power import propose

IDLE = "cases: [{audience: idle, content: hello, by: [mails]}]"
STEPS = {"personalised": ("personalised_1", "personalised_else"), "same_promotion": ("same_promotion",)}
TEXT = CAMPAIGN.replace("for_you, by: [texts, mails]", f"for_you, by: [texts], {IDLE}").replace("days: 14", "days: 20")


def test_what_is_planned_is_what_happens(spring):
    policy.apply(spring, 'quiet: {from: "09:00", until: "22:00", purposes: [marketing]}\ntesters: staff\n')
    planned = plan(spring, checked(spring, TEXT))
    policy.apply(spring, "testers: staff\n")
    assert batches(spring) == []
    apply(spring, TEXT, AUTHOR)
    for early in (False, True, True):
        release(spring, "spring", AUTHOR, early=early)
    tick(spring)
    told = outcomes(spring, "spring")
    assert planned.customers == len(told["start", "entered"]) == MEMBERS - 10
    assert planned.testers == 10
    phones = [i for i in range(MEMBERS) if member(i)[5] and not (i % 2 == 0 and i % 3 == 2)]
    assert planned.reachable["sms"] == len(phones)
    arms = {arm.arm: arm for arm in planned.arms}
    assert {name: arm.customers for name, arm in arms.items()} == {
        "personalised": len(told["lot", "to:personalised"]),
        "same_promotion": len(told["lot", "to:same_promotion"]),
        "no_contact": len(told["lot", "to:end"]),
    }
    for name, steps in (
        ("personalised", ("personalised_1", "personalised_else")),
        ("same_promotion", ("same_promotion",)),
    ):
        sent = {a: sum(len(told.get((s, f"sent:{a}"), ())) for s in steps) for a in ("texts", "mails")}
        assert {a: arms[name].by_account.get(a, 0) for a in sent} == sent
        unreachable = sum(len(told.get((s, "unreachable"), ())) for s in steps)
        assert arms[name].undone == ({"unreachable": unreachable} if unreachable else {})
    assert arms["no_contact"].by_account == arms["no_contact"].undone == {}


def test_the_base_is_the_audiences_own_past(spring):
    """Even members bought on day 1 + i % 28 of February: the last twenty days begin on the 18th."""
    planned = plan(spring, checked(spring, TEXT))
    bought = sum(1 for i in range(0, MEMBERS, 2) if 1 + i % 28 >= 18)
    assert planned.base.mean == pytest.approx(bought / MEMBERS)
    assert planned.base.measured == MEMBERS
    assert not planned.proposed
    money = plan(spring, checked(spring, TEXT.replace("bought", "spent"))).base
    spent = sum((10 * (i + 1) + 0.5) * (1 + i % 3) for i in range(0, MEMBERS, 2) if 1 + i % 28 >= 18)
    assert money.mean == pytest.approx(spent / MEMBERS)
    assert money.doing == pytest.approx(bought / MEMBERS)


def test_the_control_is_proposed_and_words_say_what_stays_hidden(spring):
    planned = plan(spring, checked(spring, TEXT.replace("{share: 0.2}", "{}")))
    assert planned.proposed
    alone = propose(planned.base, planned.base.mean * 0.2, MEMBERS, 2).control
    assert planned.shares["no_contact"] == pytest.approx(alone / MEMBERS, abs=1e-6)
    assert "Cannot tell with 60 customers" in plan_in_words(planned)[1].en
    assert planned.stages[-1] == MEMBERS
    assert list(planned.stages) == sorted(planned.stages)


def test_a_past_without_sales_sizes_nothing(spring):
    short = TEXT.replace("days: 20", "days: 1")
    planned = plan(spring, checked(spring, short))
    assert planned.sizing is None
    assert "nothing that a size could be worked out from" in plan_in_words(planned)[0].en
    assert sum(arm.customers for arm in planned.arms) == MEMBERS
    with pytest.raises(Invalid) as raised:
        plan(spring, checked(spring, short.replace("{share: 0.2}", "{}")))
    assert raised.value.faults[0].place == "rate"


@pytest.mark.scale
def test_it_says_whether_somebody_has_to_approve(spring):
    policy.apply(spring, "approval: {above: 59}\n")
    assert plan(spring, checked(spring, TEXT)).needs_approval
    policy.apply(spring, "approval: {above: 60}\n")
    assert not plan(spring, checked(spring, TEXT)).needs_approval
