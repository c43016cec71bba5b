"""Pairs of a rule are counted without being made, and the count is that of the pairs that are made."""

import random
from itertools import combinations

import ibis
import pyarrow as pa
import pytest

from quanyu.customers.matching.blocks import conditions_of, count_pairs, refuse_too_many, training_condition
from quanyu.customers.matching.model import Key
from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.holding import hold

RULES = [(Key("a", "a"),), (Key("a", "a"), Key("b", "b")), (Key("b.start", "b.start"),)]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("task", ["dedupe", "link", "both"])
def test_pairs_are_counted(engine, rule, task):
    chance = random.Random(4)
    rows = [
        {"origin": chance.randrange(3), **{f"f_{name}": chance.choice(["x", "y", "z", None]) for name in ("a", "b")}}
        for _ in range(120)
    ]
    rows = [{**row, "f_b_start": row["f_b"]} for row in rows]
    columns = [f"f_{key.left.replace('.', '_')}" for key in rule]
    expected = sum(
        all(one[column] is not None and one[column] == other[column] for column in columns)
        for one, other in combinations(rows, 2)
        if task != "link" or one["origin"] != other["origin"]
    )
    with hold(engine, ibis.memtable(pa.Table.from_pylist(rows)), {}) as table:
        assert count_pairs(engine, table, rule, task) == expected


def test_swapped_fields_are_asked_both_ways():
    assert conditions_of([(Key("a", "b"),)]) == ["l.f_a = r.f_b", "l.f_b = r.f_a"]
    assert conditions_of([(Key("a", "a"), Key("b.year", "b.year"))]) == ["l.f_a = r.f_a and l.f_b_year = r.f_b_year"]
    assert training_condition((Key("b.year", "b.year"),)) == "l.f_b_year = r.f_b_year and l.f_b = l.f_b"


def test_too_many_pairs_are_refused_and_so_are_none():
    rule = RULES[0]
    with pytest.raises(Invalid, match="too many") as refused:
        refuse_too_many([(rule, 900), (RULES[1], 200)], 1000)
    assert [fault.place for fault in refused.value.faults] == ["a", "a + b"]
    with pytest.raises(Invalid, match="nothing to compare"):
        refuse_too_many([(rule, 0)], 1000)
    assert refuse_too_many([(rule, 900)], 1000) is None
