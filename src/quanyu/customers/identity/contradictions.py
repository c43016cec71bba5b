"""Parts those who share a value into persons, by what their records say of names, birthdays, gender and accounts."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.numbering import agreed, at_once, in_order, number_pairs, only, renumber, spread
from quanyu.customers.identity.policy import BIRTHDAY, GENDER, NAME

if TYPE_CHECKING:
    from quanyu.customers.identity.resolving import Known

Integers = NDArray[np.int64]
Numbers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]

FITS, CONTRADICTS, TWICE = range(3)
"""Why a link belongs to no part: it joins; it contradicts all of them, or fits several; he would have two of a kind."""
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Held:
    """Which value of a type and scope (`kind`) of which a customer has one each core has; several are as one more."""

    core: Integers = field(default_factory=_NONE.copy)
    kind: Integers = field(default_factory=_NONE.copy)
    value: Integers = field(default_factory=_NONE.copy)

    def of(self, place: Integers) -> "Held":
        """Number the cores otherwise, and leave out those whose place is -1."""
        mine = place[self.core] >= 0
        return Held(place[self.core[mine]], self.kind[mine], self.value[mine])

    def among(self, kinds: int) -> "Held":
        """Leave out kinds from this number on: what people have said is no account."""
        mine = self.kind < kinds
        return Held(self.core[mine], self.kind[mine], self.value[mine])

    def by_link(self, core: Integers) -> tuple["Held", Integers]:
        """Return what the core of each link has, the link in place of the core; `core` is given for each."""
        begin, kind, value = self._by_core
        core = np.minimum(core, len(begin) - 2)
        link, at = spread(begin[core], begin[core + 1])
        return Held(link, kind[at], value[at]), link

    @cached_property
    def _by_core(self) -> tuple[Integers, Integers, Integers]:
        """Return where each core begins in kinds and values in the order of cores; the last core is none, with none."""
        begin, order = in_order(self.core, int(self.core.max(initial=-1)) + 2)
        return begin, self.kind[order], self.value[order]


@dataclass(frozen=True)
class Told:
    """What the core of each link says of its person; 0 where it says nothing, or several things.

    `core` numbers the cores from 0, as `held` does.
    """

    name: Integers
    family: Integers
    born: Integers
    gender: Integers
    core: Integers
    held: Held = field(default_factory=Held)


def told_by(
    known: "Known", cores: Integers, record: Integers, unless: tuple[str, ...], held: Held | None = None
) -> Told:
    """Return what the cores of these records say; of what a policy does not ask for, nothing.

    `held` is by the numbers in `cores`. Who is not asked for his name is nobody whom an account could be given to.
    """
    own = cores[record]
    asked = np.zeros(int(cores.max()) + 1, np.bool_)
    asked[own] = True
    inside = np.flatnonzero(asked)
    place, count = np.full(len(asked), -1), len(inside)
    place[inside] = np.arange(count)
    core = place[own]

    def of(field: tuple[Numbers, str]) -> Integers:
        values, word = field
        return only(cores, place, values, count)[core] if word in unless else np.zeros(len(record), np.int64)

    fields = (known.name, NAME), (known.family, NAME), (known.born, BIRTHDAY), (known.gender, GENDER)
    name, family, born, gender = at_once(of, fields, len(known))
    return Told(name, family, born, gender, core, held.of(place) if held is not None and NAME in unless else Held())


def part(told: Told, key: Integers) -> tuple[Integers, NDArray[np.int8]]:
    """Return which part of its key each link belongs to, from 0, and why it belongs to none, if so.

    Who bears the same whole name is one person, and so are those of a surname whose whole name nobody says. Any other
    surname belongs to the one name with it that it does not contradict; who says no name belongs to the one with his
    birthday, else to the only one whom neither birthday nor gender nor an account contradicts of which a customer has
    one. What fits several, or none, stays apart, and so do two who would have different accounts of one name. Those
    whose whole names nobody says are as many persons as they have birthdays and genders.
    """
    key = renumber(key)
    group, why = np.full(len(key), -1, np.int64), np.zeros(len(key), np.int8)
    wholes, surnames = _letter(told, key, group)
    lettered = group >= 0
    loose = np.flatnonzero(~lettered)
    link, choice = _choices(told, key, group, lettered, loose, wholes)
    _choose(told, lettered, group, why, loose, link, choice, key + wholes + surnames)
    unnamed = group >= wholes
    for values in (told.born, told.gender):
        _split(group, values, unnamed, why)
    return renumber(group), why


def _letter(told: Told, key: Integers, group: Integers) -> tuple[int, int]:
    """Group equal whole names of a key, and surnames that none of them has; return how many groups of either."""
    named = told.name != 0
    group[named] = number_pairs(key[named], told.name[named])
    wholes = int(group.max(initial=-1)) + 1
    pair = number_pairs(key, told.family)
    pairs = int(pair.max(initial=-1)) + 1
    # Of a core that says two surnames, another one of the name may say which.
    borne = np.zeros(pairs, np.bool_)
    borne[pair[named & (told.family != 0)]] = True
    alone = ~named & (told.family != 0) & ~borne[pair]
    if alone.any():
        group[alone] = wholes + renumber(pair[alone])
    return wholes, int(group.max(initial=-1)) + 1 - wholes


def _choices(
    told: Told, key: Integers, group: Integers, lettered: Flags, loose: Integers, wholes: int
) -> tuple[Integers, Integers]:
    """Return each link that has to be given to a group with each group of its key that its surname allows."""
    groups = int(group.max(initial=-1)) + 1
    of_key, family = np.full(groups, 0), np.full(groups, 0)
    of_key[group[lettered]] = key[lettered]
    np.maximum.at(family, group[lettered], told.family[lettered])
    begin, order = in_order(of_key, int(key.max(initial=-1)) + 1)
    link, at = spread(begin[key[loose]], begin[key[loose] + 1])
    link, choice = loose[link], order[at]
    allowed = (told.family[link] == 0) | ((told.family[link] == family[choice]) & (choice < wholes))
    return link[allowed], choice[allowed]


def _choose(
    told: Told,
    lettered: Flags,
    group: Integers,
    why: NDArray[np.int8],
    loose: Integers,
    link: Integers,
    choice: Integers,
    nobodys: Integers,
) -> None:
    """Give each loose link to the only choice that fits, or, where there was none from the start, to nobody's group."""
    groups = int(group.max(initial=-1)) + 1
    differs, agrees = np.zeros(len(link), np.bool_), np.zeros(len(link), np.bool_)
    for values, telling in ((told.born, True), (told.gender, False)):
        said = lettered & (values != 0)
        count, one = agreed(group[said], values[said], groups)
        both = (values[link] != 0) & (count[choice] == 1)
        differs |= both & (one[choice] != values[link])
        if telling:
            agrees |= (values[link] != 0) & _has(group[said], values[said], choice, values[link])
    twice = _twice(told, group, lettered, link, choice)
    fits = ~(differs | twice)
    times = np.bincount(link, minlength=len(group))
    sure = _sole(link, choice, fits & agrees, len(group))
    left = _sole(link, choice, fits, len(group))
    group[loose] = nobodys[loose]
    given = np.where(sure >= 0, sure, left)[loose]
    group[loose[given >= 0]] = given[given >= 0]
    lost = loose[(given < 0) & ((times > 0) | (told.family != 0))[loose]]
    why[lost] = CONTRADICTS
    only_twice = np.bincount(link[twice & ~differs], minlength=len(group)) > 0
    none = np.bincount(link[fits], minlength=len(group)) == 0
    why[lost[(only_twice & none)[lost]]] = TWICE
    joined = loose[given >= 0]
    why[joined[_rivals(told, group, joined)]] = TWICE
    # Where another account shows that somebody else has the value, too, who says no name may be either.
    others = np.isin(nobodys[joined], nobodys[loose[why[loose] == TWICE]])
    why[joined[others & (told.family[joined] == 0) & (sure[joined] < 0) & (why[joined] == FITS)]] = CONTRADICTS


def _has(group: Integers, value: Integers, choice: Integers, sought: Integers) -> Flags:
    """Say of each choice whether the group has the value that is sought, be it beside others."""
    pair = number_pairs(np.r_[group, choice], np.r_[value, sought])
    met = np.zeros(int(pair.max(initial=-1)) + 1, np.bool_)
    met[pair[: len(group)]] = True
    return met[pair[len(group) :]]


def _sole(link: Integers, choice: Integers, fits: Flags, links: int) -> Integers:
    """Return per link the one choice that fits, -1 where none or several do."""
    count, first = agreed(link[fits], choice[fits], links)
    return np.where(count == 1, first, -1)


def _twice(told: Told, group: Integers, lettered: Flags, link: Integers, choice: Integers) -> Flags:
    """Say of each choice whether the group has other values than the link of a kind of which a customer has one."""
    found = np.zeros(len(link), np.bool_)
    if not len(told.held.core) or not len(link):
        return found
    chosen = np.full(int(group.max()) + 1, False)
    chosen[choice] = True
    anchors = np.flatnonzero(lettered & chosen[group])
    theirs, at = told.held.by_link(told.core[anchors])
    mine, place = told.held.by_link(told.core[link])
    pair = number_pairs(np.r_[group[anchors[at]], choice[place]], np.r_[theirs.kind, mine.kind])
    of_theirs, of_mine = pair[: len(at)], pair[len(at) :]
    count, first = agreed(of_theirs, theirs.value, int(pair.max(initial=-1)) + 1)
    other = (count[of_mine] > 1) | ((count[of_mine] == 1) & (first[of_mine] != mine.value))
    found[place[other]] = True
    return found


def _rivals(told: Told, group: Integers, joined: Integers) -> Flags:
    """Say of the links given to groups whether others given to theirs have another value of which one has one."""
    found = np.zeros(len(joined), np.bool_)
    if not len(told.held.core) or not len(joined):
        return found
    mine, place = told.held.by_link(told.core[joined])
    pair = number_pairs(group[joined[place]], mine.kind)
    count, _ = agreed(pair, mine.value, int(pair.max(initial=-1)) + 1)
    found[place[count[pair] > 1]] = True
    return found


def _split(group: Integers, values: Integers, looked: Flags, why: NDArray[np.int8]) -> None:
    """Part groups whose members contradict each other; who says nothing there belongs to none."""
    looked = looked & (why == FITS)
    said = looked & (values != 0)
    if not said.any():
        return
    count, _ = agreed(group[said], values[said], int(group.max()) + 1)
    torn = looked & (count[group] > 1)
    why[torn & (values == 0)] = CONTRADICTS
    apart = torn & (values != 0)
    group[apart] = int(group.max()) + 1 + number_pairs(group[apart], values[apart])
