"""Rules answer alike three ways: run by the engine, over an index of bits, and by a plain reading of the rows."""

import inspect
import math
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import reader

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.expressions import Expression
from quanyu.foundation.sets.index import Index, open_index
from quanyu.foundation.sets.writing import write_index
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
    "returned": st.sampled_from([0.0, -0.0, 0.1, 0.25, 0.3, 1.0, 1.5, math.nan]),
    "country": st.sampled_from(["NO", "France", "法国", "", "o'x", "%"]),
    "first": DATES,
    "member": st.booleans(),
}
WRITTEN = {
    **STORED,
    "returned": st.sampled_from([0.0, 0.1, 0.25, 0.3, 1.0, 1.5]),
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


def answer(rule: Rule, row: dict[str, object], day: date = DAY) -> bool | None:
    """The reference: true, false, or None for unknown."""
    if isinstance(rule, Negation):
        inner = answer(rule.rule, row, day)
        return None if inner is None else not inner
    if isinstance(rule, Group):
        parts = [answer(part, row, day) for part in rule.rules]
        decisive = rule.kind == "any"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    return compared(rule, asked(rule.tag, row[rule.tag], day))


def asked(tag: str, stored: object, day: date) -> object:
    if isinstance(stored, float) and math.isnan(stored):
        return math.inf  # no number, and above all of them; no rule names either
    if stored is None or ASKABLES[tag].form == "plain":
        return stored
    days = (day - stored).days
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
    return reader()


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


@pytest.mark.parametrize("rules", [12, pytest.param(40, marks=pytest.mark.scale)])
def test_an_index_answers_as_the_reference(rules: int) -> None:
    check_many = settings(max_examples=rules, deadline=None)(given(RULES, ROWS)(check_index))
    check_many()


def check_index(raw: object, rows: list[dict[str, object]]) -> None:
    rule = parse(raw, ASKABLES, "GBP")
    many = rows * 7  # more than one shard, with every value at several places
    with TemporaryDirectory() as folder:
        selected = select(Path(folder) / "index", raw, many)
    assert selected == {i for i, row in enumerate(many) if answer(rule, row) is True}


ENDS = (date(2012, 2, 29), date(2012, 3, 1), date(2011, 3, 1), date(2011, 12, 31), date(2012, 1, 31))
AT_THE_ENDS: dict[str, list[object]] = {
    "since": [0, 27, 28, 29, 30, 31, 59, 60],
    "until": [0, 27, 28, 29, 30, 31],
    "first": ["2012-02-28", "2012-02-29", "2012-03-01", "2011-02-28", "2011-12-31"],
    "returned": [0.0, 0.3, 1.0],
    "country": ["NO", " ", "法国"],
    "orders": [0, 1],
    "member": [True, False],
}


@pytest.mark.parametrize("day", ENDS, ids=str)
def test_all_three_agree_at_the_ends_of_months(engine: ibis.BaseBackend, tmp_path: Path, day: date) -> None:
    rng = random.Random(day.toordinal())
    around = [day + timedelta(days=sign * n) for n in (0, 27, 28, 29, 30, 31, 32, 59, 60, 61) for sign in (1, -1)]
    drawn = {
        "since": around,
        "until": around,
        "orders": [0, 1, 1, 2],
        "spent": [0, -0],
        "returned": [0.0, -0.0, 0.3, math.nan, 1.0],
        "country": ["", " ", "NO", "no", "法国"],
        "first": around,
        "member": [True, False],
    }
    once = [{n: None if rng.random() < 0.2 else rng.choice(v) for n, v in drawn.items()} for _ in range(150)]
    rows = [*once, *once[:50]]
    rules = [parse(random_rule(rng, some=AT_THE_ENDS), ASKABLES, "GBP") for _ in range(40)]
    table = pa.Table.from_pylist([{**row, "row": i} for i, row in enumerate(rows)], schema=SCHEMA)
    write_index(tmp_path / "index", len(rows), [(n, np.arange(len(rows)), table[n]) for n in STORED], 2, shard=6)
    index = open_index(tmp_path / "index", threads=2)
    assert index is not None
    found = index.select([members_of(rule, index, ASKABLES, day) for rule in rules], OrdinalSet.first(len(rows)))
    told = ibis.memtable(table)
    compiled = {f"rule_{n}": compile_rule(rule, told, ASKABLES, day) for n, rule in enumerate(rules)}
    answers = engine.to_pyarrow(told.select("row", **compiled).order_by("row"))
    for n, rule in enumerate(rules):
        expected = [answer(rule, row, day) for row in rows]
        assert answers[f"rule_{n}"].to_pylist() == expected, rule
        assert found[n].ordinals().tolist() == [i for i, each in enumerate(expected) if each], rule


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


AT_MOST, AT_LEAST = "index.at_most(name, values[0])", "index.above(name, values[0], least=True)"
MUTANTS = {
    "not keeps its part": ("not truth, index", "truth, index"),
    "no De Morgan": ('"all" if (rule.kind == "all") == truth else "any"', "rule.kind"),
    "unknown is false": ("(*known, Not(holds))", "(Not(holds),)"),
    "below is at most": ("values[0], below=True)", "values[0])"),
    "at most is known": (
        f'case "<=":\n            return {AT_MOST}',
        'case "<=":\n            return index.known(name)',
    ),
    "above is at least": ("return index.above(name, values[0])", f"return {AT_LEAST}"),
    "at least is above": (
        f'">=":\n            return {AT_LEAST}',
        '">=":\n            return index.above(name, values[0])',
    ),
    "between is either": ('Joined("all", (index.above(', 'Joined("any", (index.above('),
    "others are unknown, too": (
        "return _others(index, name, index.among(name, values))",
        "return Not(index.among(name, values))",
    ),
    "null is known": ("return Not(index.known(name))", "return index.known(name)"),
    "null is unknown": ('frozenset({"is_null", "is_known"})', "frozenset()"),
}
"""Faults that a compiler to sets could have: what stands there, and what would be wrong."""
SOME: dict[str, list[object]] = {
    "orders": [-1, 0, 2],
    "country": ["NO", "法国"],
    "since": [-2, 1, 3],
    "member": [True],
    "returned": [0.1, 0.3],
}
Questions = tuple[Index, list[dict[str, object]], list[Rule]]


def random_rule(rng: random.Random, levels: int = 3, some: Mapping[str, list[object]] = SOME) -> object:
    if levels == 0 or rng.random() < 0.3:
        tag = rng.choice(list(some))
        operators = [o for o in OPERATORS if ASKABLES[tag].type not in UNORDERED or o in EQUALITY]
        operator = rng.choice(operators)
        if operator in ("is_null", "is_known"):
            return {"tag": tag, "is": operator}
        value: object = rng.choice(some[tag])
        if operator in ("in", "not_in"):
            value = some[tag][:2]
        return {"tag": tag, "is": operator, "value": some[tag][:2] if operator == "between" else value}
    if rng.random() < 0.3:
        return {"not": random_rule(rng, levels - 1, some)}
    return {rng.choice(["all", "any"]): [random_rule(rng, levels - 1, some) for _ in range(rng.randint(1, 3))]}


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Questions:
    """An index of 300 rows with NULLs, and 150 rules, by seed."""
    rng = random.Random(5)
    drawn = {
        "since": [DAY + timedelta(days=n) for n in range(-4, 5)],
        "until": [DAY],
        "orders": [-2, -1, 0, 1, 2, 3],
        "spent": [0, 50],
        "returned": [0.0, 0.1, 0.25, 0.3, 1.0],
        "country": ["NO", "France", "法国", ""],
        "first": [DAY],
        "member": [True, False],
    }
    rows = [{n: None if rng.random() < 0.3 else rng.choice(v) for n, v in drawn.items()} for _ in range(300)]
    table = pa.Table.from_pylist([{**row, "row": i} for i, row in enumerate(rows)], schema=SCHEMA)
    folder = tmp_path_factory.mktemp("index") / "index"
    write_index(folder, len(rows), [(name, np.arange(len(rows)), table[name]) for name in STORED], 2)
    index = open_index(folder, threads=2)
    assert index is not None
    return index, rows, [parse(random_rule(rng), ASKABLES, "GBP") for _ in range(150)]


def disagreements(compiled: Callable[..., Expression], questions: Questions) -> int:
    """Return for how many rules the compiler chooses others than the reference."""
    index, rows, rules = questions
    found = index.select([compiled(rule, index, ASKABLES, DAY) for rule in rules], OrdinalSet.first(len(rows)))
    expected = [{i for i, row in enumerate(rows) if answer(rule, row) is True} for rule in rules]
    return sum(set(members.ordinals().tolist()) != wanted for members, wanted in zip(found, expected, strict=True))


def test_the_compiler_itself_disagrees_nowhere(questions: Questions) -> None:
    assert disagreements(members_of, questions) == 0


@pytest.mark.parametrize(("right", "wrong"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_compiler_is_caught(questions: Questions, right: str, wrong: str) -> None:
    source = Path(inspect.getfile(members_of)).read_text("utf-8")
    assert right in source
    mutant: dict[str, object] = {"__name__": "mutant"}
    exec(source.replace(right, wrong), mutant)
    assert disagreements(cast("Callable[..., Expression]", mutant["members_of"]), questions) > 0


EXPRESSIONS = {
    "not keeps its part": ("return ~compile_rule(", "return compile_rule("),
    "all is any": ('left & right if kind == "all" else left | right', "left | right"),
    "between leaves its ends out": (
        "column.between(literals[0], literals[1])",
        "(column > literals[0]) & (column < literals[1])",
    ),
    "not in takes the unknown": ("column.notin(literals)", "column.notin(literals).fill_null(True)"),
    "in is false of the unknown": ("column.isin(literals)", "column.isin(literals).fill_null(False)"),
    "other is other than unknown": ("column != literals[0]", "(column != literals[0]).fill_null(True)"),
    "below is at most": ("column < literals[0]", "column <= literals[0]"),
    "at most is below": ("column <= literals[0]", "column < literals[0]"),
    "above is at least": ("column > literals[0]", "column >= literals[0]"),
    "at least is above": ("column >= literals[0]", "column > literals[0]"),
    "days are not turned round": (
        "*as_stored(rule, askable, day))",
        "rule.operator, as_stored(rule, askable, day)[1])",
    ),
}
"""Faults that the compiler to the engine could have."""


def differing(compiled: Callable[..., ibis.Value], questions: Questions, engine: ibis.BaseBackend) -> int:
    """Return for how many rules the engine answers otherwise than the reference."""
    rows, rules = questions[1], questions[2][:40]
    told = ibis.memtable(pa.Table.from_pylist([{**row, "row": i} for i, row in enumerate(rows)], schema=SCHEMA))
    answers = {f"rule_{n}": compiled(rule, told, ASKABLES, DAY) for n, rule in enumerate(rules)}
    found = engine.to_pyarrow(told.select("row", **answers).order_by("row"))
    return sum(found[f"rule_{n}"].to_pylist() != [answer(rule, row) for row in rows] for n, rule in enumerate(rules))


def test_the_compiler_to_the_engine_differs_nowhere(questions: Questions, engine: ibis.BaseBackend) -> None:
    assert differing(compile_rule, questions, engine) == 0


@pytest.mark.parametrize(("right", "wrong"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_wrong_compiler_to_the_engine_is_caught(
    questions: Questions, engine: ibis.BaseBackend, right: str, wrong: str
) -> None:
    source = Path(inspect.getfile(compile_rule)).read_text("utf-8")
    assert right in source
    mutant: dict[str, object] = {"__name__": "mutant"}
    exec(source.replace(right, wrong), mutant)
    assert differing(cast("Callable[..., ibis.Value]", mutant["compile_rule"]), questions, engine) > 0
