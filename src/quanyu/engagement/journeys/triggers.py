"""Reads what makes customers enter a journey, and says who enters at which moments of time.

start: {audience: new_members}                                   # who enters it; leaves: true, present: true
start: {date: {tag: next_birthday, days: -7, at: "10:00"}}       # seven days before a date of the customer
start: {calendar: {festival: double_11, days: -3, at: "10:00", audience: members}}
start: {schedule: {every: week, on: 1, at: "10:00", audience: members}}
start: {event: {did: {over: events, where: {column: event, is: "=", value: cart_added}}}, tells: [product, amount]}
start: {call: {}}                                                # by the API or by hand
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from borax.calendars.lunardate import LunarDate

from quanyu.engagement.journeys.model import (
    OfAudience,
    OfCalendar,
    OfCall,
    OfDate,
    OfEvent,
    OfSchedule,
    Trigger,
)
from quanyu.engagement.journeys.reader import Reader
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Path
from quanyu.foundation.text import Text
from quanyu.targeting.fields.calendar import FESTIVALS, Festival
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.fields.model import Askable, Did, InAudience, Leaf, Rule

WORDS = ("audience", "date", "calendar", "schedule", "event", "call")
MOST_DAYS = 366
LOOKS_BACK = timedelta(days=3)
"""Moments missed longer ago than that, while nothing ran, are let go: a birthday a week ago is over."""


def read_trigger(reader: Reader, raw: object, path: Path) -> Trigger | None:
    given = reader.mapping(raw, path, (), (*WORDS, "leaves", "present", "tells"))
    words = [word for word in WORDS if word in given]
    if len(words) != 1:
        problem = Text("A journey starts in one way.", "旅程只能有一种触发方式。")
        return reader.reading.fault(path, problem, ", ".join(words) or raw, *WORDS)
    word, where = words[0], (*path, words[0])
    for key in ("leaves", "present"):
        if key in given and (word != "audience" or not isinstance(given[key], bool)):
            problem = Text("This belongs to an audience, and is true or false.", "仅用于人群触发，取 true 或 false。")
            reader.reading.fault((*path, key), problem, given[key], "true", "false")
    if "tells" in given and word != "event":
        problem = Text("Only an event tells of itself.", "只有事件触发可附带自身属性。")
        reader.reading.fault((*path, "tells"), problem, given["tells"], "start: {event: …, tells: […]}")
    match word:
        case "audience":
            return OfAudience(
                reader.word(given, "audience", path),
                left=given.get("leaves") is True,
                present=given.get("present") is True,
            )
        case "date":
            return _date(reader, given["date"], where)
        case "calendar":
            return _calendar(reader, given["calendar"], where)
        case "schedule":
            return _schedule(reader, given["schedule"], where)
        case "event":
            rule = reader.rule(given["event"], where)
            tells = _tells(reader, given, path, rule) if "tells" in given and rule is not None else ()
            return None if rule is None else OfEvent(rule, tells)
        case _:
            reader.mapping(given["call"], where, (), ())
            return OfCall()


def _tells(reader: Reader, given: Mapping[str, object], path: Path, rule: Rule) -> tuple[str, ...]:
    """Return the columns of what is done that an entry tells of: not those that say who or by which device."""
    if not isinstance(rule, Did):
        problem = Text("What is told needs a rule about one thing done.", "附带属性要求规则只针对一种行为。")
        reader.reading.fault((*path, "tells"), problem, given["tells"], "event: {did: …}")
        return ()
    columns = BEHAVIOURS[rule.statistic.over].columns
    known = [column.name for column in columns if column.privacy != "identifier"]
    listed = reader.reading.list(given["tells"], (*path, "tells"))
    for place, name in enumerate(listed):
        if name not in known or name in listed[:place]:
            problem = Text("This is no column of what is done, or stands here twice.", "不是该行为的字段，或重复。")
            reader.reading.fault((*path, "tells", place), problem, name, *near(str(name), known))
    return tuple(str(name) for name in listed)


def _date(reader: Reader, raw: object, path: Path) -> Trigger | None:
    given = reader.mapping(raw, path, ("tag", "at"), ("tag", "days", "at"))
    days, at = reader.whole(given, "days", path, -MOST_DAYS, MOST_DAYS) or 0, reader.time_of_day(given, "at", path)
    name = given.get("tag")
    dated = [a.name for a in reader.askables if a.type == "date" or a.form != "plain"]
    if "tag" in given and name not in dated:
        problem = Text("This is no tag that holds a date.", "不是日期类标签。")
        return reader.reading.fault((*path, "tag"), problem, name, *near(str(name), dated))
    return None if at is None else OfDate(str(name), days, at)


def _calendar(reader: Reader, raw: object, path: Path) -> Trigger | None:
    given = reader.mapping(raw, path, ("festival", "at", "audience"), ("festival", "days", "at", "audience"))
    festival = reader.reading.choice(given, "festival", path, [each.key for each in FESTIVALS])
    days, at = reader.whole(given, "days", path, -MOST_DAYS, MOST_DAYS) or 0, reader.time_of_day(given, "at", path)
    audience = reader.word(given, "audience", path)
    return None if festival is None or at is None else OfCalendar(festival, days, at, audience)


def _schedule(reader: Reader, raw: object, path: Path) -> Trigger | None:
    given = reader.mapping(raw, path, ("every", "at", "audience"), ("every", "on", "at", "audience"))
    every, at = (
        reader.reading.choice(given, "every", path, ("day", "week", "month")),
        reader.time_of_day(given, "at", path),
    )
    audience = reader.word(given, "audience", path)
    on = reader.whole(given, "on", path, 1, {"week": 7, "month": 28}.get(every or "", 28))
    if every in ("week", "month") and "on" not in given:
        problem = Text("Say on which day.", "请说明在哪一天。")
        return reader.reading.fault((*path, "on"), problem, None, "1 … 7" if every == "week" else "1 … 28")
    return None if every is None or at is None else OfSchedule(every, on, at, audience)  # type: ignore[arg-type]


def moments(trigger: Trigger, since: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    """Yield the instants after `since`, up to `until`, at which a trigger of time goes off, the earliest first."""
    at = getattr(trigger, "at", None)
    if not isinstance(at, time):
        return
    begin = max(since, until - LOOKS_BACK)
    day = begin.astimezone(ZoneInfo(zone)).date()
    while day <= until.astimezone(ZoneInfo(zone)).date():
        instant = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
        if begin < instant <= until and _falls_on(trigger, day):
            yield instant
        day += timedelta(days=1)


def _falls_on(trigger: Trigger, day: date) -> bool:
    match trigger:
        case OfCalendar(festival, days):
            wanted = next(each for each in FESTIVALS if each.key == festival)
            return day - timedelta(days=days) == _in_year_of(wanted, day - timedelta(days=days))
        case OfSchedule("week", on):
            return day.isoweekday() == on
        case OfSchedule("month", on):
            return day.day == on
        case _:
            return True


def _in_year_of(festival: Festival, day: date) -> date:
    if not festival.lunar:
        return date(day.year, festival.month, festival.day)
    return LunarDate(day.year, festival.month, festival.day).to_solar_date()


def rule_at(trigger: Trigger, moment: datetime, zone: str, askables: Mapping[str, Askable]) -> Rule | None:
    """Return who enters at a moment of a trigger of time."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    match trigger:
        case OfDate(tag, days):
            askable = askables[tag]
            if askable.form == "plain":
                return Leaf(tag, "=", (day - timedelta(days=days),))
            return Leaf(tag, "=", (days if askable.form == "days_since" else -days,))
        case OfCalendar() | OfSchedule():
            return InAudience(trigger.audience)
        case _:
            return None
