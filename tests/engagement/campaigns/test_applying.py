"""Putting a campaign in force: once, sized from power where it does not say, and fast once customers are in it."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN, OTHER
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import journey

from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.definitions import checked, kept
from quanyu.engagement.campaigns.planning import plan
from quanyu.engagement.campaigns.releasing import release
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.engagement.journeys.states import bring
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet

BY_HAND = journey("{call: {}}", "{step: w, wait: {days: 1}}").replace("name: play", "name: spring")
SIZED = CAMPAIGN.replace("{share: 0.2}", "{}").replace("days: 14", "days: 30")


def test_the_same_again_changes_nothing(applied):
    again = apply(applied, CAMPAIGN, OTHER)
    assert (again.version, again.changed) == (1, False)
    changed = apply(applied, CAMPAIGN.replace("Spring, zh", "Springtime, zh"), OTHER)
    assert (changed.version, changed.changed) == (2, True)
    assert [(act.act, act.who) for act in acts_of(applied, "spring")] == [("applied", OTHER), ("applied", AUTHOR)]


def test_without_a_share_the_control_is_sized_from_power(spring):
    apply(spring, SIZED, AUTHOR)
    shares = kept(spring, "spring").shares
    planned = plan(spring, checked(spring, SIZED))
    assert planned.proposed
    assert shares == planned.shares
    assert shares["no_contact"] == pytest.approx(planned.sizing.control / MEMBERS, abs=1 / MEMBERS)
    assert shares["personalised"] == shares["same_promotion"]
    assert sum(shares.values()) == pytest.approx(1)


def test_once_customers_are_in_it_its_arms_stay(applied):
    release(applied, "spring", AUTHOR)
    for text in (
        CAMPAIGN.replace("{share: 0.2}", "{share: 0.1}"),
        CAMPAIGN.replace("{share: 0.2}", "{}"),
        CAMPAIGN.replace("audience: everybody", "audience: buyers"),
        "".join(line for line in CAMPAIGN.splitlines(keepends=True) if "same_promotion" not in line),
    ):
        with pytest.raises(Conflict):
            apply(applied, text, AUTHOR)
    assert apply(applied, CAMPAIGN.replace("content: hello, by: [texts, mails]", "content: hello, by: [mails]"), AUTHOR)
    assert kept(applied, "spring").version == 2


def test_its_journey_is_not_changed_or_entered_by_hand(applied):
    with pytest.raises(Conflict) as raised:
        apply_journey(
            applied, journey("{call: {}}", "{step: w, wait: {days: 1}}").replace("name: play", "name: spring")
        )
    assert raised.value.allowed == ("kept by campaigns",)
    with pytest.raises(Conflict):
        bring(applied, "spring", "1", OrdinalSet.first(MEMBERS))


def test_the_name_of_a_journey_is_taken(spring):
    apply_journey(spring, BY_HAND)
    with pytest.raises(Conflict) as raised:
        apply(spring, CAMPAIGN, AUTHOR)
    assert raised.value.allowed == ("kept by hand",)
