"""Every column of the table is a figure of an effect, and is explained in both languages."""

from dataclasses import fields

from quanyu.targeting.experiments.explaining import HEADINGS, titled
from quanyu.targeting.experiments.model import Effect


def test_columns_are_figures_of_effects():
    known = {field.name for field in fields(Effect)}
    assert {heading.name for heading in HEADINGS} - {"part"} <= known
    for heading in HEADINGS:
        assert heading.meaning.en.endswith(".")
        assert heading.meaning.zh.endswith("。")
    assert titled("spent").zh == "净消费额"
    assert titled("anything").zh == "anything"
