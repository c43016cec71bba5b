"""Definitions of content: every fault at once, versions, and words that may not be said."""

import json

import pytest

from quanyu.engagement.content.definitions import apply, find, parse, stored
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound

TAGS = ("points", "language")
WELCOME = """name: welcome
title: {en: Welcome, zh: 欢迎}
languages: [zh, en]
links: {shop: "https://shop.example.org/new"}
channels:
  sms:
    zh: {text: "{{ customer.name | default: '会员' }}，您有 {{ tags.points | default: 0 }} 积分 {{ links.shop }}"}
    en: {text: "{{ customer.name | default: 'Dear member' }}, you have {{ tags.points | default: 0 }} points"}
  email:
    zh: {subject: "欢迎", text: "欢迎 {{ unsubscribe }}", html: "<p>欢迎 <a href='{{ unsubscribe }}'>退订</a></p>"}
    en: {subject: "Welcome", text: "Welcome {{ unsubscribe }}"}
"""


def test_a_whole_definition():
    content, warnings = parse(read(WELCOME), TAGS)
    assert (content.name, content.languages, content.channels) == ("welcome", ("zh", "en"), ("sms", "email"))
    assert content.variants["email"]["en"] == {"subject": "Welcome", "text": "Welcome {{ unsubscribe }}"}
    assert warnings == []


FAULTY = """name: Welcome!
title: {en: Welcome}
languages: [zh, zh, tlh]
links: {shop: "javascript:alert(1)", "Big Shop": "https://me:secret@example.org"}
colour: red
channels:
  fax: {zh: {text: x}}
  sms:
    zh: {text: "{{ tags.pionts }} {{ links.home }} {{ wallet.sum }} {{ unsubscribe.now }}", title: "x"}
  push:
    zh: {title: "一\\n二", text: "{% if x %}"}
  official_account:
    zh: {title: "最佳", text: ""}
  mini_program:
    zh: {title: "x", text: "二十个字以内这里写得太长了所以不行因为限制是二十个字"}
"""


def test_every_fault_at_once():
    with pytest.raises(Invalid) as raised:
        parse(read(FAULTY), TAGS)
    found = {(fault.place.partition(": ")[2], fault.received) for fault in raised.value.faults}
    assert {place for place, _ in found} == {
        "name",
        "title.zh",
        "languages[1]",
        "languages[2]",
        "links.shop",
        "links.Big Shop",
        "colour",
        "channels.fax",
        "channels.sms.zh.title",
        "channels.sms.zh.text",
        "channels.sms.tlh",
        "channels.push.zh.title",
        "channels.push.zh.text",
        "channels.push.tlh",
        "channels.official_account.zh.title",
        "channels.official_account.zh.text",
        "channels.official_account.tlh",
        "channels.mini_program.zh.text",
        "channels.mini_program.tlh",
    }
    assert {r for place, r in found if place == "channels.sms.zh.text"} == {
        '"tags.pionts"',
        '"links.home"',
        '"wallet.sum"',
        '"unsubscribe.now"',
    }
    suggested = {a for fault in raised.value.faults if fault.received == '"tags.pionts"' for a in fault.allowed}
    assert suggested == {"tags.points"}
    assert "secret" not in json.dumps([fault.describe() for fault in raised.value.faults if fault.place == "name"])


def test_a_language_that_is_missing_is_named():
    without = "\n".join(line for line in WELCOME.splitlines() if "Dear member" not in line)
    with pytest.raises(Invalid) as raised:
        parse(read(without), TAGS)
    assert [fault.place.partition(": ")[2] for fault in raised.value.faults] == ["channels.sms.en"]


def test_words_that_may_not_be_said_and_those_that_had_better_not():
    said = WELCOME.replace("您有", "全网最低价，首选，最好在周末来，您有")
    with pytest.raises(Invalid) as raised:
        parse(read(said), TAGS)
    assert [fault.received for fault in raised.value.faults] == ['"全网最低"', '"最低价"']
    _, warnings = parse(read(WELCOME.replace("您有", "首选，最好在周末来，您有")), TAGS)
    assert [(each.word, each.severity) for each in warnings] == [("首选", "warned")]


def test_versions(club):
    given = WELCOME.replace("tags.points", "tags.frequency")
    assert [(a.version, a.changed) for a in (apply(club, given), apply(club, given))] == [(1, True), (1, False)]
    assert apply(club, given.replace("Dear member", "Hello")).version == 2
    assert stored(club) == {"welcome": 2}
    first, version = find(club, "welcome", 1)
    assert (version, first.variants) == (1, parse(read(given), ["frequency"])[0].variants)
    assert "Hello" in find(club, "welcome")[0].variants["sms"]["en"]["text"]
    for name, wanted in (("wellcome", None), ("welcome", 9)):
        with pytest.raises(NotFound) as raised:
            find(club, name, wanted)
        assert raised.value.allowed == ("welcome",)


def test_a_tag_that_is_not_there_is_refused(club):
    with pytest.raises(Invalid) as raised:
        apply(club, WELCOME)
    assert {fault.received for fault in raised.value.faults} == {'"tags.points"'}
