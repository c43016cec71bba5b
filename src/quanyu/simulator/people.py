"""Who the people of a block are: homes, names, tastes, means, habits. All that follows is drawn from these."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from quanyu.simulator.draws import stream
from quanyu.simulator.findings import CONTACT_EFFECT, HARM_EFFECT, HARM_PRICE
from quanyu.simulator.world import World

BLOCK = 16_384
SALES_CHANNELS = ("store", "tmall_flagship", "tmall_outlet", "jd", "douyin", "mini_program", "site")
STORE, TMALL_FLAGSHIP, TMALL_OUTLET, JD, DOUYIN, MINI_PROGRAM, SITE = range(7)
STAGES = ("student", "single", "couple", "young_child", "school_child", "empty_nest")
PERSONAS = 8
ORDINARY, STAFF, DEALER, FAKER, TESTER = range(5)
_EARLIEST = -730  # days before the first: people who were customers already
_LASTS = 700  # days: what is bought again only after longer is furniture and the like
_FEWEST_LINES = 2.0  # a year

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class People:
    """One entry a person; days count from the first day of the files, negative before it."""

    person: Integers
    household: Integers  # the person who heads it
    kind: NDArray[np.int8]
    woman: Flags
    birth_year: Integers
    birthday: Integers  # day of the year, from 0
    stage: NDArray[np.int8]
    surname: Integers
    given: Integers  # two columns, -1 where the name has one character
    city: Integers
    district: Integers
    latitude: Floats
    longitude: Floats
    address: Integers  # of the household: a number from which road, estate, building and flat follow
    store: Integers  # nearest, -1 where none is within reach
    distance: Floats  # kilometres to it
    persona: NDArray[np.int8]
    taste: Floats  # people x categories, sums to 1
    price: Floats  # 0 buys cheap, 1 buys dear
    sensitivity: Floats  # 0 never minds a price, 1 waits for promotions
    rate: Floats  # purchases a year beside those of a cycle
    basket: Floats  # lines of a basket beyond the first, on average
    arrival: Integers  # first purchase
    leaving: Integers  # the day from which nothing is bought
    channels: Floats  # people x sales channels, cumulated
    openness: Floats  # to messages, 0 to 1
    effect: Floats  # what a fitting message adds to the rate; may be negative
    harmed: Flags
    referrer: Integers  # position in the block, -1 none

    def __len__(self) -> int:
        return len(self.person)


def draw_people(world: World, block: int) -> People:
    """Draw the people of a block; which of them belong to the company is decided by its size alone."""
    seed, n = world.arguments.seed, BLOCK
    person = np.arange(block * n, (block + 1) * n, dtype=np.int64)
    homes = _homes(world, stream(seed, "home", block), n)
    lives = _lives(world, stream(seed, "life", block), homes.head)
    habits = _habits(world, stream(seed, "habit", block), homes, lives)
    names = _names(world, stream(seed, "name", block), homes.head, lives)
    return People(
        person=person,
        household=person[homes.head],
        city=homes.city,
        district=homes.district,
        latitude=homes.latitude,
        longitude=homes.longitude,
        address=homes.address,
        store=homes.store,
        distance=homes.distance,
        woman=lives.woman,
        birth_year=lives.birth_year,
        birthday=lives.birthday,
        stage=lives.stage,
        surname=names[0],
        given=names[1],
        **habits,  # pyright: ignore[reportArgumentType]
    )


@dataclass(frozen=True)
class _Homes:
    head: Integers
    city: Integers
    district: Integers
    latitude: Floats
    longitude: Floats
    address: Integers
    store: Integers
    distance: Floats


@dataclass(frozen=True)
class _Lives:
    woman: Flags
    birth_year: Integers
    birthday: Integers
    stage: NDArray[np.int8]


def _homes(world: World, chance: Generator, n: int) -> _Homes:
    """Three people in ten live with the one before them; a household shares all of its home."""
    alone = chance.random(n) >= 0.30
    alone[0] = True
    head = np.maximum.accumulate(np.where(alone, np.arange(n), 0))
    cities = world.cities
    city = chance.choice(len(cities.weight), n, p=cities.weight)[head]
    spread = np.where(cities.tier[city] == 1, 0.12, 0.07)
    latitude = cities.latitude[city] + (chance.standard_normal(n) * spread)[head]
    longitude = cities.longitude[city] + (chance.standard_normal(n) * spread)[head]
    district = cities.district_start[city] + (chance.random(n)[head] * cities.district_count[city]).astype(np.int64)
    store, distance = _nearest(world, city, latitude, longitude)
    return _Homes(head, city, district, latitude, longitude, chance.integers(0, 2**40, n)[head], store, distance)


def _nearest(world: World, city: Integers, latitude: Floats, longitude: Floats) -> tuple[Integers, Floats]:
    store, distance = np.full(len(city), -1, np.int64), np.full(len(city), np.inf)
    stores = world.organisation
    for each in range(len(world.cities.weight)):
        here, there = np.flatnonzero(city == each), np.flatnonzero(stores.store_city == each)
        if not here.size or not there.size:
            continue
        north = (latitude[here, None] - stores.store_latitude[there]) * 111.0
        east = (
            (longitude[here, None] - stores.store_longitude[there]) * 111.0 * np.cos(np.radians(latitude[here, None]))
        )
        kilometres = np.hypot(north, east)
        closest = kilometres.argmin(axis=1)
        store[here], distance[here] = there[closest], kilometres[np.arange(here.size), closest]
    return store, distance


def _lives(world: World, chance: Generator, head: Integers) -> _Lives:
    n = len(head)
    woman = chance.random(n) < 0.63
    woman = np.where(head == np.arange(n), woman, ~woman[head])
    age = np.clip(18 + chance.gamma(3.2, 6.2, n), 18, 82)
    age = np.where(head == np.arange(n), age, np.clip(age[head] + chance.normal(0, 4, n), 18, 82)).astype(np.int64)
    single = chance.random(n) < np.clip(1.4 - age / 30, 0.08, 0.95)
    childless = chance.random(n) < np.clip((36 - age) / 14, 0.12, 1.0)
    stage = np.select(
        [age < 23, single & (age < 45), childless & (age < 48), age < 36, age < 52], [0, 1, 2, 3, 4], default=5
    ).astype(np.int8)
    return _Lives(woman, world.arguments.until.year - age, chance.integers(0, 365, n), stage)


def _habits(world: World, chance: Generator, homes: _Homes, lives: _Lives) -> dict[str, object]:
    n, dirt = len(homes.head), world.arguments.dirt
    dear = np.array([-0.12, -0.02, 0.06, 0.0, 0.03, 0.08])[lives.stage] + (2 - world.cities.tier[homes.city]) * 0.06
    price = np.clip(chance.beta(2.4, 2.8, n) + dear, 0.01, 0.99)
    sensitivity = np.clip(0.75 - 0.6 * price + chance.normal(0, 0.18, n), 0.0, 1.0)
    edges = np.cumsum([dirt.bulk, dirt.bulk, dirt.fake, dirt.tester])
    special = np.searchsorted(edges, chance.random(n), side="right")
    kind = np.array([STAFF, DEALER, FAKER, TESTER, ORDINARY], np.int8)[special]
    rate = chance.gamma(0.62, 1.95 / 0.62, n) * np.where(kind == STAFF, 3.0, 1.0)
    arrival = chance.integers(_EARLIEST, world.arguments.days, n)
    stay = chance.exponential(430, n) * np.clip(0.5 + rate / 2.5, 0.5, 2.0)
    harmed = (lives.stage == STAGES.index("empty_nest")) & (price > HARM_PRICE)
    effect = chance.normal(*CONTACT_EFFECT, n)
    persona = chance.integers(0, PERSONAS, n).astype(np.int8)
    taste, basket = _tastes(world, chance, lives.stage, persona), chance.gamma(1.6, 1.8 / 1.6, n)
    return {
        "kind": kind,
        "persona": persona,
        "taste": _lasting(world, taste, rate * (1.0 + basket)),
        "price": price,
        "sensitivity": sensitivity,
        "rate": rate,
        "basket": basket,
        "arrival": arrival,
        "leaving": arrival + 1 + stay.astype(np.int64),
        "channels": _channels(chance, homes, lives, sensitivity),
        "openness": chance.beta(1.3, 3.2, n),
        "effect": np.where(harmed, HARM_EFFECT + chance.normal(0, 0.1, n), effect),
        "harmed": harmed,
        "referrer": np.where(chance.random(n) < 0.08, chance.integers(0, n, n), -1),
    }


def _tastes(world: World, chance: Generator, stage: NDArray[np.int8], persona: NDArray[np.int8]) -> Floats:
    wanted = world.catalogue.stage.T[stage] * world.personas[persona]
    taste = wanted * chance.standard_gamma(0.5, wanted.shape)
    return taste / taste.sum(axis=1, keepdims=True)


def _lasting(world: World, taste: Floats, lines: Floats) -> Floats:
    """Lower the wish for what lasts for years, so that `lines` a year bring it no sooner than it wears out."""
    cycle = world.catalogue.cycle
    most = np.where(cycle > _LASTS, 365.0 / cycle, np.inf) / np.maximum(lines, _FEWEST_LINES)[:, None]
    lowered = np.minimum(taste, most)
    return lowered / lowered.sum(axis=1, keepdims=True)


def _channels(chance: Generator, homes: _Homes, lives: _Lives, sensitivity: Floats) -> Floats:
    """Habit: the nearer a store the more of it; the younger the more of short video; bargains at the outlet."""
    n = len(sensitivity)
    near = np.exp(-np.minimum(homes.distance, 60.0) / 7.0)
    young = (lives.stage <= 1).astype(np.float64)
    one = np.ones(n)
    liking = np.stack(
        [2.6 * near, 0.9 * one, 0.25 + 0.6 * sensitivity, 0.45 * one, 0.3 + 0.5 * young, 0.55 * one, 0.3 * one], axis=1
    )
    share = liking * chance.standard_gamma(0.45, liking.shape) + 1e-9
    return np.cumsum(share / share.sum(axis=1, keepdims=True), axis=1)


def _names(world: World, chance: Generator, head: Integers, lives: _Lives) -> tuple[Integers, Integers]:
    """Half of those who live together share a surname (children, siblings); spouses do not."""
    n, names = len(head), world.names
    surname = chance.choice(len(names.surname_weight), n, p=names.surname_weight)
    surname = np.where(chance.random(n) < 0.5, surname[head], surname)
    given = np.empty((n, 2), np.int64)
    era = np.searchsorted([1985, 2000], lives.birth_year, side="right")
    for sex in (False, True):
        for age in range(3):
            who = np.flatnonzero((lives.woman == sex) & (era == age))
            characters, weight = names.given(sex, age)
            given[who] = chance.choice(characters, (who.size, 2), p=weight)
    given[chance.random(n) < 0.2, 1] = -1
    return surname, given
