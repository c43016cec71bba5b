"""What a message does: whether it is opened, clicked or resented, and what it adds to the rate for a week."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.draws import hashed, uniform
from quanyu.simulator.findings import CADENCE, CONTACT_DAYS, FATIGUE, FATIGUE_DAYS, FIT, OFFER_EFFECT
from quanyu.simulator.people import Flags, Floats, Integers, People
from quanyu.simulator.world import World

CHANNELS = ("sms", "wecom", "push", "official_account")
SMS, WECOM_MESSAGE, PUSH, ARTICLE = range(4)
_OPENS = np.array([0.9, 1.6, 0.5, 0.7])  # x openness x fit
_CLICKS = np.array([0.07, 0.30, 0.25, 0.22])  # of those who opened
_LEAVES = np.array([0.004, 0.006, 0.003, 0.002])  # opt-outs, deletions of the guide, uninstalls, unfollows
_COMPLAINS, _FAILS, _RESENTS = 0.0004, 0.03, 4.0
_OPENS_WITHIN = 172_800  # seconds
_SPAN = 4096  # more days than any horizon has
WELCOME = 100_000  # numbers of the welcome sends: this and the days after the first purchase


@dataclass(frozen=True)
class Messages:
    """What was sent: one entry a message; `who` is a position in the block."""

    who: Integers
    day: Integers
    channel: Integers
    campaign: Integers
    category: Integers  # -1: without a product
    offer: Floats

    def only(self, kept: Flags) -> Self:
        """Return those that are marked."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))

    def joined(self, other: Self) -> Self:
        """Return both, by person and day."""
        both = [np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)]
        order = np.lexsort((both[3], both[1], both[0]))
        return type(self)(*(column[order] for column in both))


@dataclass(frozen=True)
class Responses:
    """What became of each message."""

    delivered: Flags
    opened: Flags
    clicked: Flags
    left: Flags  # opted out, deleted the guide, uninstalled, unfollowed
    complained: Flags

    def only(self, kept: Flags) -> Self:
        """Return those that are marked."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))


def message_keys(people: People, messages: Messages) -> Integers:
    """Name each message by its reader, day and channel; one who gets two of them that day opens both at once."""
    return (people.person[messages.who] * _SPAN + messages.day) * 8 + messages.channel


def message_numbers(seed: int, people: People, messages: Messages) -> NDArray[np.uint64]:
    """Return what names each message outside."""
    return hashed(seed, "message", message_keys(people, messages) + (messages.campaign << 44))


def opens_after(seed: int, people: People, messages: Messages) -> Integers:
    """Return the seconds after which each message is opened if it is: mostly soon, within two days."""
    return (uniform(seed, "opens after", message_keys(people, messages)) ** 3 * _OPENS_WITHIN).astype(np.int64) + 20


def responses_to(world: World, people: People, messages: Messages) -> Responses:
    """Draw what each message meets; the numbers belong to (person, day, channel, campaign), not to their order."""
    seed = world.arguments.seed
    key = message_keys(people, messages) + (messages.campaign << 44)
    fit, openness = fits(people, messages), people.openness[messages.who]
    delivered = uniform(seed, "delivered", key) >= _FAILS
    opened = delivered & (uniform(seed, "opened", key) < _OPENS[messages.channel] * openness * fit)
    clicked = opened & (uniform(seed, "clicked", key) < _CLICKS[messages.channel] * fit)
    weary = 1.0 + crowding(messages) + _RESENTS * people.harmed[messages.who]
    left = delivered & (uniform(seed, "left", key) < _LEAVES[messages.channel] * weary)
    complained = delivered & (uniform(seed, "complained", key) < _COMPLAINS * weary)
    return Responses(delivered, opened, clicked, left, complained)


def rate_factor(people: People, messages: Messages, horizon: int) -> NDArray[np.float32]:
    """Return by what each person's rate is multiplied on each day: people x days, 1 where no message works."""
    added = np.ones((len(people), horizon + CONTACT_DAYS), np.float32)
    effect = message_effects(people, messages)
    begins = messages.who * added.shape[1] + messages.day
    for day in range(CONTACT_DAYS):
        np.add.at(added.reshape(-1), begins + day, effect)
    return np.maximum(added, np.float32(0.05), out=added)[:, :horizon]


def message_effects(people: People, messages: Messages) -> NDArray[np.float32]:
    """Return what each message adds to the rate: its person's effect by fit, the offer, less by fatigue."""
    who = messages.who
    own = people.effect[who] * np.where(messages.category < 0, 1.0, fits(people, messages))
    own += np.where(people.harmed[who], 0.0, OFFER_EFFECT * messages.offer * people.sensitivity[who])
    welcome = np.zeros(len(who))
    for days, effect in CADENCE.items():
        welcome[messages.campaign == WELCOME + days] = effect
    own = np.where((welcome > 0) & ~people.harmed[who], welcome, own)
    tired = np.where(own > 0, FATIGUE ** crowding(messages), 1.0)
    return (own * tired).astype(np.float32)


def fits(people: People, messages: Messages) -> Floats:
    """Return how the content of each message fits its reader, within FIT; 1 where it has none."""
    low, high = FIT
    liking = people.taste[messages.who, np.maximum(messages.category, 0)]
    fit = low + (high - low) * np.minimum(liking * 6.0, 1.0)
    return np.where(messages.category < 0, 1.0, fit)


def crowding(messages: Messages) -> Integers:
    """Return how many messages each one's reader had got in the FATIGUE_DAYS before; sorted by person and day."""
    moment = messages.who * _SPAN + messages.day
    return np.arange(len(moment)) - np.searchsorted(moment, moment - FATIGUE_DAYS)
