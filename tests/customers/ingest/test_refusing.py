"""A refused line is found where an editor shows it, also below lines that no reader could split."""

from collections.abc import Callable
from typing import Any

from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.tables import REJECTS


def test_rows_are_counted_with_the_broken_lines_above_them(
    bring: Callable[..., Outcome], rows: Callable[..., list[dict[str, Any]]]
):
    good, few, many = "1,17,MUG,Mug,2,3.50,2011-03-01 09:00,France", "1,17", "1,17,MUG,Mug,many,3.50,2011-03-01,France"
    lines = bring([many, few, few, good, many, few, many, good, few]).lines
    assert (lines.read, lines.landed, lines.rejected) == (9, 2, 7)
    found = sorted((row["line"], row["reason"]) for row in rows(REJECTS))
    assert [line for line, reason in found if reason == "not a number"] == [2, 6, 8]
    assert [line for line, reason in found if reason != "not a number"] == [3, 4, 7, 10]
