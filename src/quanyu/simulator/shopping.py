"""When people buy: a daily chance from rate, season, promotions and messages, and cycles of what is used up."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.draws import portions, stream, uniform
from quanyu.simulator.findings import BAND, BAND_EFFECT, DECOY_SHARE, EFFECT_DAYS, STARTER_EFFECT, STARTER_SHARE
from quanyu.simulator.goods import chosen_sku, liked_category
from quanyu.simulator.moments import SCREEN_HOURS, STORE_HOURS, seconds_of_day
from quanyu.simulator.people import BLOCK, DEALER, FAKER, TESTER, Flags, Integers, People
from quanyu.simulator.world import World

SPAN = 4096  # more days than any horizon has: person * SPAN + day names a visit
_LONGEST_CYCLE = 400  # days; what is bought less often is bought by the way
_ADOPTS = 0.55  # times its share of taste, the chance that somebody lives by a cycle
_RATES = {DEALER: 14.0, FAKER: 30.0, TESTER: 8.0}


@dataclass(frozen=True)
class Visits:
    """Each day on which a person buys, by person and day; `sku` is what he came for."""

    who: Integers
    day: Integers
    sku: Integers
    led: Flags  # a message made him come: its link leads to the company's own screens

    def key(self, people: People) -> Integers:
        """Name each visit by its person and day, whatever else happens."""
        return people.person[self.who] * SPAN + self.day

    def between(self, first: int, last: int) -> Self:
        """Return the visits on days first ≤ day < last."""
        return self.only((first <= self.day) & (self.day < last))

    def only(self, kept: Flags) -> Self:
        """Return those that are marked."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))


@dataclass(frozen=True)
class Shopping:
    """All chance of a block's purchases, drawn once: what a message changes is read off the same numbers."""

    rate: NDArray[np.float32]  # chance of a purchase per person and day, without any message
    luck: NDArray[np.float32]
    cycles: Visits
    first: Visits  # the first purchase of those who arrive within the days of the files

    def visits(self, world: World, people: People, factor: NDArray[np.float32] | None) -> Visits:
        """Return who buys when, if messages multiply the rates by `factor`."""
        found = [_buying(self, rows, factor) for rows in portions(len(people))]
        who, day = np.divmod(np.concatenate(found), self.rate.shape[1])
        led = self.luck[who, day] >= self.rate[who, day]
        free = Visits(who, day, wanted_sku(world, people, who, day), led)
        return _together(people, self.first, self.cycles, free)

    def again(self, world: World, people: People, lot: int) -> Self:
        """Return the same chances, and other luck on the days ahead."""
        luck, begins = self.luck.copy(), world.arguments.days
        chance = stream(world.arguments.seed, "luck ahead", lot, int(people.person[0]) // BLOCK)
        luck[:, begins:] = chance.random((len(luck), world.horizon - begins), np.float32)
        return replace(self, luck=luck)


def _buying(shopping: Shopping, rows: slice, factor: NDArray[np.float32] | None) -> Integers:
    """Return where in people x days somebody buys, among some rows."""
    rate = shopping.rate[rows] if factor is None else shopping.rate[rows] * factor[rows]
    return np.flatnonzero(shopping.luck[rows] < rate) + rows.start * rate.shape[1]


def draw_shopping(world: World, people: People) -> Shopping:
    """Draw the chances of a block over all days, those ahead included."""
    block = int(people.person[0]) // BLOCK
    first = _first_purchases(world, people)
    luck = stream(world.arguments.seed, "luck", block).random((len(people), world.horizon), np.float32)
    return Shopping(_daily_rate(world, people, first), luck, _cycles(world, people, block), first)


def wanted_sku(world: World, people: People, who: Integers, day: Integers) -> Integers:
    """Return what each of these people would come for on each of these days, by taste and season."""
    key = people.person[who] * SPAN + day
    seed = world.arguments.seed
    category = liked_category(world, people.taste, who, day, uniform(seed, "wanted", key))
    return chosen_sku(world, category, people.price[who], key, "wanted")


def _first_purchases(world: World, people: People) -> Visits:
    """Give the starter kit to some by lot, and the teaset to those who will buy often anyway."""
    seed = world.arguments.seed
    who = np.flatnonzero(people.arrival >= 0)
    person, day = people.person[who], people.arrival[who]
    sku = wanted_sku(world, people, who, day)
    often = np.minimum(people.rate[who] / 3.0, 1.0)
    sku = np.where(uniform(seed, "decoy", person) < DECOY_SHARE * often, world.catalogue.decoy, sku)
    sku = np.where(uniform(seed, "starter", person) < STARTER_SHARE, world.catalogue.starter, sku)
    return Visits(who, day, sku, np.zeros(who.size, np.bool_))


def _daily_rate(world: World, people: People, first: Visits) -> NDArray[np.float32]:
    """Return expected purchases per person and day: nothing before the first purchase, nothing after leaving."""
    yearly = people.rate.copy()
    for kind, rate in _RATES.items():
        yearly[people.kind == kind] = rate
    # A promotion moves those who mind prices more; three classes of them spare a power per person and day.
    classes = np.digitize(people.sensitivity, [0.3, 0.6])
    when = world.calendar
    week = 0.45 * when.traffic * when.weekday_store + 0.55 * when.parcels * when.weekday_online
    by_class = np.stack([when.promotion**power * week for power in (0.5, 1.0, 1.6)])
    by_class, daily = by_class.astype(np.float32), (yearly[:, None] / 365.0).astype(np.float32)
    rate = np.empty((len(people), world.horizon), np.float32)
    for rows in portions(len(people)):
        np.multiply(by_class[classes[rows]], daily[rows], out=rate[rows])
    boost = np.where(first.sku == world.catalogue.starter, STARTER_EFFECT, 1.0)
    price = world.catalogue.price[first.sku]
    boost *= np.where((price >= BAND[0]) & (price < BAND[1]), BAND_EFFECT, 1.0)
    for who, day, times in zip(*(c[boost != 1.0] for c in (first.who, first.day, boost)), strict=True):
        rate[who, day + 1 : day + 1 + EFFECT_DAYS] *= times
    # Fourteen million days are compared: in two bytes each, not in eight.
    days = np.arange(world.horizon, dtype=np.int16)
    arrival, leaving = (np.minimum(each, SPAN).astype(np.int16)[:, None] for each in (people.arrival, people.leaving))
    for rows in portions(len(people)):
        there = days > arrival[rows]
        there &= days < leaving[rows]
        rate[rows] *= there
    return rate


def _cycles(world: World, people: People, block: int) -> Visits:
    """Draw what is used up and bought again: each adopter's own cycle, gaps that vary about it."""
    chance = stream(world.arguments.seed, "cycles", block)
    who, day, sku = [], [], []
    for category in np.flatnonzero(world.catalogue.cycle < _LONGEST_CYCLE):
        adopts = chance.random(len(people)) < _ADOPTS * people.taste[:, category]
        varied = chance.normal(0, 0.2, len(people))
        adopters = np.flatnonzero(adopts)
        own = world.catalogue.cycle[category] * np.exp(varied[adopters])
        most = int(world.horizon / world.catalogue.cycle[category] * 2) + 6
        gaps = chance.gamma(6.0, own[:, None] / 6.0, (adopters.size, most))
        begins = np.maximum(people.arrival[adopters], -own)
        due = (begins[:, None] + np.cumsum(gaps, axis=1)).astype(np.int64)
        kept = (due >= 0) & (due < np.minimum(people.leaving[adopters], world.horizon)[:, None])
        row, _ = np.nonzero(kept)
        who.append(adopters[row])
        day.append(due[kept])
        # One stays with a product: the choice belongs to the person, not to the day.
        wanted, price = np.full(adopters.size, category), people.price[adopters]
        sku.append(chosen_sku(world, wanted, price, people.person[adopters], f"cycle{category}")[row])
    everybody = np.concatenate(who)
    return Visits(everybody, np.concatenate(day), np.concatenate(sku), np.zeros(everybody.size, np.bool_))


def _together(people: People, *parts: Visits) -> Visits:
    """Put visits together, one per person and day: the first purchase before a cycle before a whim."""
    every = Visits(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Visits)))
    _, once = np.unique(every.key(people), return_index=True)
    return Visits(*(getattr(every, f.name)[once] for f in fields(Visits)))


def times_of_day(world: World, key: Integers, channel: Integers) -> Integers:
    """Return the second of the day of each visit: stores by day, screens in the evening."""
    hours = (STORE_HOURS, SCREEN_HOURS)
    in_store, on_screen = (seconds_of_day(world.arguments.seed, "visit", key, each) for each in hours)
    return np.where(channel > 0, on_screen, in_store)
