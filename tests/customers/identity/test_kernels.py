"""What array code and compiled loops decide is what the plain telling of it decides."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quanyu.customers.identity.components import join
from quanyu.customers.identity.contradictions import Held, part, told_by
from quanyu.customers.identity.numbering import number_pairs
from quanyu.customers.identity.policy import EVIDENCE, MOST, Policy, TypeRule, default_policy
from quanyu.customers.identity.resolving import (
    ASKED,
    CONTRADICTED,
    CUSTOMERS,
    LINKED,
    NOBODY,
    RECORDS,
    SCOPE,
    SEPARATED,
    SINGLE,
    TYPE,
    Known,
    Links,
    resolve,
)
from quanyu.foundation.text import Text

KINDS = (
    ("phone", "global"),
    ("phone", "app:a"),
    ("unionid", "brand:x"),
    ("unionid", "brand:y"),
    ("card", "brand:x"),
    ("email", "global"),
    ("device", "app:a"),
    ("receiver_phone", "global"),
)
RULES = st.builds(
    TypeRule,
    strength=st.sampled_from(("proves", "proves", "proves", "asks", "suggests")),
    scope=st.sampled_from(("any", "any", "global", "brand")),
    rank=st.integers(1, 3),
    records=st.integers(0, 3),
    customers=st.integers(0, 4),
    single=st.booleans(),
    unless=st.sets(st.sampled_from(EVIDENCE)).map(lambda words: tuple(word for word in EVIDENCE if word in words)),
)
POLICIES = st.just(default_policy()) | st.builds(
    Policy,
    st.just("any"),
    st.just(Text("Any", "任意")),
    st.dictionaries(st.sampled_from([type_ for type_, _ in KINDS]), RULES),
    RULES,
    st.just(""),
)


def told(rng, records):
    def said(most, share):
        return np.where(rng.random(records) < share, rng.integers(1, most + 1, records), 0)

    family = said(4, 0.5)
    name = np.where((family > 0) & (rng.random(records) < 0.6), family * 10 + said(2, 0.5), 0)
    follows = rng.random(records) < 0.4 * rng.random()
    return Known(np.arange(records), rng.integers(0, 3, records), follows, family, name, said(3, 0.3), said(2, 0.4))


def linked(rng, records, links, skewed):
    """Return links of which few values have many and most have few, or all have about as many."""
    drawn = rng.random(links)
    value = (30**drawn if skewed else 30 * drawn).astype(np.int64)
    pairs = np.unique(np.stack([rng.integers(0, records, links), value], axis=1), axis=0)
    record, value = rng.permutation(pairs).T
    used, key = np.unique(value, return_inverse=True)
    parted = rng.random(len(record)) < 0.05
    return Links(record, key, rng.integers(0, len(KINDS), len(used)), KINDS, parted, *decided(rng, records, key))


def decided(rng, records, key):
    """Return links that somebody has joined, of each value in up to two persons, and pairs of records kept apart."""
    share = 0.3 * rng.random() * (rng.random() < 0.5)
    together = np.where(rng.random(len(key)) < share, key * 2 + rng.integers(0, 2, len(key)), -1)
    pairs = rng.integers(0, records, (rng.integers(0, 4) * (rng.random() < 0.5), 2))
    return together, pairs[pairs[:, 0] != pairs[:, 1]]


def plainly(known, links, policy):
    """Return component per record and reason per link, told record by record and link by link."""
    pairs = list(zip(links.record.tolist(), links.key.tolist(), strict=True))
    kinds = [links.kinds[links.kind[key]] for _, key in pairs]
    rules = [policy.rule(type_) for type_, _ in kinds]
    follows = known.follows.tolist()
    told, apart = links.together.tolist(), links.apart.tolist()
    reason = limited(pairs, kinds, rules, known.source.tolist(), follows, links.parted.tolist(), told)
    groups = [("told", mine) if mine >= 0 else (key,) for (_, key), mine in zip(pairs, told, strict=True)]
    exact = [at for at, why in enumerate(reason) if why == LINKED and (told[at] >= 0 or not rules[at].guarded)]
    cores = joined(len(follows), [(pairs[at][0], groups[at]) for at in exact])
    wrong = {cores[one] for one, other in apart if cores[one] == cores[other]}
    exact = [at for at in exact if cores[pairs[at][0]] not in wrong]
    cores = joined(len(follows), [(pairs[at][0], groups[at]) for at in exact])
    times = Counter(key for _, key in pairs)
    # What one record alone has joins it to nothing, so that nothing is won by refusing it.
    spokes = [
        at
        for at, why in enumerate(reason)
        if why == LINKED and at not in exact and (times[pairs[at][1]] > 1 or told[at] >= 0)
    ]
    held = accounts(pairs, links.kind.tolist(), rules, cores, reason)
    guarded(known, pairs, rules, cores, groups, reason, spokes, held)
    component = cut(pairs, kinds, rules, groups, reason, cores, follows, spokes, apart)
    owned = {each for each, anonymous in zip(component, follows, strict=True) if not anonymous}
    number = {each: place for place, each in enumerate(each for each in dict.fromkeys(component) if each in owned)}
    return [number.get(each, NOBODY) for each in component], reason


def joined(records, pairs):
    """Return a component per record: the first record of it."""
    component = list(range(records))
    holders = defaultdict(list)
    for record, key in pairs:
        holders[key].append(record)
    changed = True
    while changed:
        before = component.copy()
        for held in holders.values():
            least = min(component[record] for record in held)
            for record in held:
                component[record] = least
        changed = before != component
    return component


def limited(pairs, kinds, rules, sources, follows, parted, told):
    of_source = Counter((key, sources[record]) for record, key in pairs if not follows[record])
    at_all = Counter(key for _, key in pairs)
    most = {key: rule.records or MOST for (_, key), rule in zip(pairs, rules, strict=True)}
    crowded = {key for (key, _), times in of_source.items() if times > most[key]}
    crowded |= {key for key, times in at_all.items() if times > MOST}
    reason = []
    for (_, key), (_, scope), rule, gone, one in zip(pairs, kinds, rules, parted, told, strict=True):
        if one >= 0 and not (gone and rule.read and rule.fits(scope)):
            reason.append(LINKED)
        elif not rule.read:
            reason.append(TYPE)
        elif not rule.fits(scope):
            reason.append(SCOPE)
        elif gone:
            reason.append(SEPARATED)
        elif key in crowded:
            reason.append(RECORDS)
        else:
            reason.append(ASKED if rule.strength == "asks" else LINKED)
    return reason


def accounts(pairs, kind, rules, cores, reason):
    """Return which value of a kind of which a customer has one each core has; several are one of its own."""
    values = defaultdict(set)
    for at, (record, key) in enumerate(pairs):
        if reason[at] == LINKED and rules[at].single:
            values[cores[record], kind[key]].add(key)
    beyond = len(kind)
    rows = [(core, of, keys.pop() if len(keys) == 1 else beyond + core) for (core, of), keys in values.items()]
    return Held(*np.array(rows, np.int64).reshape(-1, 3).T)


def guarded(known, pairs, rules, cores, groups, reason, spokes, held):
    """Refuse what several persons share who may not; part a value into groups where they contradict each other."""
    persons, asked = defaultdict(set), defaultdict(list)
    for record, key in (pairs[at] for at in spokes):
        persons[key] |= set() if known.follows[record] else {cores[record]}
    for at in spokes:
        shared = len(persons[pairs[at][1]])
        if shared > (rules[at].customers or MOST):
            reason[at] = CUSTOMERS
        elif shared > 1 and rules[at].unless:
            asked[rules[at].unless].append(at)
    for unless, chosen in asked.items():
        record, key = np.array([pairs[at] for at in chosen]).T
        parts, whys = part(told_by(known, np.array(cores), record, unless, held), key)
        for at, mine, why in zip(chosen, parts.tolist(), whys.tolist(), strict=True):
            groups[at] = unless, mine
            reason[at] = (LINKED, CONTRADICTED, SINGLE)[why]


def cut(pairs, kinds, rules, groups, reason, cores, follows, spokes, apart):
    """Join cores rank by rank, and refuse what would make two values of one kind meet that a person has once."""
    linked = [at for at, why in enumerate(reason) if why == LINKED]
    values = defaultdict(set)
    for at in linked:
        if rules[at].single:
            values[cores[pairs[at][0]], kinds[at]].add(pairs[at][1])
    values = {
        (core, kind): keys.pop() if len(keys) == 1 else ("several", core) for (core, kind), keys in values.items()
    }
    for number, (one, other) in enumerate(apart):
        values[cores[one], ("apart", number)], values[cores[other], ("apart", number)] = "one", "other"
    now = list(cores)  # per record
    spokes = [at for at in spokes if reason[at] == LINKED]
    for rank in sorted({rules[at].rank for at in spokes}):
        left = [at for at in spokes if rules[at].rank == rank]
        for first in ("apart", "bridges", "all"):
            after = together(now, [(pairs[at][0], groups[at]) for at in left])
            torn = torn_of(after, cores, values)
            bad = [at for at in left if after[pairs[at][0]] in torn]
            if first == "apart":
                off = {now[other] for one, other in apart if after[one] == after[other]}
                bad = [at for at in bad if now[pairs[at][0]] in off]
            elif first == "bridges":
                owned = {now[record] for record, anonymous in enumerate(follows) if not anonymous}
                persons = defaultdict(set)
                for at in left:
                    persons[groups[at]] |= {now[pairs[at][0]]} & owned
                bad = [at for at in bad if len(persons[groups[at]]) > 1]
            for at in bad:
                reason[at] = SEPARATED if first == "apart" else SINGLE
            left = [at for at in left if at not in bad]
        now = together(now, [(pairs[at][0], groups[at]) for at in left])
    return now


def together(now, links):
    """Return a component per record: what was together, and what shares a group."""
    return joined(len(now), [*enumerate(("now", each) for each in now), *links])


def torn_of(component, cores, values):
    held = defaultdict(set)
    for record, each in enumerate(component):
        for (core, kind), value in values.items():
            if cores[record] == core:
                held[each, kind].add(value)
    return {each for (each, _), found in held.items() if len(found) > 1}


ONE_OF_EACH = Policy("any", Text("Any", "任意"), {}, TypeRule("proves", rank=1, single=True, unless=("name",)), "")


@given(POLICIES, st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 120), st.booleans())
@example(ONE_OF_EACH, 0, 3, 6, False)  # a torn customer with values that nobody shares
def test_resolving_equals_its_plain_form(policy, seed, records, links, skewed):
    rng = np.random.default_rng(seed)
    known, given_ = told(rng, records), linked(rng, records, links, skewed)
    found = resolve(known, given_, policy)
    component, reason = plainly(known, given_, policy)
    assert found.component.tolist() == component
    assert found.reason.tolist() == reason


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=60))
def test_united_numbers_components_by_their_first_records(pairs):
    record, key = np.array(pairs).T
    component = joined(31, pairs)
    number = {each: place for place, each in enumerate(dict.fromkeys(component))}
    assert join(31, record, key, 31).tolist() == [number[each] for each in component]


@pytest.mark.parametrize("left_values", [1, 7, 2**40])
def test_pairs_are_found_again_in_each_of_many_parts(left_values):
    rng = np.random.default_rng(3)
    left = rng.integers(0, left_values, 300_000)
    right = rng.integers(0, 50_000, 300_000)
    number = number_pairs(left, right)
    expected = np.unique(np.stack([left, right], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    count = int(expected.max()) + 1
    assert set(number.tolist()) == set(range(count))
    assert len(np.unique(number * count + expected)) == count
