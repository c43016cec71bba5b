"""Two values are alike at the level that a person would say."""

import ibis
import pyarrow as pa
import pytest

from quanyu.customers.matching.cleaning import cleaned
from quanyu.customers.matching.levels import levels_of
from quanyu.customers.matching.model import Comparison, Config, Field, Training

CASES = [
    ("full_name", "full_name", "张伟", "张伟", "equal"),
    ("full_name", "full_name", "张伟", "张玮", "sounds equal, in any order"),
    ("full_name", "full_name", "張偉", "Wei Zhang", "sounds equal, in any order"),
    ("full_name", "full_name", "单小明", "shan xiaoming", "sounds equal, in any order"),
    ("full_name", "full_name", "张生", "臧森", "sounds alike"),
    ("full_name", "full_name", "欧阳建国", "欧阳建华", "surname equal, given name alike"),
    ("full_name", "full_name", "王芳", "李强", "unlike"),
    ("birth_date", "date", "1990-02-01", "1990-02-01", "equal"),
    ("birth_date", "date", "1990-02-01", "1990-01-02", "a slip"),
    ("birth_date", "date", "1990-02-11", "1990-02-17", "a slip"),
    ("birth_date", "date", "1990-02-01", "1957-02-01", "day or month equal"),
    ("birth_date", "date", "1990-02-01", "1990-11-27", "year equal, or two slips"),
    ("birth_date", "date", "1990-02-01", "1957-11-27", "unlike"),
    ("phone", "phone", "13800138000", "+86 138 0013 8000", "equal"),
    ("phone", "phone", "13800138000", "13800138009", "a slip, or another code"),
    ("email", "email", "anna@a.com", "anna@b.org", "mailbox equal"),
    ("number", "number", "4711", "4721", "at most 1 slips"),
    ("text", "text", "bakery green", "bakery grean", "alike 0.92"),
    ("items", "items", "tea|sofa|mug", "sofa|tea", "half in common"),
    ("items", "items", "tea|sofa|mug|jug|cup", "tea|lamp|sofa|bed|box", "two in common"),
    ("items", "items", "tea|sofa|mug|jug", "tea|lamp|bed|box", "one in common"),
    ("gender", "exact", "男", "F", "unlike"),
    ("gender", "exact", "男", "", "missing"),
]


@pytest.mark.parametrize(("means", "how", "one", "other", "level"), CASES)
def test_level(engine, means, how, one, other, level):
    field = Field("x", ("x",), means)
    assert _level(engine, (field,), Comparison("c", how, ("x",), _bounds(how)), [one], [other]) == level


def _bounds(how):
    return {"text": (0.92, 0.8), "number": (1, 2)}.get(how, ())


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (("anna", "green"), ("anna", "green"), "both equal"),
        (("anna", "green"), ("green", "anna"), "swapped"),
        (("anna", "green"), ("ana", "green"), "surname equal, given name alike"),
        (("anna", "green"), ("", "green"), "surname equal"),
        (("anna", "green"), ("green", "white"), "one swapped"),
        (("anna", "green"), ("", ""), "missing"),
        (("anna", "green"), ("peter", "white"), "unlike"),
        (("小明", "曾"), ("xiaoming", "zeng"), "both alike"),
    ],
)
def test_names(engine, one, other, level):
    fields = (Field("x", ("x",), "given_name"), Field("y", ("y",), "surname"))
    assert _level(engine, fields, Comparison("c", "names", ("x", "y")), one, other) == level


def _level(engine, fields, comparison, one, other):
    """Clean two records and return the first level whose condition holds."""
    columns = {f"r_{field.name}": [one[i], other[i]] for i, field in enumerate(fields)}
    rows = pa.table({**columns, "record": [0, 1], "origin": [0, 0], "id": ["a", "b"]})
    with cleaned(engine, ibis.memtable(rows), Config(fields, (comparison,), (), Training(()))) as found:
        named = [name for name in found.columns if name.startswith("f_")]
        sides = ", ".join(f"{side}.{name} as {name}_{side}" for name in named for side in ("l", "r"))
        cases = " ".join(
            f"when {level['sql_condition']} then '{level['label_for_charts']}'"
            if level["sql_condition"] != "ELSE"
            else f"else '{level['label_for_charts']}'"
            for level in levels_of(comparison)
        )
        name = found.get_name()
        sql = f'select case {cases} end from (select {sides} from "{name}" l, "{name}" r where l.record < r.record)'
        return engine.backend().con.execute(sql).fetchone()[0]


def test_frequencies_can_be_left_out():
    told = levels_of(Comparison("c", "email", ("x",), frequency=False))
    assert not [level for level in told if "tf_adjustment_column" in level]
    assert [level for level in levels_of(Comparison("c", "email", ("x",))) if "tf_adjustment_column" in level]
