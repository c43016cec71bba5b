"""Every shipped journey installs on the retail pack, keeps what stands already, and is laid out to be measured."""

import pytest

from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.engagement.content.definitions import find
from quanyu.engagement.journeys.definitions import load, text_of
from quanyu.engagement.journeys.installing import install, templates
from quanyu.engagement.journeys.model import Send
from quanyu.engagement.journeys.states import start
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.tags.packs import standing

NAMES = [each.name for each in templates()]


@pytest.fixture
def shop(workspace):
    for name, channel in (("texts", "sms"), ("guides", "wecom"), ("leaflets", "post")):
        add(workspace, Account(name, "file", channel, {"format": "csv"}, {}))
    return workspace


def test_the_six_that_a_retailer_begins_with():
    assert NAMES == ["birthday", "cart_left", "festival", "first_week", "second_purchase", "win_back"]
    assert all(each.title.zh and each.description.zh for each in templates())


@pytest.mark.parametrize("name", NAMES)
def test_a_template_installs_with_all_that_it_needs(shop, name: str):
    done = install(shop, name, ["guides", "texts"])
    assert done.kept == ()
    journey = load(shop, done.journey, 1, standing(shop).askables)
    sends = [step for step in journey.steps.values() if isinstance(step, Send)]
    assert sends
    assert all(send.by == ("guides", "texts") for send in sends)
    assert all(find(shop, send.content)[0].languages == ("zh", "en") for send in sends)
    assert (journey.control > 0) == (journey.priority != "promised"), "what is promised is not held out"
    start(shop, done.journey)
    again = install(shop, name, ["texts"])
    assert (again.added, set(again.kept)) == ((), set(done.added))
    assert "guides" in text_of(shop, done.journey)[0]


def test_what_stands_under_the_name_is_left_as_it_is(shop):
    install(shop, "win_back", ["texts"])
    before = stored(shop, "sop_dormant")
    install(shop, "win_back", ["texts"])
    assert stored(shop, "sop_dormant") == before


def test_what_does_not_fit_is_refused(shop):
    with pytest.raises(NotFound) as raised:
        install(shop, "winback", ["texts"])
    assert raised.value.allowed == ("win_back",)
    with pytest.raises(Invalid) as refused:
        install(shop, "win_back", ["leaflets", "nobody"])
    assert {fault.received for fault in refused.value.faults} == {'"leaflets"', '"nobody"'}
