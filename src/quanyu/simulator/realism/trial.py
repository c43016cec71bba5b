"""What one message changes: the outcomes of people who got it and of people who did not, and the lift between them."""

from dataclasses import dataclass, fields

import numpy as np

from quanyu.simulator.accounts import Accounts
from quanyu.simulator.baskets import CLOSED, fill_baskets
from quanyu.simulator.blocks import Block
from quanyu.simulator.campaigns import reachable
from quanyu.simulator.contact import CHANNELS, SMS, WECOM_MESSAGE, WELCOME, Messages, rate_factor, responses_to
from quanyu.simulator.draws import uniform
from quanyu.simulator.people import MINI_PROGRAM, SITE, STAFF, Flags, Floats, Integers
from quanyu.simulator.shopping import Visits
from quanyu.simulator.world import World

WATCHED = 14  # days after the message, as in the public test
_RECENT = 365  # who had bought within so many days was written to
_LOT = 2 * WELCOME  # a number that no send of the company has
_FIRST_CHOICE = (WECOM_MESSAGE, SMS, *(c for c in range(len(CHANNELS)) if c not in (WECOM_MESSAGE, SMS)))


@dataclass(frozen=True)
class Arm:
    """One entry a person: whether he came to the seller's own site, bought there, for how much, and bought at all."""

    visit: Floats
    bought: Floats
    spent: Floats
    anywhere: Floats


def joined(arms: list[Arm]) -> Arm:
    """Return the people of all these arms."""
    return Arm(*(np.concatenate([getattr(arm, each.name) for arm in arms]) for each in fields(Arm)))


def mean(arm: Arm, outcome: str) -> float:
    """Return the mean outcome of an arm."""
    return float(getattr(arm, outcome).mean())


def added(arm: Arm, control: Arm, outcome: str) -> float:
    """Return by how much the mean outcome is higher than without a message."""
    return mean(arm, outcome) - mean(control, outcome)


def doubt(arm: Arm, control: Arm, outcome: str) -> float:
    """Return how far what was added may be off, 95% sure, where both arms are the same people with the same luck."""
    each = getattr(arm, outcome) - getattr(control, outcome)
    return float(1.96 * each.std() / np.sqrt(max(len(each), 1)))


def send_one(world: World, block: Block) -> tuple[Arm, Arm]:
    """Return the same people without and with one more message, sent to each on a day of his own, with the same luck.

    Asked are those who bought within a year before and can be reached; the message fits them as the company's do.
    """
    people = block.people
    sent = _RECENT + (_chance(world, block, "day") * (world.arguments.days - _RECENT - WATCHED)).astype(np.int64)
    who, channel = _asked(world, block, sent)
    category = (_chance(world, block, "category")[who] * len(world.catalogue.cycle)).astype(np.int64)
    extra = Messages(who, sent[who], channel, np.full(who.size, _LOT), category, np.zeros(who.size))
    both = block.messages.joined(extra)
    mine = both.campaign == _LOT
    clicked = responses_to(world, people, both).clicked[mine]
    arms: list[Arm] = []
    for messages, clicks in ((block.messages, np.zeros(who.size, np.bool_)), (both, clicked)):
        visits = block.shopping.visits(world, people, rate_factor(people, messages, world.horizon))
        here, everywhere = _spent(world, block, visits, sent)
        looked = _looked(block, sent)[who] | clicks
        bought, anywhere = ((each[who] > 0).astype(np.float64) for each in (here, everywhere))
        arms.append(Arm(looked.astype(np.float64), bought, here[who], anywhere))
    return arms[0], arms[1]


def _chance(world: World, block: Block, name: str) -> Floats:
    return uniform(world.arguments.seed, f"realism:{name}", block.people.person)


def _within(day: Integers, since: Integers, days: int) -> Flags:
    return (day >= since) & (day < since + days)


def _asked(world: World, block: Block, sent: Integers) -> tuple[Integers, Integers]:
    """Return who is written to, and on which channel: his guide's, else a text message, else what reaches him."""
    orders, people = block.orders, block.people
    recent = np.zeros(len(people), np.bool_)
    recent[orders.who[orders.carded & _within(orders.day, sent[orders.who] - _RECENT, _RECENT)]] = True
    channel = _channels(block.accounts, sent)
    who = np.flatnonzero(recent & (channel >= 0) & (people.kind <= STAFF) & block.inside(world))
    return who, channel[who]


def _channels(accounts: Accounts, sent: Integers) -> Integers:
    everybody, channel = np.arange(len(sent)), np.full(len(sent), -1)
    for each in reversed(_FIRST_CHOICE):
        channel = np.where(reachable(accounts, np.full(len(sent), each), everybody, sent), each, channel)
    return channel


def _spent(world: World, block: Block, visits: Visits, sent: Integers) -> tuple[Floats, Floats]:
    """Return what each person of the block pays within the days watched: on the company's own screens, and anywhere."""
    near = _within(visits.day, sent[visits.who], WATCHED)
    orders, lines = fill_baskets(world, block.people, block.accounts, visits.only(near), world.horizon)
    paid = np.where(orders.status[lines.order] != CLOSED, lines.paid, 0) / 100.0
    own = np.isin(orders.channel, (MINI_PROGRAM, SITE))[lines.order]
    who, everybody = orders.who[lines.order], len(block.people)
    here, everywhere = (np.bincount(who, each, everybody).astype(np.float64) for each in (paid * own, paid))
    return here, everywhere


def _looked(block: Block, sent: Integers) -> Flags:
    """Say who was on a screen of the company's within the days watched."""
    seen, events = np.zeros(len(block.people), np.bool_), block.events
    seen[events.who[_within(events.day, sent[events.who], WATCHED)]] = True
    return seen
