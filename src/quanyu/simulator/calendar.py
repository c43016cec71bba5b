"""What the days are like: sales, deposits, festivals by sun and moon, weekdays, and how full the stores are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from borax.calendars.lunardate import LunarDate
from numpy.typing import NDArray

from quanyu.simulator.arguments import Refused

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

YEARS = (1901, 2099)  # of which the lunar calendar is known
USUAL_DISCOUNT = 0.20
_LULL_BEFORE, _LULL_AFTER = 0.85, 0.80  # people wait for a great sale, and have enough after it
_WAIT = 10  # days
_FIRST_DEPOSIT, _DEPOSIT = 1.9, 1.15
_STORE_WEEK = (0.88, 0.86, 0.88, 0.92, 1.05, 1.24, 1.17)  # from Monday
_ONLINE_WEEK = (1.03, 1.02, 1.02, 1.00, 0.98, 0.96, 0.99)

_LUNAR = (
    ("spring_festival", "春节", "Spring Festival", 1, 1),
    ("lantern", "元宵节", "Lantern Festival", 1, 15),
    ("dragon_boat", "端午节", "Dragon Boat Festival", 5, 5),
    ("qixi", "七夕节", "Qixi", 7, 7),
    ("mid_autumn", "中秋节", "Mid-Autumn Festival", 8, 15),
    ("double_ninth", "重阳节", "Double Ninth Festival", 9, 9),
)
_SOLAR = (
    ("new_year", "元旦", "New Year's Day", 1, 1),
    ("valentine", "情人节", "Valentine's Day", 2, 14),
    ("labour_day", "劳动节", "Labour Day", 5, 1),
    ("children_day", "儿童节", "Children's Day", 6, 1),
    ("national_day", "国庆节", "National Day", 10, 1),
)
# Days from the festival, and the factor on visits to stores; what is between is drawn as a straight line.
_VISITS = {
    "spring_festival": ((-24, 1.0), (-5, 1.45), (-2, 0.90), (-1, 0.55), (0, 0.25), (3, 0.55), (7, 0.85), (16, 1.0)),
    "dragon_boat": ((-6, 1.0), (-2, 1.12), (0, 1.10), (2, 1.0)),
    "qixi": ((-3, 1.0), (-1, 1.15), (0, 1.18), (1, 1.0)),
    "mid_autumn": ((-12, 1.0), (-3, 1.22), (0, 1.05), (2, 1.0)),
    "labour_day": ((-1, 1.0), (0, 1.25), (2, 1.25), (5, 1.0)),
    "national_day": ((-1, 1.0), (0, 1.28), (4, 1.22), (8, 1.0)),
}
_PARCELS = {"spring_festival": ((-9, 1.0), (-5, 0.75), (-1, 0.45), (4, 0.45), (9, 1.0))}  # couriers go home

Shape = dict[str, tuple[tuple[int, float], ...]]


class Festival(NamedTuple):
    """A day that people keep."""

    key: str
    zh: str
    en: str
    day: date


@dataclass(frozen=True)
class Sale:
    """A promotion: purchases are multiplied on its first day, on its last, and between."""

    key: str
    zh: str
    en: str
    first: date
    last: date
    opening: float
    between: float
    closing: float
    discount: float  # depth that is typical
    deposit: date | None = (
        None  # from this day to the one before `first` deposits are taken; the balance is due on `first`
    )


@dataclass(frozen=True)
class Calendar:
    """Days from `first` to `last`, both included; each array has one entry a day."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last or self.first.year < YEARS[0] or self.last.year > YEARS[1]:
            given, years = f"{self.first} – {self.last}", "{} – {}".format(*YEARS)
            en = f"days: {given} was given, first to last within {years} is allowed"
            raise Refused([(en, f"日期：收到 {given}，允许 {years} 年内从先到后")])

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    @cached_property
    def days(self) -> Days:
        """Return the days themselves."""
        return np.datetime64(self.first, "D") + np.arange(len(self))

    @cached_property
    def weekday(self) -> NDArray[np.int64]:
        """Return 0 for Monday to 6 for Sunday."""
        return (self.days.astype(np.int64) + 3) % 7

    @cached_property
    def festival(self) -> tuple[Festival, ...]:
        """Return the festivals that fall on these days, in their order."""
        around = (each for year in range(self.first.year, self.last.year + 1) for each in _festivals(year))
        return tuple(sorted((each for each in around if self.first <= each.day <= self.last), key=lambda f: f.day))

    @cached_property
    def sales(self) -> tuple[Sale, ...]:
        """Return the sales that touch these days, in their order."""
        around = (each for year in range(self.first.year, self.last.year + 2) for each in _sales(year))
        touching = (s for s in around if (s.deposit or s.first) <= self.last and s.last >= self.first)
        return tuple(sorted(touching, key=lambda sale: sale.first))

    @cached_property
    def promotion(self) -> Floats:
        """Return by what sales multiply purchases; below 1 where people wait for one or have just had one."""
        factor = np.ones(len(self))
        for sale in (each for year in range(self.first.year - 1, self.last.year + 2) for each in _sales(year)):
            self._promote(factor, sale)
        return factor

    @cached_property
    def discount(self) -> Floats:
        """Return the share of the list price that is typically taken off."""
        depth = np.full(len(self), USUAL_DISCOUNT)
        for sale in self.sales:
            depth[self._span(sale.deposit or sale.first, sale.last)] = sale.discount
        return depth

    @cached_property
    def balance_day(self) -> NDArray[np.int64]:
        """Return where deposits are taken the day, counted from `first`, on which the balance is due; -1 elsewhere."""
        due = np.full(len(self), -1, np.int64)
        for sale in self.sales:
            if sale.deposit:
                due[self._span(sale.deposit, sale.first - timedelta(1))] = (sale.first - self.first).days
        return due

    @cached_property
    def traffic(self) -> Floats:
        """Return by what festivals multiply visits to stores."""
        return self._shaped(_VISITS)

    @cached_property
    def parcels(self) -> Floats:
        """Return by what festivals multiply orders online: before and at Spring Festival couriers go home."""
        return self._shaped(_PARCELS)

    @cached_property
    def weekday_store(self) -> Floats:
        """Return by what the weekday multiplies visits to stores; seven days make 7."""
        return np.array(_STORE_WEEK)[self.weekday]

    @cached_property
    def weekday_online(self) -> Floats:
        """Return by what the weekday multiplies orders online; seven days make 7."""
        return np.array(_ONLINE_WEEK)[self.weekday]

    def _span(self, first: date, last: date) -> slice:
        return slice(max((first - self.first).days, 0), max((last - self.first).days + 1, 0))

    def _promote(self, factor: Floats, sale: Sale) -> None:
        begin, day = sale.deposit or sale.first, timedelta(1)
        if sale.deposit:
            factor[self._span(begin - _WAIT * day, begin - day)] *= _LULL_BEFORE
            factor[self._span(begin, begin)] = _FIRST_DEPOSIT
            factor[self._span(begin + day, sale.first - day)] = _DEPOSIT
            factor[self._span(sale.last + day, sale.last + _WAIT * day)] *= _LULL_AFTER
        factor[self._span(sale.first, sale.last)] = sale.between
        factor[self._span(sale.first, sale.first)] = sale.opening
        factor[self._span(sale.last, sale.last)] = sale.closing

    def _shaped(self, shapes: Shape) -> Floats:
        factor, day = np.ones(len(self)), np.arange(len(self))
        for year in range(self.first.year - 1, self.last.year + 2):
            for each in _festivals(year):
                if each.key in shapes:
                    offset, height = np.array(shapes[each.key]).T
                    factor *= np.interp(day - (each.day - self.first).days, offset, height, left=1.0, right=1.0)
        return factor


@cache
def calendar(first: date, last: date) -> Calendar:
    """Return the days from first to last."""
    return Calendar(first, last)


def spring_festival(year: int) -> date:
    """Return the first day of the lunar year that begins in this year."""
    return LunarDate(year, 1, 1).to_solar_date()


@cache
def _festivals(year: int) -> tuple[Festival, ...]:
    by_moon = (Festival(key, zh, en, LunarDate(year, m, d).to_solar_date()) for key, zh, en, m, d in _LUNAR)
    by_sun = (Festival(key, zh, en, date(year, m, d)) for key, zh, en, m, d in _SOLAR)
    return (*by_moon, *by_sun)


def _sales(year: int) -> Iterator[Sale]:
    def on(month: int, day: int) -> date:
        return date(year, month, day)

    new_year = spring_festival(year)
    before = (new_year - timedelta(28), new_year - timedelta(8))
    yield Sale("new_year_goods", "年货节", "New Year Goods Festival", *before, 1.45, 1.30, 1.50, 0.23)
    yield Sale("goddess_day", "女神节", "3.8 Goddess Day", on(3, 5), on(3, 8), 1.40, 1.35, 1.70, 0.23)
    yield Sale("618", "618", "618 Mid-Year Sale", on(5, 31), on(6, 18), 2.30, 1.35, 2.70, 0.28, on(5, 20))
    yield Sale("school", "开学季", "Back to School", on(8, 20), on(9, 3), 1.20, 1.15, 1.15, 0.20)
    yield Sale("double_11", "双11", "Double 11", on(10, 31), on(11, 11), 2.80, 1.50, 3.60, 0.32, on(10, 20))
    yield Sale("double_12", "双12", "Double 12", on(12, 10), on(12, 12), 1.50, 1.40, 1.90, 0.24)
