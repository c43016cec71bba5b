"""The days that cross an end of a window are those that lie in it as of one of two days only."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quanyu.targeting.fields.model import Window
from quanyu.targeting.tags.crossing import crossed

FIRST = date(2026, 1, 1)
OFFSETS = st.integers(0, 60)
DAYS = OFFSETS.map(lambda offset: FIRST + timedelta(days=offset))
WINDOWS = st.one_of(
    st.just(Window()),
    st.builds(Window, st.integers(1, 20), st.integers(0, 10)),
    st.builds(lambda a, b: Window(first=min(a, b), last=max(a, b)), DAYS, DAYS),
    st.builds(lambda a: Window(first=a), DAYS),
)


def lies_in(day: date, window: Window, asked: date) -> bool:
    first, last = window.bounds(asked)
    return day <= asked and (first is None or day >= first) and (last is None or day <= last)


@given(WINDOWS, DAYS, OFFSETS)
def test_the_days_of_one_side_only(window: Window, before: date, later: int) -> None:
    now = before + timedelta(days=later)
    every = [FIRST + timedelta(days=offset) for offset in range(-40, 140)]
    told = {day for day in every if any(first <= day <= last for first, last in crossed(window, before, now))}
    assert told == {day for day in every if lies_in(day, window, before) != lies_in(day, window, now)}
