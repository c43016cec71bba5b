"""Sentences about parts: one part, none that differs, some that do."""

from quanyu.targeting.experiments.model import Difference, Parts
from quanyu.targeting.experiments.parts_wording import parts_in_words


def test_one_part_and_small_ones():
    found = Parts("tier", (), (Difference("spent", "mail", None, None),), ("gold", "silver"))
    said = list(parts_in_words(found))
    assert said[0].en == "By “tier” there is one part only in which “mail” can be looked at."
    assert said[1].en == "By “tier”, too few customers to look at: gold, silver."
    assert said[1].zh.endswith("gold、silver。")


def test_what_cannot_be_told_is_said():
    (said,) = parts_in_words(Parts("tier", (), (Difference("spent", "mail", 0.2, 0.2),), ()))
    assert "cannot tell" in said.en
    assert "无法判断" in said.zh
