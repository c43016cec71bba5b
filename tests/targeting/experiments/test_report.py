"""Reports: plain values that survive JSON, one row per outcome and arm."""

import json

import pyarrow as pa
import pytest

from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.model import Analysis
from quanyu.targeting.experiments.report import COLUMNS, as_json, as_table


@pytest.fixture
def analysis() -> Analysis:
    table = pa.table(
        {
            "g": ["a"] * 4 + ["b"] * 4 + ["c"] * 4,
            "visit": [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0],
            "spend": [3.5, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0],
        }
    )
    return analyze(table, "g", "c", ["visit", "spend"])


def test_table(analysis: Analysis):
    rows = as_table(analysis)
    assert [(row["outcome"], row["arm"]) for row in rows] == [
        ("visit", "a"),
        ("visit", "b"),
        ("spend", "a"),
        ("spend", "b"),
    ]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[0]["absolute"] == 0.5
    assert rows[0]["relative"] is None


def test_json_has_no_value_that_json_lacks(analysis: Analysis):
    document = as_json(analysis)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["arms"] == [{"name": n, "customers": 4} for n in "abc"]
    assert document["outcomes"] == [
        {"name": "visit", "kind": "rate", "missing": 0, "negative": 0},
        {"name": "spend", "kind": "amount", "missing": 0, "negative": 0},
    ]
    assert document["sample_ratio"] == {
        "expected": pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        "assumed_equal": True,
        "p_value": 1.0,
        "alarm": False,
    }
    assert "12 rows were read" in str(document["words"])
