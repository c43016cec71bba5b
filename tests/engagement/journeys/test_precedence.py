"""The order of journeys: priority first, then what is shown to be brought, then the name; never who came first."""

from datetime import date
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from quanyu.engagement.journeys.model import PRIORITIES
from quanyu.engagement.journeys.precedence import (
    FEW,
    MISSED,
    SHOWN,
    UNCERTAIN,
    Brought,
    Expectation,
    Place,
    judge,
    place_of,
    precedence,
)

AMOUNTS = st.floats(-1e6, 1e6, allow_nan=False)
Given = tuple[str, float | None, str]
JOURNEYS = st.lists(
    st.tuples(st.sampled_from(PRIORITIES), st.none() | AMOUNTS, st.text("abc", min_size=1, max_size=4)),
    unique_by=lambda each: each[2],
    max_size=8,
)


def place(given: Given) -> Place:
    return precedence(*given)


@given(JOURNEYS, st.randoms())
def test_the_order_is_the_same_whoever_came_first(journeys: list[Given], chance: Random):
    ordered = sorted(journeys, key=place)
    shuffled = list(journeys)
    chance.shuffle(shuffled)
    assert sorted(shuffled, key=place) == ordered
    for one, two in pairwise(ordered):
        ranks = place(one)[0], place(two)[0]
        assert ranks[0] <= ranks[1]
        if ranks[0] == ranks[1]:
            assert (one[1] or 0) >= (two[1] or 0)  # what is not shown counts as nothing


@given(AMOUNTS, AMOUNTS, st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_is_shown_is_no_chance_and_was_foretold(foretold: float, value: float, down: float, up: float):
    measured = Brought(value, value - down, value + up)
    verdict = judge(foretold, measured)
    assert (verdict == MISSED) == (not measured.low <= foretold <= measured.high)
    if verdict == SHOWN:
        assert (foretold > 0) == (value > 0)
        assert measured.low > 0 or measured.high < 0
    if verdict == UNCERTAIN:
        assert measured.low <= 0 <= measured.high


def test_only_what_is_shown_counts():
    measured = Brought(0.5, 0.2, 0.8)
    shown = Expectation("play", date(2026, 3, 1), SHOWN, 0.45, 0.4, measured)
    assert shown.counts == 0.45
    assert "+0.45 CNY a message" in place_of("marketing", shown, "CNY").en
    assert "+0.2 to +0.8" in place_of("manual", shown, "CNY").en
    missed = Expectation("play", date(2026, 3, 1), MISSED, 0.45, 0.9, measured)
    assert missed.counts is None
    assert "did not bear out" in place_of("marketing", missed, "CNY").en
    assert place_of("marketing", None, "CNY") == place_of("marketing", Expectation("p", date.max, FEW), "CNY")
    assert "no cap" in place_of("service", shown, "CNY").en
