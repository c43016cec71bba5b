"""Expressions over an index equal a loop over rows, at any threshold, across shards, blocks, NULL, NaN and repeats."""

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.expressions import EVERYBODY, NOBODY, Expression, Joined, Not, Row
from quanyu.foundation.sets.index import Index, open_index, overlap
from quanyu.foundation.sets.programs import KEEP, assemble
from quanyu.foundation.sets.writing import write_index

SHARD = 10
TYPES = {
    "pieces": pa.int64(),
    "share": pa.float64(),
    "city": pa.string(),
    "day": pa.date32(),
    "member": pa.bool_(),
    "nothing": pa.int64(),
    "card": pa.string(),
}
VALUES: dict[str, Callable[[np.random.Generator], object]] = {
    "pieces": lambda r: int(r.zipf(1.5) % 4_000) - 50,
    "share": lambda r: [float(r.normal()), math.nan, 0.0, -0.0, math.inf][int(r.integers(0, 5))],
    "city": lambda r: ["杭州", "上海", "", "York", "a" * 40][int(r.integers(0, 5))],
    "day": lambda r: date.fromordinal(date(2024, 1, 1).toordinal() + int(r.integers(0, 900))),
    "member": lambda r: bool(r.integers(0, 2)),
    "nothing": lambda _: None,
    "card": lambda r: f"C{int(r.integers(0, 10**6)):06}",
}


def rows_of(seed: int, reach: int) -> dict[str, dict[int, object]]:
    """Return by column the value of each ordinal that has a row; a third of them are NULL, a tenth have no row."""
    rng = np.random.default_rng(seed)
    there = np.flatnonzero(rng.random(reach) < 0.9).tolist()
    return {name: {o: draw(rng) if rng.random() < 0.67 else None for o in there} for name, draw in VALUES.items()}


def index_of(folder: Path, rows: dict[str, dict[int, object]], reach: int, shard: int = SHARD) -> Index:
    columns = [
        (name, np.array(list(held), np.int64), pa.chunked_array([pa.array(list(held.values()), TYPES[name])]))
        for name, held in rows.items()
    ]
    write_index(folder, reach, columns, 2, shard)
    index = open_index(folder, threads=2)
    assert index is not None
    return index


def several(asked: Any) -> list[Any]:
    """Return a value with others of its type near it, more than are compared one by one."""
    if isinstance(asked, bool | float):
        return [asked]
    if isinstance(asked, str):
        return [asked, *(f"C{n:06}" for n in range(0, 10**6, 50_000))]
    return [asked, *(asked + (timedelta(days=n) if isinstance(asked, date) else n) for n in range(30))]


def holds(value: Any, operator: str, asked: Any) -> bool:
    """Compare as SQL does where NaN is the greatest number; a NULL is never true."""
    if value is None:
        return False
    if operator == "known":
        return True
    if operator == "among":
        return any(holds(value, "equal", one) for one in several(asked))
    if isinstance(value, str):
        value, asked = value.encode(), asked.encode()
    if isinstance(value, float) and math.isnan(value):
        return operator in {"above", "at least"}
    return {
        "above": value > asked,
        "at least": value >= asked,
        "below": value < asked,
        "at most": value <= asked,
        "equal": value == asked,
    }[operator]


def expression(index: Index, name: str, operator: str, asked: Any) -> Expression:
    if operator == "known":
        return index.known(name)
    if operator == "equal":
        return index.equal(name, asked)
    if operator == "among":
        return index.among(name, several(asked))
    if operator in {"above", "at least"}:
        return index.above(name, asked, least=operator == "at least")
    return index.at_most(name, asked, below=operator == "below")


OPERATORS = ("below", "at most", "above", "at least", "equal", "among", "known")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), reach=st.sampled_from([1, 63, 64, 1_023, 1_024, 1_025, 2_500]))
def test_every_comparison_equals_a_loop_over_rows(tmp_path: Path, seed: int, reach: int):
    rows = rows_of(seed, reach)
    index = index_of(tmp_path / f"{seed}-{reach}", rows, reach)
    rng = np.random.default_rng(seed + 1)
    within = OrdinalSet.from_mask(rng.random(reach + 100) < 0.8)
    asked = [(name, op, VALUES[name](rng)) for name in rows for op in OPERATORS if name != "nothing" or op == "known"]
    asked = [(n, op, v) for n, op, v in asked if not (isinstance(v, float) and math.isnan(v))]
    expected = [{o for o, value in rows[n].items() if holds(value, op, v) and o in within} for n, op, v in asked]
    expressions = [expression(index, *each) for each in asked]
    assert index.count(expressions, within) == [len(each) for each in expected]
    found = index.select(expressions, within)
    assert [set(members.ordinals().tolist()) for members in found] == expected


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), reach=st.sampled_from([1, 64, 1_025, 2_500]))
def test_what_ordinals_have_is_read_as_it_was_written(tmp_path: Path, seed: int, reach: int):
    rows = rows_of(seed, reach)
    index = index_of(tmp_path / f"{seed}-{reach}", rows, reach)
    rng = np.random.default_rng(seed + 1)
    asked = rng.integers(0, reach + 200, 40)
    for name, held in rows.items():
        expected = [held.get(ordinal) for ordinal in asked.tolist()]
        found = index.values_of(name, asked).to_pylist()
        pairs = zip(found, expected, strict=True)
        assert all(a == b or (a is not None and b is not None and a != a and b != b) for a, b in pairs), name
        assert index.values_of(name, asked[:0]).to_pylist() == []


def tree(leaves: Sequence[Expression], rng: np.random.Generator, levels: int) -> tuple[Expression, Callable[..., bool]]:
    """Return a random tree, and what it says of one ordinal given what its leaves say."""
    if levels == 0 or rng.random() < 0.2:
        i = int(rng.integers(0, len(leaves)))
        return leaves[i], lambda said: said[i]
    if rng.random() < 0.25:
        inner, told = tree(leaves, rng, levels - 1)
        return Not(inner), lambda said: not told(said)
    parts = [tree(leaves, rng, levels - 1) for _ in range(int(rng.integers(0, 4)))]
    kind = "all" if rng.random() < 0.5 else "any"
    joined = all if kind == "all" else any
    return Joined(kind, tuple(p for p, _ in parts)), lambda said: joined(t(said) for _, t in parts)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_trees_equal_a_loop_over_rows(tmp_path: Path, seed: int):
    reach = 1_100
    rows = rows_of(seed, reach)
    index = index_of(tmp_path / str(seed), rows, reach)
    rng = np.random.default_rng(seed)
    leaves = [index.known("city"), index.at_most("pieces", 3), index.equal("member", True), EVERYBODY, NOBODY]
    within = OrdinalSet.first(reach)
    said = [set(members.ordinals().tolist()) for members in index.select(leaves, within)]
    trees = [tree(leaves, rng, 6) for _ in range(8)]
    expected = [{o for o in range(reach) if told([o in one for one in said])} for _, told in trees]
    found = index.select([expression for expression, _ in trees], within)
    assert [set(members.ordinals().tolist()) for members in found] == expected


def test_what_occurs_in_many_is_worked_out_once(tmp_path: Path):
    index = index_of(tmp_path / "index", rows_of(3, 2_000), 2_000)
    some, many = index.above("pieces", 3), index.above("pieces", 90)
    pair = Joined("all", (some, Not(many)))
    expressions = [Joined("any", (pair, Row(n))) for n in range(4)] + [Not(pair), Not(Not(pair)), some]
    programs = assemble(expressions)
    assert (len(programs.leaves), [op for op, *_ in programs.code.tolist()].count(KEEP)) == (2, 1)
    within = OrdinalSet.first(2_000)
    assert index.select(expressions, within) == [index.select([each], within)[0] for each in expressions]
    assert index.select(expressions, within)[4] == within - index.select([pair], within)[0]


def test_deep_and_wide_trees_keep_a_low_stack():
    deep: Expression = NOBODY
    for _ in range(200):
        deep = Joined("any", (NOBODY, Not(deep)))
    wide = Joined("all", tuple(Row(n) for n in range(1_000)))
    assert assemble([deep, wide]).depth == 2
    assert assemble([]).starts.tolist() == [0]


def test_an_index_appears_whole_and_stays_for_who_has_it_open(tmp_path: Path):
    folder = tmp_path / "index"
    first = index_of(folder, rows_of(1, 2_000), 2_000)
    before = first.count([first.known("city")], OrdinalSet.first(2_000))
    folder.rename(tmp_path / "away")
    assert open_index(folder, 2) is None
    second = index_of(folder, rows_of(2, 3_000), 3_000)
    assert first.count([first.known("city")], OrdinalSet.first(2_000)) == before
    assert second.reach == 3_000
    (folder / "index.json").write_text((folder / "index.json").read_text().replace('"format": 2', '"format": 9'))
    assert open_index(folder, 2) is None


@pytest.mark.parametrize("count", [1, 5])
def test_overlaps_equal_the_algebra(count: int):
    rng = np.random.default_rng(count)
    sets = [OrdinalSet.from_mask(rng.random(int(rng.integers(0, 200_000))) < 0.3) for _ in range(count)]
    found = overlap(sets, threads=2)
    assert found.tolist() == [[(one & other).count() for other in sets] for one in sets]
