"""What a company's systems would know each other's people by, had nobody mistyped, borrowed or made up anything."""

import numpy as np

from quanyu.simulator.accounts import APP, CARD, DOUYIN_MEMBER, MINI, SECOND_CARD, TMALL_MEMBER, WEB
from quanyu.simulator.blocks import Block
from quanyu.simulator.draws import hashed
from quanyu.simulator.moments import Columns, buyer_ids
from quanyu.simulator.people import DOUYIN, TMALL_FLAGSHIP, TMALL_OUTLET, Integers
from quanyu.simulator.phones import NONE
from quanyu.simulator.records import unionids
from quanyu.simulator.world import World

TABLES = ("members", "omids", "emails", "logins")


def identifiers_of(world: World, block: Block) -> dict[str, Columns]:
    """Return what joins the accounts of a block beside phones and unionids, which stand with the records."""
    members = _members(world, block)
    return {
        "members": members,
        "omids": _omids(world, block, members),
        "emails": _emails(world, block),
        "logins": _logins(world, block),
    }


def _members(world: World, block: Block) -> Columns:
    """Whom the lists of marketplaces name, by sales channel, and the phone that he has handed over."""
    records, inside = block.records, block.inside(world)
    joined = records.account == TMALL_MEMBER
    listed = {
        TMALL_FLAGSHIP: joined & (records.luck % np.uint64(10) < 8),
        TMALL_OUTLET: joined & (records.luck % np.uint64(10) > 5),
        DOUYIN: records.account == DOUYIN_MEMBER,
    }
    row = np.concatenate([np.flatnonzero(on & inside[records.who]) for on in listed.values()])
    channel = np.repeat(list(listed), [int((on & inside[records.who]).sum()) for on in listed.values()])
    person = block.people.person[records.who[row]]
    return {
        "channel": channel.astype(np.int8),
        "buyer": buyer_ids(world, channel, person),
        "person": person,
        "true_phone": np.where(channel == DOUYIN, records.true_phone[row], NONE),
    }


def _omids(world: World, block: Block, members: Columns) -> Columns:
    """Which ids of Tmall's stores stand beside an omid: those of members, in the list or in an order."""
    orders = block.orders
    tmall = (orders.channel == TMALL_FLAGSHIP) | (orders.channel == TMALL_OUTLET)
    told = tmall & orders.carded & (block.accounts.since[orders.who, TMALL_MEMBER] <= orders.day)
    told &= block.inside(world)[orders.who]
    listed = members["channel"] != DOUYIN
    person = np.concatenate([block.people.person[orders.who[told]], members["person"][listed].astype(np.int64)])
    channel = np.concatenate([orders.channel[told], members["channel"][listed].astype(np.int64)])
    met = np.unique(person * 8 + channel)
    channel, person = met % 8, met // 8
    return {"channel": channel.astype(np.int8), "buyer": buyer_ids(world, channel, person), "person": person}


def _emails(world: World, block: Block) -> Columns:
    """What the addresses of cards and accounts of the site are made of; only the north chain's cards have one."""
    records, people = block.records, block.people
    asked = np.isin(records.account, (CARD, SECOND_CARD, WEB)) & records.has_email
    row = np.flatnonzero(asked & block.inside(world)[records.who])
    who = records.who[row]
    return {
        "account": records.account[row].astype(np.int8),
        "key": records.key[row],
        "surname": people.surname[who].astype(np.int16),
        "given0": people.given[who, 0].astype(np.int16),
        "given1": people.given[who, 1].astype(np.int16),
        "id": unionids(world.arguments.seed, people.person[who]),
    }


def _logins(world: World, block: Block) -> Columns:
    """Which account has logged in on which device, each pair once."""
    events = block.events
    row = np.flatnonzero(events.known & block.inside(world)[events.who])
    account: Integers = np.array([WEB, APP, MINI])[events.surface[row]]
    user = hashed(world.arguments.seed, "account", (block.people.person[events.who[row]] << 4) + account)
    device = events.device[row]
    order = np.lexsort((user, device))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(device[order]) != 0) | (np.diff(user[order]) != 0)
    kept = order[new]
    return {"account": account[kept].astype(np.int8), "key": user[kept], "device": device[kept]}
