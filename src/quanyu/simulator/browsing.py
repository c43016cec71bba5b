"""What people do on screens: visits to the site, the app and the mini-program, some of which end in an order."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import APP, MINI, WEB, Accounts
from quanyu.simulator.baskets import Lines, Orders
from quanyu.simulator.contact import Messages, Responses
from quanyu.simulator.draws import draw_by_weight, hashed, stream, uniform
from quanyu.simulator.goods import chosen_sku, liked_category
from quanyu.simulator.moments import SCREEN_HOURS
from quanyu.simulator.people import BLOCK, MINI_PROGRAM, ORDINARY, SITE, Flags, Integers, People
from quanyu.simulator.world import World

SURFACES = ("web", "app", "mini_program")
ON_WEB, ON_APP, ON_MINI = range(3)
EVENTS = (
    "page",
    "Products Searched",
    "Product List Viewed",
    "Product Viewed",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
)
PAGE, SEARCHED, LISTED, VIEWED, ADDED, CART, CHECKOUT, COMPLETED = range(len(EVENTS))
_SESSIONS = 4.7  # a person on screens in two years, beside those that end in an order
_LOOKS = 5.0  # events of a session beyond the first, on average
_LOGS_IN = 0.55
_STRANGERS = 0.30  # people without an account who come all the same


@dataclass(frozen=True)
class Events:
    """One entry an event."""

    who: Integers
    day: Integers
    second: Integers
    surface: Integers
    kind: Integers
    sku: Integers  # -1 none
    category: Integers  # what the whole visit is about
    order: Integers  # position in Orders, -1 none
    campaign: Integers  # whose link was clicked, -1 none
    opens: Flags  # the first of its visit
    device: NDArray[np.uint64]
    known: Flags  # logged in
    number: NDArray[np.uint64]

    def only(self, kept: Flags) -> Self:
        """Return those that are marked."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))


@dataclass(frozen=True)
class _Sessions:
    who: Integers
    day: Integers
    surface: Integers
    order: Integers
    campaign: Integers


def draw_events(
    world: World,
    people: People,
    accounts: Accounts,
    orders: Orders,
    lines: Lines,
    messages: Messages,
    responses: Responses,
) -> Events:
    """Draw what the block does on screens within the days of the files."""
    sessions = _sessions(world, people, accounts, orders, messages, responses)
    block = int(people.person[0]) // BLOCK
    chance = stream(world.arguments.seed, "browsing", block)
    n = len(sessions.who)
    buying = sessions.order >= 0
    looks = 1 + np.minimum(chance.geometric(1.0 / _LOOKS, n), 40)
    count = looks + np.where(buying, 4, 0)
    session = np.repeat(np.arange(n), count)
    place = np.arange(len(session)) - np.repeat(np.cumsum(count) - count, count)
    kind = _kinds(place, looks[session], chance.random(len(session)), buying[session])
    start = _starts(world, orders, sessions, chance, count)
    pauses = np.where(place == 0, 0, 2 + chance.exponential(22.0, len(session)).astype(np.int64))
    passed = np.cumsum(pauses)
    second = start[session] + passed - passed[np.cumsum(count) - count][session]
    who, day = sessions.who[session], sessions.day[session] + second // 86_400
    kept = day < world.arguments.days
    interest = _interests(world, people, orders, lines, sessions, chance)
    sku = _looked_at(world, people, orders, lines, sessions, session, kind, interest, chance)
    drawn_events = Events(
        who=who,
        day=day,
        second=second % 86_400,
        surface=sessions.surface[session],
        kind=kind,
        sku=sku,
        category=interest[session],
        order=np.where(kind == COMPLETED, sessions.order[session], -1),
        campaign=np.where(place == 0, sessions.campaign[session], -1),
        opens=place == 0,
        known=_logged_in(world, accounts, sessions, chance)[session],
        device=_devices(world, people, sessions, chance)[session],
        number=hashed(world.arguments.seed, "event", (np.int64(block) << 32) + np.arange(len(session))),
    )
    return drawn_events.only(kept)


def _sessions(
    world: World, people: People, accounts: Accounts, orders: Orders, messages: Messages, responses: Responses
) -> _Sessions:
    """Put together idle visits, those that follow a clicked message, and those in which something was ordered."""
    block = int(people.person[0]) // BLOCK
    chance = stream(world.arguments.seed, "sessions", block)
    since, days = accounts.since, world.arguments.days
    uses = np.stack([since[:, WEB], since[:, APP], since[:, MINI]], axis=1) < days
    uses[:, ON_WEB] = uses[:, ON_WEB] | (chance.random(len(people)) < _STRANGERS)
    uses &= (people.kind <= ORDINARY + 1)[:, None]
    digital = np.asarray(uses.any(axis=1))
    weight = uses * chance.standard_gamma(0.8, uses.shape)
    keen = chance.gamma(0.8, 1 / 0.8, len(people)) * digital
    count = chance.poisson(_SESSIONS * keen * days / 730)
    who = np.repeat(np.arange(len(people)), count)
    begins, ends = np.maximum(people.arrival - 40, 0), np.minimum(people.leaving + 60, days)
    span = np.maximum(ends - begins, 1)
    idle_day = (begins[who] + chance.random(len(who)) * span[who]).astype(np.int64)
    clicked = np.flatnonzero(responses.clicked & digital[messages.who])
    bought = np.flatnonzero(np.isin(orders.channel, (MINI_PROGRAM, SITE)))
    has_app = since[orders.who[bought], APP] <= orders.day[bought]
    own = np.where(has_app & (chance.random(bought.size) < 0.6), ON_APP, ON_WEB)
    screen = np.where(orders.channel[bought] == MINI_PROGRAM, ON_MINI, own)
    idle_surface = draw_by_weight(weight[who] + 1e-12, chance.random(len(who)))
    click_surface = draw_by_weight(weight[messages.who[clicked]] + 1e-12, chance.random(clicked.size))
    return _Sessions(
        who=np.concatenate([who, messages.who[clicked], orders.who[bought]]),
        day=np.concatenate([np.minimum(idle_day, days - 1), messages.day[clicked], orders.day[bought]]),
        surface=np.concatenate([idle_surface, click_surface, screen]),
        order=np.concatenate([np.full(len(who) + clicked.size, -1), bought]),
        campaign=np.concatenate([np.full(len(who), -1), messages.campaign[clicked], np.full(bought.size, -1)]),
    )


def _kinds(place: Integers, looks: Integers, luck: NDArray[np.float64], buying: Flags) -> Integers:
    """A page first, then looking about; who buys ends with the cart, the checkout and the order."""
    passed = np.sum([luck > edge for edge in (0.14, 0.24, 0.46, 0.92)], axis=0, dtype=np.int8)
    kind = np.array([PAGE, SEARCHED, LISTED, VIEWED, ADDED])[passed]
    kind = np.where(place == 0, PAGE, kind)
    closing = np.array([ADDED, CART, CHECKOUT, COMPLETED])[np.clip(place - looks, 0, 3)]
    return np.where(buying & (place >= looks), closing, kind)


def _starts(
    world: World, orders: Orders, sessions: _Sessions, chance: np.random.Generator, count: Integers
) -> Integers:
    """In the evening mostly; a visit that ends in an order begins some minutes before it."""
    hour = chance.choice(24, len(count), p=SCREEN_HOURS / SCREEN_HOURS.sum())
    idle = hour * 3600 + chance.integers(0, 3600, len(count))
    before = np.maximum(orders.second[np.maximum(sessions.order, 0)] - count * 24, 0)
    return np.where(sessions.order >= 0, before, idle)


def _interests(
    world: World, people: People, orders: Orders, lines: Lines, sessions: _Sessions, chance: np.random.Generator
) -> Integers:
    """Return the category that each visit is about: that of the purchase in which it ends, or one that is liked."""
    luck = chance.random(len(sessions.who))
    interest = liked_category(world, people.taste, sessions.who, sessions.day, luck)
    bought = world.catalogue.category[_bought(orders, lines, sessions)]
    return np.where(sessions.order >= 0, bought, interest).astype(np.int64)


def _bought(orders: Orders, lines: Lines, sessions: _Sessions) -> Integers:
    """Return the product on the first line of each visit's order, any where there is none."""
    first = np.searchsorted(lines.order, np.arange(len(orders.who)))
    return lines.sku[first][np.maximum(sessions.order, 0)]


def _looked_at(
    world: World,
    people: People,
    orders: Orders,
    lines: Lines,
    sessions: _Sessions,
    session: Integers,
    kind: Integers,
    interest: Integers,
    chance: np.random.Generator,
) -> Integers:
    """Return the product of each event that has one: some of the visit's category, and at its end what is bought."""
    shown = np.flatnonzero((kind == VIEWED) | (kind == ADDED))
    of = session[shown]
    sku = np.full(len(kind), -1)
    unique = chance.integers(0, 2**62, shown.size)
    sku[shown] = chosen_sku(world, interest[of], people.price[sessions.who[of]], unique, "looked")
    taken = np.flatnonzero(kind == CART) - 1
    sku[taken] = _bought(orders, lines, sessions)[session[taken]]
    return sku


def _logged_in(world: World, accounts: Accounts, sessions: _Sessions, chance: np.random.Generator) -> Flags:
    kinds = np.array([WEB, APP, MINI])[sessions.surface]
    able = accounts.since[sessions.who, kinds] <= sessions.day
    always = (sessions.surface == ON_MINI) | (sessions.order >= 0)
    return able & (always | (chance.random(len(able)) < _LOGS_IN))


def _devices(world: World, people: People, sessions: _Sessions, chance: np.random.Generator) -> NDArray[np.uint64]:
    """A browser or phone each, changed once by some; one in thirty uses the one of the household."""
    seed, person = world.arguments.seed, people.person
    change = (uniform(seed, "new device", person) * world.arguments.days * 3).astype(np.int64)
    lends = uniform(seed, "household device", person) < 0.033
    owner = np.where(lends, people.household, person)[sessions.who]
    changed = (sessions.day >= change[sessions.who]).astype(np.int64)
    return hashed(seed, "device", (owner * 4 + sessions.surface) * 2 + changed)
