"""One block of the company: its people and all that they did, drawn together."""

from dataclasses import dataclass

import numpy as np

from quanyu.simulator.accounts import Accounts, draw_accounts
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.baskets import Lines, Orders, fill_baskets
from quanyu.simulator.browsing import Events, draw_events
from quanyu.simulator.campaigns import past_messages
from quanyu.simulator.contact import Messages, Responses, rate_factor
from quanyu.simulator.people import BLOCK, Flags, People, draw_people
from quanyu.simulator.phones import Phones, draw_phones
from quanyu.simulator.records import Records, write_records
from quanyu.simulator.shopping import Shopping, draw_shopping
from quanyu.simulator.world import World


@dataclass(frozen=True)
class Block:
    """Everything about 16,384 people within the days of the files."""

    people: People
    accounts: Accounts
    phones: Phones
    records: Records
    messages: Messages
    responses: Responses
    shopping: Shopping
    orders: Orders
    lines: Lines
    events: Events

    def inside(self, world: World) -> Flags:
        """Say who belongs to the company; the others of the last block are drawn and left out."""
        return self.people.person < world.arguments.customers


def draw_block(world: World, number: int) -> Block:
    """Draw a block. It depends on the seed and its number, not on how many others there are."""
    people = draw_people(world, number)
    accounts = draw_accounts(world, people)
    phones = draw_phones(world, people)
    messages, responses = past_messages(world, people, accounts)
    shopping = draw_shopping(world, people)
    factor = rate_factor(people, messages, world.horizon)
    visits = shopping.visits(world, people, factor).between(0, world.arguments.days)
    orders, lines = fill_baskets(world, people, accounts, visits, world.arguments.days)
    events = draw_events(world, people, accounts, orders, lines, messages, responses)
    records = write_records(world, people, accounts, phones)
    return Block(people, accounts, phones, records, messages, responses, shopping, orders, lines, events)


def blocks_of(arguments: Arguments) -> range:
    """Return the numbers of the company's blocks."""
    return range(int(np.ceil(arguments.customers / BLOCK)))
