"""Goods find people: who joined is written to by himself, what was sent is a fact again, and the effect is measured."""

import csv
from datetime import timedelta

from tests.engagement.conftest import MEMBERS, club, club_home, customers_of, furnished, member
from tests.engagement.journeys.conftest import CONTENT, MORNING, at, audience, journey

from quanyu.app.house import refresh
from quanyu.customers.messages.tables import MESSAGES
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.telling import tell
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.effects import report
from quanyu.engagement.journeys.states import standings, start
from quanyu.engagement.journeys.tracing import trace

__all__ = ["club", "club_home", "furnished"]


def test_from_joining_to_the_report(club):
    folder = club.settings.home / "channels"
    add(club, Account("texts", "file", "sms", {"format": "csv"}, {}))
    apply_content(club, CONTENT.replace("您好", "{{ customer.name | default: '会员' }}您好"))
    audience(club, "everybody", "{tag: frequency, is: is_known}")
    at(club, MORNING)
    refresh(club)
    apply(
        club,
        journey(
            "{audience: everybody, present: true}",
            "{step: hello, send: {content: hello, by: [texts]}}",
            "{step: week, wait: {days: 7}}",
            "{step: again, send: {content: hello, by: [texts]}}",
            control="0.2",
        ),
    )
    start(club, "play")
    for day in (0, 7):
        at(club, MORNING + timedelta(days=day, minutes=5))
        refresh(club)
        with Delivery(club, installed(), INSTALLED) as delivery:
            delivery.deliver(10.0)
        tell(club)
    (found,) = standings(club)
    reached = found.outcomes["hello", "sent:texts"]
    assert found.outcomes["again", "sent:texts"] == reached
    written = [row for file in sorted(folder.rglob("*.csv")) for row in csv.DictReader(file.open(encoding="utf-8-sig"))]
    assert len(written) == 2 * reached
    assert len({row["message_id"] for row in written}) == 2 * reached
    assert {row["text"] for row in written} <= {
        f"{name or '会员'}您好" for name in {member(i)[1] for i in range(MEMBERS)}
    }
    sent = club.lake.table(MESSAGES, club.lake.vector((MESSAGES,)))
    assert club.lake.count(sent.filter(sent["source"] == "quanyu")) == 2 * reached
    assert {each.outcome for each in trace(club, *customers_of(club, [1]))} & {"sent:texts", "control"}
    told = report(club, "play", days=7)
    assert {arm.name for arm in told.analysis.arms} == {"entered", "control"}
    assert told.preliminary
