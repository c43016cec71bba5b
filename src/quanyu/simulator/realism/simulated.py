"""The simulated side: what the company's own systems know of its people's purchases, straight from their blocks."""

from dataclasses import dataclass

import numpy as np

from quanyu.simulator.baskets import CLOSED, UNPAID
from quanyu.simulator.blocks import Block, blocks_of, draw_block
from quanyu.simulator.people import FAKER, TESTER, Flags
from quanyu.simulator.realism.sales import Sales
from quanyu.simulator.realism.trial import Arm, joined, send_one
from quanyu.simulator.world import World


@dataclass(frozen=True)
class Company:
    """Its sales, who of its customers are new within the days of the files, and a test of one more message."""

    sales: Sales
    new: Flags  # of each line: its buyer bought nothing before the first day
    control: Arm
    written_to: Arm

    @property
    def newcomers(self) -> Sales:
        """Return the sales to those whose first purchase is known."""
        return self.sales.only(self.new)


def draw_company(world: World) -> Company:
    """Draw the company block by block and keep what is compared. At least a year and 14 days are needed."""
    sales: list[Sales] = []
    new: list[Flags] = []
    arms: list[tuple[Arm, Arm]] = []
    for number in blocks_of(world.arguments):
        block = draw_block(world, number)
        lines, first = _sales(world, block)
        sales.append(lines)
        new.append(first)
        arms.append(send_one(world, block))
    columns = (np.concatenate([getattr(each, name) for each in sales]) for name in Sales.__dataclass_fields__)
    control, written_to = (joined([pair[side] for pair in arms]) for side in (0, 1))
    return Company(Sales(*columns), np.concatenate(new), control, written_to)


def _sales(world: World, block: Block) -> tuple[Sales, Flags]:
    """Return the paid lines that name their buyer, as public data does; goods sent back are still sold."""
    orders, lines, people = block.orders, block.lines, block.people
    counts = orders.carded & ~np.isin(orders.status, (UNPAID, CLOSED)) & block.inside(world)[orders.who]
    counts &= ~np.isin(people.kind[orders.who], (FAKER, TESTER))
    kept = counts[lines.order]
    order = lines.order[kept]
    who = orders.who[order]
    sales = Sales(
        customer=people.person[who],
        day=orders.day[order],
        order=orders.key[order],
        product=lines.sku[kept].astype(np.int64),
        category=world.catalogue.category[lines.sku[kept]].astype(np.int64),
        quantity=lines.quantity[kept],
        listed=(lines.price * lines.quantity)[kept] / 100.0,
        paid=lines.paid[kept] / 100.0,
    )
    return sales, people.arrival[who] >= 0
