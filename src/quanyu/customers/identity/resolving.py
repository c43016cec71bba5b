"""Which records are one customer: a pure function of records, identifiers and policy, whatever order they came in.

First what is exact joins records into cores. Then a value that has to be looked at (a phone, a device) joins the cores
which share it, unless something says that they are several persons: too many share it, or they contradict each other.
Where two values of a type of which a customer has one would meet, the weakest links between them are refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.components import join
from quanyu.customers.identity.contradictions import CONTRADICTS, TWICE, Held, part, told_by
from quanyu.customers.identity.numbering import agreed, number_by_first, number_pairs, renumber
from quanyu.customers.identity.policy import MOST, Policy, TypeRule
from quanyu.foundation.text import Text

Integers = NDArray[np.int64]
Numbers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]

UNDATED = -(1 << 31)
"""In place of a day, where a link has none: it stays valid, and lets no other one lapse."""
NOBODY = -1
"""The component of records that nobody owns: a device or a recipient that no single person names."""
LINKED, TYPE, SCOPE, ASKED, RECORDS, CUSTOMERS, CONTRADICTED, SINGLE, SEPARATED, LAPSED = range(10)
REASONS = ("", "type", "scope", "asked", "records", "customers", "contradicted", "single", "separated", "lapsed")
"""Why an identifier does not join its record to the others that have it, by number."""
OWN, ACROSS = "own", "brands"
"""Why a value joins nobody as it is told, beside these: it is the company's own; it would join two brands."""
REASON_TITLES = {
    "": Text("joins", "合并"),
    "type": Text("this type proves nothing", "此类标识不作证明"),
    "scope": Text("its scope is another than the policy says", "范围与策略不符"),
    "asked": Text("somebody has to say so", "待人工确认"),
    "records": Text("too many records share it", "共用的记录过多"),
    "customers": Text("too many persons share it", "共用的客户过多"),
    "contradicted": Text("name, birthday or gender contradict", "姓名、生日或性别矛盾"),
    "single": Text("one customer would have two of a kind", "同类标识在一人身上出现两个"),
    "separated": Text("somebody has parted it", "已人工拆分"),
    "lapsed": Text("another record had it long after", "此后长期归另一记录使用"),
    OWN: Text("it is the company's own, of its staff or a store", "该标识属于企业自己的员工或门店"),
    ACROSS: Text("they are of brands that the policy keeps apart", "分属策略不允许合并的品牌"),
}


@dataclass(frozen=True)
class Known:
    """Records, in ascending order, and what tells persons apart; 0 where a source does not say it.

    `follows` marks devices and recipients, who are nobody until a person names them. `family` and `name` are hashes of
    surname and whole name as they are read, `born` is month * 100 + day, `gender` 1 or 2.
    """

    record: Integers
    source: Numbers
    follows: Flags
    family: Integers
    name: Integers
    born: Numbers
    gender: Numbers
    sources: Sequence[str] = ()  # their names, by number

    def __len__(self) -> int:
        return len(self.record)


@dataclass(frozen=True)
class Links:
    """Who has which value: positions in `Known`, keys from 0, and per key the position of its type and scope.

    A pair of record and key comes once. What people have decided: `parted` marks pairs that join nothing; pairs of one
    number from 0 in `together` are one person whatever the policy says, -1 leaves it to the policy; of two records in
    a row of `apart` the second one is never the person of the first. `seen` is the day on which the record had the
    value last, UNDATED where none is known.
    """

    record: Integers
    key: Integers
    kind: Integers  # per key
    kinds: Sequence[tuple[str, str]]  # type and scope
    parted: Flags
    together: Integers = field(default_factory=lambda: np.empty(0, np.int64))  # per link, or empty: none
    apart: Integers = field(default_factory=lambda: np.empty((0, 2), np.int64))
    seen: Numbers = field(default_factory=lambda: np.empty(0, np.int32))  # per link, days, or empty: no policy asks

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
    links = _within_brands(known, links, policy)
    rules = [policy.rule(type_) for type_, _ in links.kinds]
    times = np.bincount(links.key, minlength=links.keys)
    reason = _refused(known, links, rules, times)
    # What one record alone has joins it to nothing.
    way = ((times > 1) * (1 + _keys(links, [rule.guarded for rule in rules]))).astype(np.int8)[links.key]
    group, groups = _believe(links, reason, way)
    linked = reason == LINKED
    exact, spokes = np.flatnonzero(linked & (way == 1)), np.flatnonzero(linked & (way == 2))
    del way, linked
    cores, spokes = _core(known, links, group, groups, exact, spokes)
    held = _held(links, rules, cores, reason, spokes)
    _guard(known, links, rules, cores, group, reason, spokes, held)
    if any(rule.single and rule.guarded for rule in rules):
        held = _held(links, rules, cores, reason, spokes)
    component = _cut(known, links, rules, cores, group, reason, spokes, held)
    return Resolution(_owned(known, component), group, reason)


def brand_of(known: Known, policy: Policy) -> Integers:
    """Return a number for the brand of each record; all alike where the policy does not keep brands apart."""
    if policy.brands.merge_across:
        return np.zeros(len(known), np.int64)
    return policy.brands.numbers(known.sources)[known.source]


def _within_brands(known: Known, links: Links, policy: Policy) -> Links:
    """Make of each value one for each brand, if these are apart, also of what people have said to be one person.

    A value that too many have, in all brands together, stays one: nobody is led from one of them to the next.
    """
    if policy.brands.merge_across or not len(links.key):
        return links
    brand = brand_of(known, policy)[links.record]
    most = np.bincount(links.key, minlength=links.keys) > MOST
    key = number_pairs(links.key, np.where(most[links.key], -1, brand))
    kind = np.empty(int(key.max()) + 1, np.int64)
    kind[key] = links.kind[links.key]
    together = links.together
    if len(together):
        together = np.where(together >= 0, together * (int(brand.max()) + 1) + brand, -1)
    return replace(links, key=key, kind=kind, together=together)


def _believe(links: Links, reason: NDArray[np.int8], way: NDArray[np.int8]) -> tuple[Integers, int]:
    """Make exact what somebody has said to be one person; return a group per link, its key as a rule, and how many."""
    group = links.key.copy()
    if not len(links.together):
        return group, links.keys
    told = np.flatnonzero((links.together >= 0) & (reason != SEPARATED))
    reason[told], way[told] = LINKED, 1
    group[told] = links.keys + links.together[told]
    return group, links.keys + int(links.together.max()) + 1


def _core(
    known: Known, links: Links, group: Integers, groups: int, exact: Integers, spokes: Integers
) -> tuple[Integers, Integers]:
    """Return a core per record, and the links that have to be looked at.

    Where two who are said to be several persons share a core, all that holds it together has to be looked at, too.
    """
    cores = join(len(known), links.record[exact], group[exact], groups)
    one, other = cores[links.apart].T
    if not (one == other).any():
        return cores, spokes
    wrong = np.isin(cores[links.record[exact]], one[one == other])
    left = exact[~wrong]
    return join(len(known), links.record[left], group[left], groups), np.sort(np.r_[spokes, exact[wrong]])


def _keys(links: Links, values: Sequence[bool]) -> Flags:
    """Return for each key what its kind has in `values`."""
    return np.array(values, np.bool_)[links.kind]


def _numbers(links: Links, values: Sequence[int], at: Integers) -> Integers:
    """Return for the links at these places what their kinds have in `values`."""
    return np.array(values, np.int64)[links.kind[links.key[at]]]


def _refused(known: Known, links: Links, rules: Sequence[TypeRule], times: Integers) -> NDArray[np.int8]:
    """Refuse what does not prove anything, and values that more records share than one person can have."""
    why, lapsed = np.zeros(links.keys, np.int8), _lapsed(links, rules)
    why[_keys(links, [rule.strength == "asks" for rule in rules])] = ASKED
    why[_crowded(known, links, rules, times, lapsed)] = RECORDS
    fits = [rule.fits(scope) for rule, (_, scope) in zip(rules, links.kinds, strict=True)]
    why[~_keys(links, fits)] = SCOPE
    why[_keys(links, [not rule.read for rule in rules])] = TYPE
    reason = why[links.key]
    reason[lapsed[np.isin(reason[lapsed], (LINKED, ASKED, RECORDS))]] = LAPSED
    parted = np.flatnonzero(links.parted)
    reason[parted[np.isin(reason[parted], (LINKED, ASKED, RECORDS, LAPSED))]] = SEPARATED
    return reason


def _lapsed(links: Links, rules: Sequence[TypeRule]) -> Integers:
    """Return the links whose record had the value too long before another one, which is nobody's mistake, had it."""
    valid = np.array([rule.valid_for for rule in rules], np.int64)
    if not len(links.seen) or not valid.any():
        return np.empty(0, np.int64)
    limit = valid[links.kind]
    at = np.flatnonzero((limit > 0)[links.key] & (links.seen != UNDATED) & ~links.parted)
    key, seen = links.key[at], links.seen[at].astype(np.int64)
    newest = np.full(links.keys, UNDATED, np.int64)
    np.maximum.at(newest, key, seen)
    return at[newest[key] - seen > limit[key]]


def _crowded(known: Known, links: Links, rules: Sequence[TypeRule], times: Integers, lapsed: Integers) -> Flags:
    """Say per key whether more records of one source have it than its rule allows, or more than `MOST` at all."""
    most = np.array([rule.records or MOST for rule in rules], np.int64)
    crowded = times > MOST
    many = np.flatnonzero(~crowded & (times > int(most.min(initial=MOST))))
    looked = np.full(links.keys, False)
    looked[many] = times[many] > most[links.kind[many]]
    at = np.flatnonzero(looked[links.key])
    # Devices and recipients are not counted: they are one record of a value each.
    at = np.setdiff1d(at[~known.follows[links.record[at]]], lapsed, assume_unique=True)
    if len(at):
        sources = int(known.source.max()) + 1
        place, count = np.unique(links.key[at] * sources + known.source[links.record[at]], return_counts=True)
        key = place // sources
        crowded[key[count > most[links.kind[key]]]] = True
    return crowded


def _guard(
    known: Known,
    links: Links,
    rules: Sequence[TypeRule],
    cores: Integers,
    group: Integers,
    reason: NDArray[np.int8],
    spokes: Integers,
    held: Held,
) -> None:
    """Part values into groups where they are several persons'; refuse links that belong to none, with the reason."""
    groups = int(group.max(initial=-1)) + 1
    spokes, shared = _shared(known, links, cores, spokes)
    limit = _numbers(links, [rule.customers or MOST for rule in rules], spokes)
    reason[spokes[shared > limit]] = CUSTOMERS
    asked = spokes[shared <= limit]
    accounts = held.among(len(links.kinds)) if len(asked) else Held()
    for unless in sorted({rule.unless for rule in rules if rule.unless}):
        chosen = asked[_keys(links, [rule.unless == unless for rule in rules])[links.key[asked]]]
        if len(chosen):
            parts, why = part(told_by(known, cores, links.record[chosen], unless, accounts), links.key[chosen])
            group[chosen] = groups + parts
            groups += int(parts.max()) + 1
            reason[chosen[why == CONTRADICTS]] = CONTRADICTED
            reason[chosen[why == TWICE]] = SINGLE


def _shared(known: Known, links: Links, cores: Integers, spokes: Integers) -> tuple[Integers, Integers]:
    """Return those of the links whose value several persons share, and how many these are."""
    key, core = links.key[spokes], cores[links.record[spokes]]
    persons = ~known.follows[links.record[spokes]]
    several = agreed(key[persons], core[persons], links.keys)[0] > 1
    mine = several[key]
    spokes, key, core, persons = spokes[mine], key[mine], core[mine], persons[mine]
    size = len(known)
    pairs = np.sort(key[persons] * size + core[persons])
    first = np.r_[True, pairs[1:] != pairs[:-1]][: len(pairs)]
    return spokes, np.bincount(pairs[first] // size, minlength=links.keys)[key]


def _cut(
    known: Known,
    links: Links,
    rules: Sequence[TypeRule],
    cores: Integers,
    group: Integers,
    reason: NDArray[np.int8],
    spokes: Integers,
    held: Held,
) -> Integers:
    """Join cores; where a customer would have two values of which he has one, refuse the weakest links between them."""
    joining = spokes[reason[spokes] == LINKED]
    core, groups = cores[links.record[joining]], int(group.max(initial=-1)) + 1
    component = join(int(cores.max(initial=-1)) + 1, core, group[joining], groups)
    pairs = cores[links.apart]
    torn = _torn(component, held)
    if torn.any():  # what is torn is looked at alone
        inside, at = np.flatnonzero(torn[component]), joining[torn[component[core]]]
        place = np.full(len(component), -1)
        place[inside] = np.arange(len(inside))
        persons = np.zeros(len(component), np.bool_)
        persons[cores[~known.follows]] = True
        node, rank = place[cores[links.record[at]]], _numbers(links, [rule.rank for rule in rules], at)
        pairs = place[pairs]
        pairs = pairs[(pairs >= 0).all(axis=1)]
        reason[at], parts = _join_by_rank(persons[inside], node, renumber(group[at]), rank, held.of(place), pairs)
        component[inside] = len(torn) + parts
    return component[cores]


def _held(links: Links, rules: Sequence[TypeRule], cores: Integers, reason: NDArray[np.int8], spokes: Integers) -> Held:
    """Return what is held by the cores that may meet others, and by those who are said to be several persons."""
    meeting = np.full(int(cores.max(initial=-1)) + 1, False)
    meeting[cores[links.record[spokes]]] = True
    at = np.flatnonzero((reason == LINKED) & _keys(links, [rule.single for rule in rules])[links.key])
    core = cores[links.record[at]]
    mine = meeting[core]
    core, key = core[mine], links.key[at[mine]]
    pair = number_pairs(core, links.kind[key])
    several = agreed(pair, key, int(pair.max(initial=-1)) + 1)[0] > 1
    value = np.where(several[pair], links.keys + core, key)
    # Who is said to be another person has another value of a kind that only the two of them have.
    number, beyond = np.arange(links.apart.size), links.keys + len(cores)
    core = np.r_[core, cores[links.apart].ravel()]
    return Held(core, np.r_[links.kind[key], len(links.kinds) + number // 2], np.r_[value, beyond + number])


def _torn(component: Integers, held: Held) -> Flags:
    """Say per component (given for each core) whether its cores have different values of one type and scope."""
    where = component[held.core]
    pair = number_pairs(where, held.kind)
    several = agreed(pair, held.value, int(pair.max(initial=-1)) + 1)[0] > 1
    torn = np.zeros(int(component.max(initial=-1)) + 1, np.bool_)
    torn[where[several[pair]]] = True
    return torn


def _join_by_rank(
    persons: Flags, node: Integers, group: Integers, rank: Integers, held: Held, pairs: Integers
) -> tuple[NDArray[np.int8], Integers]:
    """Join cores by the strongest links first; return a reason per link, and a component per core.

    At each rank those are refused that would tear what has been joined: first what would bring the second of a pair
    that is apart to its first one. A value that joins one person and his devices parts nobody, and is refused only
    where they would be another's, too.
    """
    reason, groups = np.zeros(len(node), np.int8), int(group.max()) + 1
    now = np.arange(len(persons))
    for each in np.unique(rank):
        left = np.flatnonzero(rank == each)
        for first in ("apart", "bridges", "all"):
            after = _joined(now, node[left], group[left], groups)
            bad = _torn(after, held)[after[node[left]]]
            if not bad.any():
                break
            if first == "apart":
                meeting = after[pairs[:, 0]] == after[pairs[:, 1]]
                bad &= np.isin(now[node[left]], now[pairs[meeting, 1]])
            elif first == "bridges":
                bad &= _bridges(persons, now, node[left], group[left], groups)
            reason[left[bad]] = SEPARATED if first == "apart" else SINGLE
            left = left[~bad]
        now = _joined(now, node[left], group[left], groups)
    return reason, now


def _joined(now: Integers, node: Integers, group: Integers, groups: int) -> Integers:
    return join(int(now.max()) + 1, now[node], group, groups)[now]


def _bridges(persons: Flags, now: Integers, node: Integers, group: Integers, groups: int) -> Flags:
    """Say of each link whether its value joins persons of several components."""
    owned = np.zeros(int(now.max()) + 1, np.bool_)
    owned[now[persons]] = True
    mine = owned[now[node]]
    return (agreed(group[mine], now[node[mine]], groups)[0] > 1)[group]


def _owned(known: Known, component: Integers) -> Integers:
    """Number components by their first records; those of devices and recipients alone are nobody's."""
    owned = np.zeros(int(component.max(initial=-1)) + 1, np.bool_)
    owned[component[~known.follows]] = True
    return number_by_first(component, owned)
