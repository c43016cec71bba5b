"""Sequences against a plain reading of the rows, at month ends, at midnight and when clocks change; and wrong ones."""

import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.measuring import Behaviour, Column, Scope
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.following import following
from quanyu.targeting.fields.model import Chain, Leaf, Negation, Rule, Stage, Window

ANY = Text("any", "任意")
ZONE = ZoneInfo("America/New_York")
RECORDS = {record: record % 200 for record in range(300)}
"""Customers 0 … 199; some have two records."""


@dataclass(frozen=True)
class Row:
    record: int
    day: date
    at: datetime | None
    kind: str | None


@dataclass(frozen=True)
class World:
    """What was done up to a day: `views` and `buys` tell the instant of some rows, `calls` of none."""

    today: date
    rows: Mapping[str, Sequence[Row]]

    @property
    def scope(self) -> Scope:
        mapping = pa.table({"record": pa.array(list(RECORDS)), "customer": pa.array(list(RECORDS.values()))})
        as_of = datetime.combine(self.today + timedelta(days=1), time(), ZONE)
        return Scope({CUSTOMER_OF_RECORD.name: ibis.memtable(mapping)}, as_of, "America/New_York")

    @property
    def behaviours(self) -> Catalogue[Behaviour]:
        return Catalogue([self.behaviour(name) for name in self.rows])

    def behaviour(self, name: str) -> Behaviour:
        columns = {
            "record": pa.array([row.record for row in self.rows[name]], pa.int64()),
            "day": pa.array([row.day for row in self.rows[name]], pa.date32()),
            "when": pa.array([row.at for row in self.rows[name]], pa.timestamp("us", tz="UTC")),
            "kind": pa.array([row.kind for row in self.rows[name]], pa.string()),
        }
        told = ibis.memtable(pa.table(columns))
        instant = None if name == "calls" else "when"
        kind = Column("kind", "code", ANY)
        return Behaviour(
            name, ANY, (), (kind,), lambda _s, wanted: told.select("record", "day", *sorted(wanted)), instant
        )


def world(seed: int, today: date) -> World:
    draw = random.Random(seed)
    return World(today, {name: drawn(draw, today, name) for name in ("views", "buys", "calls")})


def drawn(draw: random.Random, today: date, name: str) -> list[Row]:
    """Return rows of the last 40 days, many of them on one day, at one instant, at midnight, or the same twice."""
    rows: list[Row] = []
    for _ in range(550):
        day = today - timedelta(days=draw.choice([0, 1, 1, 2, 2, 3, 5, 28, 29, 30, 31, draw.randrange(40)]))
        clock = draw.choice([time(), time(0, 0, 0, 1), time(1, 30), time(1, 30, fold=1), time(9), time(23, 59, 59)])
        at = datetime.combine(day, clock, ZONE).astimezone(UTC)
        kind = draw.choice([None, "", "a", "b"])
        row = Row(draw.randrange(300), day, None if name == "calls" or draw.random() < 0.15 else at, kind)
        rows += [row] * draw.choice([1, 1, 1, 2])
    return rows


WHERES: tuple[Rule | None, ...] = (None, None, Leaf("kind", "=", ("a",)), Negation(Leaf("kind", "in", ("a", "b"))))


def chain(draw: random.Random, today: date) -> Chain:
    stages = [Stage(draw.choice(["views", "buys", "calls"]), draw.choice(WHERES))]
    for _ in range(draw.choice([1, 1, 2, 3])):
        days = draw.choice([None, 1, 2, 28, 30])
        stages.append(Stage(draw.choice(["views", "buys", "calls"]), draw.choice(WHERES), days, draw.random() < 0.45))
    windows = [Window(), Window(2), Window(3, before=1), Window(31), Window(first=today - timedelta(days=30))]
    ended = Window(first=today - timedelta(days=31), last=today - timedelta(days=2))
    return Chain(tuple(stages), draw.choice([*windows, ended]))


# The plain reading: it shares nothing with what is tested but the nouns.


def is_timed(row: Row) -> bool:
    return row.at is not None and row.at.astimezone(ZONE).time() != time()


def follows(row: Row, before: Row) -> bool:
    if row.day != before.day:
        return row.day > before.day
    return is_timed(row) and is_timed(before) and cast("datetime", row.at) > cast("datetime", before.at)


def counts(row: Row, where: Rule | None) -> bool:
    match where:
        case None:
            return True
        case Leaf(_, "=", (value,)):
            return row.kind == value
        case Negation(Leaf(_, "in", values)):
            return row.kind is not None and row.kind not in values
    raise AssertionError(where)


def has(asked: Chain, rows: Mapping[str, Sequence[Row]], today: date) -> bool:
    """Say whether somebody who did `rows` has the sequence."""
    of = [[row for row in rows[stage.over] if counts(row, stage.where)] for stage in asked.stages]

    def near(row: Row, before: Row, stage: Stage) -> bool:
        return stage.days is None or (row.day - before.day).days <= stage.days

    def goes_on(row: Row, n: int) -> bool:
        """Say whether a chain that has come to this row, one of the step before the n-th, goes on to the end."""
        steps, absent = asked.stages, []
        while n < len(steps) and steps[n].absent:
            absent.append(n)
            n += 1
        after = {i: [c for c in of[i] if follows(c, row) and near(c, row, steps[i])] for i in absent}
        if n == len(steps):
            over = all((today - row.day).days >= (steps[i].days or 0) for i in absent)
            return over and not any(after.values())
        return any(
            follows(b, row)
            and near(b, row, steps[n])
            and not any(follows(b, c) for i in absent for c in after[i])
            and goes_on(b, n + 1)
            for b in of[n]
        )

    within = asked.within
    first = today - timedelta(days=within.days + within.before - 1) if within.days else within.first
    last = today - timedelta(days=within.before) if within.days else within.last
    begun = [row for row in of[0] if (first is None or row.day >= first) and (last is None or row.day <= last)]
    return any(goes_on(row, 1) for row in begun)


def plainly(told: World, asked: Chain) -> set[int]:
    own = {customer: {name: list[Row]() for name in told.rows} for customer in RECORDS.values()}
    for name, rows in told.rows.items():
        for row in rows:
            own[RECORDS[row.record]][name].append(row)
    return {customer for customer, rows in own.items() if has(asked, rows, told.today)}


Found = Callable[[Chain, Catalogue[Behaviour], Scope], ir.Table]
DAYS = (date(2024, 3, 11), date(2024, 11, 4), date(2024, 3, 1), date(2023, 3, 1))
"""The days after clocks went forward and back in New York, and those after the last of February."""


@cache
def questions(seed: int) -> tuple[World, list[tuple[Chain, set[int]]]]:
    """Return what was done up to one of the days, and sequences with those who have them."""
    told, draw = world(seed, DAYS[seed]), random.Random(seed)
    asked = [chain(draw, told.today) for _ in range(5 if seed else 8)]
    return told, [(each, plainly(told, each)) for each in asked]


def answered(found: Found, told: World, asked: Chain, engine: ibis.BaseBackend) -> set[int]:
    return set(engine.to_pyarrow(found(asked, told.behaviours, told.scope))["customer"].to_pylist())


@pytest.mark.parametrize("seed", range(len(DAYS)))
def test_who_has_a_sequence_is_what_a_plain_reading_says(seed: int) -> None:
    told, asked = questions(seed)
    engine = reader()
    for each, expected in asked:
        assert answered(following, told, each, engine) == expected, each
    assert sum(0 < len(expected) < 190 for _, expected in asked) > 2


A, B, C = date(2024, 1, 29), date(2024, 1, 30), date(2024, 1, 31)


@pytest.mark.parametrize(
    ("first", "second", "follow"),
    [
        ((A, None), (B, None), True),
        ((A, None), (A, None), False),  # on one day, without times, neither is later
        ((A, time(9)), (A, time(9, 0, 1)), True),
        ((A, time(9)), (A, time(9)), False),
        ((A, time(9)), (A, time()), False),  # midnight is a day without a time
        ((A, time()), (A, time(9)), False),
        ((A, time(23)), (B, time()), True),
        ((date(2024, 11, 3), time(1, 30)), (date(2024, 11, 3), time(1, 10, fold=1)), True),  # the hour that comes twice
    ],
)
def test_what_is_later(first, second, follow: bool) -> None:
    rows = [
        Row(0, day, None if clock is None else datetime.combine(day, clock, ZONE), "a")
        for day, clock in (first, second)
    ]
    told = World(date(2024, 11, 5), {"views": rows[:1], "buys": rows[1:]})
    asked = Chain((Stage("views"), Stage("buys")))
    assert answered(following, told, asked, reader()) == ({0} if follow else set())


def test_an_absence_holds_only_when_its_days_are_over() -> None:
    told = World(C, {"views": [Row(0, A, None, "a"), Row(1, B, None, "a")], "buys": [Row(2, A, None, "a")]})
    engine = reader()
    assert answered(following, told, Chain((Stage("views"), Stage("buys", None, 2, True))), engine) == {0}
    assert answered(following, told, Chain((Stage("views"), Stage("buys", None, None, True))), engine) == {0, 1}


MUTANTS = {
    "the same place follows": ('order_by=["at", "kind"]', 'order_by=["at", ibis.desc("kind")]'),
    "what must not follow stands at the same place": (
        'ibis.desc("at"), "kind"]',
        'ibis.desc("at"), ibis.desc("kind")]',
    ),
    "a day more": ("(days + 1)", "(days + 2)"),
    "a day less": ("(days + 1)", "days"),
    "days are not over": ("over = min(over, scope.day - timedelta(days=stage.days or 0))", "over = scope.day"),
    "days of an absence between": ("stage.days), scope.day", "stage.days), over"),
    "midnight is a time": ("(rows.at != began)", "rows.at.notnull()"),
    "days begin in UTC": ('.date().cast("timestamp(6)"), scope.time_zone)', '.date().cast("timestamp(6)"), "UTC")'),
    "a day is its beginning": ("begins + (_DAY - 1)", "begins"),
    "nothing stops": ("ibis.least(before.until, _last_place(before.day, days))", "_last_place(before.day, days)"),
    "only before what stops": ("told.best >=", "told.best >"),
    "the last stops": ("both.stop.min()", "both.stop.max()"),
    "the worst goes on": ("both.until.max()", "both.until.min()"),
    "any first is enough": ("told.until == _END, ", ""),
    "a later step in the window": ("since = Window(first=chain.within.bounds(scope.day)[0])", "since = chain.within"),
    "every row counts": ("within, stage.where, scope", "within, None, scope"),
    "an absence has no days": (
        "stop = ibis.ifelse(kept.next <= _last_place(kept.day, days), kept.next, none)",
        "stop = kept.next",
    ),
}
"""Faults that the expression could have: what stands there, and what would be wrong."""
TELLING = ((0, 0), (0, 7), (0, 2), (1, 3))
"""Seed and place of the questions that are enough to tell each of them."""


@pytest.mark.parametrize(("right", "wrong"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_expression_is_caught(right: str, wrong: str) -> None:
    source = Path(inspect.getfile(following)).read_text("utf-8")
    assert right in source
    mutant: dict[str, object] = {"__name__": "mutant"}
    exec(source.replace(right, wrong), mutant)
    found, engine = cast("Found", mutant["following"]), reader()
    for seed, place in TELLING:
        told, (asked, expected) = questions(seed)[0], questions(seed)[1][place]
        if answered(found, told, asked, engine) != expected:
            return
    pytest.fail("nothing differs")


def test_every_behaviour_tells_its_instants() -> None:
    every = [*BEHAVIOURS]
    tables = {table.name: table for behaviour in every for table in (CUSTOMER_OF_RECORD, *behaviour.tables)}
    empty = {name: ibis.memtable(table.schema.empty_table()) for name, table in tables.items()}
    nothing = Scope(empty, datetime(2024, 3, 1, tzinfo=UTC), "America/New_York")
    stages = tuple(Stage(behaviour.name) for behaviour in every)
    assert all(behaviour.instant is not None for behaviour in every)
    assert reader().to_pyarrow(following(Chain(stages), BEHAVIOURS, nothing)).num_rows == 0
