"""Which days come into a window, or leave it, as days go by."""

from datetime import date, timedelta

from quanyu.targeting.fields.model import Window

Range = tuple[date, date]
"""A first and a last day, both included."""


def crossed(window: Window, before: date, now: date) -> list[Range]:
    """Return the days that lie in a window as of only one of two days, the later of which is `now`."""
    (first, last), (next_first, next_last) = _bounds(window, before), _bounds(window, now)
    came = (max(next_first or date.min, last + timedelta(days=1)), next_last)
    left = [] if first is None or next_first is None else [(first, min(last, next_first - timedelta(days=1)))]
    return [each for each in (*left, came) if each[0] <= each[1]]


def _bounds(window: Window, day: date) -> tuple[date | None, date]:
    first, last = window.bounds(day)
    return first, day if last is None else min(last, day)
