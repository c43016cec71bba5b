"""What is in a basket, where it was bought, what it cost, and what came back: orders and their lines."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import CARD, MINI, WEB, Accounts
from quanyu.simulator.calendar import USUAL_DISCOUNT
from quanyu.simulator.draws import draw_by_edge, hashed, uniform
from quanyu.simulator.goods import chosen_sku, liked_category, sold_as
from quanyu.simulator.people import (
    DEALER,
    DOUYIN,
    FAKER,
    JD,
    MINI_PROGRAM,
    SITE,
    STORE,
    TESTER,
    TMALL_FLAGSHIP,
    TMALL_OUTLET,
    Flags,
    Integers,
    People,
)
from quanyu.simulator.shopping import Visits, times_of_day
from quanyu.simulator.world import World

STATUSES = ("paid", "unpaid", "deposit", "closed", "partly_refunded", "refunded")
PAID, UNPAID, DEPOSIT, CLOSED, PARTLY_REFUNDED, REFUNDED = range(len(STATUSES))
RECEIVERS = ("self", "gift", "station", "virtual")
SELF, GIFT, STATION, VIRTUAL = range(len(RECEIVERS))
_MARKETPLACES = (TMALL_FLAGSHIP, TMALL_OUTLET, JD, DOUYIN)
_LINES = 32  # more lines than a basket has: order key * _LINES + n names a line
_FREE_SHIPPING = 9_900
_CARTON_BELOW = 30_000  # fen: what costs more is not ordered by the carton
_PRESALE = 0.3  # of orders within a deposit phase
_LED = 0.7  # of purchases that a message has caused, made where its link leads
_DEALS = (0.25, 2.0)  # what a product's offer of the week is, times the typical depth: from, to
_IN_STORES, _COUPON, _DEEPEST = 0.75, 0.12, 0.6


@dataclass(frozen=True)
class Orders:
    """One entry an order, by person and day. Amounts in fen."""

    key: Integers  # names it inside the simulation
    number: NDArray[np.uint64]  # names it outside
    who: Integers
    day: Integers
    second: Integers
    channel: Integers
    store: Integers  # -1 where not in a store
    guide: Integers  # who rang it up, -1 none
    status: Integers
    carded: Flags  # the buyer's card or account is on it
    receiver: Integers
    points: Integers  # amount paid with points
    shipping: Integers
    balance_day: Integers  # of a presale, when the rest is due; -1 otherwise


@dataclass(frozen=True)
class Lines:
    """One entry a line; `order` is a position in Orders."""

    order: Integers
    position: Integers  # from 1 in its order
    sku: Integers
    quantity: Integers
    price: Integers  # list price of one
    discount: Integers  # the merchant's, on the line
    subsidy: Integers  # the platform's, on the line
    returned: Integers  # quantity
    refund: Integers  # amount
    refund_day: Integers  # -1 none

    @property
    def paid(self) -> Integers:
        """Return what the buyer owes for each line."""
        return self.price * self.quantity - self.discount - self.subsidy


def fill_baskets(world: World, people: People, accounts: Accounts, visits: Visits, known: int) -> tuple[Orders, Lines]:
    """Turn visits into orders and lines, as they stand before day `known`.

    Every number drawn belongs to its visit, so that other visits change none.
    """
    key, seed = visits.key(people), world.arguments.seed
    channel = _channels(world, people, accounts, visits, key)
    order, position, sku = _items(world, people, visits, key)
    sku = sold_as(world.catalogue)[channel[order], sku]
    lines = _priced(world, people, visits, key, channel, order, position, sku)
    status, balance_day = _statuses(world, visits, key, channel, known - 1)
    lines = _returned(world, visits, key, lines, status == PAID, channel, known)
    whole = np.bincount(order, minlength=len(key))
    back = np.bincount(order, lines.returned > 0, len(key)).astype(np.int64)
    status = np.where((status == PAID) & (back > 0), np.where(back == whole, REFUNDED, PARTLY_REFUNDED), status)
    owed = np.bincount(order, lines.paid, len(key)).astype(np.int64)
    store = np.where(channel == STORE, _stores(world, people, visits, key), -1)
    named = _named(world, accounts, visits, key, channel)
    points = (owed * 0.05 * (uniform(seed, "points", key) < 0.08)).astype(np.int64) // 100 * 100
    points = np.where(named & np.isin(channel, (STORE, MINI_PROGRAM, SITE)), points, 0)
    date = world.first + np.minimum(visits.day, world.arguments.days - 1)
    far = (channel != STORE) & (owed < _FREE_SHIPPING)
    orders = Orders(
        key=key,
        number=hashed(seed, "order", key),
        who=visits.who,
        day=visits.day,
        second=times_of_day(world, key, channel),
        channel=channel,
        store=store,
        guide=np.where(store >= 0, world.organisation.guides_of(store, uniform(seed, "till", key), date), -1),
        status=status,
        carded=named,
        receiver=_receivers(world, key, channel),
        points=points,
        shipping=np.where(far, 800 + (uniform(seed, "shipping", key) * 3).astype(np.int64) * 200, 0),
        balance_day=balance_day,
    )
    return orders, lines


def _channels(world: World, people: People, accounts: Accounts, visits: Visits, key: Integers) -> Integers:
    """Habit decides, promotions pull to Tmall, messages to the own screens; where there is none, it goes elsewhere."""
    seed, who, day = world.arguments.seed, visits.who, visits.day
    channel = np.minimum(draw_by_edge(people.channels[who], uniform(seed, "channel", key)), SITE)
    pull = np.minimum(0.25 * (world.calendar.promotion[day] - 1.0), 0.5)
    pulled = uniform(seed, "pull", key) < np.maximum(pull, 0.0)
    channel = np.where((channel == STORE) & pulled, TMALL_FLAGSHIP, channel)
    led = visits.led & (uniform(seed, "led", key) < _LED)
    channel = np.where(led & (accounts.since[who, WEB] <= day), SITE, channel)
    channel = np.where(led & (accounts.since[who, MINI] <= day), MINI_PROGRAM, channel)
    channel = np.where(np.isin(people.kind[who], (FAKER, TESTER)), TMALL_FLAGSHIP, channel)
    lost = (channel == MINI_PROGRAM) & (accounts.since[who, MINI] > day)
    lost |= (channel == SITE) & (accounts.since[who, WEB] > day)
    near = people.store[who]
    opened = (near >= 0) & _opened(world, near, day)
    channel = np.where(lost, STORE, channel)
    return np.where((channel == STORE) & ~opened, TMALL_FLAGSHIP, channel)


def _items(world: World, people: People, visits: Visits, key: Integers) -> tuple[Integers, Integers, Integers]:
    """Return order, position and product of each line: what one came for, then what goes with it or is liked."""
    seed, who = world.arguments.seed, visits.who
    mean = people.basket[who]
    more = np.log(np.maximum(uniform(seed, "basket", key), 1e-12)) / np.log(mean / (1.0 + mean))
    count = 1 + np.minimum(more, _LINES - 2).astype(np.int64)
    order = np.repeat(np.arange(len(key)), count)
    position = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count) + 1
    sku = visits.sku[order]
    extra = np.flatnonzero(position > 1)
    line, goods = key[order[extra]] * _LINES + position[extra], world.catalogue
    main, buyer = goods.category[visits.sku[order[extra]]].astype(np.int64), who[order[extra]]
    follows = (uniform(seed, "follows", line) < 0.45) & (goods.complement.sum(axis=1) > 0)[main]
    liking, whose = np.concatenate([people.taste, goods.complement]), np.where(follows, len(people) + main, buyer)
    category = liked_category(world, liking, whose, visits.day[order[extra]], uniform(seed, "extra", line))
    sku[extra] = chosen_sku(world, category, people.price[buyer], line, "extra")
    return order, position, sku


def _priced(
    world: World,
    people: People,
    visits: Visits,
    key: Integers,
    channel: Integers,
    order: Integers,
    position: Integers,
    sku: Integers,
) -> Lines:
    seed, who, day = world.arguments.seed, visits.who[order], visits.day[order]
    line = key[order] * _LINES + position
    luck = uniform(seed, "quantity", line)
    quantity = 1 + (luck < 0.16) + (luck < 0.05) + 2 * (luck < 0.015)
    price = np.where(people.kind[who] == TESTER, 1, world.catalogue.price[sku])
    by_carton = (people.kind[who] == DEALER) & (price < _CARTON_BELOW)
    quantity = np.where(by_carton, 12 * (1 + (luck * 20).astype(np.int64)), quantity)
    depth = world.calendar.discount[day] * np.where(channel[order] == STORE, _IN_STORES, 1.0)
    deal = _DEALS[0] + (_DEALS[1] - _DEALS[0]) * uniform(seed, "deal", sku * 1024 + day // 7)
    coupon = uniform(seed, "coupon", line) < 0.10 + 0.25 * people.sensitivity[who]
    rate = np.clip(depth * deal + _COUPON * coupon + 0.2 * (people.kind[who] == DEALER), 0.0, _DEEPEST)
    rate = np.where(uniform(seed, "any discount", line) < 0.35 + 0.5 * (depth > 1.1 * USUAL_DISCOUNT), rate, 0.0)
    listed = price * quantity
    festive = np.isin(channel[order], _MARKETPLACES) & (world.calendar.promotion[day] > 1.5)
    return Lines(
        order=order,
        position=position,
        sku=sku,
        quantity=quantity,
        price=price,
        discount=(listed * rate).astype(np.int64),
        subsidy=(listed * 0.04 * festive).astype(np.int64),
        returned=np.zeros(len(order), np.int64),
        refund=np.zeros(len(order), np.int64),
        refund_day=np.full(len(order), -1),
    )


def _statuses(world: World, visits: Visits, key: Integers, channel: Integers, last: int) -> tuple[Integers, Integers]:
    """Return status and balance day: online, some orders are never paid, and presales are paid in two steps."""
    luck, online = uniform(world.arguments.seed, "status", key), channel != STORE
    status = np.where(online & (luck < 0.035), CLOSED, PAID)
    status = np.where(online & (luck < 0.035) & (visits.day >= last - 1), UNPAID, status)
    balance = world.calendar.balance_day[visits.day]
    presale = online & (balance >= 0) & (uniform(world.arguments.seed, "presale", key) < _PRESALE)
    status = np.where(presale & (status == PAID) & (balance > last), DEPOSIT, status)
    return status, np.where(presale, balance, -1)


def _returned(
    world: World, visits: Visits, key: Integers, lines: Lines, paid: Flags, channel: Integers, known: int
) -> Lines:
    """Some lines come back, some of them weeks later; what comes back after the last day is not known yet."""
    seed, order = world.arguments.seed, lines.order
    line = key[order] * _LINES + lines.position
    rate = np.where(channel[order] == STORE, 0.02, 0.065)
    back = paid[order] & (uniform(seed, "returned", line) < rate)
    late = uniform(seed, "late", line) < world.arguments.dirt.late_refund
    wait = uniform(seed, "refund wait", line)
    day = visits.day[order] + np.where(late, 15 + (wait * 45).astype(np.int64), 2 + (wait * 9).astype(np.int64))
    back &= day < known
    some = (lines.quantity > 1) & (uniform(seed, "partly", line) < 0.5)
    quantity = np.where(back, np.where(some, 1, lines.quantity), 0)
    return replace(
        lines,
        returned=quantity,
        refund=lines.paid * quantity // np.maximum(lines.quantity, 1),
        refund_day=np.where(back, day, -1),
    )


def _stores(world: World, people: People, visits: Visits, key: Integers) -> Integers:
    """Mostly the nearest; sometimes another of the same city."""
    near = people.store[visits.who]
    elsewhere = uniform(world.arguments.seed, "elsewhere", key)
    first, count = world.store_first[people.city[visits.who]], world.store_count[people.city[visits.who]]
    other = world.store_by_city[
        np.minimum(first + (elsewhere * 5 * count).astype(np.int64), len(world.store_by_city) - 1)
    ]
    return np.where((elsewhere < 0.2) & (count > 0) & _opened(world, other, visits.day), other, near)


def _opened(world: World, store: Integers, day: Integers) -> Flags:
    """Say which stores are open on which days; those ahead are as the last one."""
    stores, date = world.organisation, world.first + np.minimum(day, world.arguments.days - 1)
    return (stores.store_open[store] <= date) & (date < stores.store_closed[store])


def _named(world: World, accounts: Accounts, visits: Visits, key: Integers, channel: Integers) -> Flags:
    """Say where the order names its buyer: everywhere but at a till where no card was shown."""
    holder = accounts.since[visits.who, CARD] <= visits.day
    shown = holder & (uniform(world.arguments.seed, "shown", key) >= world.arguments.dirt.guest)
    return np.where(channel == STORE, shown, True)


def _receivers(world: World, key: Integers, channel: Integers) -> Integers:
    dirt = world.arguments.dirt
    edges = np.cumsum([dirt.gift, dirt.station, dirt.virtual])
    kind = np.array([GIFT, STATION, VIRTUAL, SELF])
    drawn_kind = kind[np.searchsorted(edges, uniform(world.arguments.seed, "receiver", key), side="right")]
    return np.where(channel == STORE, SELF, drawn_kind)
