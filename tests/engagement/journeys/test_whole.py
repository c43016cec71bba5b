"""What marketing as a whole changed: everybody else against those whom it left alone, since it did."""

from datetime import date, timedelta

import pytest
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import MORNING, at
from tests.engagement.journeys.test_effects import buy

from quanyu.engagement.journeys.holding import Quarter, seed_of
from quanyu.engagement.journeys.policy import apply as apply_policy
from quanyu.engagement.journeys.whole import report_whole
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn


def test_the_quarter_from_the_day_after_it_was_set(stage, tmp_path):
    apply_policy(stage, "global_control: {share: 0.3}\n")
    buy(stage, tmp_path, ("n1", 1, "100.00", "2026-03-11"), ("n2", 3, "50.00", "2026-03-10"))
    at(stage, MORNING + timedelta(days=5))
    found = report_whole(stage)
    held = drawn(OrdinalSet.first(MEMBERS), 0.3, seed_of(stage, Quarter(2026, 1)))
    assert {arm.name: arm.customers for arm in found.analysis.arms} == {
        "control": held.count(),
        "rest": MEMBERS - held.count(),
    }
    assert found.first_day == date(2026, 3, 10)
    assert found.first_day + timedelta(days=found.days) == date(2026, 3, 31)
    assert found.preliminary
    spent = next(effect for effect in found.analysis.effects if effect.outcome == "spent")
    total = spent.arm_mean * spent.arm_customers + spent.control_mean * spent.control_customers
    assert total == pytest.approx(100.0)
    assert not found.analysis.sample_ratio.alarm


def test_a_share_that_was_changed_counts_who_was_held_throughout(stage):
    apply_policy(stage, "global_control: {share: 0.3}\n")
    at(stage, MORNING + timedelta(days=2))
    apply_policy(stage, "global_control: {share: 0.5}\n")
    at(stage, MORNING + timedelta(days=5))
    sizes = {arm.name: arm.customers for arm in report_whole(stage).analysis.arms}
    seed, everybody = seed_of(stage, Quarter(2026, 1)), OrdinalSet.first(MEMBERS)
    assert sizes == {
        "control": drawn(everybody, 0.3, seed).count(),
        "rest": MEMBERS - drawn(everybody, 0.5, seed).count(),
    }


def test_where_nobody_is_held_there_is_nothing_to_say(stage):
    with pytest.raises(Conflict) as raised:
        report_whole(stage)
    assert "global_control" in str(raised.value.remedy)
    apply_policy(stage, "global_control: {share: 0.3}\n")
    with pytest.raises(Conflict):
        report_whole(stage, Quarter(2025, 4))
