"""What runs and leaves some alone stands on the first page with its lift, as its report says it."""

from datetime import timedelta

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN, furnish_spring
from tests.engagement.conftest import MEMBERS, furnish
from tests.engagement.journeys.conftest import MORNING, at, journey

from quanyu.app.lifts import lifts, renew_lifts
from quanyu.app.overview import overview
from quanyu.engagement.campaigns.applying import apply as apply_campaign
from quanyu.engagement.campaigns.releasing import release
from quanyu.engagement.campaigns.reporting import report as report_campaign
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.effects import report
from quanyu.engagement.journeys.states import bring, pause, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.sets.algebra import OrdinalSet

WAIT = "{step: w, wait: {days: 1}}"


@pytest.fixture
def running(workspace, tmp_path):
    """The club with a campaign of which a stage is out, a journey with a control group, and one without."""
    furnish(workspace, tmp_path)
    furnish_spring(workspace)
    apply_campaign(workspace, CAMPAIGN, AUTHOR)
    for name, more in (("play", {"control": "0.3"}), ("open", {})):
        apply(workspace, journey("{call: {}}", WAIT, **more).replace("name: play", f"name: {name}"))
        start(workspace, name)
    bring(workspace, "play", "1", OrdinalSet.first(MEMBERS))
    release(workspace, "spring", AUTHOR)
    return workspace


def test_it_is_told_with_its_lift_as_its_report_says(running):
    told = lifts(running)
    assert {each["name"] for each in told} == {"play", "spring"}
    assert all("made_at" not in each for each in told)
    renew_lifts(running)
    assert lifts(running) == told, "nobody looks at the page"
    overview(running)
    renew_lifts(running)
    assert all(each["why_not"]["zh"] for each in lifts(running)), "nobody has come in"
    tick(running)
    renew_lifts(running)
    play, spring = lifts(running)
    assert (play["name"], play["page"], play["outcome"]) == ("play", "/journeys/play?tab=effect", "bought")
    assert (spring["page"], spring["days"], spring["preliminary"]) == ("/campaigns/spring?tab=report", 14, True)
    assert play["entered"] > spring["entered"] > 0
    for found, whole in ((play, report(running, "play")), (spring, report_campaign(running, "spring").effects)):
        effects = {each.arm: each for each in whole.analysis.effects if each.outcome == "bought"}
        assert {each["arm"] for each in found["effects"]} == set(effects) != set()
        for each in found["effects"]:
            assert each["absolute"] == effects[each["arm"]].absolute
            assert each["absolute_low"] == effects[each["arm"]].absolute_low
        assert found["settled_on"] == whole.settled_on.isoformat()


def test_it_is_reported_anew_each_day_and_no_more_when_it_is_held(running):
    overview(running)
    tick(running)
    renew_lifts(running)
    first = lifts(running)[0]["made_at"]
    at(running, MORNING + timedelta(hours=2))
    renew_lifts(running)
    assert lifts(running)[0]["made_at"] == first
    at(running, MORNING + timedelta(days=1))
    renew_lifts(running)
    assert lifts(running)[0]["made_at"] > first
    pause(running, "play")
    assert [each["name"] for each in lifts(running)] == ["spring"]
