"""Compiled loops say what a plain reading does, of any rows in any portions, or say that they do not fit."""

import random
from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from tests.conftest import reader
from tests.targeting.fields.test_aggregating import RECORDS, TODAY, behaviour_of, drawn, plainly, questions, scope

from quanyu.foundation.measuring import Behaviour
from quanyu.targeting.fields import folding
from quanyu.targeting.fields.aggregating import COUNTING, rows_of, ruled
from quanyu.targeting.fields.arrays import Unfit
from quanyu.targeting.fields.folding import folded
from quanyu.targeting.fields.model import Rule, Statistic


def asked(behaviour: Behaviour, statistics: Mapping[str, Statistic]) -> tuple[pa.Table, dict[Rule, str]]:
    rows, rules = ruled(behaviour, statistics, scope(), rows_of(behaviour, statistics, scope()))
    return reader().to_pyarrow(rows), rules


def coded(rows: pa.Table) -> pa.Table:
    """Keep numbers for texts, in an order that is not theirs, in several portions."""
    texts = {name: rows[name] for name in rows.column_names if rows[name].type == pa.string()}
    for name, told in texts.items():
        encoded = pa.chunked_array([pa.array(["é", "C", "A", "B", ""]).dictionary_encode()])
        codes = [encoded.chunk(0).dictionary.index(each).as_py() if each.is_valid else None for each in told]
        array = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), encoded.chunk(0).dictionary)
        half = len(array) // 2
        column = pa.chunked_array([array[:half], array[half:]])
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


@pytest.mark.parametrize("seed", range(40))
def test_every_statistic_is_what_a_plain_reading_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    monkeypatch.setattr(folding, "ROWS_AT_ONCE", draw.choice([1, 7, 1 << 17]))
    rows = drawn(draw, draw.choice([1, 5, 60, 400]))
    statistics = {f"s{n}": each for n, each in enumerate(questions(draw))}
    told, rules = asked(behaviour_of(rows), statistics)
    customers = np.array(draw.choice([[*range(7)], [2, 3, 5], [0, 4, 90]]), np.int64)
    given = (behaviour_of(rows), statistics, draw.choice([told, coded(told)]), rules, customers, TODAY, 2)
    found = pa.table({"customer": customers, **folded(*given)}).to_pylist()
    for answers in found:
        own = [row for row in rows if RECORDS[row.record] == answers["customer"]]
        for name, each in statistics.items():
            expected, answer = plainly(own, each), answers[name]
            if each.take in COUNTING:
                expected, answer = expected or 0, answer or 0
            assert answer == pytest.approx(expected), (answers["customer"], each)


def test_there_may_be_no_rows_or_no_customers() -> None:
    statistics = {f"s{n}": each for n, each in enumerate(questions(random.Random(0)))}
    told, rules = asked(behaviour_of([]), statistics)
    for customers in (np.array([3, 4], np.int64), np.zeros(0, np.int64)):
        found = folded(behaviour_of([]), statistics, told, rules, customers, TODAY, 2)
        assert {name: each.to_pylist() for name, each in found.items()} == {n: [None] * customers.size for n in found}


def of_values(values: pa.Array, name: str, statistic: Statistic) -> pa.Array:
    rows = pa.table({"customer": pa.array([0] * len(values)), "day": pa.array([TODAY] * len(values)), name: values})
    return folded(behaviour_of([]), {"s": statistic}, rows, {}, np.zeros(1, np.int64), TODAY, 1)["s"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", pa.array([1 << 61, 1 << 61])),  # the sum is none of 64 bits
        ("quantity", pa.array([1.0, float("nan")])),
        ("quantity", pa.array([1.0, float("inf")])),
        ("quantity", pa.array([Decimal("1.5"), Decimal("2.5")])),
    ],
)
def test_what_loops_do_not_add_up_as_the_engine_does_is_refused(name: str, values: pa.Array) -> None:
    with pytest.raises(Unfit):
        of_values(values, name, Statistic("things", "sum", name))


def test_a_mean_of_amounts_is_rounded_half_up() -> None:
    means = [of_values(pa.array(amounts), "amount", Statistic("things", "average", "amount")).to_pylist()
             for amounts in ([1, 2], [-1, -2], [1, 1, 2], [10**15, 10**15 + 1])]  # fmt: skip
    assert means == [[2], [-1], [1], [10**15 + 1]]
