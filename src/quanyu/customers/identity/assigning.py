"""Which customer each component is: ids that were given stay with the records for which they were opened."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from quanyu.customers.identity.numbering import number_pairs
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import NOBODY, Integers


@dataclass(frozen=True)
class Assignment:
    """What a resolution changes: arrays of ordinals.

    `records` now belong to `customers`, or to NOBODY; they were those of `left`, or of NOBODY. `created` customers are
    opened for `founders`. Each of `known`, dead or alive, is now the one in `owners` at its place. Of these `merged`
    were alive and are one with `survivors`. Records of `origins`, who go on, went over to `parted`. `opened` become
    alive, `closed` die.
    """

    records: Integers
    customers: Integers
    left: Integers
    recognised: int  # records that had no customer
    created: Integers
    founders: Integers
    known: Integers
    owners: Integers
    merged: Integers
    survivors: Integers
    origins: Integers
    parted: Integers
    opened: Integers
    closed: Integers

    @property
    def idle(self) -> bool:
        """Say whether everything stays as it is."""
        return not (len(self.records) or len(self.opened) or len(self.closed))


def assign(waiting: Waiting, component: Integers, founded: pa.Table, customers: int) -> Assignment:
    """Assign customers to components: the oldest of those opened for one of its records, else a new one.

    `founded` are the customers opened for the records looked at: customer, founder. So many ordinals of `customers`
    have been given out.
    """
    record, before = waiting.known.record, waiting.customer
    count = int(component.max()) + 1 if len(component) else 0
    known, founder = founded["customer"].to_numpy(), founded["founder"].to_numpy()
    at = np.searchsorted(record, founder)
    was_alive = before[at] == known  # whoever lives has the record that he was opened for
    place = component[at]
    owner = np.full(count + 1, np.iinfo(np.int64).max)  # the last one is nobody's
    np.minimum.at(owner, place[place != NOBODY], known[place != NOBODY])
    new = np.flatnonzero(owner[:count] == np.iinfo(np.int64).max)
    created = customers + np.arange(len(new))
    owner[new] = created
    owner[count] = NOBODY
    after = owner[component]
    moved = before != after
    owners = np.where(place == NOBODY, known, owner[place])
    return _told(record, before, after, moved, created, _founders(waiting, component, new), known, owners, was_alive)


def _founders(waiting: Waiting, component: Integers, new: Integers) -> Integers:
    """Return the first record of a person in each new component: devices and recipients go where persons send them."""
    mine = np.flatnonzero((component != NOBODY) & ~waiting.known.follows)
    return waiting.known.record[mine[_firsts(component[mine])[new]]]


def _told(
    record: Integers,
    before: Integers,
    after: Integers,
    moved: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    created: Integers,
    founders: Integers,
    known: Integers,
    owners: Integers,
    was_alive: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> Assignment:
    customers = 1 + int(max(before.max(initial=-1), after.max(initial=-1), known.max(initial=-1)))
    held = _mask(customers, after[after != NOBODY])[known]
    merged = was_alive & (owners != known)
    closed = known[merged | was_alive & ~held]
    opened = np.r_[created, known[~was_alive & (owners == known) & held]]
    gone = np.flatnonzero(moved & (before != NOBODY) & (after != NOBODY))
    gone = gone[~_mask(customers, closed)[before[gone]]]
    gone = gone[_firsts(number_pairs(before[gone], after[gone]))]
    gone = gone[np.lexsort((after[gone], before[gone]))]
    return Assignment(
        record[moved],
        after[moved],
        before[moved],
        int((moved & (before == NOBODY)).sum()),
        created,
        founders,
        known,
        owners,
        known[merged],
        owners[merged],
        before[gone],
        after[gone],
        opened,
        closed,
    )


def _firsts(number: Integers) -> Integers:
    """Return where each number from 0 stands first."""
    first = np.full(int(number.max(initial=-1)) + 1, 0)
    first[number[::-1]] = np.arange(len(number))[::-1]  # of several the last one written stands
    return first


def _mask(size: int, ordinals: Integers) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    mask = np.zeros(size, np.bool_)
    mask[ordinals] = True
    return mask
