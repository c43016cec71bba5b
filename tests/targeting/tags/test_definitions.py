"""A pack is checked whole: every fault at once, each with its line."""

import pytest

from quanyu.foundation.errors import Invalid
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.model import Leaf
from quanyu.targeting.tags.definitions import built_in, parse
from quanyu.targeting.tags.model import Bands, Cases, FromField

HEAD = """pack: mine
tags:
"""
DAYS = """  - name: days
    title: {en: Days, zh: 天数}
    description: {en: Days., zh: 天数。}
    family: timing
    type: integer
    field: orders.last_purchase
    as: days_since
"""


def tag(name: str, rest: str, type_: str = "code") -> str:
    said = "title: {en: T, zh: 标}, description: {en: D, zh: 述}, family: value"
    return f"  - {{name: {name}, {said}, type: {type_}, {rest}}}\n"


def faults(text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(Invalid) as caught:
        parse(text, FIELDS, "GBP")
    assert all(fault.problem.en and fault.problem.zh for fault in caught.value.faults)
    return [(fault.place, fault.received) for fault in caught.value.faults]


def test_the_built_in_pack_has_every_tag_in_two_languages() -> None:
    pack = built_in(FIELDS, "GBP")
    asked = {
        *("recency_days", "frequency", "monetary", "average_basket", "first_purchase", "last_purchase", "return_share"),
        *("top_product", "country", "rfm_score", "rfm_tier", "lifecycle", "days_to_next_purchase"),
    }
    assert asked <= {t.name for t in pack.tags}
    for found in pack.tags:
        assert found.title.en.isascii()
        assert not found.title.zh.isascii() or found.title.zh in ("R 分", "F 分", "M 分", "RFM 分")
    lifecycle = next(t for t in pack.tags if t.name == "lifecycle")
    assert [title.zh for _code, title in lifecycle.source.codes] == ["新客", "活跃老客", "老客", "沉睡客"]


def test_amounts_are_minor_units_of_the_currency_and_the_hash_says_so() -> None:
    bands = [next(t for t in built_in(FIELDS, c).tags if t.name == "monetary_score").source for c in ("GBP", "JPY")]
    assert [b.thresholds[0] for b in bands if isinstance(b, Bands)] == [20000, 200]
    assert built_in(FIELDS, "GBP").hash != built_in(FIELDS, "JPY").hash
    assert built_in(FIELDS, "GBP").hash == built_in(FIELDS, "GBP").hash


def test_tags_are_computed_after_what_they_need() -> None:
    text = (
        HEAD
        + tag(
            "stage",
            "cases: [{value: near, title: {en: N, zh: 近}, when: {tag: score, is: '>=', value: 2}}], "
            "otherwise: {value: far, title: {en: F, zh: 远}}",
        )
        + tag("score", "bands: {of: days, better: lower, at: [30, 90]}", "integer")
        + DAYS
    )
    pack = parse(text, FIELDS, "GBP")
    assert [t.name for t in pack.tags] == ["stage", "score", "days"]
    assert [t.name for t in pack.in_order] == ["days", "score", "stage"]
    stage, score, days = (t.source for t in pack.tags)
    assert isinstance(stage, Cases)
    assert [case.when for case in stage.cases] == [Leaf("score", ">=", (2,)), None]
    assert score == Bands("days", "lower", (30, 90))
    assert days == FromField("orders.last_purchase", "days_since")
    assert pack.askables["stage"].values == ("near", "far")


def test_every_fault_at_once() -> None:
    text = (
        HEAD
        + DAYS  # lines 3 to 9
        + DAYS.replace("orders.last", "orders.lst")  # 10 to 16: the name is taken
        + tag("a", "field: orders.frequncy")  # 17
        + tag("b", "field: orders.frequency")
        + tag("Big", "field: orders.frequency", "integer")
        + tag("c", "bands: {of: days, better: best, at: [30, x]}", "integer")
        + tag("d", "bands: {of: days, better: lower, at: [90, 30]}", "integer")  # 21
        + tag("e", "join: [days]")
        + tag("f", "join: [days, nobody]")
        + tag("g", "cases: [{value: x, title: {en: X}, when: {tag: dayz, is: '=', value: 1}}]")
        + tag("h", "field: orders.frequency, as: days_since", "integer")  # 25
        + tag("i", "join: [days, days], field: orders.frequency")
        + tag("j", "colour: red", "integer")
        + "  - {name: k}\n"
        + tag("m", "join: [days, m]")  # 29
        + tag("n", "join: [days, days], as: days_since")
        + tag("o", "field: orders.frequency", "decimal")
    )
    found = faults(text)
    lines = [int(place.split()[1].rstrip(":")) for place, _ in found]
    assert lines == sorted(lines)
    for expected in [
        ("line 10: tags[1].name", '"days"'),
        ("line 17: tags[2].field", '"orders.frequncy"'),
        ("line 18: tags[3].type", '"code"'),
        ("line 19: tags[4].name", '"Big"'),
        ("line 20: tags[5].bands.better", '"best"'),
        ("line 21: tags[6].bands.at", '"90, 30"'),
        ("line 22: tags[7].join", "a list of 1"),
        ("line 23: tags[8].join[1]", '"nobody"'),
        ("line 24: tags[9].cases[0].title.zh", "null"),
        ("line 24: tags[9].cases[0].when.tag", '"dayz"'),
        ("line 25: tags[10].field", '"integer"'),
        ("line 26: tags[11]", '"field, join"'),
        ("line 27: tags[12].colour", '"colour"'),
        ("line 28: tags[13].title", "null"),
        ("line 30: tags[15].as", '"join"'),
        ("line 31: tags[16].type", '"decimal"'),
    ]:
        assert expected in found, expected


@pytest.mark.parametrize(
    "tags",
    [
        [tag("a", "join: [a, a]")],
        [tag("a", "join: [b, b]"), tag("b", "join: [a, a]")],
        [
            tag("a", "cases: [{value: x, title: {en: X, zh: 叉}, when: {not: {tag: b, is: is_null}}}]"),
            tag("b", "join: [a, a]"),
        ],
    ],
)
def test_a_circle_is_a_fault(tags: list[str]) -> None:
    found = faults(HEAD + "".join(tags))
    assert len(found) == 1
    assert "←" in str(found[0][1])


@pytest.mark.parametrize("text", ["", "[]", "pack: x", "pack: x\ntags: []", "pack: x\ntags: [7]", "pack: x\ntags: {}"])
def test_what_is_no_pack_is_refused(text: str) -> None:
    assert faults(text)
