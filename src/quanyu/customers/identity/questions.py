"""What the policy leaves open: values that several persons share and that do not join them, for somebody to decide."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.numbering import agreed, number_pairs
from quanyu.customers.identity.policy import BIRTHDAY, GENDER, MOST, NAME
from quanyu.customers.identity.resolving import (
    CONTRADICTED,
    LAPSED,
    SCOPE,
    SEPARATED,
    TYPE,
    Flags,
    Integers,
    Known,
    Links,
    Resolution,
)
from quanyu.foundation.text import Text

SURNAME, SILENT = "surname", "silent"
DIFFER = (NAME, SURNAME, BIRTHDAY, GENDER, SILENT)
"""In what those who share a value differ, by place of the bit; `silent`: somebody tells no name."""

DIFFER_TITLES = {
    NAME: Text("given name", "名字"),
    SURNAME: Text("surname", "姓氏"),
    BIRTHDAY: Text("birthday", "生日"),
    GENDER: Text("gender", "性别"),
    SILENT: Text("some tell no name", "部分记录无姓名"),
}

_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Questions:
    """One question a value, in arrays of one length.

    `link` is a place among the links, one that has the value; `reason` is for what it does not join, `differ` holds a
    bit for each word of `DIFFER`. `records` and `customers` count whom it touches; devices and recipients are not
    counted. `fingerprint` is equal where the same records have it.
    """

    link: Integers
    reason: NDArray[np.int8]
    differ: Integers
    records: Integers
    customers: Integers
    fingerprint: Integers

    def __len__(self) -> int:
        return len(self.link)


def ask(known: Known, links: Links, resolution: Resolution, brand: Integers | None = None) -> Questions:
    """Return what is left open: what proves nothing, or was decided, is no question, nor what more than `MOST` have.

    Everything that shares a value with what is given has to be given, too. Where there are numbers of brands, who
    shares a value with another one's customers only is no question.
    """
    component = resolution.component[links.record]
    mine = ~known.follows[links.record] & ~np.isin(resolution.reason, (TYPE, SCOPE, SEPARATED, LAPSED))
    times = np.bincount(links.key, minlength=links.keys)
    mine &= (times <= MOST)[links.key]
    asked = links.key if brand is None else number_pairs(links.key, brand[links.record])
    several = agreed(asked[mine], component[mine], int(asked.max(initial=-1)) + 1)[0] > 1
    at = np.flatnonzero(mine & several[asked])
    at = at[np.argsort(links.key[at], kind="stable")]
    key, first = np.unique(links.key[at], return_index=True)
    if not len(key):
        none = np.empty(0, np.int64)
        return Questions(none, none.astype(np.int8), none, none, none, none)
    place, record = np.searchsorted(key, links.key[at]), links.record[at]
    reason = np.maximum.reduceat(resolution.reason[at], first)
    reason[reason == 0] = CONTRADICTED  # each of several groups joins within itself
    return Questions(
        at[first],
        reason,
        _differ(known, place, record, len(key)),
        np.bincount(place),
        _distinct(place, component[at], len(key)),
        np.add.reduceat(_mixed(known.record[record]), first).view(np.int64),
    )


def _differ(known: Known, place: Integers, record: Integers, count: int) -> Integers:
    def several(values: NDArray[Any]) -> Flags:
        said = values[record] != 0
        return agreed(place[said], values[record[said]].astype(np.int64), count)[0] > 1

    silent = np.zeros(count, np.bool_)
    silent[place[known.family[record] == 0]] = True
    surname, name = several(known.family), several(known.name)
    gender = several(known.gender) & ~(surname | name)  # of two names it says no more: they tell genders themselves
    told = (name & ~surname, surname, several(known.born), gender, silent)
    return np.sum([flags.astype(np.int64) << bit for bit, flags in enumerate(told)], axis=0)


def _distinct(place: Integers, value: Integers, count: int) -> Integers:
    pair = number_pairs(place, value)
    first = np.zeros(int(pair.max(initial=-1)) + 1, np.int64)
    first[pair] = place
    return np.bincount(first, minlength=count)


def _mixed(record: Integers) -> NDArray[np.uint64]:
    """Return numbers that look drawn at random (splitmix64), so that sums of them differ where sets do."""
    mixed = (record.astype(np.uint64) + np.uint64(1)) * _STEP
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
