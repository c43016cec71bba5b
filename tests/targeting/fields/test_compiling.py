"""Rules answer as a small reference of SQL's three-valued logic does, run by the engine and over an index of bits."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.index import open_index, write_index
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.compiling import asked_value, compile_rule
from quanyu.targeting.fields.members import members_of
from quanyu.targeting.fields.model import Askable, Group, Leaf, Negation, Operator, Rule
from quanyu.targeting.fields.rules import EQUALITY, MAX_CONDITIONS, MAX_LEVELS, OPERATORS, UNORDERED, parse

DAY = date(2011, 12, 10)
SAID = Text("", "")
ASKABLES = Catalogue(
    [
        Askable("since", "integer", SAID, "days_since"),
        Askable("until", "integer", SAID, "days_until"),
        Askable("orders", "integer", SAID),
        Askable("spent", "money", SAID),
        Askable("returned", "share", SAID),
        Askable("country", "code", SAID),
        Askable("first", "date", SAID),
        Askable("member", "boolean", SAID),
    ]
)
SCHEMA = pa.schema(
    {
        "since": pa.date32(),
        "until": pa.date32(),
        "orders": pa.int64(),
        "spent": pa.int64(),
        "returned": pa.float64(),
        "country": pa.string(),
        "first": pa.date32(),
        "member": pa.bool_(),
        "row": pa.int64(),
    }
)
DAYS = st.integers(-4, 4)
DATES = DAYS.map(lambda n: DAY + timedelta(days=n))
STORED = {
    "since": DATES,
    "until": DATES,
    "orders": DAYS,
    "spent": DAYS.map(lambda n: n * 50),
    "returned": st.sampled_from([0.0, 0.1, 0.25, 0.3, 1.0, 1.5]),
    "country": st.sampled_from(["NO", "France", "法国", "", "o'x", "%"]),
    "first": DATES,
    "member": st.booleans(),
}
WRITTEN = {
    **STORED,
    "since": DAYS,
    "until": DAYS,
    "spent": DAYS.map(lambda n: n * 0.5),
    "country": st.sampled_from(["NO", "France", "法国", "o'x", "%"]),
    "first": DATES.map(str),
}
ROWS = st.lists(st.fixed_dictionaries({name: st.none() | value for name, value in STORED.items()}), max_size=12)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, object]:
    tag = draw(st.sampled_from(list(WRITTEN)))
    operators = [o for o in OPERATORS if ASKABLES[tag].type not in UNORDERED or o in EQUALITY]
    operator = draw(st.sampled_from(operators))
    written: dict[str, object] = {"tag": tag, "is": operator}
    if operator == "between":
        written["value"] = sorted(draw(st.lists(WRITTEN[tag], min_size=2, max_size=2)))
    elif operator in ("in", "not_in"):
        written["value"] = draw(st.lists(WRITTEN[tag], min_size=1, max_size=3))
    elif operator not in ("is_null", "is_known"):
        written["value"] = draw(WRITTEN[tag])
    return written


RULES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


def answer(rule: Rule, row: dict[str, object]) -> bool | None:
    """The reference: true, false, or None for unknown."""
    if isinstance(rule, Negation):
        inner = answer(rule.rule, row)
        return None if inner is None else not inner
    if isinstance(rule, Group):
        parts = [answer(part, row) for part in rule.rules]
        decisive = rule.kind == "any"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    return compared(rule, asked(rule.tag, row[rule.tag]))


def asked(tag: str, stored: object) -> object:
    if stored is None or ASKABLES[tag].form == "plain":
        return stored
    days = (DAY - stored).days
    return days if ASKABLES[tag].form == "days_since" else -days


def compared(leaf: Leaf, value: object) -> bool | None:
    if leaf.operator in ("is_null", "is_known"):
        return (value is None) == (leaf.operator == "is_null")
    if value is None:
        return None
    first = leaf.values[0]
    outcomes: dict[Operator, object] = {
        "=": lambda: value == first,
        "!=": lambda: value != first,
        "<": lambda: value < first,
        "<=": lambda: value <= first,
        ">": lambda: value > first,
        ">=": lambda: value >= first,
        "in": lambda: value in leaf.values,
        "not_in": lambda: value not in leaf.values,
        "between": lambda: first <= value <= leaf.values[1],
    }
    return outcomes[leaf.operator]()


@pytest.fixture(scope="module")
def engine() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def run(engine: ibis.BaseBackend, raw: object, rows: list[dict[str, object]]) -> tuple[list[bool | None], set[int]]:
    table = ibis.memtable(pa.Table.from_pylist([{**row, "row": i} for i, row in enumerate(rows)], schema=SCHEMA))
    rule = compile_rule(parse(raw, ASKABLES, "GBP"), table, ASKABLES, DAY)
    values = engine.to_pyarrow(table.select("row", value=rule).order_by("row"))["value"].to_pylist()
    return values, set(engine.to_pyarrow(table.filter(rule))["row"].to_pylist())


@settings(max_examples=150, deadline=None)
@given(raw=RULES, rows=ROWS)
def test_engine_answers_as_the_reference(engine: ibis.BaseBackend, raw: object, rows: list[dict[str, object]]) -> None:
    expected = [answer(parse(raw, ASKABLES, "GBP"), row) for row in rows]
    values, selected = run(engine, raw, rows)
    assert values == expected
    assert selected == {i for i, value in enumerate(expected) if value is True}


def select(folder: Path, raw: object, rows: list[dict[str, object]]) -> set[int]:
    """Return whom a rule selects by an index of the rows, in shards of 64."""
    table = pa.Table.from_pylist([{**row, "row": i} for i, row in enumerate(rows)], schema=SCHEMA)
    ordinals = np.arange(len(rows))
    write_index(folder, len(rows), [(name, ordinals, table[name]) for name in STORED], 2, shard=6)
    index = open_index(folder, threads=2)
    assert index is not None
    chosen = members_of(parse(raw, ASKABLES, "GBP"), index, ASKABLES, DAY)
    (found,) = index.select([chosen], OrdinalSet.first(len(rows)))
    assert index.count([chosen], OrdinalSet.first(len(rows))) == [found.count()]
    return set(found.ordinals().tolist())


@settings(max_examples=40, deadline=None)
@given(raw=RULES, rows=ROWS)
def test_an_index_answers_as_the_reference(raw: object, rows: list[dict[str, object]]) -> None:
    rule = parse(raw, ASKABLES, "GBP")
    many = rows * 7  # more than one shard, with every value at several places
    with TemporaryDirectory() as folder:
        selected = select(Path(folder) / "index", raw, many)
    assert selected == {i for i, row in enumerate(many) if answer(rule, row) is True}


def test_unknown_selects_nobody_neither_way(engine: ibis.BaseBackend) -> None:
    rows = [dict.fromkeys(STORED)]
    leaf = {"tag": "country", "is": "=", "value": "France"}
    assert run(engine, leaf, rows)[1] == set()
    assert run(engine, {"not": leaf}, rows)[1] == set()
    assert run(engine, {"tag": "country", "is": "is_null"}, rows)[1] == {0}


def test_days_since_becomes_a_threshold_on_the_stored_date() -> None:
    table = ibis.memtable(SCHEMA.empty_table())
    rule = parse({"tag": "since", "is": ">=", "value": 90}, ASKABLES, "GBP")
    expression = ibis.to_sql(table.filter(compile_rule(rule, table, ASKABLES, DAY)), dialect="duckdb")
    assert "<= MAKE_DATE(2011, 9, 11)" in expression


def test_month_end_and_leap_day_count_in_days(engine: ibis.BaseBackend) -> None:
    table = ibis.memtable(pa.table({"since": pa.array([date(2012, 2, 28), date(2012, 2, 29)], pa.date32())}))
    days = engine.to_pyarrow(table.select(days=asked_value(table, ASKABLES["since"], date(2012, 3, 1))))
    assert sorted(days["days"].to_pylist()) == [1, 2]


@pytest.mark.parametrize("kind", ["all", "any"])
def test_a_thousand_conditions_and_the_deepest_nesting_run(engine: ibis.BaseBackend, kind: str) -> None:
    leaf = {"tag": "orders", "is": "=", "value": 1}
    deep: object = leaf
    for level in range(MAX_LEVELS - 1):
        deep = {kind: [deep]} if level % 2 else {"not": deep}
    row = {**dict.fromkeys(STORED), "orders": 1}
    assert run(engine, {kind: [leaf] * MAX_CONDITIONS}, [row])[1] == {0}
    assert run(engine, deep, [row])[1] == {0}
