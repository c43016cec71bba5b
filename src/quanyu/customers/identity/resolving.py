"""Which records are one customer: a pure function of records, identifiers and policy, whatever order they came in.

First what is exact joins records into cores. Then a value that has to be looked at (a phone, a device) joins the cores
which share it, unless something says that they are several persons: too many share it, or they contradict each other.
Where two values of a type of which a customer has one are still joined, the weakest links are cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.components import join
from quanyu.customers.identity.contradictions import part, told_by
from quanyu.customers.identity.policy import MOST, Policy, TypeRule
from quanyu.foundation.text import Text

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOBODY = -1
"""The component of records that nobody owns: a device or a recipient that no single person names."""
LINKED, TYPE, SCOPE, RECORDS, CUSTOMERS, CONTRADICTED, SINGLE, SEPARATED = range(8)
REASONS = ("", "type", "scope", "records", "customers", "contradicted", "single", "separated")
"""Why an identifier does not join its record to the others that have it, by number."""
REASON_TITLES = {
    "": Text("joins", "合并"),
    "type": Text("this type proves nothing", "此类标识不作证明"),
    "scope": Text("its scope is another than the policy says", "范围与策略不符"),
    "records": Text("too many records share it", "共用的记录过多"),
    "customers": Text("too many persons share it", "共用的客户过多"),
    "contradicted": Text("name, birthday or gender contradict", "姓名、生日或性别矛盾"),
    "single": Text("one customer would have two of a kind", "同类标识在一人身上出现两个"),
    "separated": Text("somebody has parted it", "已人工拆分"),
}


@dataclass(frozen=True)
class Known:
    """Records, in ascending order, and what tells persons apart; 0 where a source does not say it.

    `follows` marks devices and recipients, who are nobody until a person names them. `family` and `name` are hashes of
    surname and whole name as they are read, `born` is month * 100 + day, `gender` 1 or 2.
    """

    record: Integers
    source: Integers
    follows: Flags
    family: Integers
    name: Integers
    born: Integers
    gender: Integers

    def __len__(self) -> int:
        return len(self.record)


@dataclass(frozen=True)
class Links:
    """Who has which value: positions in `Known`, keys from 0, and per key the position of its type and scope.

    A pair of record and key comes once. `dead` marks pairs that somebody has parted for good.
    """

    record: Integers
    key: Integers
    kind: Integers  # per key
    kinds: Sequence[tuple[str, str]]  # type and scope
    parted: Flags

    @property
    def keys(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Resolution:
    """A component from 0 per record, in the order of their first records, or NOBODY; a reason and a group per link.

    Records whose links are of one group and joined are one customer by it.
    """

    component: Integers
    group: Integers
    reason: NDArray[np.int8]


def resolve(known: Known, links: Links, policy: Policy) -> Resolution:
    """Resolve records into customers. Everything that shares a value with what is given has to be given, too."""
    rules = [policy.rule(type_) for type_, _ in links.kinds]
    reason = _refused(known, links, rules)
    guarded = _flags(links, [rule.guarded for rule in rules])
    exact = (reason == LINKED) & ~guarded
    cores = join(len(known), links.record[exact], links.key[exact], links.keys)
    group = _guard(known, links, rules, cores, reason, (reason == LINKED) & guarded)
    component = _cut(known, links, rules, group, reason)
    return Resolution(_owned(known, component), group, reason)


def _numbers(links: Links, values: Sequence[int]) -> Integers:
    """Return for each link what its kind has in `values`."""
    return np.array(values, np.int64)[links.kind][links.key]


def _flags(links: Links, values: Sequence[bool]) -> Flags:
    return np.array(values, np.bool_)[links.kind][links.key]


def _refused(known: Known, links: Links, rules: Sequence[TypeRule]) -> NDArray[np.int8]:
    """Refuse what does not prove anything, and values that more records share than one person can have."""
    proves = [rule.strength == "proves" for rule in rules]
    fits = [rule.fits(scope) for rule, (_, scope) in zip(rules, links.kinds, strict=True)]
    reason = np.zeros(len(links.record), np.int8)
    if not len(reason):
        return reason
    most = _numbers(links, [rule.records or MOST for rule in rules])
    sources = int(known.source.max()) + 1
    # Devices and recipients are not counted: they are one record of a value each.
    counted = ~known.follows[links.record]
    place, inverse, times = np.unique(
        links.key[counted] * sources + known.source[links.record[counted]], return_inverse=True, return_counts=True
    )
    crowded = np.zeros(links.keys, np.bool_)
    crowded[place[times > most[counted][_first(inverse, len(place))]] // sources] = True
    crowded |= np.bincount(links.key, minlength=links.keys) > MOST
    reason[crowded[links.key]] = RECORDS
    reason[links.parted] = SEPARATED
    reason[~_flags(links, fits)] = SCOPE
    reason[~_flags(links, proves)] = TYPE
    return reason


def _first(inverse: Integers, count: int) -> Integers:
    first = np.zeros(count, np.int64)
    first[inverse[::-1]] = np.arange(len(inverse))[::-1]
    return first


def _guard(
    known: Known, links: Links, rules: Sequence[TypeRule], cores: Integers, reason: NDArray[np.int8], looked: Flags
) -> Integers:
    """Return which part of its key each link belongs to, from 0; refuse those that belong to none, with the reason."""
    group, groups = links.key.copy(), links.keys
    spokes = np.flatnonzero(looked)
    if not len(spokes):
        return group
    limit = _numbers(links, [rule.customers or MOST for rule in rules])[spokes]
    key, core = links.key[spokes], cores[links.record[spokes]]
    persons = ~known.follows[links.record[spokes]]
    pairs = np.unique(np.stack([key[persons], core[persons]], axis=1), axis=0)
    shared = np.bincount(pairs[:, 0], minlength=links.keys)
    reason[spokes[shared[key] > limit]] = CUSTOMERS
    asked = (shared[key] > 1) & (shared[key] <= limit)
    for unless in sorted({rule.unless for rule in rules if rule.unless}):
        mine = asked & _flags(links, [rule.unless == unless for rule in rules])[spokes]
        chosen = spokes[mine]
        if len(chosen):
            parts, refused = part(told_by(known, cores, links.record[chosen], unless), links.key[chosen])
            group[chosen] = groups + parts
            groups += int(parts.max()) + 1
            reason[chosen[refused]] = CONTRADICTED
    return group


def _cut(known: Known, links: Links, rules: Sequence[TypeRule], group: Integers, reason: NDArray[np.int8]) -> Integers:
    """Join what is left; where a customer would have two values of which he has one, cut the weakest links first."""
    groups = int(group.max()) + 1 if len(group) else 0
    component = join(len(known), *_linked(links, group, reason), groups)
    single = _flags(links, [rule.single for rule in rules])
    guarded = _flags(links, [rule.guarded for rule in rules])
    rank = _numbers(links, [rule.rank for rule in rules])
    while True:
        torn = _torn(links, single & (reason == LINKED), component)
        cuttable = (reason == LINKED) & guarded & torn[component[links.record]] if len(torn) else guarded & False
        if not cuttable.any():
            return component
        weakest = np.zeros(len(torn), np.int64)
        np.maximum.at(weakest, component[links.record[cuttable]], rank[cuttable])
        reason[cuttable & (rank == weakest[component[links.record]])] = SINGLE
        component = _rejoined(links, group, reason, component, torn)


def _linked(links: Links, group: Integers, reason: NDArray[np.int8]) -> tuple[Integers, Integers]:
    kept = reason == LINKED
    return links.record[kept], group[kept]


def _torn(links: Links, looked: Flags, component: Integers) -> Flags:
    """Say per component whether it holds two values of one type and scope of which a customer has one."""
    torn = np.zeros(int(component.max()) + 1 if len(component) else 0, np.bool_)
    where, key = component[links.record[looked]], links.key[looked]
    kind = links.kind[key]
    order = np.lexsort((key, kind, where))
    where, kind, key = where[order], kind[order], key[order]
    same = (np.diff(where) == 0) & (np.diff(kind) == 0) & (np.diff(key) != 0)
    torn[where[1:][same]] = True
    return torn


def _rejoined(links: Links, group: Integers, reason: NDArray[np.int8], component: Integers, torn: Flags) -> Integers:
    """Join the records of torn components anew; the others keep their numbers."""
    records = np.flatnonzero(torn[component])
    place = np.full(len(component), -1, np.int64)
    place[records] = np.arange(len(records))
    mine = (reason == LINKED) & torn[component[links.record]]
    used, key = np.unique(group[mine], return_inverse=True)
    anew = component.copy()
    anew[records] = len(torn) + join(len(records), place[links.record[mine]], key, len(used))
    return np.unique(anew, return_inverse=True)[1]


def _owned(known: Known, component: Integers) -> Integers:
    """Number components by their first records; those of devices and recipients alone are nobody's."""
    owned = np.zeros(int(component.max()) + 1 if len(component) else 0, np.bool_)
    owned[component[~known.follows]] = True
    mine = np.flatnonzero(owned[component])
    first = np.full(len(owned), len(component))
    first[component[mine][::-1]] = mine[::-1]
    number = np.full(len(owned), NOBODY)
    order = np.argsort(first, kind="stable")[: int(owned.sum())]
    number[order] = np.arange(len(order))
    return number[component]
