"""A campaign in the simulated channel: planned, tried, approved, let out in stages, watched, stopped, followed."""

import csv
from datetime import timedelta

import pytest
from tests.conftest import delivered
from tests.engagement.conftest import MEMBERS, club, club_home, customers_of, furnished
from tests.engagement.journeys.conftest import CONTENT, MORNING, at, audience

from quanyu.app.house import refresh
from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.approving import approve
from quanyu.engagement.campaigns.definitions import checked
from quanyu.engagement.campaigns.planning import plan
from quanyu.engagement.campaigns.releasing import BY_ITSELF, release, resume
from quanyu.engagement.campaigns.reporting import report
from quanyu.engagement.campaigns.standing import detail
from quanyu.engagement.campaigns.trying import try_out
from quanyu.engagement.campaigns.waves import draft
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.reading import read_file
from quanyu.engagement.channels.receiving import receive
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.telling import tell
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.tracing import trace

__all__ = ["club", "club_home", "furnished"]
AUTHOR, OTHER = "token:zhang.wei", "token:li.na"
CAMPAIGN = """name: spring
title: {en: Spring, zh: 春季}
owner: wang.fang
purpose: marketing
audience: everybody
goal: {outcome: bought, days: 20, lift: 0.5}
arms:
  personalised: {content: for_you, by: [texts]}
  same_promotion: {content: hello, by: [texts]}
  no_contact: {}
stages:
  - {share: 0.3, watch: {hours: 24}, then: automatic}
  - {share: 1}
"""
LINE = "order_number customer product quantity amount placed_at"


def go(ws, **after: float) -> None:
    """Do what the worker does, at an instant."""
    at(ws, MORNING + timedelta(**after))
    refresh(ws)
    refresh(ws)  # what a campaign let out in the first round moves in the second
    with Delivery(ws, installed(), INSTALLED) as delivery:
        delivery.deliver(10.0)
    tell(ws)


def written(ws) -> set[str]:
    """Return the messages that the simulated people have got."""
    files = sorted((ws.settings.home / "channels").rglob("*.csv"))
    return {row["message_id"] for file in files for row in csv.DictReader(file.open(encoding="utf-8"))}


def answer(ws, folder, event: str, ids) -> None:
    file = folder / f"{event}.csv"
    rows = (f"{each},{event},2026-03-10T11:00:00" for each in ids)
    file.write_text("\n".join(["message_id,event,occurred_at", *rows]))
    receive(ws, read_file(file, installed().get("simulated"), ws.time_zone))


@pytest.mark.scale
def test_from_the_plan_to_the_next_wave(club, tmp_path):
    add(club, Account("texts", "simulated", "sms", {}, {}))
    apply_content(club, CONTENT)
    apply_content(
        club,
        CONTENT.replace("name: hello", "name: for_you").replace("您好", "{{ customer.name | default: '会员' }}您好"),
    )
    audience(club, "everybody", "{tag: frequency, is: is_known}")
    audience(club, "staff", '{tag: frequency, is: "=", value: 3}')
    policy.apply(club, "approval: {above: 40}\ntesters: staff\n")
    go(club)
    planned = plan(club, checked(club, CAMPAIGN))
    assert (planned.customers, planned.testers, planned.proposed) == (MEMBERS - 10, 10, True)
    apply(club, CAMPAIGN, AUTHOR)
    tried = try_out(club, "spring", AUTHOR)
    go(club, minutes=1)
    assert len(written(club)) == tried.messages > 0
    approve(club, "spring", OTHER)
    first = release(club, "spring", AUTHOR)
    go(club, minutes=2)
    of_first = written(club)
    answer(club, tmp_path, "unsubscribed", sorted(of_first)[:1])
    go(club, hours=25)
    assert [(act.act, act.who) for act in acts_of(club, "spring")][:2] == [
        ("released", BY_ITSELF),
        ("released", AUTHOR),
    ]
    found = detail(club, "spring")
    assert found.standing.customers == MEMBERS - 10 > first.customers
    ours = sorted(written(club) - of_first)
    planned_sent = sum(many for arm in planned.arms for many in arm.by_account.values())
    assert (
        planned_sent - 1 <= len(written(club)) - tried.messages <= planned_sent
    )  # one unsubscribed meanwhile, perhaps
    answer(club, tmp_path, "complained", ours[:1])
    go(club, hours=26)
    assert [act.act for act in acts_of(club, "spring")][:1] == ["guarded"]
    resume(club, "spring", AUTHOR)
    reasons = {each.journey for customer in customers_of(club, range(5)) for each in trace(club, customer)}
    assert reasons <= {"spring"}
    buys = [(f"n{i}", f"m{i}", "A", 1, "10.00", "2026-03-12 12:00") for i in (1, 7, 13)]
    delivered(club, tmp_path, "order_line", LINE, buys, source="club")
    go(club, days=4)
    told = report(club, "spring")
    assert told.effects.preliminary
    assert sum(told.customers.values()) == MEMBERS - 10
    assert told.counted.answers["complained"] == 1
    wave = draft(club, "spring", AUTHOR)
    assert apply(club, wave.text, AUTHOR).changed
    assert wave.lists["spring_again"] + wave.lists["spring_converted"] + told.customers["no_contact"] == MEMBERS - 10
