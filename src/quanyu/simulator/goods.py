"""Which product: a category by liking, a price tier by means, an item by popularity."""

from functools import lru_cache

import numpy as np

from quanyu.simulator.catalogue import Catalogue
from quanyu.simulator.draws import draw_by_weight, portions, uniform
from quanyu.simulator.people import DOUYIN, JD, MINI_PROGRAM, TMALL_FLAGSHIP, TMALL_OUTLET, Floats, Integers
from quanyu.simulator.world import World

TIERS = 5
# Where each online sales channel lists its products; stores and the site sell everything.
_PLATFORM_OF = {TMALL_FLAGSHIP: 0, TMALL_OUTLET: 0, JD: 1, DOUYIN: 2, MINI_PROGRAM: 3}
_CHANNELS = 7
_STEPS = 20  # price positions are told apart this finely


def liked_category(world: World, liking: Floats, whose: Integers, day: Integers, chance: Floats) -> Integers:
    """Return a category for each of these days, by a row of `liking` (any x categories) and the season."""
    month = world.month_of_day[day]
    return np.concatenate(
        [draw_by_weight(liking[whose[rows]] * world.season[month[rows]], chance[rows]) for rows in portions(len(day))]
    )


def chosen_sku(world: World, category: Integers, price: Floats, key: Integers, name: str) -> Integers:
    """Return an item of each category: near the buyer's price position, the popular ones more often."""
    seed, shelves = world.arguments.seed, _shelves(world.catalogue)
    step = np.minimum((price * _STEPS).astype(np.int64), _STEPS - 1)
    tier = (shelves.tiers[category, step] < uniform(seed, f"{name}:tier", key)[:, None]).argmin(axis=1)
    shelf = category * TIERS + tier
    place = np.searchsorted(shelves.edges, shelf + uniform(seed, f"{name}:item", key), side="right")
    return shelves.order[np.minimum(place, shelves.last[shelf])]


class _Shelves:
    """Items by category and price tier, with cumulated popularity, so that one look-up draws from any of them."""

    def __init__(self, goods: Catalogue) -> None:
        sold = np.flatnonzero(goods.weight > 0)
        shelf = goods.category[sold].astype(np.int64) * TIERS + goods.tier[sold]
        by_shelf = np.argsort(shelf, kind="stable")
        self.order, shelf = sold[by_shelf], shelf[by_shelf]
        shelves = len(goods.cycle) * TIERS
        total = np.bincount(shelf, goods.weight[self.order], shelves)
        count = np.bincount(shelf, minlength=shelves)
        before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
        self.edges = shelf + (np.cumsum(goods.weight[self.order]) - before[shelf]) / total[shelf]
        self.last = np.cumsum(count) - 1
        stocked = (count > 0).reshape(-1, TIERS)
        middle = (np.arange(_STEPS) + 0.5) / _STEPS
        nearness = np.exp(-(((np.arange(TIERS) + 0.5) / TIERS - middle[:, None]) ** 2) / 0.05)
        likely = np.cumsum(nearness * stocked[:, None, :], axis=2)
        self.tiers = likely / likely[:, :, -1:]


_shelves = lru_cache(maxsize=2)(_Shelves)


@lru_cache(maxsize=2)
def sold_as(goods: Catalogue) -> Integers:
    """Return what is sold instead of each product on each sales channel: itself where it is listed, else the like.

    Sales channels x products; the like is of the same category, and nearest in price.
    """
    place = np.arange(len(goods.price))
    instead = np.tile(place, (_CHANNELS, 1))
    for channel, platform in _PLATFORM_OF.items():
        listed = goods.listed[:, platform] & (goods.weight > 0)
        for category in range(len(goods.cycle)):
            here = np.flatnonzero((goods.category == category) & ~listed)
            there = np.flatnonzero((goods.category == category) & listed)
            if here.size and there.size:
                apart = np.abs(goods.price[here, None] - goods.price[there])
                instead[channel, here] = there[apart.argmin(axis=1)]
    return instead
