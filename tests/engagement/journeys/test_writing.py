"""A tick that is killed anywhere, or runs at the same time as another one or as a stop, counts once or not at all."""

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import MORNING, at, batches, journey, outcomes, standing

from quanyu.engagement.journeys import ticking
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.states import bring, start, stop
from quanyu.engagement.journeys.ticking import FAILPOINTS, tick
from quanyu.foundation.sets.algebra import OrdinalSet

CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.engagement.journeys.ticking import tick

with opened(Settings.load()) as home:
    tick(home.workspace())
"""
STEPS = ("{step: hello, send: {content: hello, by: [texts, mails]}}", "{step: w, wait: {days: 1}}")


@pytest.fixture
def two(stage):
    """Two journeys at whose doors everybody waits; caps let one of them through."""
    for name in ("first", "second"):
        apply(stage, journey("{call: {}}", *STEPS).replace("name: play", f"name: {name}"))
        start(stage, name)
        bring(stage, name, "all", OrdinalSet.first(MEMBERS))
    return stage


def story(ws) -> object:
    return [(outcomes(ws, name), standing(ws, name)) for name in ("first", "second")], sorted(batches(ws), key=str)


def undisturbed(ws) -> None:
    tick(ws)
    at(ws, MORNING + timedelta(days=1, minutes=1))
    tick(ws)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_the_next_tick_ends_where_an_undisturbed_one_does(two, environment, point: str):
    before = story(two)
    killed = subprocess.run(
        ["python", "-c", CHILD], env={**environment, "QUANYU_FAILPOINT": point}, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    if point != "journeys.moved":
        assert story(two) == before
    tick(two)
    told = story(two)
    assert tick(two) == []
    assert story(two) == told
    sent = [set(members) for _, members in batches(two)]
    assert sum(map(len, sent)) == len(set.union(*sent)), "nobody is written to twice"
    for name in ("first", "second"):
        assert standing(two, name) == {"w": set(range(MEMBERS))}
    reached = set.union(*sent)
    assert outcomes(two, "first").get(("hello", "unreachable"), set()) == set(range(MEMBERS)) - reached
    assert outcomes(two, "second")["hello", "capped:1/1"] == reached


def test_two_ticks_at_once_are_one(two):
    with ThreadPoolExecutor(4) as threads:
        done = [each for ticked in threads.map(lambda _: tick(two), range(4)) for each in ticked]
    assert sorted(each.journey for each in done) == ["first", "second"]
    assert len(batches(two)) == 2


def test_a_stop_in_the_middle_of_a_tick_holds(two, monkeypatch):
    running, stopped = ticking.still_running, []

    def after_a_stop(ws, connection, found) -> bool:
        if not stopped:
            stopped.append(stop(ws, "first"))
        return running(ws, connection, found)

    monkeypatch.setattr(ticking, "still_running", after_a_stop)
    (done,) = tick(two)
    assert done.journey == "second"
    assert standing(two, "first") == {}
    assert ("hello", "capped:1/1") not in outcomes(two, "second")
