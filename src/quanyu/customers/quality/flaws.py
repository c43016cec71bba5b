"""Says of a value, as an expression, why it is not to be believed: dummies, masks, impossible dates, lost digits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

import ibis

from quanyu.customers.quality.columns import Column
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

WORDS: Mapping[str, Text] = {
    "future": Text("lie in the future", "晚于数据时点"),
    "too early": Text("lie before what is possible", "早于合理时间"),
    "too old": Text("make somebody older than 110", "年龄超过 110 岁"),
    "out of bounds": Text("are outside the bounds of the data standard", "超出数据标准的范围"),
    "unknown code": Text("are in no code list", "不在代码表中"),
    "unknown region": Text("are no province", "不是省级行政区"),
    "dummy": Text("are dummy values", "为占位值"),
    "masked": Text("are masked", "已脱敏"),
    "no such number": Text("are no phone numbers", "不是电话号码"),
    "no such address": Text("are no e-mail addresses", "不是邮箱地址"),
    "says nothing": Text("say nothing", "无内容"),
    "too long": Text("are too long", "过长"),
    "not taken": Text("are of a type that is not taken", "属于不接收的类型"),
    "malformed": Text("have no valid form", "格式无效"),
    "digits lost": Text("were rounded by a spreadsheet", "被电子表格舍去末位"),
}

OLDEST = 110  # years
_EARLIEST = date(2000, 1, 1)
_EARLIEST_DAY = date(1950, 1, 1)  # of a store, say
_EARLIEST_BIRTH = date(1900, 1, 2)
_LATEST_DAY = 50  # years ahead; 9999-12-31 means "never"
_DUMMY_DAYS = (date(1900, 1, 1), date(1970, 1, 1))
_DUMMY_WORDS = (
    "test", "测试", "未知", "匿名", "匿名用户", "无", "暂无", "不详", "null", "none", "nan", "n/a", "na", "unknown",
    "anonymous", "-", "--", "/", ".", "?", "xxx", "xx", "asdf", "dummy", "未填写", "其他用户", "#n/a",
)  # fmt: skip
_FRONT = "/"  # of a page it says where it is
_DUMMY = rf"(?i)^\s*({'|'.join(map(re.escape, _DUMMY_WORDS))})\s*$"
_DUMMY_NAME = rf"{_DUMMY}|测试|^test(\s|\d|_|$)|^(先生|女士|顾客|会员|客户|用户)$"
_ALIKE = "|".join(f"1?{digit}{{7,}}|1[3-9]{digit}{{8,}}" for digit in range(10))
_DUMMY_PHONE = rf"{_DUMMY}|^(\+?86)?(13800138000|13900000000|12345678\d*|{_ALIKE})$"
_PHONE = r"^(\+?86)?1[3-9]\d{9}$|^\+(?:[1-79]\d|8[0-57-9])\d{5,12}$|^(\+?86)?0\d{9,11}$"
_EMAIL = r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$"
_DUMMY_EMAIL = rf"{_DUMMY}|^(test|testtest|aaa|abc|123|none|null|noemail|noreply)@|@(test|example)\.(com|org|net|cn)$"
_LONG, _ROUNDED = r"^\d{16,}$", r"^\d{15}0+$"  # a spreadsheet keeps 15 digits
_PROVINCES = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 "
    "四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 香港 澳门"
)
_PROVINCE = f"^({'|'.join(_PROVINCES.split())})"


@dataclass(frozen=True)
class Instant:
    """The instant that a survey speaks of, and the day that was running then."""

    at: datetime
    day: date

    def years_ago(self, years: int) -> date:
        return _years(self.day, -years)

    def years_ahead(self, years: int) -> date:
        return _years(self.day, years)


def _years(day: date, years: int) -> date:
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def flaws_of(column: Column, value: Value, now: Instant) -> dict[str, Value]:
    """Return the flaws that a value of this column may have, each a boolean."""
    if column.shape == "number":
        return {**_bounds(column, value), **(_year(value, now) if column.born else {})}
    if column.shape == "instant":
        early: Value = ibis.literal(datetime(_EARLIEST.year, 1, 1, tzinfo=now.at.tzinfo), "timestamp('UTC', 6)")
        return {"future": value > ibis.literal(now.at, "timestamp('UTC', 6)"), "too early": value < early}
    if column.shape == "date":
        return birth(value, now) if column.born else _day(value, now)
    is_open = column.shape == "text" and column.input.type != "flag" and column.name == column.input.name
    return _text(column, value) if is_open else {}


def _bounds(column: Column, value: Value) -> dict[str, Value]:
    most, least = column.input.most, column.input.least
    beyond = [] if most is None else [value.abs() > most * column.scale]
    below = [] if least is None else [value < least * column.scale]
    return {"out of bounds": reduce(or_, [*beyond, *below])} if beyond or below else {}


def _year(value: Value, now: Instant) -> dict[str, Value]:
    return {
        "future": value > now.day.year,
        "too early": value < _EARLIEST_BIRTH.year,
        "too old": (value < now.day.year - OLDEST) & (value > _EARLIEST_BIRTH.year),
        "dummy": value == _EARLIEST_BIRTH.year,
    }


def birth(value: Value, now: Instant) -> dict[str, Value]:
    dummy = value.isin([ibis.literal(day) for day in _DUMMY_DAYS])
    return {
        "future": value > ibis.literal(now.day),
        "too early": (value < ibis.literal(_EARLIEST_BIRTH)) & ~dummy,
        "too old": (value < ibis.literal(now.years_ago(OLDEST))) & (value >= ibis.literal(_EARLIEST_BIRTH)),
        "dummy": dummy,
    }


def _day(value: Value, now: Instant) -> dict[str, Value]:
    return {
        "future": value > ibis.literal(now.years_ahead(_LATEST_DAY)),
        "too early": value < ibis.literal(_EARLIEST_DAY),
    }


def _text(column: Column, value: Value) -> dict[str, Value]:
    given = column.input
    if given.type == "code":
        return {"unknown code": value.notin([code.value for code in given.codes])} if given.codes else {}
    dummy = _dummy(value) & (value != _FRONT) if given.name == "page" else _dummy(value)
    if given.name == "province":
        chinese = value.re_search(r"\p{Han}")
        return {"dummy": dummy, "unknown region": chinese & ~value.re_search(_PROVINCE) & ~dummy}
    return {"dummy": dummy}


def private_flaw(type_: Value, value: Value, now: Instant) -> Value:
    """Return the first flaw of a private value by what its type calls it, NULL where it has none.

    One chain of cases, in which one pattern looks for all dummies of a type: a value is matched as seldom as may be.
    """
    none: Value = ibis.null("string")
    dummy, malformed = ibis.literal("dummy"), ibis.literal("malformed")
    day: Value = ibis.ifelse(type_ == "birth_date", value, none).try_cast("date")
    of_birth = [(flaw, ibis.literal(reason)) for reason, flaw in birth(day, now).items()]
    formed = [
        (type_ == type_name, ibis.cases((value.re_search(dummies), dummy), (~value.re_search(form), malformed)))
        for type_name, dummies, form in (("phone", _DUMMY_PHONE, _PHONE), ("email", _DUMMY_EMAIL, _EMAIL))
    ]
    return ibis.cases(
        (value.contains("*"), ibis.literal("masked")),
        *formed,
        (type_ == "name", ibis.ifelse(value.re_search(_DUMMY_NAME), dummy, none)),
        (_dummy(value), dummy),
        (type_ == "birth_date", ibis.cases((day.isnull(), malformed), *of_birth, else_=none)),
        else_=none,
    )


def _where(condition: Value, flaw: Value) -> Value:
    """Return a flaw that is looked for only where a cheaper condition holds."""
    found: Value = ibis.ifelse(condition, flaw, ibis.literal(False))
    return found.fill_null(False)


def long_numbers(value: Value) -> tuple[Value, Value]:
    """Say whether a key has more digits than a spreadsheet keeps, and whether all beyond are zeros."""
    may_be = value.length() > 15
    return _where(may_be, value.re_search(_LONG)), _where(may_be, value.re_search(_ROUNDED))


def digits_lost(long: int, rounded: int) -> int:
    """Return how many keys a spreadsheet has rounded: by chance some end in zeros, but not nearly all."""
    return rounded if rounded >= 3 and rounded >= 0.9 * long else 0


def _dummy(value: Value) -> Value:
    found: Value = value.re_search(_DUMMY)
    return found.fill_null(False)
