"""Phone numbers: whose each is on a day, how numbers change hands, and whom one reaches."""

from dataclasses import dataclass

import numpy as np

from quanyu.simulator.arguments import LARGEST
from quanyu.simulator.draws import permuted, restored, stream
from quanyu.simulator.people import BLOCK, Flags, Integers, People
from quanyu.simulator.world import World

NONE = -1
_PREFIXES = np.array(
    [
        *range(130, 140),
        *range(150, 154),
        *range(155, 160),
        *range(180, 190),
        166,
        173,
        175,
        176,
        177,
        178,
        191,
        193,
        195,
        198,
        199,
    ]
)
_SUFFIXES = 10**8
_DOMAIN = len(_PREFIXES) * _SUFFIXES
_STAFF = 3 * LARGEST  # numbers of the staff lie behind those of the people, two each
_VIRTUAL = np.array([162, 165, 167, 170, 171])
DUMMIES = np.array(
    [
        13800138000,
        13888888888,
        11111111111,
        13000000000,
        12345678901,
        13999999999,
        18888888888,
        15000000000,
        13812345678,
    ]
)
_CHANGES = 0.12  # people who change their number within four years


@dataclass(frozen=True)
class Phones:
    """The two numbers of each person of a block, and the day on which the second takes over."""

    before: Integers
    after: Integers
    change: Integers
    recycled: Flags  # the second number had another holder

    def on(self, who: Integers, day: Integers) -> Integers:
        """Return the number that each person has on each day."""
        return np.where(day < self.change[who], self.before[who], self.after[who])


def draw_phones(world: World, people: People) -> Phones:
    """Give numbers to a block; some are given up and come to somebody else some months later."""
    seed, n = world.arguments.seed, len(people)
    chance = stream(seed, "phones", int(people.person[0]) // BLOCK)
    before, after = phone_number(seed, people.person * 2), phone_number(seed, people.person * 2 + 1)
    order = chance.permutation(n)
    taken = int(world.arguments.dirt.recycled * n)
    givers = order[: max(int(_CHANGES * n), taken)]
    change = np.full(n, 1 << 20)
    change[givers] = chance.integers(-900, world.arguments.days - 240, givers.size)
    takers = order[givers.size : givers.size + taken]
    after[takers] = before[givers[: takers.size]]
    change[takers] = change[givers[: takers.size]] + chance.integers(100, 240, takers.size)
    recycled = np.zeros(n, np.bool_)
    recycled[takers] = True
    return Phones(before, after, change, recycled)


def phone_number(seed: int, index: Integers) -> Integers:
    """Return the mobile number with this index: eleven digits that tell nothing of it."""
    value = permuted(seed, "phone", index, _DOMAIN)
    return _PREFIXES[value // _SUFFIXES] * _SUFFIXES + value % _SUFFIXES


def staff_number(seed: int, staff: Integers) -> Integers:
    """Return the mobile number of a member of the staff."""
    return phone_number(seed, _STAFF + staff)


def virtual_number(hashes: Integers) -> Integers:
    """Return a number that a marketplace lends for one parcel."""
    return _VIRTUAL[hashes % len(_VIRTUAL)] * _SUFFIXES + hashes // 8 % _SUFFIXES


def holder(seed: int, number: Integers) -> Integers:
    """Return the person to whom a number was first given, -1 where it is no such number."""
    place = np.searchsorted(_SORTED, number // _SUFFIXES)
    place = np.minimum(place, len(_SORTED) - 1)
    valid = _SORTED[place] == number // _SUFFIXES
    value = _BY_PREFIX[place] * _SUFFIXES + number % _SUFFIXES
    index = restored(seed, "phone", np.where(valid, value, 0), _DOMAIN)
    return np.where(valid & (index < 2 * LARGEST), index // 2, NONE)


def mistyped(number: Integers, luck: Integers) -> Integers:
    """Change, exchange or lose one digit of each number; `luck` is any integer that belongs to it."""
    place = 10 ** (luck % 8).astype(np.int64)
    digit, next_digit = number // place % 10, number // (place * 10) % 10
    changed = number + ((digit + 1 + luck // 8 % 9) % 10 - digit) * place
    exchanged = number + (next_digit - digit) * place + (digit - next_digit) * place * 10
    lost = number // (place * 10) * place + number % place
    way = luck // 128 % 10
    return np.where(way < 6, changed, np.where((way < 9) & (digit != next_digit), exchanged, lost))


_SORTED = np.sort(_PREFIXES)
_BY_PREFIX = np.argsort(_PREFIXES)
