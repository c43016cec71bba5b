"""Statistics against a plain reading of them, row by row, on random rows with NULLs and random questions."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from borax.calendars.lunardate import LunarDate
from tests.conftest import reader

from quanyu.commerce.coupons.behaviours import GIVEN_OUT
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.measuring import Behaviour, Column, Scope
from quanyu.foundation.text import Text
from quanyu.targeting.fields.aggregating import measured
from quanyu.targeting.fields.calendar import with_calendar
from quanyu.targeting.fields.model import Group, Leaf, Negation, Rule, Statistic, Take, Window

TODAY = date(2024, 3, 1)  # the day after a leap day
AS_OF = datetime(2024, 3, 1, 23, tzinfo=UTC)
RECORDS = {record: record % 7 for record in range(12)}  # customers 0 … 6; some have two records
ANY = Text("any", "任意")
COLUMNS = (
    Column("amount", "money", ANY),
    Column("quantity", "number", ANY),
    Column("product", "code", ANY),
    Column("used", "boolean", ANY),
)


@dataclass(frozen=True)
class Row:
    record: int
    day: date
    amount: int | None
    quantity: float | None
    product: str | None
    used: bool | None


def drawn(draw: random.Random, rows: int) -> list[Row]:
    return [
        Row(
            record=draw.choice([0, 0, 0, *RECORDS]),
            day=TODAY - timedelta(days=draw.choice([0, 1, 29, 30, 31, draw.randrange(800)])),
            amount=draw.choice([None, 0, 100, -250, draw.randrange(100_000)]),
            quantity=draw.choice([None, 0.0, 0.5, 2.0]),
            product=draw.choice([None, "", "A", "B", "C", "é"]),
            used=draw.choice([None, True, False]),
        )
        for _ in range(rows)
    ]


def behaviour_of(rows: Sequence[Row]) -> Behaviour:
    table = pa.table(
        {
            "record": pa.array([row.record for row in rows], pa.int64()),
            "day": pa.array([row.day for row in rows], pa.date32()),
            "amount": pa.array([row.amount for row in rows], pa.int64()),
            "quantity": pa.array([row.quantity for row in rows], pa.float64()),
            "product": pa.array([row.product for row in rows], pa.string()),
            "used": pa.array([row.used for row in rows], pa.bool_()),
        }
    )
    return Behaviour(
        "things", ANY, (), COLUMNS, lambda _scope, wanted: ibis.memtable(table).select("record", "day", *sorted(wanted))
    )


def scope() -> Scope:
    mapping = pa.table({"record": pa.array(list(RECORDS)), "customer": pa.array(list(RECORDS.values()))})
    return Scope({CUSTOMER_OF_RECORD.name: ibis.memtable(mapping)}, AS_OF, "UTC")


def answered(rows: Sequence[Row], statistics: dict[str, Statistic]) -> dict[int, dict[str, object]]:
    engine, found = reader(), defaultdict[int, dict[str, object]](dict)
    for table in measured(behaviour_of(rows), statistics, scope()):
        for answer in engine.to_pyarrow(table).to_pylist():
            found[answer.pop("customer")].update(answer)
    return found


# The plain reading: it shares nothing with what is tested but the nouns.


def chosen(row: Row, rule: Rule | None) -> bool | None:
    """Say whether a rule is true of a row; None is unknown."""
    match rule:
        case None:
            return True
        case Negation(inner):
            answer = chosen(row, inner)
            return None if answer is None else not answer
        case Group(kind, parts):
            answers = [chosen(row, part) for part in parts]
            decisive = kind == "any"
            return decisive if decisive in answers else None if None in answers else not decisive
        case Leaf("product", "is_null"):
            return row.product is None
        case Leaf("product", "in", values):
            return None if row.product is None else row.product in values
        case Leaf("used", "=", (value,)):
            return None if row.used is None else row.used is value
        case Leaf("amount", ">=", (value,)):
            return None if row.amount is None else row.amount >= value
    raise AssertionError(rule)


def within(row: Row, first: int | None, last: int = 0) -> bool:
    """Say whether a row's day is one of the days from `first` to `last` days ago."""
    ago = (TODAY - row.day).days
    return last <= ago and (first is None or ago <= first)


def in_window(row: Row, window: Window) -> bool:
    if window.days is not None:
        return within(row, window.before + window.days - 1, window.before)
    return (window.first is None or row.day >= window.first) and (window.last is None or row.day <= window.last)


def amount_of(rows: Sequence[Row], column: str | None) -> float:
    return len(rows) if column is None else sum(getattr(row, column) or 0 for row in rows)


def longest(periods: set[int]) -> int | None:
    best = length = 0
    for last, period in pairwise([-9, *sorted(periods)]):
        length = length + 1 if period == last + 1 else 1
        best = max(best, length)
    return best or None


def plainly(every: Sequence[Row], each: Statistic) -> object:
    rows = [row for row in every if in_window(row, each.within) and chosen(row, each.where) is True]
    values = [] if each.of in (None, "month", "week") else [getattr(row, each.of) for row in rows]
    known = [value for value in values if value is not None]
    match each.take:
        case "count":
            return len(rows)
        case "sum":
            return sum(known) if known else None
        case "average" if each.of == "amount":
            return (2 * sum(known) + len(known)) // (2 * len(known)) if known else None
        case "average":
            return sum(known) / len(known) if known else None
        case "min":
            return min(known, default=None)
        case "max":
            return max(known, default=None)
        case "first":
            return min(
                ((row.day, value) for row, value in zip(rows, values, strict=True) if value is not None),
                default=(0, None),
            )[1]
        case "last":
            return max(
                ((row.day, value) for row, value in zip(rows, values, strict=True) if value is not None),
                default=(0, None),
            )[1]
        case "distinct":
            return len(set(known))
        case "share":
            whole = amount_of([row for row in every if in_window(row, each.within)], each.of)
            return amount_of(rows, each.of) / whole if whole > 0 else None
        case "trend":
            half = (each.within.days or 0) // 2
            late = [row for row in rows if within(row, each.within.before + half - 1, each.within.before)]
            early, both = amount_of([row for row in rows if row not in late], each.of), amount_of(rows, each.of)
            return (both - 2 * early) / both if both > 0 else None
        case "top":
            weights = Counter[str]()
            for row, value in zip(rows, values, strict=True):
                if value is not None:
                    weights[value] += 1 if each.by is None else (getattr(row, each.by) or 0)
            return min(weights, key=lambda value: (-weights[value], value.encode()), default=None)
        case "streak":
            weeks = {(row.day - date(1970, 1, 5)).days // 7 for row in rows}
            return longest({row.day.year * 12 + row.day.month for row in rows} if each.of == "month" else weeks)


RULES: tuple[Rule | None, ...] = (
    None,
    Leaf("product", "in", ("A", "é")),
    Leaf("product", "is_null"),
    Negation(Leaf("used", "=", (True,))),
    Group("any", (Leaf("amount", ">=", (100,)), Leaf("product", "in", ("B",)))),
    Group("all", (Negation(Leaf("product", "in", ("A",))), Leaf("amount", ">=", (0,)))),
)
WINDOWS = (
    Window(),
    Window(1),
    Window(30),
    Window(30, before=30),
    Window(366),
    Window(first=date(2023, 11, 1), last=date(2023, 11, 30)),
    Window(first=date(2024, 2, 29)),
)
TAKEN: dict[Take, tuple[str | None, ...]] = {
    "count": (None,),
    "sum": ("amount", "quantity"),
    "average": ("amount", "quantity"),
    "min": ("amount", "day"),
    "max": ("quantity", "day"),
    "first": ("day", "product", "amount"),
    "last": ("day", "product", "amount"),
    "distinct": ("product", "day"),
    "share": (None, "amount"),
    "trend": (None, "amount"),
    "top": ("product",),
    "streak": ("month", "week"),
}


def questions(draw: random.Random) -> Iterator[Statistic]:
    for take, columns in TAKEN.items():
        for of in columns:
            window = Window(draw.choice([2, 60, 366]), draw.choice([0, 3])) if take == "trend" else draw.choice(WINDOWS)
            by = draw.choice([None, "amount", "quantity"]) if take == "top" else None
            where = draw.choice(RULES[1:] if take == "share" else RULES)
            yield Statistic("things", take, of, by, window, where)


@pytest.mark.parametrize("seed", range(40))
def test_every_statistic_is_what_a_plain_reading_says(seed: int) -> None:
    draw = random.Random(seed)
    rows = drawn(draw, draw.choice([1, 5, 60, 400]))
    asked = list(questions(draw))
    columns = ["amount", "quantity", "product", "used", "day"]  # a tag may bear the name of a column
    names = [*columns, *(f"s{i}" for i in range(len(asked)))][: len(asked)]
    statistics = dict(zip(draw.sample(names, len(names)), asked, strict=True))
    found = answered(rows, statistics)
    zero = {"count", "sum", "distinct", "streak"}
    for customer in range(7):
        own = [row for row in rows if RECORDS[row.record] == customer]
        for name, each in statistics.items():
            expected, answer = plainly(own, each), found.get(customer, {}).get(name)
            if each.take in zero:
                expected, answer = expected or 0, answer or 0
            assert answer == pytest.approx(expected), (customer, each)


FESTIVE: dict[str, tuple[date, ...]] = {
    "double_11": (date(2023, 10, 20), date(2023, 11, 11)),
    "double_12": (date(2023, 12, 10), date(2023, 12, 12)),
    "mid_year": (date(2024, 5, 31), date(2024, 6, 20)),
    "spring_festival": (LunarDate(2024, 1, 1).to_solar_date(), date(2024, 2, 16)),
    "mid_autumn": (date(2023, 9, 29), LunarDate(2023, 8, 15).to_solar_date()),
}
NOT_FESTIVE = (date(2023, 10, 19), date(2023, 11, 12), date(2024, 6, 21), date(2024, 2, 17), date(2023, 8, 30))


def test_days_know_their_weekday_month_and_festival() -> None:
    days = [day for told in FESTIVE.values() for day in told] + list(NOT_FESTIVE)
    rows = ibis.memtable(pa.table({"day": pa.array(days, pa.date32())}))
    wanted = {"weekday", "weekend", "month", "festival"}
    found = {row["day"]: row for row in reader().to_pyarrow(with_calendar(rows, wanted)).to_pylist()}
    assert len(found) == len(set(days))
    for festival, told in FESTIVE.items():
        assert [found[day]["festival"] for day in told] == [festival, festival]
    assert [found[day]["festival"] for day in NOT_FESTIVE] == [None] * len(NOT_FESTIVE)
    for day, row in found.items():
        assert (row["weekday"], row["weekend"], row["month"]) == (day.isoweekday(), day.isoweekday() > 5, day.month)


def test_what_several_ask_alike_is_worked_out_once() -> None:
    tea = Leaf("product", "in", ("A",))
    alike = {f"s{i}": Statistic("things", "sum", "amount", None, Window(30), tea) for i in range(5)}
    (table,) = measured(
        behaviour_of([]), {**alike, "n": Statistic("things", "count", None, None, Window(30), tea)}, scope()
    )
    assert ibis.to_sql(table).count("_counts_1") == 0


CLOCKS = [
    ("America/New_York", date(2024, 3, 10)),  # 23 hours
    ("America/New_York", date(2024, 11, 3)),  # 25 hours
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2024, 10, 27)),
    ("America/Santiago", date(2024, 9, 8)),  # the day begins at 1 o'clock
    ("Asia/Shanghai", date(2024, 3, 1)),  # none, and the day after a leap day
]


@pytest.mark.parametrize(("zone", "changed"), CLOCKS)
def test_windows_count_days_as_clocks_on_the_wall_show_them(zone: str, changed: date) -> None:
    """Instants every half an hour around the change, by their local days; questions asked at midnight and after it."""
    local, told = ZoneInfo(zone), COUPONS.schema.names
    start = datetime.combine(changed - timedelta(days=3), time(), UTC)
    instants = [start + timedelta(minutes=30 * n) for n in range(6 * 48)]
    rows = [{**dict.fromkeys(told), "record": 0, "source": "s", "code": str(n), "issued_at": at}
            for n, at in enumerate(instants)]  # fmt: skip
    tables = {
        COUPONS.name: ibis.memtable(pa.Table.from_pylist(rows, schema=COUPONS.schema)),
        CUSTOMER_OF_RECORD.name: ibis.memtable(pa.table({"record": pa.array([0]), "customer": pa.array([0])})),
    }
    windows = {
        "one": Window(1),
        "two": Window(2),
        "before": Window(1, before=1),
        "on": Window(first=changed, last=changed),
    }
    asked = {name: Statistic("coupons", "count", within=within) for name, within in windows.items()}
    engine = reader()
    for days, ahead in ((1, timedelta(0)), (1, timedelta(microseconds=1)), (2, timedelta(0)), (0, timedelta(hours=12))):
        as_of = datetime.combine(changed + timedelta(days=days), time(), local).astimezone(UTC) + ahead
        today = (as_of - timedelta(microseconds=1)).astimezone(local).date()
        of = Counter(at.astimezone(local).date() for at in instants if at.astimezone(local).date() <= today)
        (found,) = measured(GIVEN_OUT, asked, Scope(tables, as_of, zone))
        one, two = of[today], of[today - timedelta(days=1)]
        expected = {"customer": 0, "one": one, "two": one + two, "before": two, "on": of[changed]}
        assert engine.to_pyarrow(found).to_pylist() == [expected]
