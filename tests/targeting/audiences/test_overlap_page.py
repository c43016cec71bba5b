"""The upset has a column for each cell and a dot for each audience in it; the matrix a square for each pair."""

import re
from datetime import UTC, datetime

import pytest

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.groups import Party
from quanyu.targeting.audiences.overlap_page import NAMED, cut, draw_overlap, short
from quanyu.targeting.audiences.overlaps import Cell, Cells, Overlap, Pair


def made(many: int, cells: Cells | None) -> Overlap:
    parties = tuple(Party(f"a{i}", Text(f"A & {i}", f"人群{i}"), OrdinalSet.first(10 * (i + 1))) for i in range(many))
    shared = tuple(tuple(10 * (min(i, j) + 1) for j in range(many)) for i in range(many))
    pairs = (Pair("a0", "a1", 10, 0.5, 250.0),)
    return Overlap(parties, 100, 10 * many, shared, pairs, cells, datetime(2026, 6, 30, tzinfo=UTC))


def test_a_dot_for_each_audience_of_a_cell() -> None:
    cells = Cells((Cell(("a1", "a2"), 40), Cell(("a2",), 12)), 3, 7)
    text = draw_overlap(made(3, cells))
    assert len(re.findall(r'<circle [^>]*class="calm"', text)) == 3
    assert len(re.findall(r'<circle [^>]*class="empty"', text)) == 3 * 2
    assert "3 smaller groups hold 7 customers" in text
    assert "另有 3 个较小分组" in text
    assert "A &amp; 1" in text
    assert len(re.findall(r'<rect opacity="', text)) == 9


def test_many_audiences_have_a_matrix_without_names() -> None:
    text = draw_overlap(made(NAMED + 1, None))
    assert "circle" not in text
    assert len(re.findall(r'<rect opacity="', text)) == (NAMED + 1) ** 2
    assert "<text" not in text


@pytest.mark.parametrize(("number", "shown"), [(999, "999"), (1_234, "1.2k"), (45_678, "46k"), (2_500_000, "2.5m")])
def test_counts_are_short(number: int, shown: str) -> None:
    assert short(number) == shown


def test_long_titles_are_cut() -> None:
    assert cut("Best customers") == "Best customers"
    assert cut("x" * 40) == "x" * 23 + "…"
    assert cut("很长的人群名称一二三四五六七八九") == "很长的人群名称一二三四…"
