"""Parts those who share a value into persons, by what their records say of names, birthdays and gender."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.numbering import agreed, number_pairs, only, renumber
from quanyu.customers.identity.policy import BIRTHDAY, GENDER, NAME

if TYPE_CHECKING:
    from quanyu.customers.identity.resolving import Known

Integers = NDArray[np.int64]
Numbers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """What the core of each link says of its person; 0 where it says nothing, or several things."""

    name: Integers
    family: Integers
    born: Integers
    gender: Integers


def told_by(known: "Known", cores: Integers, record: Integers, unless: tuple[str, ...]) -> Told:
    """Return what the cores of these records say; of what a policy does not ask for, nothing."""
    own = cores[record]
    asked = np.zeros(int(cores.max()) + 1, np.bool_)
    asked[own] = True
    place, count = np.where(asked, np.cumsum(asked, dtype=np.int64) - 1, -1), int(asked.sum())
    core = place[own]

    def of(values: Numbers, word: str) -> Integers:
        return only(cores, place, values, count)[core] if word in unless else np.zeros(len(record), np.int64)

    return Told(of(known.name, NAME), of(known.family, NAME), of(known.born, BIRTHDAY), of(known.gender, GENDER))


def part(told: Told, key: Integers) -> tuple[Integers, Flags]:
    """Return which part of its key each link belongs to, from 0, and which links belong to none.

    Who bears the same whole name is one person. A surname alone belongs to the one name with it, nothing at all to the
    only name or to the one with the same birthday; what fits several names, or contradicts its own, stays apart. Those
    whose whole names nobody says are as many persons as they have birthdays and genders.
    """
    key = renumber(key)
    named, half = told.name != 0, (told.name == 0) & (told.family != 0)
    group, refused = np.full(len(key), -1, np.int64), np.zeros(len(key), np.bool_)
    group[named] = number_pairs(key[named], told.name[named])
    wholes = int(group.max()) + 1
    groups = _by_family(told, key, named, half, group, refused)
    _by_birthday(told, key, ~(named | half), group, groups, refused)
    _refuse_strangers(told, ~named & (group < wholes), group, refused)
    unnamed = group >= wholes
    for values in (told.born, told.gender):
        _split(group, values, unnamed, refused)
    return renumber(group), refused


def _by_family(told: Told, key: Integers, named: Flags, half: Flags, group: Integers, refused: Flags) -> int:
    """Give surnames to the one whole name that has them; return how many groups there are then."""
    groups = int(group.max()) + 1
    first = np.zeros(groups, np.int64)
    first[group[named]] = np.flatnonzero(named)
    family = np.zeros(groups, np.int64)  # of a core that says two surnames, another one of the name may say which
    np.maximum.at(family, group[named], told.family[named])
    at = np.flatnonzero(half)
    pair = number_pairs(np.r_[key[first], key[at]], np.r_[family, told.family[at]])
    of_groups, of_halves = pair[:groups], pair[groups:]
    pairs = int(pair.max()) + 1 if len(pair) else 0
    count = np.bincount(of_groups, minlength=pairs)
    only = np.zeros(pairs, np.int64)
    only[of_groups] = np.arange(groups)
    group[at] = np.where(count[of_halves] == 1, only[of_halves], groups + of_halves)
    refused[at] |= count[of_halves] > 1
    return groups + pairs


def _by_birthday(told: Told, key: Integers, blank: Flags, group: Integers, groups: int, refused: Flags) -> None:
    """Give who has no name to the only name, else to the one with his birthday; nobody's name: a group a key."""
    lettered = (group >= 0) & ~refused
    at = np.flatnonzero(blank)
    names, only = agreed(key[lettered], group[lettered], int(key.max()) + 1)
    group[at] = np.where(names[key[at]] == 1, only[key[at]], groups + key[at])
    several = at[names[key[at]] > 1]
    dated = lettered & (told.born != 0)
    asked = np.r_[np.flatnonzero(dated), several]
    birthday = number_pairs(key[asked], told.born[asked])
    known, sought = birthday[: int(dated.sum())], birthday[int(dated.sum()) :]
    holders, holder = agreed(known, group[dated], int(birthday.max()) + 1 if len(birthday) else 0)
    fits = (told.born[several] != 0) & (holders[sought] == 1)
    group[several[fits]] = holder[sought[fits]]
    refused[several[~fits]] = True


def _refuse_strangers(told: Told, looked: Flags, group: Integers, refused: Flags) -> None:
    """Refuse who was given to a name with another birthday or gender."""
    size = int(group.max()) + 1
    for values in (told.born, told.gender):
        sure = ~looked & (values != 0) & ~refused
        count, only = agreed(group[sure], values[sure], size)
        differs = looked & (values != 0) & (count[group] == 1) & (only[group] != values)
        refused |= differs


def _split(group: Integers, values: Integers, looked: Flags, refused: Flags) -> None:
    """Part groups whose members contradict each other; who says nothing there belongs to none."""
    said = looked & (values != 0) & ~refused
    if not said.any():
        return
    count, _ = agreed(group[said], values[said], int(group.max()) + 1)
    torn = looked & (count[group] > 1)
    refused |= torn & (values == 0)
    apart = torn & (values != 0)
    group[apart] = int(group.max()) + 1 + number_pairs(group[apart], values[apart])
