"""The days ahead of a block: what its messages meet, who buys when and what, with these messages and without."""

from dataclasses import dataclass

import numpy as np

from quanyu.simulator.aftermath import redeemed
from quanyu.simulator.baskets import CLOSED, UNPAID, Lines, Orders, fill_baskets
from quanyu.simulator.blocks import Block
from quanyu.simulator.campaigns import after_leaving
from quanyu.simulator.contact import CHANNELS, Messages, Responses, rate_factor, responses_to
from quanyu.simulator.people import Integers
from quanyu.simulator.recipients import Sent, positions
from quanyu.simulator.shopping import Visits
from quanyu.simulator.world import World

_COMES_BACK = 100  # days after an order within which money goes back; who has something repaired may come later
Effects = dict[str, Integers]
"""A column of each person's: orders, net amount and what was taken off in fen, `_with` the messages and `_without`."""


@dataclass(frozen=True)
class Met:
    """The messages that arrive, by person and day, the rows that they are of, and what each meets."""

    sent: Sent
    messages: Messages
    responses: Responses


def meet(world: World, block: Block, sent: Sent) -> Met:
    """Return which of the messages that were sent arrive, and what they meet."""
    who = positions(sent, block.phones, block.accounts, int(block.people.person[0]), int(block.inside(world).sum()))
    gone = np.zeros((len(block.people), len(CHANNELS)), np.bool_)
    gone[block.messages.who[block.responses.left], block.messages.channel[block.responses.left]] = True
    arrives = (who >= 0) & ~gone[np.maximum(who, 0), sent.channel]
    new, place = _messages(sent, who, np.flatnonzero(arrives))
    both = block.messages.joined(new)
    met, ahead = responses_to(world, block.people, both), both.day >= world.arguments.days
    new, met = both.only(ahead), met.only(ahead)
    stays = ~after_leaving(len(block.people), new, met.left)
    return Met(sent.only(place[stays]), new.only(stays), met.only(stays))


def _messages(sent: Sent, who: Integers, arriving: Integers) -> tuple[Messages, Integers]:
    """Return the messages that arrive, as `Messages.joined` sorts them, and where in `sent` each stands."""
    place = arriving[np.lexsort((sent.campaign[arriving], sent.day[arriving], who[arriving]))]
    of = sent.only(place)
    return Messages(who[place], of.day, of.channel, of.campaign, of.category, of.offer), place


def in_both_worlds(world: World, block: Block, met: Met, until: int) -> tuple[tuple[Orders, Lines], Effects]:
    """Return what is ordered until a day, and what each buys with the messages and, by the same luck, without."""
    with_them = block.messages.joined(met.messages)
    bought: list[tuple[Orders, Lines]] = []
    for messages in (with_them, block.messages):
        visits = block.shopping.visits(world, block.people, rate_factor(block.people, messages, world.horizon))
        bought.append(_ordered(world, block, visits, until))
    orders, lines = bought[0]
    bought[0] = orders, redeemed(orders, lines, met.messages, met.responses.delivered)
    effects: Effects = {"person": block.people.person}
    for name, (placed, of) in zip(("with", "without"), bought, strict=True):
        effects |= {f"{what}_{name}": each for what, each in _bought(block, placed, of, world.arguments.days).items()}
    return bought[0], effects


def _ordered(world: World, block: Block, visits: Visits, until: int) -> tuple[Orders, Lines]:
    """Return the orders of the days ahead, and those before them of which something may still come back."""
    some = visits.between(max(0, world.arguments.days - _COMES_BACK), until)
    return fill_baskets(world, block.people, block.accounts, some, until)


def _bought(block: Block, orders: Orders, lines: Lines, first: int) -> dict[str, Integers]:
    """Return what each person orders from the day `first` on: orders, net amount and what was taken off, in fen."""
    people, ahead = len(block.people), orders.day >= first
    counts = (ahead & ~np.isin(orders.status, (UNPAID, CLOSED)))[lines.order]
    who, off = orders.who[lines.order], lines.discount + lines.subsidy
    amounts = {"spent": lines.paid - lines.refund, "discount": off}
    found = {name: np.bincount(who, np.where(counts, of, 0), people).astype(np.int64) for name, of in amounts.items()}
    return {"orders": np.bincount(orders.who[ahead], minlength=people), **found}
