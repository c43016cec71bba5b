"""A campaign's file: all its faults at once with their lines, and back again as it was written."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.definitions import kept, newest, parse
from quanyu.engagement.campaigns.model import LIMITS, NO_CONTACT, PERSONALISED
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound

FAULTY = """name: Spring
title: {en: Spring}
owner: wang.fang
purpose: marketing
goal: {outcome: applause, days: 0, lift: -1}
arms:
  personalised: {content: for_you, by: [texts, texts], share: 0.5}
  same_promotion: {content: hello, cases: [{audience: vip}]}
  nobody: {}
stages:
  - {share: 0.5, then: automatic}
  - {share: 0.2, watch: {weeks: 1}, then: never}
guards: {bounced: 5, applauded: 0.1}
priority: promised
"""


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as raised:
        parse(read(text), text)
    for fault in raised.value.faults:
        assert fault.problem.en != fault.problem.zh
    return [(fault.place, fault.problem.en) for fault in raised.value.faults]


def test_all_faults_are_named_at_once():
    places = [place for place, _ in refused(FAULTY)]
    assert places == [
        "line 1: audience",
        "line 1: name",
        "line 2: title.zh",
        "line 5: goal.outcome",
        "line 5: goal.days",
        "line 5: goal.lift",
        "line 7: arms.no_contact",
        "line 7: arms.personalised.by[1]",
        "line 7: arms",
        "line 8: arms.same_promotion.by",
        "line 8: arms.same_promotion.cases[0].content",
        "line 9: arms.nobody",
        "line 11: stages[0].watch",
        "line 12: stages[1].watch.weeks",
        "line 12: stages[1].then",
        "line 13: guards.applauded",
        "line 13: guards.bounced",
        "line 14: priority",
    ]


@pytest.mark.parametrize(
    ("given", "instead", "place"),
    [
        ("{share: 0.2}", "{share: 1}", "arms.no_contact.share"),
        ("by: [texts, mails]}\n  same", "by: [texts], share: 0.9}\n  same", "arms"),
        ("  - {share: 1}\n", "", "stages"),
        ("{share: 0.6, watch", "{share: 0.3, watch", "stages"),
        ("{share: 0.3, watch", "{share: 0, watch", "stages[0].share"),
    ],
)
def test_what_does_not_fit_together(given, instead, place):
    (fault,) = refused(CAMPAIGN.replace(given, instead))
    assert fault[0].endswith(f": {place}")


def test_what_is_not_said_has_good_values():
    text = CAMPAIGN[: CAMPAIGN.index("stages:")].replace("{share: 0.2}", "{}")
    found = parse(read(text), text)
    assert [(stage.share, stage.watch.days) for stage in found.stages] == [(0.01, 1), (1.0, 0)]
    assert found.guards == LIMITS
    assert found.priority == "marketing"
    assert found.arms[NO_CONTACT].share is None


def test_it_is_kept_as_it_was_written_and_may_be_json(applied):
    found = kept(applied, "spring")
    assert (found.version, found.author) == (1, AUTHOR)
    assert found.campaign.text == CAMPAIGN
    assert parse(read(found.campaign.text), CAMPAIGN) == found.campaign
    assert list(newest(applied)) == ["spring"]
    assert found.campaign.arms[PERSONALISED].sayings[0].by == ("texts", "mails")
    with pytest.raises(NotFound) as raised:
        kept(applied, "sprung")
    assert raised.value.allowed == ("spring",)


def test_what_is_not_there_is_named_with_its_line(spring):
    text = CAMPAIGN.replace("audience: everybody", "audience: everyone").replace("content: hello", "content: hallo")
    text = text.replace(
        "{content: for_you, by: [texts, mails]}",
        "{content: for_you, by: [texts, post], cases: [{audience: vip, content: hello, by: [mails]}]}",
    )
    with pytest.raises(Invalid) as raised:
        apply(spring, text, AUTHOR)
    assert [(fault.place, fault.received) for fault in raised.value.faults] == [
        ("line 5: audience", '"everyone"'),
        ("line 8: arms.personalised.cases[0].audience", '"vip"'),
        ("line 8: arms.personalised.by[1]", '"post"'),
        ("line 9: arms.same_promotion.content", '"hallo"'),
    ]
