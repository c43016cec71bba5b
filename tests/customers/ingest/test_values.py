"""A text becomes the one value that it can mean, however people and spreadsheets write it; else none."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.values import code, first, numbers, times, translated, words_of
from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import Value
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    folder = tmp_path_factory.mktemp("engine")
    return DuckDB(Settings(folder, memory=1 << 30, threads=1), folder / "spill").backend()


def read(backend: Backend, texts: Sequence[str | None], how: Callable[[Value], Value]) -> list[Any]:
    rows = ibis.memtable(pa.table({"text": pa.array(texts, pa.string())}))
    return backend.to_pyarrow(rows.select(value=how(rows.text)))["value"].to_pylist()


def number(text: Value, form: str, currency: str) -> Value:
    return first(numbers(text, form, currency))


def local(text: Value, forms: Sequence[str], zone: str) -> Value:
    return first(times(text, forms, zone))


def test_every_word_leads_to_its_code():
    words = words_of([Code("open", Text("Open", "处理中"), ("In Progress",)), Code("closed", Text("Closed", "已完结"))])
    assert words == {
        "open": "open",
        "处理中": "open",
        "in progress": "open",
        "closed": "closed",
        "已完结": "closed",
    }


def test_a_star_is_every_other_text_but_not_nothing(backend: Backend):
    assert read(backend, ["A", "b", None], lambda text: code(text, {"a": "1", "*": "9"})) == ["1", "9", None]
    assert read(backend, ["A", "b", None], lambda text: translated(text, {"a": "1"})) == ["1", "b", None]


NUMBERS = {
    "1,234.50": "1234.5", "１，２３４．５": "1234.5", "¥39.90": "39.9", "￥ 1,000": "1000", "39.9元": "39.9",
    "RMB 12": "12", "3件": "3", "12%": "0.12", "-5.5%": "-0.055", "1.2万": "12000", "3.5亿": "350000000",
    "(1,234)": "-1234", "100-": "-100", "- ¥5": "-5", "+7": "7", ".5": "0.5", "5.": "5", "1.5e3": "1500",
}  # fmt: skip


def test_a_number_is_read_however_books_and_tills_write_it(backend: Backend):
    found = read(backend, list(NUMBERS), lambda text: number(text, "", "CNY"))
    assert found == [Decimal(value) for value in NUMBERS.values()]


def test_what_may_mean_two_numbers_or_another_currency_is_none(backend: Backend):
    texts = ["1,23", "12,34,567", "1 000", "$3", "€3", "--5", "5-5", "1,234,56", "12abc", "元", "", "%", "9" * 13]
    assert read(backend, texts, lambda text: number(text, "", "CNY")) == [None] * len(texts)
    assert read(backend, ["$3", "¥3"], lambda text: number(text, "", "USD")) == [Decimal(3), None]


def test_a_mapping_may_say_how_numbers_are_written(backend: Backend):
    german = read(backend, ["1.234,56", "12,5", "1.234"], lambda text: number(text, "1.234,56", "EUR"))
    assert german == [Decimal("1234.56"), Decimal("12.5"), Decimal(1234)]
    french = read(backend, ["1 234,56", "12,5 €", "1\u202f234"], lambda text: number(text, "1 234,56", "EUR"))
    assert french == [Decimal("1234.56"), Decimal("12.5"), Decimal(1234)]
    assert read(backend, ["3990"], lambda text: number(text, "minor units", "CNY")) == [Decimal("39.9")]
    assert read(backend, ["3990"], lambda text: number(text, "minor units", "JPY")) == [Decimal(3990)]


@settings(max_examples=25)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=30))
def test_separators_and_signs_change_no_number(backend: Backend, numbers: list[Decimal]):
    for form in ("{:,}", "¥{:,}", "{:,}元", "{:+,}"):
        found = read(backend, [form.format(value) for value in numbers], lambda text: number(text, "", "CNY"))
        assert found == numbers


MORNING = datetime(2026, 3, 1, 9, 30)
TIMES = {
    "2026-03-01 09:30": MORNING, "2026-03-01T01:30:00Z": MORNING, "2026-03-01T03:30:00+02:00": MORNING,
    "2026-03-01 01:30:00+00": MORNING, "2026/3/1 9:30": MORNING, "2026.3.1 9:30": MORNING, "20260301093000": MORNING,
    "20260301 09:30": MORNING, "2026年3月1日 9时30分": MORNING, "2026年3月1日 上午9:30": MORNING,
    "2026/3/1 9:30 AM": MORNING, "2026-03-01 9:30 PM": datetime(2026, 3, 1, 21, 30),
    "2026年3月1日": datetime(2026, 3, 1), "2026年03月01日 下午3:05": datetime(2026, 3, 1, 15, 5),
    "20260301": datetime(2026, 3, 1), "1-Mar-2026": datetime(2026, 3, 1), "March 1, 2026": datetime(2026, 3, 1),
    "２０２６－０３－０１": datetime(2026, 3, 1),
    "2026-03-01 09:30:00.123": datetime(2026, 3, 1, 9, 30, 0, 123_000),
}  # fmt: skip


def test_a_time_is_read_where_it_can_only_mean_one(backend: Backend):
    assert read(backend, list(TIMES), lambda text: local(text, (), "Asia/Shanghai")) == list(TIMES.values())


def test_a_time_that_may_mean_two_days_or_none_is_none(backend: Backend):
    texts = ["03/04/2026", "1/2/26", "2026-02-30", "0", "12", "soon", "2026-03-01 09:30 Asia/Shanghai", "46082", ""]
    assert read(backend, texts, lambda text: local(text, (), "Asia/Shanghai")) == [None] * len(texts)


def test_seconds_since_1970(backend: Backend):
    assert read(backend, ["1772328600", "x", "1e30"], lambda t: local(t, ("unix",), "Asia/Shanghai"))[0] == MORNING
    assert read(backend, ["1772328600000", "x", "1e30"], lambda t: local(t, ("unix ms",), "Asia/Shanghai")) == [
        MORNING,
        None,
        None,
    ]


def test_forms_are_tried_in_their_order(backend: Backend):
    forms = ("%d/%m/%Y", "%m/%d/%Y %H:%M")
    texts = ["03/04/2026", "03/04/2026 10:00", "2026-04-03"]
    found = read(backend, texts, lambda text: local(text, forms, "Asia/Shanghai"))
    assert found == [datetime(2026, 4, 3), datetime(2026, 3, 4, 10), None]
