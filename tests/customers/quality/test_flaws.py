"""Values are believed or not by what they are, one by one."""

from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.customers.quality.flaws import WORDS, Instant, digits_lost, private_flaw

NOW = Instant(datetime(2026, 3, 1, tzinfo=UTC), date(2026, 2, 28))
VALUES = [
    ("phone", "+8613912345678", ""),
    ("phone", "13912345678", ""),
    ("phone", "+442079460123", ""),
    ("phone", "+8613800138000", "dummy"),
    ("phone", "13900000000", "dummy"),
    ("phone", "11111111111", "dummy"),
    ("phone", "138****8000", "masked"),
    ("phone", "+8612912345678", "malformed"),
    ("phone", "12345", "malformed"),
    ("email", "wang.fang@heyuan.cn", ""),
    ("email", "test@test.com", "dummy"),
    ("email", "wang.fang", "malformed"),
    ("email", "w***@heyuan.cn", "masked"),
    ("name", "王芳", ""),
    ("name", "测试账号", "dummy"),
    ("name", "匿名", "dummy"),
    ("name", "test 3", "dummy"),
    ("name", "Testa", ""),
    ("name", "王**", "masked"),
    ("birth_date", "1990-05-01", ""),
    ("birth_date", "1900-01-01", "dummy"),
    ("birth_date", "1970-01-01", "dummy"),
    ("birth_date", "1915-05-01", "too old"),
    ("birth_date", "1899-05-01", "too early"),
    ("birth_date", "2026-03-02", "future"),
    ("birth_date", "spring", "malformed"),
    ("card", "000123", ""),
    ("card", "null", "dummy"),
    ("card", " Unknown ", "dummy"),
    ("birth_date", "无", "dummy"),
    ("email", "TEST@heyuan.cn", "dummy"),
    ("email", "n/a", "dummy"),
    ("address", "南京东路100号", ""),
    ("address", "无", "dummy"),
]


def judged() -> list[str]:
    rows = ibis.memtable(
        pa.table({"n": range(len(VALUES)), "type": [v[0] for v in VALUES], "value": [v[1] for v in VALUES]})
    )
    flaw = private_flaw(rows.type, rows.value, NOW)
    found = reader().to_pyarrow(rows.select("n", flaw=flaw).order_by("n"))["flaw"]
    return [each or "" for each in found.to_pylist()]


def test_private_values_one_by_one():
    assert [(*v[:2], found) for v, found in zip(VALUES, judged(), strict=True)] == VALUES


def test_every_flaw_has_words_in_both_languages():
    assert all(words.en and words.zh for words in WORDS.values())
    assert {flaw for *_, flaw in VALUES if flaw} <= set(WORDS)


@pytest.mark.parametrize(
    ("long", "rounded", "lost"), [(0, 0, 0), (2, 2, 0), (100, 100, 100), (100, 12, 0), (100, 95, 95)]
)
def test_zeros_at_the_end_are_a_fault_only_where_nearly_all_have_them(long: int, rounded: int, lost: int):
    assert digits_lost(long, rounded) == lost
