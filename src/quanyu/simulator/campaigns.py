"""What the company has sent in its past: a plan of sends, welcomes by lot, and who got them."""

from dataclasses import dataclass

import numpy as np

from quanyu.simulator.accounts import APP, CARD, MINI, OFFICIAL, WEB, WECOM, Accounts
from quanyu.simulator.contact import CHANNELS, SMS, WECOM_MESSAGE, WELCOME, Messages, Responses, responses_to
from quanyu.simulator.draws import stream, uniform
from quanyu.simulator.findings import CADENCE
from quanyu.simulator.people import BLOCK, ORDINARY, STAFF, Flags, Floats, Integers, People
from quanyu.simulator.world import World

_A_MONTH = (1.0, 1.4, 1.5, 1.0)  # sends per channel
_SHARE = (0.09, 0.22, 0.45, 0.30)  # of those whom the channel reaches
_PROMOTION = 1.7  # exponent: promotions draw sends
_OFFERS = ((0.0, 0.05, 0.10, 0.20), (0.60, 0.16, 0.14, 0.10))


@dataclass(frozen=True)
class Campaigns:
    """The plan, one entry a send."""

    day: Integers
    channel: Integers
    category: Integers  # what the content is about
    offer: Floats  # discount that it offers
    share: Floats

    def __len__(self) -> int:
        return len(self.day)


def plan(world: World) -> Campaigns:
    """Draw the sends of the company's past: spread over the months, more before promotions."""
    chance, days = stream(world.arguments.seed, "campaigns"), world.arguments.days
    weight = world.calendar.promotion[:days] ** _PROMOTION
    channel = np.repeat(np.arange(len(CHANNELS)), np.round(np.array(_A_MONTH) * days / 30.4).astype(np.int64))
    n = len(channel)
    channel = chance.permutation(channel)
    return Campaigns(
        day=np.sort(chance.choice(days, n, p=weight / weight.sum())),
        channel=channel,
        category=chance.integers(0, len(world.catalogue.cycle), n),
        offer=chance.choice(_OFFERS[0], n, p=_OFFERS[1]),
        share=np.array(_SHARE)[channel] * chance.uniform(0.5, 1.5, n),
    )


def past_messages(world: World, people: People, accounts: Accounts) -> tuple[Messages, Responses]:
    """Send the plan to the block. Who is chosen is chance alone; who has left a channel gets nothing more on it."""
    sends = plan(world)
    chance = stream(world.arguments.seed, "chosen", int(people.person[0]) // BLOCK)
    who, number = np.nonzero(chance.random((len(people), len(sends)), np.float32) < sends.share)
    able = reachable(accounts, sends.channel[number], who, sends.day[number]) & (people.kind[who] <= STAFF)
    who, number = who[able], number[able]
    regular = Messages(
        who, sends.day[number], sends.channel[number], number, sends.category[number], sends.offer[number]
    )
    messages = regular.joined(_welcomes(world, people, accounts))
    responses = responses_to(world, people, messages)
    staying = ~after_leaving(len(people), messages, responses.left)
    return messages.only(staying), responses.only(staying)


def reachable(accounts: Accounts, channel: Integers, who: Integers, day: Integers) -> Flags:
    """Say for each (channel, person, day) whether a message would arrive."""
    since = accounts.since
    phone = np.minimum(np.minimum(since[:, CARD], since[:, MINI]), since[:, WEB])
    begins = np.stack([phone, since[:, WECOM], since[:, APP], since[:, OFFICIAL]])
    able = begins[channel, who] <= day
    able &= (channel != SMS) | ~accounts.refuses_sms[who]
    return able & ((channel != WECOM_MESSAGE) | (day < accounts.deleted[who]))


def _welcomes(world: World, people: People, accounts: Accounts) -> Messages:
    """Each first buyer was put by lot into an arm: nothing, or a welcome after 7, 14 or 28 days."""
    arms = np.array([0, *CADENCE])
    arm = arms[(uniform(world.arguments.seed, "cadence", people.person) * len(arms)).astype(np.int64)]
    day = people.arrival + arm
    due = (arm > 0) & (people.arrival >= 0) & (day < world.arguments.days) & (people.kind == ORDINARY)
    who = np.flatnonzero(due)
    ways = [reachable(accounts, np.full(who.size, c), who, day[who]) for c in (WECOM_MESSAGE, SMS)]
    channel, able = np.where(ways[0], WECOM_MESSAGE, SMS), ways[0] | ways[1]
    none = np.full(who.size, -1)
    return Messages(who, day[who], channel, WELCOME + arm[who], none, np.zeros(who.size)).only(able)


def after_leaving(people: int, messages: Messages, left: Flags) -> Flags:
    """Say which messages would have gone to somebody who had left that channel before."""
    gone = np.full((people, len(CHANNELS)), np.iinfo(np.int64).max)
    np.minimum.at(gone, (messages.who[left], messages.channel[left]), messages.day[left])
    return messages.day > gone[messages.who, messages.channel]
