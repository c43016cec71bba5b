"""Text is read in the reader's language."""

from contextvars import copy_context

import pytest

from quanyu.foundation.text import Text, language, speak

VARIABLES = ("QUANYU_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "QUANYU_LANGUAGE": "en"}, "en"),
        ({"LC_ALL": "C", "QUANYU_LANGUAGE": "ZH"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"QUANYU_LANGUAGE": "", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_reader_chooses_the_language(monkeypatch, environment, expected):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    assert f"{Text('apple', '苹果')}" == {"en": "apple", "zh": "苹果"}[expected]


def test_values_go_into_both_languages():
    assert Text("{n} files", "{n} 个文件").format_with(n=3) == Text("3 files", "3 个文件")
    both = Text("{who} won", "{who}更好").format_with(who=Text("nobody", "无人"))
    assert both == Text("nobody won", "无人更好"), "a text speaks each language"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh;q=0.3, en-GB;q=0.9", "en"),
        ("fr, zh;q=x", "zh"),
        ("fr", "en"),
    ],
)
def test_a_request_speaks_its_own_language(monkeypatch, header, expected):
    monkeypatch.setenv("QUANYU_LANGUAGE", "en")

    def ask() -> str:
        speak(header)
        return language()

    assert copy_context().run(ask) == expected
    assert language() == "en"
