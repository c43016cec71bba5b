"""The global control: by lot, another one each quarter, left alone by marketing and by nothing else."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import journey, outcomes

from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.holding import Quarter, holding, quarter_of, read_quarter
from quanyu.engagement.journeys.policy import apply as apply_policy
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import trace
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import lots

SEND = "{step: hello, send: {content: hello, by: [texts, mails]}}"
POLICY = "global_control: {share: 0.4}\n"


def play(ws, **more: str) -> dict[tuple[str, str], set[int]]:
    apply(ws, journey("{call: {}}", SEND, **more))
    start(ws, "play")
    bring(ws, "play", "1", OrdinalSet.first(MEMBERS))
    tick(ws)
    return outcomes(ws)


def test_marketing_leaves_them_alone_and_says_why(stage):
    apply_policy(stage, POLICY)
    told = play(stage)
    held = told["start", "global_control"]
    assert 0.2 < len(held) / MEMBERS < 0.6
    assert not held & told["start", "entered"]
    assert len(held | told["start", "entered"]) == MEMBERS
    (first, *_) = trace(stage, min(held))
    assert first.outcome == "global_control"
    assert "global control" in first.said.en
    assert "全局对照组" in first.said.zh


def test_who_is_inside_when_a_quarter_begins_is_not_written_to(stage):
    apply(stage, journey("{call: {}}", "{step: w, wait: {days: 40}}", SEND))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.first(MEMBERS))
    tick(stage)
    apply_policy(stage, POLICY)
    stage.clock.move(timedelta(days=41))
    tick(stage)
    told = outcomes(stage)
    held = told["hello", "global_control"]
    assert held
    sent = {key[1] for key in told if key[0] == "hello"}
    assert any(word.startswith("sent:") for word in sent)
    assert all(not held & told["hello", word] for word in sent if word.startswith("sent:"))


@pytest.mark.parametrize("more", [{"priority": "service"}, {"priority": "promised"}])
def test_service_and_promises_go_to_everybody(stage, more):
    apply_policy(stage, POLICY)
    told = play(stage, **more)
    assert ("start", "global_control") not in told
    assert len(told["start", "entered"]) == MEMBERS


def test_testers_are_never_held(stage):
    apply_policy(stage, POLICY + "testers: buyers\n")
    told = play(stage)
    apply_policy(stage, POLICY)
    assert holding(stage, 0.4, OrdinalSet.empty()).seed.startswith("global/")
    buyers = told["start", "entered"]
    assert len(buyers) > 0.6 * MEMBERS


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_every_day_is_in_its_quarter(day: date):
    quarter = quarter_of(day)
    assert quarter.first <= day <= quarter.last
    assert read_quarter(str(quarter)) == quarter
    assert quarter_of(quarter.last) == quarter_of(quarter.first) == quarter


def test_quarters_are_independent():
    people = np.arange(200_000)
    seeds = [f"global/1/{Quarter(2026, n)}" for n in (1, 2)] + ["global/2/2026Q1", "control/play"]
    held = [lots(people, seed) < 0.1 for seed in seeds]
    for i, one in enumerate(held):
        assert one.mean() == pytest.approx(0.1, abs=0.003)
        for other in held[:i]:
            assert (one & other).mean() == pytest.approx(0.01, abs=0.001)


def test_what_is_no_quarter():
    with pytest.raises(Invalid):
        read_quarter("2026Q5")
