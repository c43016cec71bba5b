"""How days, months and buyers are spelled in the parts that the files are made of."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import APP, CARD, MINI, OFFICIAL, WEB, WECOM
from quanyu.simulator.draws import hashed, uniform
from quanyu.simulator.people import DOUYIN, JD, MINI_PROGRAM, SITE, STORE, TMALL_FLAGSHIP, TMALL_OUTLET, Integers
from quanyu.simulator.world import World

Columns = Mapping[str, NDArray[np.generic]]
Part = tuple[list[str], NDArray[np.int64], Columns]  # names of the parts, the part of each row, the rows
_DAY = 86_400
_CUSTOMERS_TOGETHER = 1_200_000  # so many months times customers are written at once
# Under which name the buyer of each sales channel is known to the file: one id a scope.
BUYERS = {
    STORE: "card",
    TMALL_FLAGSHIP: "ouid flagship",
    TMALL_OUTLET: "ouid outlet",
    JD: "jd pin",
    DOUYIN: "douyin open_id",
    MINI_PROGRAM: "openid mini",
    SITE: "site user",
}
# How many people are about in each hour of the day.
STORE_HOURS = np.array([0] * 9 + [1, 3, 5, 5, 4, 5, 6, 7, 6, 6, 6, 4, 1, 0, 0], np.float64)
SCREEN_HOURS = np.array([2, 1, 0.4, 0.2, 0.2, 0.3, 1, 2, 3, 4, 5, 5, 6, 5, 4, 4, 4, 4, 5, 7, 9, 10, 9, 5], np.float64)
ACCOUNT_OF_MESSAGE = np.array([CARD, WECOM, APP, OFFICIAL])
_ACCOUNT_OF = {STORE: CARD, MINI_PROGRAM: MINI, SITE: WEB}


def months(world: World) -> list[str]:
    """Return the months as 2025-01, by `month_number`; those ahead too."""
    days = world.first + np.arange(world.horizon)
    return [str(month) for month in np.unique(days.astype("datetime64[M]"))]


def month_number(world: World, day: Integers) -> Integers:
    """Return the place of each day's month among `months`; the days are those of the files and those ahead."""
    return world.months_passed[day]


def span_of_month(world: World) -> NDArray[np.int64]:
    """Return for each of `months` the number of the span that it is written in: a small company has few spans."""
    together = max(_CUSTOMERS_TOGETHER // world.arguments.customers, 1)
    return np.arange(len(months(world))) // together


def months_of_span(world: World, span: int) -> list[int]:
    """Return the numbers of the months that are written in this span."""
    return np.flatnonzero(span_of_month(world) == span).tolist()


def by_span(
    world: World, groups: Sequence[str], group: Integers, day: Integers
) -> tuple[list[str], Integers, NDArray[np.int16]]:
    """Return the parts of a table that has one for each group and span, and the part and the month of each row."""
    span, month = span_of_month(world), month_number(world, day)
    spans = int(span[-1]) + 1
    parts = [f"{each}/{number:02d}" for each in groups for number in range(spans)]
    return parts, group * spans + span[month], month.astype(np.int16)


def moment(world: World, day: Integers, second: Integers) -> Integers:
    """Return local seconds since 1970."""
    return (world.first.astype("datetime64[D]").astype(np.int64) + day) * _DAY + second


def buyer_ids(world: World, channel: Integers, person: Integers) -> NDArray[np.uint64]:
    """Return the 64 bits by which each sales channel knows each person."""
    seed, found = world.arguments.seed, np.zeros(len(person), np.uint64)
    for each, name in BUYERS.items():
        here = channel == each
        # A member's id in our own systems is his account's; a marketplace's belongs to its own scope.
        ours = _ACCOUNT_OF.get(each)
        ids = (
            hashed(seed, "account", (person[here] << 4) + ours)
            if ours is not None
            else hashed(seed, name, person[here])
        )
        found[here] = ids
    return found


def seconds_of_day(seed: int, name: str, key: Integers, hours: NDArray[np.float64]) -> Integers:
    """Draw a time of day by a weight per hour; the second within the hour is chance alone."""
    edges = np.cumsum(hours / hours.sum())
    hour = np.searchsorted(edges, uniform(seed, f"{name}:hour", key), side="right")
    return np.minimum(hour, len(hours) - 1) * 3600 + (uniform(seed, f"{name}:second", key) * 3600).astype(np.int64)
