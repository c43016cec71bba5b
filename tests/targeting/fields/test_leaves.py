"""What a rule may ask beside tags: how it is written, and every fault with its place."""

import pytest

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import (
    Askable,
    Did,
    Distance,
    Group,
    InAudience,
    Leaf,
    Negation,
    OfUnit,
    RandomShare,
    Statistic,
    Window,
    is_of_columns,
)
from quanyu.targeting.fields.rules import parse

ASKABLES = Catalogue([Askable("spend", "money", Text("Spend", "消费"))])
COUNT = {"over": "orders", "take": "count"}
NEAR = {"distance": {"from": "last_store", "to": {"store": "S1"}}, "is": "<=", "value": "5 km"}
WEB = {"column": "channel", "is": "=", "value": "web"}


def read(raw: object) -> object:
    return parse(raw, ASKABLES, "CNY", LEAVES)


def faults(raw: object) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        read(raw)
    return list(caught.value.faults)


def test_what_is_written_is_what_is_meant() -> None:
    rule = read(
        {
            "all": [
                {"did": {"over": "orders", "within": 30, "where": WEB}},
                {"not": {"audience": "champions"}},
                {"share": 0.1, "seed": "spring"},
                {"statistic": {"over": "orders", "take": "sum", "of": "amount"}, "is": "between", "value": [1, 2.5]},
                {"tag": "spend", "is": "is_known"},
                {"organisation": "R01"},
                {"organisation": "R01", "by": "orders"},
                {"distance": {"from": "last_store", "to": {"store": "S1"}}, "is": "<=", "value": "5 km"},
                {
                    "distance": {"from": "home_store", "to": {"latitude": 31.2, "longitude": -121}},
                    "is": "between",
                    "value": ["800 m", "1.5km"],
                },
            ]
        }
    )
    orders = Statistic("orders", "count", within=Window(30), where=Leaf("channel", "=", ("web",)))
    assert rule == Group(
        "all",
        (
            Did(orders, "integer", ">=", (1,)),
            Negation(InAudience("champions")),
            RandomShare(0.1, "spring"),
            Did(Statistic("orders", "sum", "amount"), "money", "between", (100, 250)),
            Leaf("spend", "is_known"),
            OfUnit("R01", "last_store"),
            OfUnit("R01", "orders"),
            Distance("last_store", "S1", "<=", (5000.0,)),
            Distance("home_store", (31.2, -121.0), "between", (800.0, 1500.0)),
        ),
    )
    assert [is_of_columns(part) for part in rule.rules] == [False] * 4 + [True] + [False] * 4


@pytest.mark.parametrize(
    ("raw", "place", "allowed"),
    [
        ({"did": {"over": "order"}}, "rule.did.over", "orders"),
        ({"did": []}, "rule.did", "over"),
        ({"did": {"over": "orders", "take": "sum", "of": "amount"}}, "rule.did.take", "count"),
        ({"did": {"over": "orders"}, "value": 3}, "rule.value", "did"),
        ({"statistic": COUNT, "is": "almost", "value": 3}, "rule.is", ">="),
        ({"statistic": COUNT, "is": ">=", "value": "three"}, "rule.value", "a whole number"),
        ({"statistic": {"over": "lines", "take": "top", "of": "product"}, "is": ">", "value": "A"}, "rule.is", "in"),
        ({"audience": 3}, "rule.audience", "a name"),
        ({"share": 1}, "rule.share", "above 0, below 1"),
        ({"share": "half"}, "rule.share", "above 0, below 1"),
        ({"share": 0.5, "seed": "x" * 61}, "rule.seed", "at most 60 characters"),
        ({"did": {"over": "orders", "where": {**WEB, "column": "x"}}}, "rule.did.where.column", "amount"),
        ({"all": [{"did": {"over": "orders", "within": 0}}]}, "rule.all[0].did.within", "1 … 100,000"),
        ({"organisation": 7}, "rule.organisation", "at most 60 characters"),
        ({"organisation": "R01", "by": "last"}, "rule.by", "last_store"),
        ({**NEAR, "distance": {"from": "home", "to": {"store": "S1"}}}, "rule.distance.from", "home_store"),
        ({**NEAR, "distance": {"from": "orders", "to": {"store": "S1"}}}, "rule.distance.from", "last_store"),
        ({**NEAR, "distance": {"from": "last_store"}}, "rule.distance.to", "to"),
        ({**NEAR, "distance": {"from": "last_store", "to": "S1"}}, "rule.distance.to", "store"),
        ({**NEAR, "distance": {"from": "last_store", "to": {"store": 5}}}, "rule.distance.to.store", "at most 60"),
        ({**NEAR, "distance": {"from": "last_store", "to": {"latitude": 91, "longitude": 0}}},
         "rule.distance.to.latitude", "-90 … 90"),
        ({**NEAR, "distance": {"from": "last_store", "to": {"latitude": 9}}},
         "rule.distance.to.longitude", "longitude"),
        ({**NEAR, "value": 5}, "rule.value", "5 km"),
        ({**NEAR, "value": "5 miles"}, "rule.value", "800 m"),
        ({**NEAR, "value": "-5 km"}, "rule.value", "5 km"),
        ({**NEAR, "is": "="}, "rule.is", "<="),
        ({**NEAR, "is": "between", "value": ["1 km"]}, "rule.value", "[low, high]"),
        ({**NEAR, "is": "between", "value": ["2 km", "900 m"]}, "rule.value", "[low, high]"),
        ({**NEAR, "is": "between", "value": []}, "rule.value", "[low, high]"),
        ({**NEAR, "is": "is_null"}, "rule.value", "no value"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place_and_what_is_allowed(raw: object, place: str, allowed: str) -> None:
    found = [(fault.place, fault.allowed) for fault in faults(raw)]
    assert [each for each in found if each[0] == place and any(allowed in word for word in each[1])], found


def test_where_only_tags_are_asked_nothing_else_is_read() -> None:
    with pytest.raises(Invalid) as caught:
        parse({"audience": "champions"}, ASKABLES, "CNY")
    assert {fault.received for fault in caught.value.faults} >= {'"audience"'}
