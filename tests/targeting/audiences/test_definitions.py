"""Definitions of audiences are checked whole, versioned, and idempotent."""

from pathlib import Path

import pytest

from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.targeting.audiences.definitions import apply, askables, parse, stored

LAPSED = """
name: lapsed
title: {en: Lapsed, zh: 流失}
description: {en: Bought for 30 or more and long ago., zh: 买过 30 以上且很久没来。}
rule:
  all:
    - {tag: recency_days, is: ">=", value: 60}
    - {tag: monetary, is: ">=", value: 30.00}
"""


def test_a_definition_is_put_in_force_once(workspace, tmp_path: Path) -> None:
    first = apply(workspace, LAPSED)
    assert (first.name, first.version, first.changed) == ("lapsed", 1, True)
    file = tmp_path / "lapsed.yaml"
    file.write_text("\ufeff" + LAPSED.replace("30.00", "30"), "utf-8")
    assert not apply(workspace, file).changed, "30.00 and 30 are the same"
    assert apply(workspace, LAPSED.replace("60", "90")).version == 2
    assert apply(workspace, LAPSED).version == 3
    again = parse(stored(workspace)["lapsed"], askables(workspace), "GBP")
    assert again == parse(read(LAPSED), askables(workspace), "GBP")


def test_every_fault_is_named_with_its_line(workspace) -> None:
    text = LAPSED.replace("lapsed", "Lapsed!").replace("zh: 流失", "fr: Perdu").replace("monetary", "money")
    with pytest.raises(Invalid) as caught:
        apply(workspace, text)
    assert [fault.place for fault in caught.value.faults] == [
        "line 2: name",
        "line 3: title.fr",
        "line 3: title.zh",
        "line 8: rule.all[1].tag",
    ]
    assert stored(workspace) == {}


@pytest.mark.parametrize("text", ["", "[]", "name: x", "a: [", LAPSED + "x: 1"])
def test_what_is_no_audience_is_refused(workspace, text: str) -> None:
    with pytest.raises(Invalid):
        apply(workspace, text)
    assert stored(workspace) == {}


def test_an_unknown_audience_or_file_says_what_there_is(workspace, tmp_path: Path) -> None:
    apply(workspace, LAPSED)
    with pytest.raises(NotFound) as caught:
        stored(workspace, "lapse")
    assert caught.value.allowed == ("lapsed",)
    with pytest.raises(Invalid, match="cannot be read"):
        apply(workspace, tmp_path / "nothing.yaml")
