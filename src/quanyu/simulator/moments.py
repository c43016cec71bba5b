"""How days, months and buyers are spelled in the parts that the files are made of."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import APP, CARD, MINI, OFFICIAL, WEB, WECOM
from quanyu.simulator.draws import hashed
from quanyu.simulator.people import DOUYIN, JD, MINI_PROGRAM, SITE, STORE, TMALL_FLAGSHIP, TMALL_OUTLET, Integers
from quanyu.simulator.world import World

Columns = Mapping[str, NDArray[np.generic]]
Part = tuple[list[str], NDArray[np.int64], Columns]  # names of the parts, the part of each row, the rows
_DAY = 86_400
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
ACCOUNT_OF_MESSAGE = np.array([CARD, WECOM, APP, OFFICIAL])
_ACCOUNT_OF = {STORE: CARD, MINI_PROGRAM: MINI, SITE: WEB}


def months(world: World) -> list[str]:
    """Return the months as 2025-01, by `month_number`; those ahead too."""
    days = world.first + np.arange(world.horizon)
    return [str(month) for month in np.unique(days.astype("datetime64[M]"))]


def month_number(world: World, day: Integers) -> Integers:
    """Return the place of each day's month among `months`."""
    first = world.first.astype("datetime64[M]").astype(np.int64)
    return (world.first + day).astype("datetime64[M]").astype(np.int64) - first


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
