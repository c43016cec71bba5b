"""The order of journeys: by priority, then by what their messages are expected to bring, where that is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.engagement.journeys.model import PRIORITIES
from quanyu.engagement.journeys.policy import CAPPED
from quanyu.engagement.journeys.tables import journey_expectation
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

_E = journey_expectation.c
SHOWN, FEW, UNCERTAIN, MISSED = "shown", "few", "uncertain", "missed"
VERDICTS = {
    FEW: Text(
        "not by its effect: too few whose days are over, or nobody left alone",
        "不按效果排序：统计期已结束的客户太少，或没有对照组",
    ),
    UNCERTAIN: Text(
        "not by its effect: of those who entered later it cannot be told from nothing",
        "不按效果排序：后进入的客户中效果与零无法区分",
    ),
    MISSED: Text(
        "not by its effect: those who entered later did not bear out what earlier ones foretold",
        "不按效果排序：后进入客户的结果与先前的预测不符",
    ),
}


@dataclass(frozen=True)
class Brought:
    """What each message brought, in major units: profit where the terms tell a margin, else revenue."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Expectation:
    """What is known of a journey's messages; `verdict` says whether later entrants bore out what was foretold."""

    journey: str
    day: date
    verdict: str
    expected: float | None = None
    foretold: float | None = None
    measured: Brought | None = None

    @property
    def counts(self) -> float | None:
        return self.expected if self.verdict == SHOWN else None


Place = tuple[int, float, str]
"""Of a journey among all: its priority, less what a message of it is expected to bring, and its name."""


def precedence(priority: str, expected: float | None, name: str) -> Place:
    """Return by what journeys are put in order: it is never who came earlier."""
    return [str(each) for each in PRIORITIES].index(priority), -(expected or 0.0), name


def judge(foretold: float, measured: Brought) -> str:
    """Say whether later entrants bore out what earlier ones foretold."""
    if not measured.low <= foretold <= measured.high:
        return MISSED
    return UNCERTAIN if measured.low <= 0 <= measured.high else SHOWN


def expectations(ws: Workspace) -> dict[str, Expectation]:
    """Return what was worked out last, by journey."""
    with ws.begin() as connection:
        rows = connection.execute(sa.select(journey_expectation).where(_E.workspace == ws.number)).all()
    return {row.journey: _read(row) for row in rows}


def _read(row: "sa.Row[tuple[object, ...]]") -> Expectation:
    measured = None if row.measured is None else Brought(row.measured, row.measured_low, row.measured_high)
    return Expectation(row.journey, row.day, row.verdict, row.expected, row.foretold, measured)


def keep(ws: Workspace, found: Expectation) -> None:
    measured = found.measured
    values: Mapping[str, object] = {
        "day": found.day,
        "verdict": found.verdict,
        "expected": found.expected,
        "foretold": found.foretold,
        "measured": None if measured is None else measured.value,
        "measured_low": None if measured is None else measured.low,
        "measured_high": None if measured is None else measured.high,
    }
    row = insert(journey_expectation).values(workspace=ws.number, journey=found.journey, **values)
    with ws.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["workspace", "journey"], set_=dict(values)))


def place_of(priority: str, found: Expectation | None, currency: str) -> Text:
    """Say how a journey's place among those of its priority came about."""
    if priority not in CAPPED:
        return Text("no cap holds for it", "不受频次上限约束")
    if found is None:
        return VERDICTS[FEW]
    if found.measured is None or found.counts is None:
        return VERDICTS[found.verdict]
    return Text(
        "by its effect, {expected} {currency} a message: those who entered earlier foretold {foretold}, later ones "
        "brought {measured} ({low} to {high} at any look)",
        "按效果排序，每条消息 {expected} {currency}：先进入的客户预测为 {foretold}，后进入的客户实测为 {measured}"
        "（随时查看区间 {low} 至 {high}）",
    ).format_with(**dict(_figures(found)), currency=currency)


def _figures(found: Expectation) -> Iterator[tuple[str, str]]:
    yield "expected", figure(found.expected)
    yield "foretold", figure(found.foretold)
    if found.measured is not None:
        for name in ("value", "low", "high"):
            yield "measured" if name == "value" else name, figure(getattr(found.measured, name))


def figure(expected: float | None) -> str:
    """Write an amount; what is not shown counts as nothing."""
    return "0" if expected is None else f"{expected:+.4g}"
