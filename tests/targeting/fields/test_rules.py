"""Rules are read with all their faults at once, each at its place."""

import pytest

from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Askable, Group, Leaf, Negation
from quanyu.targeting.fields.rules import MAX_CONDITIONS, MAX_LEVELS, MAX_VALUES, parse

SAID = Text("", "")
ASKABLES = Catalogue(
    [
        Askable("recency_days", "integer", SAID, "days_since"),
        Askable("monetary", "money", SAID),
        Askable("country", "code", SAID),
        Askable("lifecycle", "code", SAID, values=("new", "old")),
    ]
)


def faults(raw: object) -> list[tuple[str, str | None]]:
    with pytest.raises(Invalid) as caught:
        parse(raw, ASKABLES, "GBP")
    assert all(fault.problem.en and fault.problem.zh for fault in caught.value.faults)
    return [(fault.place, fault.received) for fault in caught.value.faults]


def test_a_rule_is_read_into_its_stored_values() -> None:
    text = """
    all:
      - {tag: recency_days, is: "<=", value: 90}
      - any:
          - {tag: monetary, is: ">=", value: 500.50}
          - {tag: country, is: in, value: [NO, France, NO]}
      - not: {tag: lifecycle, is: =, value: old}
    """
    assert parse(read(text).value, ASKABLES, "GBP") == Group(
        "all",
        (
            Leaf("recency_days", "<=", (90,)),
            Group("any", (Leaf("monetary", ">=", (50050,)), Leaf("country", "in", ("NO", "France")))),
            Negation(Leaf("lifecycle", "=", ("old",))),
        ),
    )


def test_money_is_written_in_major_units() -> None:
    leaf = {"tag": "monetary", "is": "="}
    assert parse({**leaf, "value": "500"}, ASKABLES, "GBP") == Leaf("monetary", "=", (50000,))
    assert parse({**leaf, "value": 19.99}, ASKABLES, "GBP") == Leaf("monetary", "=", (1999,))
    assert parse({**leaf, "value": 500}, ASKABLES, "JPY") == Leaf("monetary", "=", (500,))
    assert faults({**leaf, "value": "5.005"}) == [("rule.value", '"5.005"')]
    assert faults({**leaf, "value": "much"}) == [("rule.value", '"much"')]


def test_every_fault_is_named_at_its_place() -> None:
    raw = {
        "all": [
            {"tag": "recency_day", "is": "=", "value": 1},
            {"any": [{"tag": "monetary", "is": "~", "value": 1}, {"tag": "lifecycle", "is": "<", "value": "new"}]},
            {"tag": "country", "is": "in", "value": ["ok", 5, None]},
            {"tag": "recency_days", "is": "between", "value": [9, 1]},
            {"not": {"tag": "lifecycle", "is": "=", "value": "neu"}},
            {"any": []},
            7,
        ]
    }
    assert faults(raw) == [
        ("rule.all[0].tag", '"recency_day"'),
        ("rule.all[1].any[0].is", '"~"'),
        ("rule.all[1].any[1].is", '"<"'),
        ("rule.all[2].value[1]", "5"),
        ("rule.all[2].value[2]", "null"),
        ("rule.all[3].value", '"9 … 1"'),
        ("rule.all[4].not.value", '"neu"'),
        ("rule.all[5].any", "a list of 0"),
        ("rule.all[6]", "7"),
    ]


def test_what_is_near_and_what_is_known_is_offered() -> None:
    with pytest.raises(Invalid) as caught:
        parse({"tag": "contry", "is": "=", "value": "x"}, ASKABLES, "GBP")
    assert caught.value.faults[0].allowed[0] == "country"
    with pytest.raises(Invalid) as caught:
        parse({"tag": "lifecycle", "is": "=", "value": "x"}, ASKABLES, "GBP")
    assert caught.value.faults[0].allowed == ("new", "old")


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "all",
        {},
        {"all": []},
        {"all": {}},
        {"not": None},
        {"tag": "country"},
        {"tag": ["country"], "is": "=", "value": "x"},
        {"tag": "country", "is": ["="], "value": "x"},
        {"tag": "country", "is": "=", "value": None},
        {"tag": "country", "is": "=", "value": 543},
        {"tag": "country", "is": "in", "value": []},
        {"tag": "country", "is": "in", "value": "x"},
        {"tag": "country", "is": "is_null", "value": "x"},
        {"tag": "country", "is": "=", "value": "x", "colour": 1},
        {"all": [{"tag": "country", "is": "is_null"}], "any": []},
        {"tag": "recency_days", "is": "=", "value": True},
        {"tag": "recency_days", "is": "=", "value": 1.5},
        {"tag": "recency_days", "is": "=", "value": 10**6},
        {"tag": "monetary", "is": "=", "value": float("nan")},
        {"tag": "monetary", "is": "=", "value": float("inf")},
        {"tag": "monetary", "is": "=", "value": 10**30},
        {"tag": "recency_days", "is": "between", "value": [1]},
    ],
)
def test_what_cannot_be_right_is_refused_plainly(raw: object) -> None:
    assert len(faults(raw)) >= 1


def test_limits_are_plain_errors() -> None:
    leaf = {"tag": "country", "is": "is_null"}
    deep: object = leaf
    for _ in range(200):
        deep = {"all": [deep]}
    place, received = faults(deep)[0]
    assert place.count("all") == MAX_LEVELS
    assert received == "a mapping of 1"
    assert faults({"tag": "country", "is": "in", "value": ["x"] * 1_000_000}) == [("rule.value", "a list of 1000000")]
    assert len(
        parse({"tag": "country", "is": "in", "value": [str(n) for n in range(MAX_VALUES)]}, ASKABLES, "GBP").values
    )
    assert faults({"any": [leaf] * (MAX_CONDITIONS + 1)})[0][1] == str(MAX_CONDITIONS + 1)
    with pytest.raises(Invalid) as caught:
        parse({"all": [{"did": {"over": "orders"}}] * 1_000_000}, ASKABLES, "GBP", LEAVES)
    assert [fault.received for fault in caught.value.faults] == [str(MAX_CONDITIONS + 1)]
    assert len(faults({"tag": "country", "is": "in", "value": [1] * MAX_VALUES})) <= 50
