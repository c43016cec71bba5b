"""The page of an analysis stands alone: both languages, an interval drawn for each effect, every figure told."""

import re

import pytest
from tests.targeting.experiments.test_parts import people

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.explaining import HEADINGS, cells
from quanyu.targeting.experiments.page import draw_analysis, figures_of

TITLE, BENEATH = Text("What <mail> changed", "邮件效果"), Text("against none", "对照：无")


def test_words_pictures_and_figures():
    found = analyze(people(1, {"gold": 0.12, "<b>": 0.0}), "arm", "none", ["bought"], by="tier")
    made = draw_analysis(found, TITLE, BENEATH, [Text("First of all.", "首先。")])
    assert "<script" not in made
    assert not re.search(r'(src|href)="http', made)
    assert "<b>" not in re.sub(r"<b>[\d,]+</b>", "", made)
    assert made.index("First of all.") < made.index("cannot tell" if "cannot tell" in made else "bought")
    assert made.count("<svg") == 2
    for heading in HEADINGS:
        assert heading.title.zh in made
    assert str(figures_of(found.effects[0])) in made
    assert sum(1 for _ in cells(found)) == made.count("<tr>") - 1 == 3


def test_an_interval_lies_where_its_ends_are():
    found = analyze(people(1, {"gold": 0.12}), "arm", "none", ["bought"])
    (effect,) = found.effects
    made = draw_analysis(found, TITLE, BENEATH)
    x, width = map(float, re.search(r'<rect x="([\d.]+)" y="13.00" width="([\d.]+)"', made).groups())  # type: ignore[union-attr]
    middle, reach = 300 + 380 / 2, 380 / 2 - 6
    assert effect.absolute_high is not None
    assert x + width == pytest.approx(middle + reach, abs=0.02)
    assert x == pytest.approx(middle + reach * (effect.absolute_low or 0) / effect.absolute_high, abs=0.02)
