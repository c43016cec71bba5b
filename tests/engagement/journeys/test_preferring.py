"""Accounts come in each customer's own order: by how often he answers there, less what a message costs."""

from datetime import timedelta

import numpy as np
import pytest
from tests.engagement.conftest import AS_OF, MEMBERS, customers_of
from tests.engagement.journeys.conftest import MORNING, at, batches, journey, outcomes, standing
from tests.engagement.journeys.test_ticking import MAILS, PHONES, of

from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import apply, parse
from quanyu.engagement.journeys.model import Preference
from quanyu.engagement.journeys.preferring import in_order
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.terms import apply as apply_terms
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply as apply_pack
from quanyu.targeting.tags.packs import standing as standing_pack

PACK = """pack: answers
tags:
  - name: dear_orders
    title: {en: Dear orders, zh: 高价订单数}
    description: {en: Orders of 300 and more., zh: 不低于 300 的订单数。}
    family: traits
    type: integer
    statistic: {over: orders, take: count, where: {column: amount, is: ">=", value: 300}}
  - name: most_pieces
    title: {en: Most pieces, zh: 最多件数}
    description: {en: Most pieces of a line; unknown without one., zh: 单行最多件数。}
    family: traits
    type: number
    statistic: {over: lines, take: max, of: quantity}
"""
PREFER = "prefer: {answers: {texts: dear_orders, mails: frequency}}"
BY = "content: hello, by: [texts, mails]"
CHANNELS = {"texts": "sms", "mails": "email"}
CHEAP = [i for i in range(0, MEMBERS, 2) if 10 * (i + 1) < 300]
"""They have orders, and none of them is a dear one."""


@pytest.fixture
def answering(stage: Workspace) -> Workspace:
    """The club, its tags with two that say how often somebody answers."""
    apply_pack(stage, PACK)
    compute(stage, AS_OF + timedelta(hours=2))
    return stage


def set_out(ws: Workspace, send: str, *steps: str) -> None:
    apply(ws, journey("{call: {}}", f"{{step: hello, send: {{{BY}, {send}}}}}", *steps))
    start(ws, "play")
    bring(ws, "play", "1", OrdinalSet.of(customers_of(ws, range(MEMBERS))))
    tick(ws)


def test_each_is_written_to_where_he_answers_most_and_as_listed_among_equals(answering: Workspace):
    set_out(answering, PREFER)
    mails = {i for i in MAILS if i in CHEAP or i not in PHONES}
    assert dict(batches(answering)) == {
        "mails": of(answering, mails),
        "texts": of(answering, set(PHONES) - mails),
    }
    assert outcomes(answering)["hello", "unreachable"] == of(answering, set(range(MEMBERS)) - set(PHONES) - mails)


def test_a_message_that_costs_has_to_be_answered_more(answering: Workspace):
    apply_terms(answering, "messages: {sms: 0.5}\n")
    set_out(answering, PREFER.replace("}}", "}, worth: 1}"))
    assert dict(batches(answering)) == {
        "mails": of(answering, MAILS),
        "texts": of(answering, set(PHONES) - set(MAILS)),
    }


def test_what_an_answer_is_worth_makes_up_for_the_price(answering: Workspace):
    """Dear orders are as many as orders from 300 on: three of them are worth more than a price of half a message."""
    apply_terms(answering, "messages: {email: 0.5}\n")
    everybody = OrdinalSet.of(customers_of(answering, range(MEMBERS)))
    found = in_order(answering, Preference({"texts": "dear_orders", "mails": "frequency"}, 0.2), CHANNELS, everybody)
    by_order = {order: set(whom.ordinals().tolist()) for order, whom in found}
    often = of(answering, [i for i in CHEAP if (1 + i % 3) * 0.2 > 0.5])
    assert by_order == {
        ("mails", "texts"): often,
        ("texts", "mails"): set(everybody.ordinals().tolist()) - often,
    }


def test_who_is_not_known_counts_as_the_average_of_those_who_are(answering: Workspace):
    """Of who never bought there are no pieces; all who did have one at most, and so counts he."""
    everybody = OrdinalSet.of(customers_of(answering, range(MEMBERS)))
    prefer = Preference({"texts": "frequency", "mails": "most_pieces"})
    found = {order: set(whom.ordinals().tolist()) for order, whom in in_order(answering, prefer, CHANNELS, everybody)}
    assert found[("mails", "texts")] == of(answering, range(1, MEMBERS, 2))
    assert found[("texts", "mails")] == of(answering, range(0, MEMBERS, 2))
    (only,) = in_order(answering, Preference({"mails": "gone_since"}), CHANNELS, everybody)
    assert only[0] == ("mails", "texts"), "a tag that has gone says nothing, and one that was named comes first"


def test_orders_part_everybody(answering: Workspace):
    members = OrdinalSet.of(np.arange(0, MEMBERS, 3))
    for prefer in (None, Preference({"texts": "frequency", "mails": "most_pieces"}, 3.0)):
        parts = [whom for _, whom in in_order(answering, prefer, CHANNELS, members)]
        assert sum(whom.count() for whom in parts) == members.count()
        assert [whom - members for whom in parts] == [OrdinalSet.empty()] * len(parts)
    assert in_order(answering, prefer, CHANNELS, OrdinalSet.empty()) == [(("texts", "mails"), OrdinalSet.empty())]


def test_what_is_not_delivered_goes_by_the_account_that_was_not_tried(answering: Workspace):
    set_out(
        answering, f"{PREFER}, fallback_after: {{hours: 4}}, next: end, unsent: lost", "{step: lost, wait: {days: 9}}"
    )
    cheap = of(answering, [i for i in CHEAP if i in MAILS])
    at(answering, MORNING + timedelta(hours=4, minutes=1))
    tick(answering)
    told = outcomes(answering)
    both = of(answering, [i for i in MAILS if i in PHONES])
    assert told["hello", "withdrawn:mails"] & both & cheap <= told["hello", "sent:texts"]
    assert told["hello", "sent:texts"] & told["hello", "sent:mails"] == both
    at(answering, MORNING + timedelta(hours=9))
    tick(answering)
    assert outcomes(answering)["hello", "sent:texts"] == of(answering, PHONES)
    assert standing(answering)["lost"] == of(answering, set(range(MEMBERS)) - (set(MAILS) & set(PHONES)))


@pytest.mark.parametrize(
    ("prefer", "place"),
    [
        ("{answers: {texts: nothing_such}}", "answers.texts"),
        ("{answers: {texts: monetary}}", "answers.texts"),
        ("{answers: {parcels: frequency}}", "answers"),
        ("{answers: {}}", "answers"),
        ("{worth: 2}", "prefer"),
        ("{answers: {texts: frequency}, worth: 0}", "worth"),
        ("{answers: {texts: frequency}, worth: much}", "worth"),
        ("often", "prefer"),
    ],
)
def test_faults_are_named(answering: Workspace, prefer: str, place: str):
    with pytest.raises(Invalid) as refused:
        apply(answering, journey("{call: {}}", f"{{step: hello, send: {{{BY}, prefer: {prefer}}}}}"))
    (fault,) = refused.value.faults
    assert place in fault.place


def test_a_canvas_keeps_it(answering: Workspace):
    text = journey("{call: {}}", f"{{step: hello, send: {{{BY}, {PREFER}}}}}")
    asked = standing_pack(answering).askables
    drawn = to_definition(to_canvas(text, asked, "CNY"))
    assert drawn["steps"][0]["send"]["prefer"] == {"answers": {"texts": "dear_orders", "mails": "frequency"}}
    assert parse(read(text), asked, "CNY", text).steps["hello"].prefer == Preference(
        {"texts": "dear_orders", "mails": "frequency"}
    )
