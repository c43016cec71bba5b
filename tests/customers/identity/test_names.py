"""Names are read however they are spelled, nicknames say nothing, and equal names have equal hashes."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.names import reading_of
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.ingest.model import Outcome

MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name}
"""


@pytest.mark.parametrize(
    ("name", "family", "whole"),
    [
        ("王芳", "wang", "wangfang"),
        ("王 芳", "wang", "wangfang"),
        (" 王\u3000芳 ", "wang", "wangfang"),
        ("Wang Fang", "wang", "wangfang"),
        ("WANG FANG", "wang", "wangfang"),
        ("Xiaoming Wang", "wang", "wangxiaoming"),
        ("Wang Xiao-Ming", "wang", "wangxiaoming"),
        ("汪芳", "wang", "wangfang"),  # homophones are one reading
        ("王女士", "wang", ""),
        ("王总", "wang", ""),
        ("王**", "wang", ""),
        ("王＊芳", "wang", ""),
        ("王某某", "wang", ""),
        ("欧阳娜娜", "ouyang", "ouyangnana"),
        ("Nana Ouyang", "ouyang", "ouyangnana"),
        ("欧阳**", "ouyang", ""),
        ("欧阳女士", "ouyang", ""),
        ("单雄信", "shan", "shanxiongxin"),
        ("Shan Xiongxin", "shan", "shanxiongxin"),
        ("曾国藩", "zeng", "zengguofan"),
        ("John Smith", "smith", "smithjohn"),
    ],
)
def test_a_name_is_read(name: str, family: str, whole: str):
    assert reading_of(name) == (family, whole)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "   ",
            "芳芳",
            "小可爱",
            "快乐每一天",
            "阿猫咪",
            "阿杰",
            "豆豆爸",
            "小宝妈妈",
            "向日葵",
            "安 静",
            "anna",
            "13800138000",
            "先生",
            "女士",
            "**",
            "🌸王芳🌸",
            "王",
            "*芳",
        ),
        *("Anna Maria Rosa Eva Lena", "王芳" * 5_000, "a" * 10_000, "a-" * 5_000),
    ],
)
def test_what_is_no_name_says_nothing(name: str):
    assert reading_of(name) == ("", "")


@given(st.text(max_size=40))
def test_any_text_is_read_and_a_whole_name_begins_with_its_surname(text: str):
    family, whole = reading_of(text)
    assert not whole or (family and whole.startswith(family) and len(whole) > len(family))
    assert reading_of(f" {text}\t") == (family, whole)


def test_hashes_are_equal_where_names_are(bring: Callable[..., Outcome], rows: Callable[..., list[dict[str, Any]]]):
    names = ("王芳", "Wang Fang", "王女士", "李芳", "小可爱", "")
    lines = "\n".join(["id,name", *(f"r{n},{name}" for n, name in enumerate(names)), ""]).encode()
    bring(lines, mapping=MEMBERS)
    told = [
        (row["family_key"], row["name_key"]) for row in sorted(rows(RECORDS), key=lambda row: row["name_hash"] or 0)
    ]
    assert len(told) == len(names)
    assert sorted(told.count(pair) for pair in told) == [1, 1, 2, 2, 2, 2]
    both = [pair for pair in told if None not in pair]
    (surname,) = [family for family, whole in told if family is not None and whole is None]
    assert sum(family == surname for family, _ in both) == 2
    assert told.count((None, None)) == 2
    assert all(0 <= hashed < 1 << 60 for pair in both for hashed in pair)


GENDERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name, gender: gender}
"""


def test_a_name_tells_a_gender_where_the_source_does_not(
    bring: Callable[..., Outcome], rows: Callable[..., list[dict[str, Any]]], ask: Callable[..., list[Any]]
):
    told = ("王芳,", "王女士,", "李强,女", "李强,", "李明,男", "李明,", "小芳芳儿,")
    bring("\n".join(["id,name,gender", *(f"r{n},{each}" for n, each in enumerate(told)), ""]).encode(), mapping=GENDERS)
    lake = Counter((row["gender"], row["name_gender"]) for row in rows(RECORDS))
    assert lake == {(None, "f"): 2, ("f", "m"): 1, (None, "m"): 1, ("m", "open"): 1, (None, "open"): 2}
    evidence = Counter(gender for (gender,) in ask("select gender from record_evidence"))
    assert evidence == {1: 3, 2: 2, None: 1}


def test_another_name_takes_away_the_gender_of_the_one_before(
    bring: Callable[..., Outcome], ask: Callable[..., list[Any]]
):
    bring("id,name,gender\nr1,王芳,\n".encode(), mapping=GENDERS)
    bring("id,name,gender\nr1,王明,\n".encode(), mapping=GENDERS)
    assert ask("select gender from record_evidence") == [(None,)]
