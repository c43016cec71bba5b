"""What may be asked of any day: weekday, weekend, month, and the festival for which people buy."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from borax.calendars.lunardate import LunarDate

from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Column
from quanyu.foundation.text import Text

_YEARS = range(2000, 2051)
_WEEKDAY, _MONTH = Text("1 to 7", "1 至 7"), Text("1 to 12", "1 至 12")


@dataclass(frozen=True)
class Festival:
    """Days on which people buy for a festival: from `before` days ahead of it to `after` days past it."""

    key: str
    title: Text
    month: int
    day: int
    before: int = 0
    after: int = 0
    lunar: bool = False


# A day that lies in several belongs to the first of them.
FESTIVALS = (
    Festival("double_12", Text("Double 12", "双十二"), 12, 12, before=2),
    Festival("double_11", Text("Double 11", "双十一"), 11, 11, before=22),
    Festival("mid_year", Text("618", "618"), 6, 18, before=18, after=2),
    Festival("womens_day", Text("Women's Day", "三八节"), 3, 8, before=4),
    Festival("may_20", Text("May 20", "520"), 5, 20, before=3),
    Festival("christmas", Text("Christmas", "圣诞节"), 12, 25, before=6),
    Festival("new_year", Text("New Year's Day", "元旦"), 1, 1, before=3, after=2),
    Festival("spring_festival", Text("Spring Festival", "春节"), 1, 1, before=21, after=6, lunar=True),
    Festival("valentine", Text("Valentine's Day", "情人节"), 2, 14, before=5),
    Festival("labour_day", Text("Labour Day", "劳动节"), 5, 1, before=2, after=4),
    Festival("dragon_boat", Text("Dragon Boat Festival", "端午节"), 5, 5, before=7, lunar=True),
    Festival("qixi", Text("Qixi", "七夕节"), 7, 7, before=6, lunar=True),
    Festival("mid_autumn", Text("Mid-Autumn Festival", "中秋节"), 8, 15, before=14, lunar=True),
    Festival("national_day", Text("National Day", "国庆节"), 10, 1, before=2, after=6),
)

COLUMNS = (
    Column("day", "date", Text("Day", "日期"), privacy="public"),
    Column("weekday", "integer", Text("Weekday, 1 is Monday", "星期（1 为周一）"), unit=_WEEKDAY, privacy="public"),
    Column("weekend", "boolean", Text("On a weekend", "周末"), privacy="public"),
    Column("month", "integer", Text("Month of the year", "月份"), unit=_MONTH, privacy="public"),
    Column(
        "festival",
        "code",
        Text("Festival", "节日"),
        tuple(Code(festival.key, festival.title) for festival in FESTIVALS),
        privacy="public",
    ),
)


def with_calendar(rows: ir.Table, wanted: AbstractSet[str]) -> ir.Table:
    """Put what is wanted of its day beside each row, which has a column `day`."""
    told: Value = rows
    weekday = (told.day.day_of_week.index() + 1).cast("int64")
    answers: dict[str, Value] = {
        "weekday": weekday,
        "weekend": weekday >= 6,
        "month": told.day.month().cast("int64"),
    }
    found: Value = told.mutate(**{name: value for name, value in answers.items() if name in wanted})
    if "festival" in wanted:
        found = found.left_join(_festivals(), [("day", "festival_day")]).drop("festival_day")
    return found


def _festivals() -> ir.Table:
    days = days_of_festivals()
    columns = {"festival_day": pa.array(list(days), pa.date32()), "festival": pa.array(list(days.values()))}
    return ibis.memtable(pa.table(columns))


def days_of_festivals() -> dict[date, str]:
    """Return the festival of each day that has one."""
    return dict(_days())


def _days() -> Iterator[tuple[date, str]]:
    """Yield each day of a festival; of a day that is yielded twice the last counts."""
    for festival in reversed(FESTIVALS):
        for year in _YEARS:
            on = date(year, festival.month, festival.day)
            if festival.lunar:
                on = LunarDate(year, festival.month, festival.day).to_solar_date()
            for offset in range(-festival.before, festival.after + 1):
                yield on + timedelta(days=offset), festival.key
