"""What follows from orders and messages: after-sales cases, coupons, and what left the shelves."""

from dataclasses import replace

import numpy as np

from quanyu.simulator.baskets import PAID, PARTLY_REFUNDED, REFUNDED, Lines, Orders
from quanyu.simulator.blocks import Block
from quanyu.simulator.contact import Messages
from quanyu.simulator.draws import hashed, uniform
from quanyu.simulator.findings import CONTACT_DAYS
from quanyu.simulator.moments import ACCOUNT_OF_MESSAGE, Part, buyer_ids, by_span, moment
from quanyu.simulator.people import JD, STORE, Flags, Integers
from quanyu.simulator.world import World

CASES = ("return", "exchange", "repair", "complaint")
RETURNED, EXCHANGED, REPAIRED, COMPLAINED = range(len(CASES))
_TROUBLE = (0.006, 0.002, 0.004)  # of lines sold online: exchanged, repaired, complained about
_TROUBLE_WITHIN = (12, 300, 20, 1)  # days; the last stands for no trouble
_ISSUED = 36_000  # coupons come at ten


def returns_of(world: World, block: Block, since: int = 0, until: int | None = None) -> Part:
    """What came back by the month in which it did; beside it what was exchanged, repaired or complained about.

    Told is what is known before the day `until` (after the company's last, if none is given) of cases that were opened
    or closed on the day `since` or later.
    """
    orders, lines, seed = block.orders, block.lines, world.arguments.seed
    until = world.arguments.days if until is None else until
    line = orders.key[lines.order] * 32 + lines.position
    kind, day = _cases(world, block, line, until)
    back = np.flatnonzero((kind >= RETURNED) & block.inside(world)[orders.who[lines.order]])
    of = lines.order[back]
    person = block.people.person[orders.who[of]]
    opened = moment(world, day[back], 32_000 + orders.second[of] // 3)
    wait = uniform(seed, "case wait", line[back])
    waits = np.where(kind[back] == RETURNED, 3_600 + wait * 80_000, 40_000 + wait**2 * 1_800_000).astype(np.int64)
    known = moment(world, np.array([until]), np.array([0]))
    closed = np.where(opened + waits < known, opened + waits, 0)
    columns = {
        "number": orders.number[of],
        "case": hashed(seed, "case", line[back]),
        "kind": kind[back].astype(np.int8),
        "channel": orders.channel[of].astype(np.int8),
        "buyer": np.where(orders.carded[of], buyer_ids(world, orders.channel[of], person), 0).astype(np.uint64),
        "store": orders.store[of].astype(np.int32),
        "sku": lines.sku[back].astype(np.int32),
        "quantity": np.where(kind[back] == RETURNED, lines.returned[back], 1).astype(np.int32),
        "refund": lines.refund[back],
        "ordered_at": moment(world, orders.day[of], orders.second[of]),
        "opened_at": np.minimum(opened, known - 600),
        "closed_at": closed,
        "luck": hashed(seed, "case luck", line[back]),
    }
    parts, part, columns["month"] = by_span(world, ["all"], np.zeros(back.size, np.int64), day[back])
    news = np.maximum(opened, closed) >= moment(world, np.array([since]), np.array([0]))
    return parts, part[news], {name: column[news] for name, column in columns.items()}


def _cases(world: World, block: Block, line: Integers, until: int) -> tuple[Integers, Integers]:
    """Return what became of each line, -1 nothing, and the day on which it was told."""
    orders, lines, seed = block.orders, block.lines, world.arguments.seed
    edges = np.cumsum(_TROUBLE)
    kind = np.searchsorted(edges, uniform(seed, "trouble", line), side="right") + EXCHANGED
    wait = (uniform(seed, "trouble after", line) ** 2 * np.array(_TROUBLE_WITHIN)[kind - EXCHANGED]).astype(np.int64)
    day = orders.day[lines.order] + 3 + wait
    paid = np.isin(orders.status[lines.order], (PAID, PARTLY_REFUNDED)) & (orders.channel[lines.order] != STORE)
    trouble = paid & (kind <= COMPLAINED) & (day < until)
    returned = (lines.refund_day >= 0) & (lines.refund_day < until)
    return np.select([returned, trouble], [RETURNED, kind], -1), np.where(returned, lines.refund_day, day)


def coupons_of(world: World, block: Block) -> Part:
    """Each message with an offer brings a coupon; an order of the reader within its week uses it."""
    messages, orders, seed = block.messages, block.orders, world.arguments.seed
    given = np.flatnonzero((messages.offer > 0) & block.inside(world)[messages.who] & block.responses.delivered)
    who, day = messages.who[given], messages.day[given]
    used, there = used_on(orders, who, day)
    person = block.people.person[who]
    columns = {
        "coupon": hashed(seed, "coupon", person * 4096 + day + (messages.campaign[given] << 44)),
        "campaign": messages.campaign[given].astype(np.int32),
        "channel": messages.channel[given].astype(np.int8),
        "offer": (messages.offer[given] * 100).astype(np.int16),
        "account": hashed(seed, "account", (person << 4) + ACCOUNT_OF_MESSAGE[messages.channel[given]]),
        "issued_at": moment(world, day, np.full(len(day), _ISSUED)),
        "used_number": np.where(used, orders.number[there], 0).astype(np.uint64),
        "used_channel": np.where(used, orders.channel[there], -1).astype(np.int8),
        "used_store": np.where(used, orders.store[there], -1).astype(np.int32),
        "used_at": np.where(used, moment(world, orders.day[there], orders.second[there]), 0),
    }
    return ["all"], np.zeros(len(given), np.int64), columns


def used_on(orders: Orders, who: Integers, day: Integers) -> tuple[Flags, Integers]:
    """Say which coupons, given to these people on these days, are used, and on which order each is.

    A coupon goes with the first order within its week, and an order takes one. Coupons come by person and day.
    """
    if not len(orders.key):
        return np.zeros(len(who), np.bool_), np.zeros(len(who), np.int64)
    visit = orders.who * 4096 + orders.day
    place = np.searchsorted(visit, who * 4096 + day)
    there = np.minimum(place, len(visit) - 1)
    used = (place < len(visit)) & (orders.who[there] == who) & (orders.day[there] <= day + CONTACT_DAYS)
    used &= (orders.channel[there] != JD) & np.isin(orders.status[there], (PAID, PARTLY_REFUNDED, REFUNDED))
    used &= (orders.day[there] > day) | (orders.second[there] > _ISSUED)
    used[used] = np.append(np.diff(there[used]) != 0, True)[: used.sum()]
    return used, there


def redeemed(orders: Orders, lines: Lines, messages: Messages, delivered: Flags) -> Lines:
    """Take what these messages offer off the orders on which their readers use it: off what else they would pay.

    What comes back is given back at the lower price.
    """
    given = np.flatnonzero((messages.offer > 0) & delivered)
    used, there = used_on(orders, messages.who[given], messages.day[given])
    offer = np.zeros(len(orders.key))
    offer[there[used]] = messages.offer[given[used]]
    off = (lines.paid * offer[lines.order]).astype(np.int64)
    cheaper = replace(lines, discount=lines.discount + off)
    refund = cheaper.paid * lines.returned // np.maximum(lines.quantity, 1)
    return replace(cheaper, refund=np.where(lines.refund > 0, refund, lines.refund))


def sales_of(world: World, block: Block) -> Part:
    """What left the shelves, per product and day: the stock follows from it."""
    lines, orders = block.lines, block.orders
    inside = block.inside(world)[orders.who[lines.order]] & np.isin(
        orders.status[lines.order], (PAID, PARTLY_REFUNDED, REFUNDED)
    )
    sold = np.bincount(
        orders.day[lines.order][inside] * len(world.catalogue.price) + lines.sku[inside], lines.quantity[inside]
    )
    where = np.flatnonzero(sold)
    columns = {
        "sku": (where % len(world.catalogue.price)).astype(np.int32),
        "day": (where // len(world.catalogue.price)).astype(np.int32),
        "quantity": sold[where].astype(np.int64),
    }
    return ["all"], np.zeros(where.size, np.int64), columns
