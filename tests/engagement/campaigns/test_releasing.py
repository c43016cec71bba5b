"""Stages of a campaign: nested, watched, each to nobody twice, held and let go on."""

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.engagement.campaigns.actor import VERBS
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN, MORNING, OTHER, at, deliver, later
from tests.engagement.channels.world import Receiver, add_hook, start_delivery, start_receiver, wait_for
from tests.engagement.conftest import MEMBERS, customers_of, more_orders
from tests.engagement.journeys.conftest import batches, outcomes

from quanyu.engagement.campaigns import applying, releasing
from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.releasing import BY_ITSELF, release, resume, stop, watch
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.states import standings
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.refreshing import refresh


def entered(ws) -> set[int]:
    return outcomes(ws, "spring").get(("start", "entered"), set())


def lot(share: float) -> set[int]:
    return set(drawn(OrdinalSet.first(MEMBERS), share, "stage/spring").ordinals().tolist())


def test_stages_are_nested_and_nobody_is_written_to_twice(applied):
    first = release(applied, "spring", AUTHOR)
    assert (first.stage, first.changed, first.customers) == (1, True, len(lot(0.3)))
    tick(applied)
    assert entered(applied) == lot(0.3)
    assert tick(applied) == []
    again = release(applied, "spring", AUTHOR, 1)
    assert (again.stage, again.changed, again.customers) == (1, False, len(lot(0.3)))
    later(applied, hours=25)
    release(applied, "spring", AUTHOR)
    tick(applied)
    assert entered(applied) == lot(0.6)
    later(applied, hours=28)
    assert release(applied, "spring", AUTHOR).customers == MEMBERS - len(lot(0.6))
    tick(applied)
    assert entered(applied) == set(range(MEMBERS))
    told = outcomes(applied, "spring")
    assert ("start", "entered_before") not in told
    sent = [customer for _, members in batches(applied) for customer in members]
    assert len(sent) == len(set(sent)) > 30
    assert not set(sent) & told["lot", "to:end"]
    with pytest.raises(Conflict):
        release(applied, "spring", AUTHOR)


def test_a_stage_is_watched_before_the_next(applied):
    release(applied, "spring", AUTHOR)
    with pytest.raises(Conflict) as raised:
        release(applied, "spring", AUTHOR)
    over = acts_of(applied, "spring")[0].at + timedelta(hours=24)
    assert raised.value.allowed == (f"from {over:%Y-%m-%d %H:%M} UTC",)
    assert release(applied, "spring", AUTHOR, early=True).stage == 2
    later(applied, hours=3)
    with pytest.raises(Conflict):
        release(applied, "spring", AUTHOR, 5)


def test_what_goes_on_by_itself_does_when_its_watch_is_over(applied):
    assert watch(applied) == []
    release(applied, "spring", AUTHOR)
    assert watch(applied) == []
    later(applied, hours=25)
    (said,) = watch(applied)
    assert "stage 2" in said.en
    later(applied, hours=30)
    assert watch(applied) == []  # that stage is let out by hand
    assert [(act.act, act.who) for act in acts_of(applied, "spring")] == [
        ("released", BY_ITSELF),
        ("released", AUTHOR),
        ("applied", AUTHOR),
    ]


@pytest.mark.scale
def test_who_comes_later_into_the_audience_comes_with_the_next_stage(applied, tmp_path):
    apply(applied, CAMPAIGN.replace("name: spring", "name: autumn").replace("everybody", "buyers"), AUTHOR)
    release(applied, "autumn", AUTHOR)
    tick(applied)
    more_orders(applied, tmp_path, range(1, MEMBERS, 2))
    refresh(applied)
    release(applied, "autumn", AUTHOR, early=True)
    tick(applied)
    drawn_now = set(drawn(OrdinalSet.first(MEMBERS), 0.6, "stage/autumn").ordinals().tolist())
    assert outcomes(applied, "autumn")["start", "entered"] == drawn_now
    assert ("start", "entered_before") not in outcomes(applied, "autumn")


def test_stopped_nobody_enters_and_what_is_in_the_outbox_waits(applied):
    release(applied, "spring", AUTHOR)
    tick(applied)
    stop(applied, "spring", OTHER)
    stop(applied, "spring", OTHER)
    with pytest.raises(Conflict):
        release(applied, "spring", AUTHOR, early=True)
    later(applied, hours=25)
    assert watch(applied) == []
    assert tick(applied) == []
    (state,) = standings(applied, "spring")
    assert state.state == "paused"
    resume(applied, "spring", OTHER)
    (state,) = standings(applied, "spring")
    assert state.state == "running"
    release(applied, "spring", AUTHOR)
    assert [act.act for act in acts_of(applied, "spring")][:4] == ["released", "resumed", "stopped", "stopped"]


def test_what_is_let_out_is_the_content_of_that_moment(applied):
    """Quiet hours put it off; what is applied meanwhile goes out with the next stage only."""
    policy.apply(applied, 'quiet: {from: "22:00", until: "09:00", purposes: [marketing]}\n')
    at(applied, MORNING + timedelta(hours=13))
    release(applied, "spring", AUTHOR)
    tick(applied)
    apply_content(applied, CONTENT_2)
    at(applied, MORNING + timedelta(hours=23, minutes=1))
    tick(applied)
    assert versions(applied, "hello") == {1}
    later(applied, hours=50)
    release(applied, "spring", AUTHOR)
    tick(applied)
    assert versions(applied, "hello") == {1, 2}


CONTENT_2 = """name: hello
title: {en: Hello, zh: 你好}
languages: [zh]
channels:
  sms: {zh: {text: "又见面了"}}
  email: {zh: {subject: "您好", text: "又见面了"}}
"""


def versions(ws, content: str) -> set[int]:
    with ws.begin() as connection:
        query = sa.select(channel_batch.c.content_version).where(channel_batch.c.content == content)
        return set(connection.execute(query).scalars())


@pytest.mark.scale
def test_testers_are_in_no_stage(applied):
    policy.apply(applied, "testers: staff\n")
    staff = {c for i in range(MEMBERS) if i % 2 == 0 and i % 3 == 2 for c in customers_of(applied, [i])}
    for early in (False, True, True):
        release(applied, "spring", AUTHOR, early=early)
    tick(applied)
    assert len(staff) == 10
    assert entered(applied) == set(range(MEMBERS)) - staff


def act(environment: dict[str, str], verb: str, failpoint: str) -> int:
    root = str(Path(__file__).parents[3])
    told = {**environment, "QUANYU_FAILPOINT": failpoint, "PYTHONPATH": root}
    command = ["python", "-m", "tests.engagement.campaigns.actor", verb]
    return subprocess.run(command, env=told, cwd=root).returncode


POINTS = [*(("apply", point) for point in applying.FAILPOINTS), *(("release", point) for point in releasing.FAILPOINTS)]


@pytest.mark.each_point
@pytest.mark.parametrize(("verb", "failpoint"), POINTS)
def test_a_process_that_dies_anywhere_lets_nobody_in_twice_or_never(spring, environment, verb, failpoint):
    for each in ("apply", "release"):
        if each == verb:
            assert act(environment, verb, failpoint) == -signal.SIGKILL
        VERBS[each](spring)
    tick(spring)
    assert entered(spring) == lot(0.3)
    assert [act.act for act in acts_of(spring, "spring")] == ["released", "applied"]
    assert release(spring, "spring", AUTHOR, 1).changed is False


def test_two_who_let_one_stage_out_at_once_let_it_out_once(applied):
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda _: release(applied, "spring", AUTHOR, 1), range(2)))
    assert sorted(each.changed for each in done) == [False, True]
    tick(applied)
    assert entered(applied) == lot(0.3)


@pytest.mark.long
def test_a_stop_holds_within_a_second_and_going_on_loses_and_doubles_nothing(applied, environment, tmp_path):
    receiver = start_receiver(tmp_path)
    try:
        hook(applied, receiver, "/slow/300")
        for early in (False, True, True):
            release(applied, "spring", AUTHOR, early=early)
        tick(applied)
        all_of_it = sum(len(members) for _, members in batches(applied))
        running = start_delivery(environment)
        assert wait_for(lambda: len(receiver.arrived()) > 2)
        stop(applied, "spring", OTHER)
        time.sleep(1.0)
        before = len(receiver.arrived())
        time.sleep(1.0)
        assert running.wait(30) == 0
        hook(applied, receiver, "/ok")
        deliver(applied)
        assert len(receiver.arrived()) == before < all_of_it
        resume(applied, "spring", OTHER)
        deliver(applied)
        arrived = receiver.arrived()
        assert len(arrived) == len(set(arrived)) == all_of_it
    finally:
        receiver.stop()


def hook(ws: Workspace, receiver: Receiver, path: str) -> None:
    for name in ("texts", "mails"):
        add_hook(ws, receiver.url(path), name, batch=1, requests=2, idempotent=False)
