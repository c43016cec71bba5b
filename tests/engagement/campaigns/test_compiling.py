"""A campaign becomes a journey that the room of journeys accepts, and that parts everybody as planned."""

import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.compiling import compiled
from quanyu.engagement.campaigns.definitions import kept, parse
from quanyu.engagement.campaigns.model import ARMS, NO_CONTACT
from quanyu.engagement.journeys.definitions import parse as parse_journey
from quanyu.engagement.journeys.definitions import text_of
from quanyu.engagement.journeys.model import Split
from quanyu.foundation.documents import read
from quanyu.targeting.fields.catalogue import Catalogue

CASES = "cases: [{audience: idle, content: hello, by: [mails]}]"
WITH_CASES = CAMPAIGN.replace("{content: for_you, by: [texts, mails]}", f"{{content: for_you, by: [texts], {CASES}}}")


@given(st.floats(1e-6, 0.999), st.integers(0, 100_000))
def test_any_share_survives_being_written(alone, minutes):
    text = CAMPAIGN + f"expires: {{minutes: {minutes}}}\n"
    rest = (1 - alone) / 2
    shares = dict.fromkeys(ARMS, rest) | {NO_CONTACT: alone}
    written = compiled(parse(read(text), text), shares, {"for_you": 3, "hello": 1})
    journey = parse_journey(read(written), Catalogue(()), "CNY", written)
    split = journey.steps["lot"]
    assert isinstance(split, Split)
    assert [share for share, _ in split.parts] == [rest, rest, alone]


def test_it_is_a_journey_of_the_usual_kind(spring):
    apply(spring, WITH_CASES, AUTHOR)
    text, version = text_of(spring, "spring")
    assert version == 1
    document = yaml.safe_load(text)
    assert document["start"] == {"call": {}}
    assert [(step["step"], next(k for k in step if k != "step")) for step in document["steps"]] == [
        ("lot", "split"),
        ("personalised", "branch"),
        ("personalised_1", "send"),
        ("personalised_else", "send"),
        ("same_promotion", "send"),
    ]
    assert document["steps"][0]["split"] == {"personalised": 0.4, "same_promotion": 0.4, "end": 0.2}
    assert document["steps"][2]["send"] == {"content": "hello", "version": 1, "by": ["mails"], "next": "end"}
    assert kept(spring, "spring").shares == {"personalised": 0.4, "same_promotion": 0.4, "no_contact": 0.2}
