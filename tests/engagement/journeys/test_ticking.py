"""Journeys played through: who enters, waits, is sent what, and leaves, by a clock that is moved."""

from datetime import timedelta

import pytest
from tests.engagement.conftest import MEMBERS, customers_of, member, more_orders
from tests.engagement.journeys.conftest import MORNING, at, audience, batches, journey, outcomes, standing

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.people import read_people
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.states import bring, pause, start, stop
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.audiences.refreshing import refresh

PHONES = [i for i in range(MEMBERS) if member(i)[5]]
MAILS = [i for i in range(MEMBERS) if member(i)[6]]
BUYERS = [i for i in range(MEMBERS) if i % 2 == 0]
SEND = "{step: hello, send: {content: hello, by: [texts]}}"
WAIT = "{step: w, wait: {days: 1}}"


def of(ws, members) -> set[int]:
    return set(customers_of(ws, list(members)))


def play(ws, text: str) -> None:
    apply(ws, text)
    start(ws, "play")
    refresh(ws)


def test_who_is_in_the_audience_waits_and_is_written_to(stage):
    refresh(stage)
    last = "{step: hello, send: {content: hello, by: [texts, mails]}}"
    play(stage, journey("{audience: buyers, present: true}", "{step: later, wait: {days: 1}}", last))
    (done,) = tick(stage)
    assert (done.entered, done.left) == (len(BUYERS), 0)
    assert standing(stage) == {"later": of(stage, BUYERS)}
    assert tick(stage) == []
    at(stage, MORNING + timedelta(days=1, minutes=1))
    (done,) = tick(stage)
    assert done.left == len(BUYERS)
    texts = {i for i in BUYERS if i in PHONES}
    mails = {i for i in BUYERS if i in MAILS} - texts
    assert batches(stage) == [("texts", of(stage, texts)), ("mails", of(stage, mails))]
    assert outcomes(stage)["hello", "unreachable"] == of(stage, set(BUYERS) - texts - mails)
    assert standing(stage) == {}
    assert tick(stage) == []


def test_branches_splits_and_goals_part_everybody_into_one_way(stage):
    refresh(stage)
    steps = (
        '{step: often, branch: {if: {tag: frequency, is: ">", value: 2}, then: thanks, otherwise: lot}}',
        "{step: lot, split: {some: 0.5, end: 0.5}}",
        "{step: some, wait: {days: 2}}",
        "{step: thanks, goal: {name: loyal, next: end}}",
    )
    goal = '{rule: {tag: monetary, is: ">", value: 500}}'
    play(stage, journey("{audience: buyers, present: true}", *steps, goal=goal))
    tick(stage)
    told = outcomes(stage)
    rich = of(stage, [i for i in BUYERS if (10 * (i + 1) + 0.5) * (1 + i % 3) > 500])
    often = of(stage, [i for i in BUYERS if i % 3 == 2])
    assert told["often", "goal"] == rich
    assert told["often", "yes"] == told["thanks", "goal:loyal"] == often - rich
    rest = of(stage, BUYERS) - often - rich
    assert told["lot", "to:some"] | told["lot", "to:end"] == rest
    assert standing(stage) == {"some": told["lot", "to:some"]}
    assert 0 < len(told["lot", "to:some"]) < len(rest)


def test_nobody_enters_twice_and_controls_are_left_alone(stage):
    play(stage, journey("{call: {}}", WAIT, control="0.2", again="{days: 3}"))
    everybody = OrdinalSet.first(MEMBERS)
    bring(stage, "play", "monday", everybody)
    bring(stage, "play", "monday", everybody)
    tick(stage)
    told = outcomes(stage)
    control, entered = told["start", "control"], told["start", "entered"]
    assert control | entered == set(range(MEMBERS))
    assert 3 < len(control) < 25
    bring(stage, "play", "again", everybody)
    tick(stage)
    assert outcomes(stage)["start", "inside"] == entered
    assert outcomes(stage)["start", "entered_before"] == control
    at(stage, MORNING + timedelta(days=2))
    tick(stage)
    bring(stage, "play", "too early", everybody)
    tick(stage)
    assert standing(stage) == {}
    at(stage, MORNING + timedelta(days=3))
    bring(stage, "play", "in time", everybody)
    (done,) = tick(stage)
    assert done.entered == len(entered)
    assert outcomes(stage)["start", "control"] == control


def test_quiet_hours_put_off_and_caps_hold_over_all_journeys(stage):
    policy.apply(stage, 'quiet: {from: "22:00", until: "09:00", purposes: [marketing]}\ncaps: [{most: 1, days: 2}]\n')
    first = journey("{call: {}}", SEND).replace("name: play", "name: first")
    for text in (first, journey("{call: {}}", SEND, again="{days: 0}")):
        apply(stage, text)
    for name in ("first", "play"):
        start(stage, name)
    some, night = OrdinalSet.of(customers_of(stage, PHONES[:8])), MORNING + timedelta(hours=13)
    at(stage, night)
    bring(stage, "play", "1", some)
    tick(stage)
    assert standing(stage)["hello"] == set(some.ordinals().tolist())
    assert batches(stage) == []
    bring(stage, "first", "1", OrdinalSet.of(customers_of(stage, PHONES[:3])))
    at(stage, MORNING + timedelta(days=1, hours=-1, minutes=1))
    tick(stage)
    assert batches(stage) == [("texts", of(stage, PHONES[:3])), ("texts", of(stage, PHONES[3:8]))]
    assert outcomes(stage)["hello", "capped:1/2"] == of(stage, PHONES[:3])
    for days, sent in ((2, 2), (3, 3)):
        at(stage, MORNING + timedelta(days=days))
        bring(stage, "play", f"day {days}", some)
        tick(stage)
        assert len(batches(stage)) == sent


def test_what_serves_comes_before_what_advertises_and_is_not_capped(stage):
    policy.apply(stage, "caps: [{most: 1, days: 1}]\n")
    for name, priority in (("advert", "marketing"), ("by_hand", "manual"), ("zz_notice", "service")):
        text = journey("{call: {}}", SEND, priority=priority)
        apply(stage, text.replace("name: play", f"name: {name}"))
        start(stage, name)
        bring(stage, name, "1", OrdinalSet.of(customers_of(stage, PHONES[:4])))
    tick(stage)
    assert outcomes(stage, "zz_notice")["hello", "sent:texts"] == of(stage, PHONES[:4])
    assert outcomes(stage, "by_hand")["hello", "capped:1/1"] == of(stage, PHONES[:4])
    assert outcomes(stage, "advert")["hello", "capped:1/1"] == of(stage, PHONES[:4])


def test_suppressed_customers_get_nothing_but_testers_do(stage):
    spent = '{rule: {tag: frequency, is: ">", value: 0}, purposes: [marketing]}'
    audience(stage, "buyers_of_one", '{tag: frequency, is: "=", value: 1}')
    policy.apply(stage, f"suppress: {{spent: {spent}}}\ntesters: buyers_of_one\n")
    play(stage, journey("{call: {}}", SEND))
    bring(stage, "play", "1", OrdinalSet.first(MEMBERS))
    tick(stage)
    assert outcomes(stage)["hello", "suppressed:spent"] == of(stage, [i for i in BUYERS if i % 3 != 0])


def test_waiting_until_something_happens_at_most_so_long(stage, tmp_path):
    refresh(stage)
    buys = '{until: {tag: frequency, is: ">", value: 0}, days: 7, then: end, otherwise: remind}'
    remind = "{step: remind, send: {content: hello, by: [texts]}}"
    play(stage, journey("{audience: idle, present: true}", f"{{step: buys, wait: {buys}}}", remind))
    tick(stage)
    idle = set(range(MEMBERS)) - set(BUYERS)
    assert standing(stage) == {"buys": of(stage, idle)}
    some = sorted(idle)[:5]
    more_orders(stage, tmp_path, some)
    tick(stage)
    assert outcomes(stage)["buys", "happened"] == of(stage, some)
    assert standing(stage) == {"buys": of(stage, idle - set(some))}
    at(stage, MORNING + timedelta(days=7, minutes=1))
    tick(stage)
    assert standing(stage) == {}
    assert outcomes(stage)["buys", "over"] == of(stage, idle - set(some))


def test_a_date_of_the_customer_is_met_on_its_day_also_after_an_hour_of_silence(stage):
    play(stage, journey('{date: {tag: joined, days: 7, at: "10:30"}}', WAIT))
    tick(stage)
    at(stage, MORNING + timedelta(hours=2))
    tick(stage)
    assert standing(stage) == {"w": of(stage, [i for i in range(MEMBERS) if 1 + i % 9 == 3])}
    at(stage, MORNING + timedelta(hours=3))
    assert tick(stage) == []


def test_who_enters_an_audience_later_comes_to_the_door_once(stage, tmp_path):
    refresh(stage)
    play(stage, journey("{audience: buyers}", WAIT))
    assert tick(stage) == []
    more_orders(stage, tmp_path, [1, 3])
    for _ in range(2):
        refresh(stage)
        drain(stage, ROOMS)
        tick(stage)
    assert standing(stage) == {"w": of(stage, [1, 3])}


def test_paused_nobody_moves_and_stopped_everybody_leaves(stage):
    play(stage, journey("{call: {}}", SEND, WAIT))
    bring(stage, "play", "1", OrdinalSet.first(9))
    pause(stage, "play")
    assert tick(stage) == []
    start(stage, "play")
    tick(stage)
    pause(stage, "play")
    at(stage, MORNING + timedelta(days=2))
    assert tick(stage) == []
    assert stop(stage, "play") == 9
    assert standing(stage) == {}
    with pytest.raises(Conflict):
        pause(stage, "play")


def test_who_is_inside_goes_on_in_his_version(stage):
    play(stage, journey("{call: {}}", WAIT, "{step: old, goal: {name: old}}"))
    bring(stage, "play", "1", OrdinalSet.first(5))
    tick(stage)
    apply(stage, journey("{call: {}}", WAIT, "{step: new, goal: {name: new}}"))
    bring(stage, "play", "2", OrdinalSet.first(10))
    tick(stage)
    at(stage, MORNING + timedelta(days=1, minutes=1))
    tick(stage)
    told = outcomes(stage)
    assert told["old", "goal:old"] == set(range(5))
    assert told["new", "goal:new"] == set(range(5, 10))


def test_the_dead_are_left_behind(stage):
    play(stage, journey("{call: {}}", WAIT))
    bring(stage, "play", "1", OrdinalSet.of([1, 2, MEMBERS + 40]))
    tick(stage)
    assert read_people(stage).alive.count() == MEMBERS
    assert outcomes(stage)["start", "gone"] == {MEMBERS + 40}
    assert standing(stage) == {"w": {1, 2}}


def test_who_has_reached_the_goal_is_thanked_once(stage):
    thank = "{step: thank, send: {content: hello, by: [texts], next: rest}}"
    goal = '{rule: {tag: frequency, is: ">", value: 0}, then: thank}'
    text = journey("{call: {}}", WAIT, "{step: over, exit: {}}", thank, "{step: rest, wait: {days: 3}}", goal=goal)
    play(stage, text)
    buyers = OrdinalSet.of(customers_of(stage, BUYERS))
    bring(stage, "play", "1", buyers)
    for hours in range(3):
        at(stage, MORNING + timedelta(hours=hours))
        tick(stage)
        assert standing(stage) == {"rest": of(stage, BUYERS)}
    assert len(batches(stage)) == 1
