"""Rules that no column answers, alone and joined with those that do, against a plain reading of the retailer."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.audiences.answering import drawn
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.rules import parse
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.indexing import build
from quanyu.targeting.tags.runs import current

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
# Day and amount of the orders of each customer that were known and sold something by 1 July; 2 and 4 have none.
ORDERS = {
    0: [(date(2011, 1, 31), 10000), (date(2011, 3, 1), 5001), (date(2011, 3, 1), 1000), (date(2011, 4, 30), 2000)],
    1: [(date(2011, 5, 31), 100), (date(2011, 6, 30), 101)],
    2: [],
    3: [(date(2011, 1, 1), 1000), (date(2011, 1, 11), 1000), (date(2011, 1, 21), 1000)],
    4: [],
}
COUNTRY = {0: "Germany", 1: "France", 2: "NO", 3: "Japan", 4: None}
LEAVES_ASKED = [
    ({"did": {"over": "orders"}}, lambda c: bool(ORDERS[c])),
    ({"did": {"over": "orders", "within": 31}}, lambda c: any(day >= date(2011, 6, 1) for day, _ in ORDERS[c])),
    (
        {"statistic": {"over": "orders", "take": "count"}, "is": "<", "value": 3},
        lambda c: len(ORDERS[c]) < 3,
    ),
    (
        {"statistic": {"over": "orders", "take": "max", "of": "amount"}, "is": ">=", "value": 20},
        lambda c: max(amount for _, amount in ORDERS[c]) >= 2000 if ORDERS[c] else None,
    ),
    (
        {"statistic": {"over": "orders", "take": "last", "of": "day"}, "is": "<=", "value": "2011-05-01"},
        lambda c: max(day for day, _ in ORDERS[c]) <= date(2011, 5, 1) if ORDERS[c] else None,
    ),
    (
        {"statistic": {"over": "orders", "take": "last", "of": "day"}, "is": "is_null"},
        lambda c: not ORDERS[c],
    ),
    (
        {"sequence": [{"over": "orders"}, {"then": "orders", "within": 30}]},
        lambda c: any(0 < (later - day).days <= 30 for day, _ in ORDERS[c] for later, _ in ORDERS[c]),
    ),
    (
        {"sequence": [{"over": "orders"}, {"then_not": "orders", "within": 60}]},
        lambda c: any(
            day <= date(2011, 5, 2) and not any(0 < (later - day).days <= 60 for later, _ in ORDERS[c])
            for day, _ in ORDERS[c]
        ),
    ),
    ({"sequence": [{"over": "orders"}, {"then": "events"}]}, lambda _c: None),
    ({"statistic": {"over": "events", "take": "last", "of": "day"}, "is": "is_null"}, lambda _c: True),
    ({"did": {"over": "events"}}, lambda _c: None),  # nothing of the kind has ever landed
    (
        {"tag": "country", "is": "in", "value": ["France", "Japan"]},
        lambda c: None if COUNTRY[c] is None else COUNTRY[c] in ("France", "Japan"),
    ),
    ({"tag": "frequency", "is": ">=", "value": 3}, lambda c: len(ORDERS[c]) >= 3),
]


def asked(draw: random.Random, level: int = 0):
    """Return a random rule as it is written, and a function that says of a customer whether it is true."""
    kind = draw.choice(["leaf", "leaf", "not", "all", "any"]) if level < 4 else "leaf"
    if kind == "leaf":
        return draw.choice(LEAVES_ASKED)
    if kind == "not":
        written, truth = asked(draw, level + 1)
        return {"not": written}, lambda c: None if truth(c) is None else not truth(c)
    parts = [asked(draw, level + 1) for _ in range(draw.randrange(1, 4))]
    decisive = kind == "any"

    def joined(customer: int) -> bool | None:
        answers = [truth(customer) for _written, truth in parts]
        return decisive if decisive in answers else None if None in answers else not decisive

    return {kind: [written for written, _truth in parts]}, joined


def test_what_they_did_joined_with_tags_is_what_a_plain_reading_says(retailer) -> None:
    compute(retailer.ws, AS_OF)
    now, draw = current(retailer.ws), random.Random(3)
    rules = [asked(draw) for _ in range(60)]
    found = select(retailer.ws, now, [parse(written, now.pack.askables, "GBP", LEAVES) for written, _ in rules])
    for members, (written, truth) in zip(found, rules, strict=True):
        assert members.ordinals().tolist() == [c for c in range(5) if truth(c) is True], written


def test_the_index_gives_the_same_answers(retailer) -> None:
    compute(retailer.ws, AS_OF)
    now, draw = current(retailer.ws), random.Random(4)
    rules = [parse(asked(draw)[0], now.pack.askables, "GBP", LEAVES) for _ in range(20)]
    without = select(retailer.ws, now, rules)
    indexed = replace(retailer.ws, settings=replace(retailer.ws.settings, index_from=1))
    assert build(indexed) is not None
    assert select(indexed, now, rules) == without


def definition(name: str, rule: str) -> str:
    return f"name: {name}\ntitle: {{en: {name}, zh: {name}}}\ndescription: {{en: d, zh: d}}\nrule: {rule}\n"


def test_an_audience_may_be_part_of_another_and_follows_it(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    apply(ws, definition("often", "{tag: frequency, is: '>=', value: 3}"))
    apply(ws, definition("seldom", "{all: [{not: {audience: often}}, {did: {over: orders}}]}"))
    assert {r.snapshot.audience: r.snapshot.size for r in refresh(ws)} == {"often": 2, "seldom": 1}
    assert [r.skipped for r in refresh(ws)] == [True, True]
    apply(ws, definition("often", "{tag: frequency, is: '>=', value: 4}"))
    assert {r.snapshot.audience: (r.snapshot.size, r.entered) for r in refresh(ws)} == {
        "often": (1, 0),
        "seldom": (2, 1),
    }
    assert count(ws, {"any": [{"audience": "often"}, {"audience": "seldom"}]}).size == 3


def test_an_audience_cannot_be_part_of_itself_or_of_nothing(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    apply(ws, definition("first", "{did: {over: orders}}"))
    apply(ws, definition("second", "{audience: first}"))
    with pytest.raises(Invalid, match="part of itself") as caught:
        apply(ws, definition("first", "{not: {audience: second}}"))
    assert caught.value.received == "first ← second ← first"
    with pytest.raises(Invalid, match="no such audience") as caught:
        count(ws, {"audience": "fist"})
    assert caught.value.allowed == ("first",)


def test_a_draw_by_lot_is_fair_stable_and_nested() -> None:
    everybody = OrdinalSet.of(np.arange(200_000))
    tenth, fifth = drawn(everybody, 0.1, "a"), drawn(everybody, 0.2, "a")
    assert abs(tenth.count() - 20_000) < 600, "more than four standard deviations away"
    assert (tenth - fifth).count() == 0
    assert drawn(OrdinalSet.of(np.arange(100_000)), 0.1, "a") == tenth & OrdinalSet.of(np.arange(100_000))
    both = (tenth & drawn(everybody, 0.1, "b")).count()
    assert abs(both - 2_000) < 180
    assert abs((tenth & OrdinalSet.of(np.arange(0, 200_000, 2))).count() - 10_000) < 400
