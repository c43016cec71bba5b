"""Reads what a tag says of its statistic, checks it against what the behaviour offers, and says what type it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast, get_args

from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Fault
from quanyu.foundation.measuring import Behaviour, Column, ValueType
from quanyu.foundation.text import Text
from quanyu.targeting.fields.aggregating import PERIODS, askables_of, columns_of
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Rule, Statistic, Step, Take, Window
from quanyu.targeting.fields.rules import check
from quanyu.targeting.fields.values import MOST_DAYS, Wrong, read_value

KEYS = ("over", "take", "of", "by", "within", "where")
TAKES: tuple[Take, ...] = get_args(Take)
ALONE: frozenset[Take] = frozenset({"count"})
"""Takes that are of no column; `share` and `first`, `last` may be of none."""
OPTIONAL: dict[Take, str | None] = {"share": None, "first": "day", "last": "day"}
ADDED: frozenset[ValueType] = frozenset({"integer", "number", "money"})
AVERAGED: frozenset[ValueType] = frozenset({*ADDED, "share"})
ORDERED: frozenset[ValueType] = frozenset({*ADDED, "share", "date"})
NAMING: frozenset[ValueType] = frozenset({"code", "text", "integer", "date"})
_ANY: frozenset[ValueType] = frozenset({*ORDERED, "text", "code", "boolean"})
TYPES_OF: dict[Take, frozenset[ValueType]] = {
    "sum": ADDED,
    "average": AVERAGED,
    "share": ADDED,
    "trend": ADDED,
    "min": ORDERED,
    "max": ORDERED,
    "first": _ANY,
    "last": _ANY,
    "distinct": NAMING,
    "top": NAMING,
}

Path = tuple[Step, ...]


@dataclass(frozen=True)
class Read:
    """A statistic that was checked, and the type of its values."""

    statistic: Statistic
    type: ValueType


def read_statistic(
    raw: object, path: Path, behaviours: Catalogue[Behaviour], currency: str, document: Document
) -> tuple[Read | None, list[Fault]]:
    """Return the statistic, or None and everything that is wrong with it."""
    reading = StatisticReading(document=document, behaviours=behaviours, currency=currency)
    read = reading.statistic(raw, path)
    return (None if reading.faults else read), reading.faults


@dataclass(kw_only=True)
class StatisticReading(Reading):
    """A statistic being read, or another question about a behaviour."""

    behaviours: Catalogue[Behaviour]
    currency: str

    def statistic(self, raw: object, path: Path) -> Read | None:
        given = self.mapping(raw, path, ("over", "take"), KEYS)
        take = cast("Take | None", self.choice(given, "take", path, TAKES))
        behaviour = self.behaviour(given.get("over"), (*path, "over")) if "over" in given else None
        within = self.within(given, take, (*path, "within"))
        if behaviour is None or take is None:
            return None
        columns = columns_of(behaviour)
        of = self.of(given, take, columns, path)
        by = self.by(given, take, columns, path)
        where = self.where(given, take, behaviour, path)
        type_ = _type(take, columns[of].type if of in columns else None)
        return Read(Statistic(behaviour.name, take, of, by, within, where), type_) if within is not None else None

    def behaviour(self, raw: object, path: Path) -> Behaviour | None:
        found = self.behaviours.get(raw) if isinstance(raw, str) else None
        if found is not None:
            return found
        allowed = self.behaviours.near(raw if isinstance(raw, str) else "")
        return self.fault(path, Text("There is no such behaviour.", "没有这种行为。"), raw, *allowed)

    def of(self, given: Mapping[str, object], take: Take, columns: Mapping[str, Column], path: Path) -> str | None:
        if take in ALONE and "of" in given:
            problem = Text("This counts rows and is of no column.", "该统计只计行数，不针对列。")
            return self.fault((*path, "of"), problem, given["of"], "no column")
        if take == "streak":
            allowed = sorted(PERIODS)
            wrong = Text("A streak is of months or weeks.", "连续期数按月或周计算。")
            raw = given.get("of")
            return raw if isinstance(raw, str) and raw in PERIODS else self.fault((*path, "of"), wrong, raw, *allowed)
        if take in ALONE or ("of" not in given and take in OPTIONAL):
            return OPTIONAL.get(take)
        if "of" not in given and take == "trend":
            return None
        return self.column(given.get("of"), TYPES_OF[take], columns, (*path, "of"))

    def by(self, given: Mapping[str, object], take: Take, columns: Mapping[str, Column], path: Path) -> str | None:
        if "by" not in given:
            return None
        if take != "top":
            problem = Text("Only the top value is chosen by a column.", "仅 top 可按某列取最大。")
            return self.fault((*path, "by"), problem, take, "top")
        return self.column(given["by"], ADDED, columns, (*path, "by"))

    def column(self, raw: object, types: frozenset[ValueType], columns: Mapping[str, Column], path: Path) -> str | None:
        fitting = [column.name for column in columns.values() if column.type in types]
        if isinstance(raw, str) and raw in fitting:
            return raw
        problem = Text("This cannot be taken of such a column.", "该统计不能用于此列。")
        if not isinstance(raw, str) or raw not in columns:
            problem = Text("There is no such column.", "没有这一列。")
        return self.fault(path, problem, raw, *fitting)

    def where(self, given: Mapping[str, object], take: Take, behaviour: Behaviour, path: Path) -> Rule | None:
        if "where" not in given:
            if take == "share":
                problem = Text("A share needs to know of what part.", "占比须说明是哪一部分。")
                self.fault((*path, "where"), problem, None, "a rule over columns")
            return None
        rule, faults = check(
            given["where"], askables_of(behaviour), self.currency, (*path, "where"), self.document.place, "column"
        )
        self.faults.extend(faults)
        return rule

    def within(self, given: Mapping[str, object], take: Take | None, path: Path) -> Window | None:
        raw = given.get("within")
        window = Window() if "within" not in given else self.window(raw, path)
        if take == "trend" and window is not None and (window.days is None or window.days % 2):
            problem = Text("A trend compares two halves of so many days.", "趋势比较一段天数的前后两半。")
            return self.fault(path, problem, raw, "an even number of days")
        return window

    def window(self, raw: object, path: Path) -> Window | None:
        if not isinstance(raw, Mapping):
            days = self.days(raw, path, 1)
            return None if days is None else Window(days)
        given = cast("Mapping[str, object]", raw)
        if "days" in given:
            self.mapping(given, path, ("days",), ("days", "before"))
            days = self.days(given["days"], (*path, "days"), 1)
            before = self.days(given.get("before", 0), (*path, "before"), 0)
            return None if days is None or before is None else Window(days, before)
        self.mapping(given, path, ("from",), ("from", "to", "days", "before"))
        first, last = self.day(given, "from", path), self.day(given, "to", path)
        if first is not None and last is not None and first > last:
            problem = Text("The first day is after the last.", "起始日晚于结束日。")
            return self.fault(path, problem, f"{first} … {last}", "from ≤ to")
        return Window(first=first, last=last)

    def days(self, raw: object, path: Path, least: int) -> int | None:
        value = read_value(raw, "integer", self.currency)
        if isinstance(value, int) and least <= value <= MOST_DAYS:
            return value
        problem = Text("Here stands a number of days.", "此处应为天数。")
        return self.fault(path, problem, raw, f"{least} … {MOST_DAYS:,}")

    def day(self, given: Mapping[str, object], key: str, path: Path) -> date | None:
        if key not in given:
            return None
        value = read_value(given[key], "date", self.currency)
        if isinstance(value, Wrong):
            return self.fault((*path, key), value.problem, given[key], *value.allowed)
        return cast("date", value)


def _type(take: Take, of: ValueType | None) -> ValueType:
    match take:
        case "count" | "distinct" | "streak":
            return "integer"
        case "share":
            return "share"
        case "trend":
            return "number"
        case "average" if of == "integer":
            return "number"
        case _:
            return of or "integer"
