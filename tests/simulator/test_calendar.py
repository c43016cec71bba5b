"""Festivals fall where they are known to fall, sales lift what they should, and a day is the same in every calendar."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.simulator.arguments import Refused
from quanyu.simulator.calendar import Calendar, calendar

YEARS = Calendar(date(2024, 7, 1), date(2026, 6, 30))
WIDE = Calendar(date(2023, 1, 1), date(2028, 12, 31))
SPRING_FESTIVALS = """
2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29
2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08
"""
KNOWN = [
    ("lantern", "2025-02-12"),
    ("dragon_boat", "2025-05-31"),
    ("dragon_boat", "2026-06-19"),
    ("qixi", "2025-08-29"),  # after a leap sixth month
    ("mid_autumn", "2020-10-01"),
    ("mid_autumn", "2025-10-06"),
    ("double_ninth", "2025-10-29"),
]
ARRAYS = ("promotion", "discount", "traffic", "parcels", "weekday_store", "weekday_online")


def at(calendar: Calendar, array: str, day: str) -> float:
    return getattr(calendar, array)[(date.fromisoformat(day) - calendar.first).days]


def test_spring_festivals_are_those_of_the_almanac():
    days = Calendar(date(2015, 1, 1), date(2035, 12, 31)).festival
    assert [f"{f.day}" for f in days if f.key == "spring_festival"] == SPRING_FESTIVALS.split()


@pytest.mark.parametrize(("key", "day"), KNOWN)
def test_a_lunar_festival_falls_on_its_known_day(key, day):
    year = int(day[:4])
    days = Calendar(date(year, 1, 1), date(year, 12, 31)).festival
    assert [f"{f.day}" for f in days if f.key == key] == [day]


def test_festivals_are_those_of_the_days_in_order():
    days = [f.day for f in YEARS.festival]
    assert days == sorted(days)
    assert YEARS.first <= days[0]
    assert days[-1] <= YEARS.last
    assert len({(f.key, f.day) for f in YEARS.festival}) == len(days) == 22  # 11 kinds, twice
    assert all(f.zh and f.en for f in YEARS.festival)


def test_each_array_has_an_entry_a_day():
    assert len(YEARS) == 730
    assert {len(getattr(YEARS, name)) for name in (*ARRAYS, "days", "weekday", "balance_day")} == {730}
    assert YEARS.days[0] == np.datetime64("2024-07-01")
    assert YEARS.weekday[0] == 0  # a Monday


def test_double_11_takes_deposits_then_balances():
    due = (date(2025, 10, 31) - YEARS.first).days
    taking = [day for day, balance in zip(YEARS.days, YEARS.balance_day, strict=True) if balance == due]
    assert (f"{taking[0]}", f"{taking[-1]}", len(taking)) == ("2025-10-20", "2025-10-30", 11)
    assert at(YEARS, "balance_day", "2025-10-31") == at(YEARS, "balance_day", "2025-10-19") == -1


def test_618_takes_deposits_then_balances():
    due = (date(2026, 5, 31) - YEARS.first).days
    taking = YEARS.days[due == YEARS.balance_day]
    assert (f"{taking[0]}", f"{taking[-1]}", len(taking)) == ("2026-05-20", "2026-05-30", 11)


def test_a_balance_may_be_due_after_the_last_day():
    short = Calendar(date(2025, 10, 1), date(2025, 10, 25))
    assert short.balance_day[-1] == 30
    assert short.discount[-1] > short.discount[0]


@pytest.mark.parametrize("day", ["2025-11-11", "2025-06-18", "2025-12-12", "2026-03-08", "2026-01-25"])
def test_sales_lift_purchases_and_deepen_discounts(day):
    assert at(YEARS, "promotion", day) > 1.2
    assert at(YEARS, "discount", day) > at(YEARS, "discount", "2025-07-15")


def test_double_11_is_the_height_of_the_year_and_a_lull_lies_on_both_sides():
    year = Calendar(date(2025, 1, 1), date(2025, 12, 31))
    assert f"{year.days[year.promotion.argmax()]}" == "2025-11-11"
    assert at(year, "promotion", "2025-10-15") < 1
    assert at(year, "promotion", "2025-11-14") < 1
    assert 0.95 < year.promotion.mean() < 1.2


def test_sales_of_a_calendar_are_those_that_touch_it():
    assert [s.key for s in Calendar(date(2025, 10, 20), date(2025, 10, 21)).sales] == ["double_11"]
    assert [s.key for s in Calendar(date(2025, 11, 12), date(2025, 12, 9)).sales] == []
    assert [s.key for s in Calendar(date(2023, 12, 20), date(2024, 1, 14)).sales] == ["new_year_goods"]


def test_stores_fill_before_spring_festival_and_empty_at_it():
    assert at(YEARS, "traffic", "2026-02-12") > 1.3
    assert at(YEARS, "traffic", "2026-02-17") < 0.4
    assert at(YEARS, "traffic", "2026-03-20") == 1
    assert at(YEARS, "parcels", "2026-02-17") < 0.6


def test_an_early_spring_festival_reaches_into_the_year_before():
    december = Calendar(date(2022, 12, 1), date(2022, 12, 31))
    assert december.traffic[-1] > 1
    assert december.promotion[-1] > 1.2
    assert december.sales[-1].key == "new_year_goods"


def test_weekdays_move_purchases_without_adding_any():
    for name in ("weekday_store", "weekday_online"):
        assert getattr(YEARS, name)[:7].sum() == pytest.approx(7)
    assert at(YEARS, "weekday_store", "2025-07-05") > at(YEARS, "weekday_store", "2025-07-08")


@given(st.dates(WIDE.first, WIDE.last), st.integers(1, 60))
def test_a_day_is_the_same_in_every_calendar(first, length):
    short = Calendar(first, min(first + timedelta(length), WIDE.last))
    begin = (first - WIDE.first).days
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(short, name), getattr(WIDE, name)[begin : begin + len(short)], err_msg=name)
    due = WIDE.balance_day[begin : begin + len(short)]
    assert np.array_equal(short.balance_day, np.where(due < 0, -1, due - begin))


def test_days_that_run_backwards_are_refused_in_two_languages():
    with pytest.raises(Refused, match="2025-02-01") as refusal:
        calendar(date(2025, 2, 1), date(2025, 1, 31))
    assert "允许" in refusal.value.faults[0][1]


@pytest.mark.parametrize("year", [1800, 2150])
def test_years_without_a_known_moon_are_refused(year):
    with pytest.raises(Refused):
        Calendar(date(year, 1, 1), date(year, 1, 2))
