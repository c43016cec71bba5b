"""Texts that are kept are those that would be made anew, whatever the tables, instants and numbers are called."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.foundation.lake.compiling import TEXTS, RememberingBackend, Texts, Unlike, form_of
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings

INSTANT = dt.Timestamp(timezone="UTC", scale=6)
ROWS = pa.table({"n": [1, 2, 3], "text": ["a", "b", None], "at": pa.array([None] * 3, pa.timestamp("us", "UTC"))})
_MADE = re.compile(r"ibis_(x|table_unnest\w*)_[a-z2-7]{26}")  # names that each making of a text invents


@pytest.fixture
def backend(tmp_path):
    opened = DuckDB(Settings(tmp_path, memory=512 << 20, threads=1), tmp_path / "spill")
    yield opened.backend()
    opened.close()


def anew(backend: Backend, expr: ir.Expr) -> str:
    return Backend.compile(backend, expr)


def same(text: str, other: str) -> bool:
    return _MADE.sub("made", text) == _MADE.sub("made", other)


def rows() -> Any:
    """A table of another name each time."""
    return ibis.memtable(ROWS)


def whole(n: int) -> Any:
    return ibis.literal(n, type="int64")


def at(moment: datetime) -> Any:
    return ibis.literal(moment, type=INSTANT)


SHAPES: dict[str, Callable[[int, int, datetime], ir.Table]] = {
    "columns": lambda a, b, at_: rows().mutate(a=whole(a), b=whole(b), c=at(at_)),
    "conditions": lambda a, b, at_: rows().filter(rows_n := ibis._.n > whole(a), rows_n | (ibis._.at < at(at_))),
    "branches": lambda a, b, at_: rows().mutate(a=ibis.ifelse(ibis._.n == whole(a), whole(b), ibis._.n.coalesce(a))),
    "limits": lambda a, b, at_: rows().order_by("n").limit(a, offset=b),
    "beginnings": lambda a, b, at_: rows().mutate(
        a=ibis._.text[whole(a) : whole(a + b)], b=ibis._.text.substr(whole(a), whole(b))
    ),
    "neighbours": lambda a, b, at_: rows().mutate(
        a=ibis._.n.lag(whole(a)).over(order_by="n"),
        b=ibis._.n.sum().over(ibis.window(order_by="n", preceding=whole(min(a, 9)), following=b)),
    ),
    "sums": lambda a, b, at_: rows().mutate(a=ibis._.n + whole(a), b=whole(a) + whole(b)),
    "joins": lambda a, b, at_: (
        (t := rows()).join(u := rows().mutate(n=whole(b)), t.n == u.n).select("text", a=whole(a))
    ),
    "views": lambda a, b, at_: (t := rows()).join(v := t.view(), t.n == v.n).mutate(a=whole(a)).select("n", "a"),
    "within": lambda a, b, at_: (t := rows()).filter(t.n.isin(rows().filter(ibis._.n == whole(a)).n)),
    "kinds": lambda a, b, at_: rows().mutate(a=ibis.literal(a), b=ibis.literal(bool(a)), c=ibis.literal(float(b))),
    "days": lambda a, b, at_: rows().mutate(a=ibis._.at - at(at_), b=at(at_).date(), c=ibis.literal(at_.date())),
    "spans": lambda a, b, at_: rows().filter(ibis._.at.date().between(at_.date(), ibis.literal(at_.date()))),
    "lists": lambda a, b, at_: rows().mutate(a=ibis._.text.split(",").unnest(), b=whole(a)).drop("n"),
}
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)) | st.sampled_from([datetime(2026, 1, 1)])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8))])


@settings(max_examples=30)
@given(
    st.sampled_from(list(SHAPES)),
    st.lists(st.tuples(st.integers(0, 3) | st.integers(0, 2**62), st.integers(0, 3)), min_size=2, max_size=4),
    st.lists(st.builds(lambda moment, zone: moment.replace(tzinfo=zone), MOMENTS, ZONES), min_size=4, max_size=4),
)
def test_a_kept_text_is_the_one_made_anew(backend, shape, numbers, moments):
    for (a, b), moment in zip(numbers, moments, strict=False):
        expr = SHAPES[shape](a, b, moment)
        assert same(backend.compile(expr), anew(backend, expr))


def test_another_day_needs_no_new_text(backend):
    day = date(2026, 2, 27)
    made = TEXTS.made
    for _ in range(3):
        told = ibis.memtable(pa.table({"day": [day - timedelta(1), day, day + timedelta(2)]}))
        expr = told.filter(told.day.between(day, day + timedelta(1)) | (told.day > day)).mutate(back=ibis.literal(day))
        assert backend.to_pyarrow(expr).to_pylist() == [
            {"day": day, "back": day},
            {"day": day + timedelta(2), "back": day},
        ]
        day += timedelta(1)
    assert TEXTS.made == made + 1


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_same_of_other_tables_is_found(backend, shape):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    backend.compile(SHAPES[shape](1, 2, moment))
    made = TEXTS.made
    expr = SHAPES[shape](1, 2, moment)
    assert same(backend.compile(expr), anew(backend, expr))
    assert TEXTS.made == made


def test_what_each_time_brings_needs_no_new_text(backend):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    backend.compile(SHAPES["columns"](1, 2, moment))
    made = TEXTS.made
    for n in range(5, 15):
        expr = SHAPES["columns"](n, 2 * n, moment + timedelta(microseconds=n))
        assert backend.to_pyarrow(expr).select("abc").to_pylist()[0] == {
            "a": n,
            "b": 2 * n,
            "c": moment + timedelta(microseconds=n),
        }
    assert TEXTS.made == made


def test_only_what_is_read_from_one_table_as_it_is_may_be_read_twice(backend):
    read = rows()
    shapes = {
        "columns": read.select("n", "text"),
        "some": read.filter(read.text.notnull()),
        "counted": read.group_by("text").agg(n=read.n.max()),
        "distinct": read.distinct(),
        "drawn": read.mutate(at=ibis.random()),
        "cut": read.limit(2),
        "joined": read.join(rows(), "n").select("n", "text"),
    }
    found = {
        name: "AS NOT MATERIALIZED (" in backend.compile(ibis.union(each.filter(each.n > 1), each.filter(each.n < 3)))
        for name, each in shapes.items()
    }
    assert [name for name, is_read_twice in found.items() if is_read_twice] == ["columns", "some"]
    twice = shapes["columns"]
    answer = backend.to_pyarrow(ibis.union(twice.filter(twice.n > 1), twice.filter(twice.n < 3)))
    assert sorted(answer["n"].to_pylist()) == [1, 2, 2, 3]


def test_values_that_python_takes_for_equal_are_told_apart():
    zones = (UTC, timezone(timedelta(hours=8)))
    values = [1, True, 1.0, *(datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone(zone) for zone in zones)]
    forms = [
        form_of(rows().filter(ibis._.text.isin([ibis.literal(str(v))]) & ibis.literal(v).notnull()).op())
        for v in values
    ]
    assert len({form.key for form in forms}) == len(values)


def test_a_function_of_python_is_compiled_each_time(backend):
    @ibis.udf.scalar.python
    def doubled(n: int) -> int:
        return 2 * n

    expr = rows().mutate(two=doubled(ibis._.n))
    with pytest.raises(Unlike):
        form_of(expr.op())
    assert backend.to_pyarrow(expr)["two"].to_pylist() == [2, 4, 6]
    assert backend.compile(expr) == anew(backend, expr)


def test_the_texts_that_were_used_least_leave():
    texts = Texts(25)
    for name in "ab":
        texts.keep((name,), [name * 10])
    assert texts.find(("a",)) == ["a" * 10]
    texts.keep(("c",), ["c" * 10])
    assert [texts.find((name,)) is not None for name in "abc"] == [True, False, True]
    texts.keep(("long",), ["l" * 30])
    assert texts.find(("long",)) is None


def test_imports_ask_as_they_would_without_what_is_kept(deliver, monkeypatch):
    """Files of several kinds, twice each: texts are found again, and each is the one that would be made."""
    asked: list[tuple[str, str]] = []
    kept = RememberingBackend.compile

    def both(backend, expr, /, **options):
        text = kept(backend, expr, **options)
        asked.append((_MADE.sub("made", text), _MADE.sub("made", anew(backend, expr))))
        return text

    monkeypatch.setattr(RememberingBackend, "compile", both)
    found = TEXTS.found
    for n in range(2):
        lines = [(f"{n}-{k}", "m1", f"p{k}", 1 + n, "2.50", f"2026-01-0{k + 1} 10:00") for k in range(3)]
        deliver("order_line", "order_number customer product quantity unit_price placed_at", lines)
        deliver("customer_record", "key name observed_at", [(f"m{n}", "Ann", "2026-01-05")], source="crm")
        deliver("product", "product name observed_at", [(f"p{n}", "Mug", "2026-01-05")], source="pim")
    assert len(asked) > 60
    assert [pair for pair in asked if pair[0] != pair[1]] == []
    assert TEXTS.found - found > len(asked) // 3


def test_columns_have_the_types_that_ibis_reads_from_their_names(backend):
    backend.raw_sql("create type \"codes\" as enum ('a', 'it''s')")
    backend.raw_sql("""
        create temp table many as select 1::hugeint a, 1.5::decimal(18, 6) b, now() c, 'a'::"codes" d, [1] e,
        map {'k': now()} f, {'x': 1, 'y': 'b'} g, true h, 'x'::blob i, current_date j, null k, 1::utinyint l
    """)
    backend.raw_sql("create temp table strict (n bigint not null, t varchar)")
    for name in ("many", "strict"):
        for _ in range(2):
            assert backend.get_schema(name) == Backend.get_schema(backend, name)
    assert not backend.table("strict").schema()["n"].nullable
