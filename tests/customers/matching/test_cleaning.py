"""What is typed differently and means the same becomes the same."""

import ibis
import pyarrow as pa
import pytest

from quanyu.customers.matching.cleaning import cleaned
from quanyu.customers.matching.model import Comparison, Config, Field, Training

CASES = [
    ("full_name", "", ["Ｊosé  GARCÍA", "jose garcia", "Garcia, José", "Mr. José García"], "jose garcia"),
    ("full_name", "words", ["王小明", "Xiaoming Wang", "wang xiaoming", "王小明先生"], "wang xiaoming"),
    ("full_name", "alike", ["张生", "Zang Sheng", "zhang sen"], "sen zan"),
    ("full_name", "surname", ["单小明", "Xiaoming Shan"], "shan"),
    ("surname", "sound", ["曾", "Zeng", "ZENG"], "zeng"),
    ("given_name", "start", ["O'Brien", "OBR"], "obr"),
    ("birth_date", "", ["1990-02-01", "1990/2/1", "19900201", "1990年2月1日"], "1990-02-01"),
    ("birth_date", "", ["19901345"], "1990-13-45"),
    ("birth_date", "day", ["1990-02-01"], "02-01"),
    ("phone", "", ["13800138000", "+86 138-0013-8000", "０１３８００１３８０００", "138 0013 8000"], "+8613800138000"),
    ("phone", "", ["+44 20 7946 0958", "0044 2079460958"], "+442079460958"),
    ("phone", "end", ["13800138000"], "00138000"),
    ("email", "", ["Anna@Example.com", " anna@example.com ", "mailto:anna@example.com"], "anna@example.com"),
    ("email", "user", ["anna+shop@example.com", "anna@other.org"], "anna"),
    ("gender", "", ["男", "M", "male", "男性"], "m"),
    ("gender", "", ["保密", "unknown"], None),
    ("region", "", ["浙江省", "浙江"], "浙江"),
    ("number", "", ["AB 12-34", "ab1234"], "ab1234"),
    ("address", "", ["12, High  St.", "12 high st"], "12 high st"),
    ("items", "", ["Tea、Sofa", "tea | sofa"], "tea|sofa"),
    ("text", "", ["", "-", "n/a", "暂无", "NULL"], None),
]


@pytest.mark.parametrize(("means", "part", "written", "meant"), CASES, ids=lambda case: str(case)[:20])
def test_what_is_written(engine, means, part, written, meant):
    field = Field("x", ("x",), means)
    config = Config((field,), (Comparison("c", "exact", ("x",)),), (), Training(()))
    rows = pa.table({"r_x": written, "record": range(len(written)), "origin": [0] * len(written), "id": written})
    with cleaned(engine, ibis.memtable(rows), config) as found:
        column = f"f_x_{part}" if part else "f_x"
        values = engine.backend().to_pyarrow(found.order_by("record"))[column].to_pylist()
    assert values == [meant] * len(written)


def test_an_address_with_a_slip_is_still_compared(engine):
    config = Config((Field("x", ("x",), "email"),), (), (), Training(()))
    rows = pa.table({"r_x": ["anna@example", "x***@example.com"], "record": [0, 1], "origin": [0, 0], "id": ["a", "b"]})
    with cleaned(engine, ibis.memtable(rows), config) as found:
        values = engine.backend().to_pyarrow(found.order_by("record"))["f_x"].to_pylist()
    assert values == ["anna@example", None]
