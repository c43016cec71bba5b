"""Messages for many people at once: language, values, limits, and why somebody gets none."""

import numpy as np
import pyarrow as pa
import pytest
from tests.engagement.conftest import EVERYBODY, MEMBERS, NAMES, customers_of, member

from quanyu.engagement.content.definitions import apply
from quanyu.engagement.content.rendering import render
from quanyu.foundation.errors import Invalid

CONTENT = """name: news
title: {en: News, zh: 新品}
languages: [zh, en]
links: {shop: "https://shop.example.org"}
channels:
  sms:
    zh: {text: "{{ customer.name }}您好，已购{{ tags.frequency }}次"}
    en: {text: "Hello {{ customer.name | default: 'friend' }}"}
  email:
    zh: {subject: "{{ customer.name | default: '您' }}", text: x, html: "<p>{{ customer.name | default: '您' }}</p>"}
    en: {subject: "{{ customer.name | default: 'you' }}", text: x, html: "{{ customer.name | default: 'you' }}"}
  push:
    zh: {title: "{{ entry.what }}", text: "x"}
    en: {title: "{{ entry.what }}", text: "x"}
"""


@pytest.fixture
def news(club):
    apply(club, CONTENT)
    return club


def of_members(ws, rows: pa.Table, column: str) -> list[object]:
    told = dict(zip(rows["customer"].to_pylist(), rows[column].to_pylist(), strict=True))
    return [told[customer] for customer in customers_of(ws, range(MEMBERS))]


def test_each_reads_his_language_and_his_values(news):
    rows = render(news, "news", 1, "sms", EVERYBODY)
    assert rows.column_names == ["customer", "language", "text", "fault"]
    assert rows["customer"].to_pylist() == list(range(MEMBERS))
    languages = ["en" if member(i)[2] == "en" else "zh" for i in range(MEMBERS)]
    assert of_members(news, rows, "language") == languages
    names = [NAMES[i % len(NAMES)] for i in range(MEMBERS)]
    bought = [1 + i % 3 if i % 2 == 0 else 0 for i in range(MEMBERS)]
    assert of_members(news, rows, "text") == [
        f"Hello {names[i] or 'friend'}"
        if languages[i] == "en"
        else f"{names[i]}您好，已购{bought[i]}次"
        if names[i]
        else None
        for i in range(MEMBERS)
    ]
    nameless = [None if languages[i] == "en" or names[i] else "missing_value" for i in range(MEMBERS)]
    assert of_members(news, rows, "fault") == nameless


def test_markup_is_escaped_and_plain_text_is_not(news):
    rows = render(news, "news", 1, "email", EVERYBODY)
    place = 3  # O'Brien & Sons, who reads Chinese
    assert of_members(news, rows, "subject")[place] == "O'Brien & Sons"
    assert of_members(news, rows, "html")[place] == "<p>O&#39;Brien &amp; Sons</p>"


def test_limits_hold_for_what_has_been_filled_in(news):
    told = pa.array(["short", "x" * 51, "two\nlines", None])
    rows = render(news, "news", 1, "push", np.arange(4), {"entry.what": told})
    assert rows["fault"].to_pylist() == [None, "too_long", "several_lines", "missing_value"]
    assert rows["title"].to_pylist() == ["short", None, None, None]
    assert rows["text"].to_pylist() == ["x", None, None, None]


def test_some_of_the_people_get_what_they_get_among_all(news):
    everybody = render(news, "news", 1, "sms", EVERYBODY)
    some = np.array([3, 17, 40])
    assert render(news, "news", 1, "sms", some).equals(everybody.take(pa.array(some)))
    assert render(news, "news", 1, "sms", np.array([], np.int64)).num_rows == 0


def test_a_channel_without_words_is_refused(news):
    with pytest.raises(Invalid) as raised:
        render(news, "news", 1, "wecom", EVERYBODY)
    assert raised.value.allowed == ("email", "sms", "push")
