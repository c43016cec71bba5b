"""What came back of a campaign is counted once each, without testers, and stops it where a limit is passed."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, OTHER, deliver, later
from tests.engagement.channels.world import Receiver, add_hook, start_receiver
from tests.engagement.conftest import MEMBERS

from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.guarding import Counted, count, passed
from quanyu.engagement.campaigns.releasing import BY_ITSELF, release, resume, watch
from quanyu.engagement.campaigns.trying import try_out
from quanyu.engagement.channels.receiving import receive
from quanyu.engagement.channels.spec import Response
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.ticking import tick


@pytest.fixture
def receiver(tmp_path):
    started = start_receiver(tmp_path)
    yield started
    started.stop()


def answer(ws, ids: list[str], event: str) -> None:
    receive(ws, [Response(each, event, None, None) for each in ids])


def sent(ws, receiver: Receiver) -> list[str]:
    add_hook(ws, receiver.url(), "texts")
    release(ws, "spring", AUTHOR)
    tick(ws)
    add_hook(ws, receiver.url(), "mails")
    deliver(ws)
    return receiver.arrived()


def test_limits_are_shares_of_a_hundred_messages_at_least(applied):
    found = kept(applied, "spring").campaign
    assert passed(found, Counted(10, {"unsubscribed": 1, "bounced": 5})) == []
    (over,) = passed(found, Counted(10, {"unsubscribed": 2}))
    assert (over.word, over.answers, over.messages, over.limit) == ("unsubscribed", 2, 10, 0.01)
    assert passed(found, Counted(1_000, {"unsubscribed": 10, "complained": 1, "bounced": 50})) == []
    words = [each.word for each in passed(found, Counted(1_000, dict.fromkeys(found.guards, 51)))]
    assert words == ["unsubscribed", "complained", "bounced"]


def test_a_campaign_whose_limit_is_passed_stops_by_itself_and_may_go_on(applied, receiver):
    ids = sent(applied, receiver)
    assert len(ids) > 5
    answer(applied, ids[:1] * 2, "unsubscribed")
    answer(applied, ids[:3], "opened")
    seen = count(applied, "spring")
    assert (seen.messages, seen.answers) == (len(ids), {"unsubscribed": 1, "complained": 0, "bounced": 0})
    assert watch(applied) == []
    answer(applied, ids[1:2], "unsubscribed")
    (said,) = watch(applied)
    assert f"unsubscribed 2/{len(ids)} > 0.01" in said.en
    assert watch(applied) == []
    guarded = acts_of(applied, "spring")[0]
    assert (guarded.act, guarded.who) == ("guarded", BY_ITSELF)
    assert tick(applied) == []
    resume(applied, "spring", OTHER)
    assert watch(applied) == []  # whoever let it go on has seen those
    answer(applied, ids[2:4], "unsubscribed")
    assert len(watch(applied)) == 1


@pytest.mark.scale
def test_what_an_address_refuses_counts_as_bounced(applied, receiver):
    add_hook(applied, receiver.url("/each"), "texts")
    add_hook(applied, receiver.url("/each"), "mails")
    for early in (False, True, True):
        release(applied, "spring", AUTHOR, early=early)
    tick(applied)
    deliver(applied)
    seen = count(applied, "spring")
    assert seen.answers["bounced"] == 0
    later(applied, hours=1)
    answer(applied, receiver.arrived()[:6], "bounced")
    assert count(applied, "spring").answers["bounced"] == 6
    assert seen.messages == len(receiver.arrived()) < MEMBERS


def test_testers_are_not_counted(applied, receiver):
    policy.apply(applied, "testers: staff\n")
    for name in ("texts", "mails"):
        add_hook(applied, receiver.url(), name)
    try_out(applied, "spring", AUTHOR)
    deliver(applied)
    answer(applied, receiver.arrived(), "complained")
    assert receiver.arrived()
    assert count(applied, "spring") == Counted(0, {"unsubscribed": 0, "complained": 0, "bounced": 0})
