"""Definitions of journeys: every fault at once, by the place where it stands."""

import pytest
from tests.engagement.journeys.conftest import audience, journey

from quanyu.engagement.journeys.definitions import apply, newest, text_of
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.targeting.audiences.refreshing import refresh


def faults(ws, text: str) -> dict[str, str | None]:
    with pytest.raises(Invalid) as raised:
        apply(ws, text)
    return {fault.place.rpartition(": ")[2]: fault.received for fault in raised.value.faults}


FAULTY = """name: First Week
title: {en: x, zh: x}
purpose: marketing
priority: urgent
start: {audience: buyers, call: {}}
again: {weeks: 2}
control: 12
goal: {rule: {tag: frequence, is: ">", value: 1}, then: nowhere}
steps:
  - {step: a, wait: {days: -1}}
  - {step: a, wait: {at: "25:00"}}
  - {step: end, exit: {}}
  - {step: b, branch: {if: {tag: frequency, is: ">", value: many}, then: c}}
  - {step: d, split: {a: 0.5, b: 0.4}}
  - {step: e, wait: {days: 1}, exit: {}}
  - {step: f, send: {content: hello}}
  - {step: g, wait: {until: {tag: frequency, is: ">", value: 1}}}
"""


def test_every_fault_at_once(stage):
    assert set(faults(stage, FAULTY)) == {
        "name",
        "priority",
        "start",
        "again.weeks",
        "control",
        "goal.rule.tag",
        "goal.then",
        "steps[0].wait.days",
        "steps[0].wait",
        "steps[1].step",
        "steps[1].wait.at",
        "steps[1].wait",
        "steps[2].step",
        "steps[3].branch.if.value",
        "steps[3].branch.then",
        "steps[4].split",
        "steps[5]",
        "steps[6].send.by",
        "steps[7].wait",
    }


@pytest.mark.parametrize(
    ("steps", "places"),
    [
        (("{step: a, exit: {}}", "{step: b, exit: {}}"), {"steps[1]"}),
        (('{step: a, branch: {if: {tag: frequency, is: ">", value: 1}, then: a}}',), {"steps[0]"}),
        (("{step: a, goal: {name: x, next: b}}", "{step: b, goal: {name: y, next: a}}"), {"steps[0]"}),
        (("{step: a, goal: {name: x, next: b}}", "{step: b, wait: {days: 1, next: a}}"), set()),
    ],
)
def test_ways_that_lead_nowhere_or_come_back_at_once(stage, steps, places):
    text = journey("{call: {}}", *steps)
    if places:
        assert set(faults(stage, text)) == places
    else:
        assert apply(stage, text).changed


def test_what_is_named_is_there(stage):
    text = journey(
        "{audience: byers}",
        "{step: a, send: {content: helo, by: [texts]}}",
        "{step: b, send: {content: hello, by: [texts, pigeons]}}",
    )
    assert faults(stage, text) == {
        "start": '"byers"',
        "steps[0].send.content": '"helo"',
        "steps[1].send.by[1]": '"pigeons"',
    }


LIT = '{{tag: light_{channel}, is: "{is_}", value: reachable}}'


def test_an_account_that_reaches_nobody_in_the_audience(stage):
    no_text, mail = LIT.format(channel="sms", is_="!="), LIT.format(channel="email", is_="=")
    audience(stage, "by_mail_alone", f"{{all: [{no_text}, {mail}]}}")
    text = journey("{audience: by_mail_alone}", "{step: hello, send: {content: hello, by: [texts, mails]}}")
    assert apply(stage, text).changed, "nobody knows yet who is in it"
    refresh(stage)
    assert faults(stage, text.replace("Play", "Again")) == {"steps[0].send.by[0]": '"texts"'}
    assert apply(stage, text.replace("texts, mails", "mails")).changed
    assert apply(stage, text.replace("by_mail_alone}", "by_mail_alone, leaves: true}")).changed, "who leaves is another"


def test_a_branch_of_a_thousand_ways_is_the_most(stage):
    def of(ways: int) -> str:
        case = '{when: {tag: frequency, is: "=", value: %d}, then: end}'
        cases = ", ".join(case % n for n in range(ways))
        return journey("{call: {}}", f"{{step: a, branch: {{cases: [{cases}]}}}}")

    assert apply(stage, of(1_000)).changed
    assert faults(stage, of(1_001)) == {"steps[0].branch.cases": '"1,001"'}


def test_versions_and_the_text_as_it_was_written(stage):
    text = "# of spring\n" + journey("{call: {}}", "{step: a, exit: {}}")
    assert [(a.version, a.changed) for a in (apply(stage, text), apply(stage, text))] == [(1, True), (1, False)]
    assert apply(stage, text + "\n").version == 2
    assert text_of(stage, "play", 1) == (text, 1)
    assert newest(stage) == {"play": 2}
    with pytest.raises(NotFound) as raised:
        text_of(stage, "plai")
    assert raised.value.allowed == ("play",)


def test_a_name_that_an_address_has_already_is_refused(stage):
    for name in ("kinds", "templates"):
        with pytest.raises(Invalid) as refused:
            apply(
                stage,
                journey("{call: {}}", "{step: hello, send: {content: hello, by: [mails]}}").replace(
                    "name: play", f"name: {name}"
                ),
            )
        (fault,) = refused.value.faults
        assert (fault.received, fault.allowed) == (f'"{name}"', ("any other than kinds, templates",))
