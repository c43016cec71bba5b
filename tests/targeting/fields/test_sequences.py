"""How a sequence is written, and every fault with its place."""

import pytest

from quanyu.foundation.errors import Invalid
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Askable, Chain, Leaf, Negation, Stage, Window, is_of_columns, tags_of
from quanyu.targeting.fields.rules import parse

NOTHING: Catalogue[Askable] = Catalogue([])
CART = {"over": "events", "within": 30, "where": {"column": "name", "is": "=", "value": "add_to_cart"}}


def test_what_is_written_is_what_is_meant() -> None:
    steps = [CART, {"then": "orders", "within": 7}, {"then_not": "returns", "within": 14}, {"then_not": "cases"}]
    rule = parse({"not": {"sequence": steps}}, NOTHING, "CNY", LEAVES)
    assert rule == Negation(
        Chain(
            (
                Stage("events", Leaf("name", "=", ("add_to_cart",))),
                Stage("orders", None, 7),
                Stage("returns", None, 14, absent=True),
                Stage("cases", None, None, absent=True),
            ),
            Window(30),
        )
    )
    assert (tags_of(rule), is_of_columns(rule)) == (frozenset(), False)


@pytest.mark.parametrize(
    ("steps", "place", "received", "allowed"),
    [
        ([CART], "sequence", "a list of 1", "2 … 10 steps"),
        ([], "sequence", "a list of 0", "2 … 10 steps"),
        ([CART] * 11, "sequence", "a list of 11", "2 … 10 steps"),
        (CART, "sequence", "a mapping of 3", "2 … 10 steps"),
        ([{"then_not": "orders"}, {"then": "orders"}], "sequence[0].then_not", '"then_not"', "over"),
        ([CART, CART], "sequence[1]", '"over, within, where"', "then_not"),
        ([CART, {"then": "orders", "then_not": "cases"}], "sequence[1]", '"then, then_not"', "then"),
        ([CART, "orders"], "sequence[1]", '"orders"', "then"),
        ([{**CART, "over": "event"}, {"then": "orders"}], "sequence[0].over", '"event"', "events"),
        ([CART, {"then": "order"}], "sequence[1].then", '"order"', "orders"),
        ([CART, {"then": ["orders"]}], "sequence[1].then", "a list of 1", "orders"),
        ([{**CART, "within": 0}, {"then": "orders"}], "sequence[0].within", "0", "1 … 100,000"),
        ([CART, {"then": "orders", "within": 0}], "sequence[1].within", "0", "1 … 100,000"),
        ([CART, {"then": "orders", "within": {"days": 3}}], "sequence[1].within", "a mapping of 1", "1 … 100,000"),
        ([CART, {"then": "orders", "after": 3}], "sequence[1].after", '"after"', "within"),
        (
            [CART, {"then": "orders", "where": {"column": "colour", "is": "=", "value": "x"}}],
            "sequence[1].where.column",
            '"colour"',
            "hour",
        ),
        (
            [CART, {"then": "orders", "where": {"column": "amount", "is": ">", "value": "much"}}],
            "sequence[1].where.value",
            '"much"',
            "an amount in major units, such as 500 or 500.50",
        ),
    ],
)
def test_a_fault_names_its_place_what_was_received_and_what_is_allowed(steps, place, received, allowed) -> None:
    with pytest.raises(Invalid) as caught:
        parse({"all": [{"sequence": steps}]}, NOTHING, "CNY", LEAVES)
    (fault,) = caught.value.faults
    assert (fault.place, fault.received) == (f"rule.all[0].{place}", received)
    assert allowed in fault.allowed
    assert fault.problem.zh
    assert fault.problem.zh != fault.problem.en


def test_all_faults_are_told_at_once() -> None:
    steps = [{"over": "event", "within": 0}, {"then": "order"}, {"then_not": "cases", "within": "soon"}]
    with pytest.raises(Invalid) as caught:
        parse({"sequence": steps}, NOTHING, "CNY", LEAVES)
    places = [fault.place.removeprefix("rule.sequence") for fault in caught.value.faults]
    assert places == ["[0].over", "[0].within", "[1].then", "[2].within"]


def test_every_behaviour_says_when_and_asks_for_it_apart_from_its_columns() -> None:
    assert {behaviour.name for behaviour in BEHAVIOURS if behaviour.instant is None} == set()
    assert all(behaviour.instant not in {column.name for column in behaviour.columns} for behaviour in BEHAVIOURS)
