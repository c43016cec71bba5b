"""Resolving is a function of records, identifiers and policy: no order changes it, nor do records of others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from quanyu.customers.identity.policy import EVERYWHERE, MOST, Policy, TypeRule, default_policy
from quanyu.customers.identity.resolving import LINKED, NOBODY, REASONS, Known, Links, Resolution, resolve
from quanyu.foundation.text import Text

EVIDENCE = ("name", "birthday", "gender")
STRICT = Policy(
    "strict",
    Text("Strict", "严格"),
    {
        "unionid": TypeRule("proves", "brand", 1, records=3, single=True),
        "card": TypeRule("proves", "brand", 1),
        "phone": TypeRule("proves", EVERYWHERE, 2, records=2, customers=3, unless=EVIDENCE),
        "email": TypeRule("proves", EVERYWHERE, 3, unless=("birthday",)),
        "device": TypeRule("proves", "app", 4, customers=1),
        "hint": TypeRule("suggests", EVERYWHERE, 5),
    },
    TypeRule("never", rank=9),
    "",
)
KINDS = (
    *(("unionid", "a"), ("unionid", "b"), ("unionid", EVERYWHERE), ("card", "a"), ("phone", EVERYWHERE)),
    *(("phone", "shop"), ("email", EVERYWHERE), ("device", "app"), ("hint", EVERYWHERE), ("other", "a")),
    ("user_id", "app"),
)


@dataclass(frozen=True)
class Entry:
    """A record and what it says; values are pairs of the place of a kind in KINDS and a number."""

    values: frozenset[tuple[int, int]]
    source: int = 0
    follows: bool = False
    family: int = 0
    name: int = 0
    born: int = 0
    gender: int = 0


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = st.sampled_from([0, 1, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7, 8, 9])
    values = draw(st.frozensets(st.tuples(kind, st.integers(0, 3)), max_size=4))
    if draw(st.integers(0, 5)) == 0:
        return Entry(values, follows=True)
    family, number, words = draw(st.integers(0, 2)), draw(st.integers(0, 2)), st.integers(0, 2)
    name = family * 10 + number if family and number else 0
    return Entry(values, draw(words), False, family, name, draw(words), draw(words))


WORLDS = st.lists(entries(), max_size=14)


def laid_out(world: Sequence[Entry], parted: frozenset[Any] = frozenset()) -> tuple[Known, Links]:
    """Return a world as arrays; keys are numbered as they come, `parted` are pairs of record and value."""
    number: dict[tuple[int, int], int] = {}
    pairs = [(at, value) for at, entry in enumerate(world) for value in entry.values]
    for _, value in pairs:
        number.setdefault(value, len(number))

    def column(name: str, kind: type = np.int64) -> Any:
        return np.array([getattr(entry, name) for entry in world], kind)

    known = Known(np.arange(len(world)) * 3 + 5, column("source"), column("follows", np.bool_),
                  *(column(name) for name in ("family", "name", "born", "gender")))  # fmt: skip
    links = Links(
        np.array([at for at, _ in pairs], np.int64),
        np.array([number[value] for _, value in pairs], np.int64),
        np.array([kind for kind, _ in number], np.int64),
        KINDS,
        np.array([pair in parted for pair in pairs], np.bool_),
    )
    return known, links


def solved(world: Sequence[Entry], policy: Policy = STRICT, parted: frozenset[Any] = frozenset()) -> Resolution:
    return resolve(*laid_out(world, parted), policy)


def people(found: Resolution) -> list[int]:
    return found.component.tolist()


def together(component: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Say of each pair of records whether they are one; who is nobody's is one with none."""
    return (component[:, None] == component) & (component != NOBODY)


@given(WORLDS, st.randoms(use_true_random=False))
def test_no_order_changes_anything(world: list[Entry], draw: Any):
    known, links = laid_out(world)
    found = resolve(known, links, STRICT)
    records, ties, keys, kinds = (
        np.array(draw.sample(range(count), count), np.int64)
        for count in (len(world), len(links.record), links.keys, len(KINDS))
    )
    mixed = Known(known.record, *(getattr(known, name)[records] for name in list(vars(known))[1:7]))
    key_of, kind_of, place = np.argsort(keys), np.argsort(kinds), np.argsort(records)
    others = Links(
        place[links.record[ties]],
        key_of[links.key[ties]],
        kind_of[links.kind[keys]],
        [KINDS[kind] for kind in kinds],
        links.parted[ties],
    )
    again = resolve(mixed, others, STRICT)
    assert np.array_equal(together(again.component[place]), together(found.component))
    assert np.array_equal(again.component[place] == NOBODY, found.component == NOBODY)
    assert np.array_equal(again.reason, found.reason[ties])


@given(WORLDS, WORLDS)
def test_what_hangs_together_with_nobody_changes_nothing(one: list[Entry], other: list[Entry]):
    apart = [replace(entry, values=frozenset((kind, value + 100) for kind, value in entry.values)) for entry in other]
    whole, first, second = solved([*one, *apart]), solved(one), solved(apart)
    assert np.array_equal(together(whole.component[: len(one)]), together(first.component))
    assert np.array_equal(together(whole.component[len(one) :]), together(second.component))
    assert np.array_equal(whole.component == NOBODY, np.r_[first.component, second.component] == NOBODY)
    assert np.array_equal(whole.reason, np.r_[first.reason, second.reason])


@pytest.mark.parametrize("rule", [TypeRule("proves"), TypeRule("proves", customers=MOST)])
@given(world=WORLDS)
def test_where_everything_proves_customers_are_the_components(rule: TypeRule, world: list[Entry]):
    known, links = laid_out(world)
    found = resolve(known, links, Policy("all", Text("", ""), {}, rule, ""))
    count = len(world)
    graph = coo_array((np.ones(len(links.record)), (links.record, count + links.key)), shape=(count + links.keys,) * 2)
    component = connected_components(graph, directed=False)[1][:count]
    owned = np.isin(component, component[~known.follows])
    assert np.array_equal(found.component == NOBODY, ~owned)
    assert np.array_equal(together(found.component), together(np.where(owned, component, NOBODY)))
    assert not found.reason.any()


@given(WORLDS)
def test_no_weak_link_is_left_where_somebody_would_have_two_of_which_one_has_one(world: list[Entry]):
    known, links = laid_out(world)
    found = resolve(known, links, STRICT)
    guarded = np.array([STRICT.rule(type_).guarded for type_, _ in KINDS])[links.kind][links.key]
    single = np.array([STRICT.rule(type_).single for type_, _ in KINDS])[links.kind][links.key]
    core = joined(known, links, (found.reason == LINKED) & ~guarded)[links.record]
    kept = (found.reason == LINKED) & (found.component[links.record] != NOBODY)
    values = [dict[tuple[int, int], set[int]](), dict[tuple[int, int], set[int]]()]
    for link in np.flatnonzero(kept & single):
        for told, where in zip(values, (core, found.component[links.record]), strict=True):
            told.setdefault((where[link], links.kind[links.key[link]]), set()).add(links.key[link])
    # What is exact may have several, and then no other core joins it that has any.
    met = {frozenset(keys) for keys in values[0].values()}
    assert all(keys in met for keys in values[1].values())


@given(WORLDS)
def test_people_lie_between_what_is_exact_and_what_could_join(world: list[Entry]):
    known, links = laid_out(world)
    found = resolve(known, links, STRICT)
    guarded = np.array([STRICT.rule(type_).guarded for type_, _ in KINDS])[links.kind][links.key]
    kept = found.reason == LINKED
    owned = found.component != NOBODY
    pairs = owned[:, None] & owned
    assert not (together(joined(known, links, kept & ~guarded)) & pairs & ~together(found.component)).any()
    assert not (together(found.component) & ~together(joined(known, links, kept))).any()


def joined(known: Known, links: Links, kept: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    count = len(known)
    ends = (links.record[kept], count + links.key[kept])
    graph = coo_array((np.ones(int(kept.sum())), ends), shape=(count + links.keys,) * 2)
    return connected_components(graph, directed=False)[1][:count]


PHONE, MAIL, DEVICE = (4, 1), (6, 1), (7, 1)
WANG_FANG = {"family": 1, "name": 11}
LI_QIANG = {"family": 2, "name": 21}


def entry(*values: tuple[int, int], **more: Any) -> Entry:
    return Entry(frozenset(values), **more)


def reasons(found: Resolution) -> list[str]:
    return [REASONS[number] for number in found.reason]


def test_a_phone_of_too_many_records_of_one_source_joins_nobody():
    found = solved([*(entry(PHONE) for _ in range(3)), entry(PHONE, source=1)])
    assert people(found) == [0, 1, 2, 3]
    assert set(reasons(found)) == {"records"}
    assert people(solved([entry(PHONE), entry(PHONE), entry(PHONE, source=1)])) == [0, 0, 0]


def test_devices_do_not_count_among_records_of_a_source():
    assert people(solved([entry(PHONE), entry(PHONE), *(entry(PHONE, follows=True) for _ in range(3))])) == [0] * 5


def test_a_phone_of_too_many_persons_joins_nobody_and_persons_known_otherwise_count_once():
    apart = [entry(PHONE, (3, n), source=n) for n in range(4)]
    assert people(solved(apart)) == [0, 1, 2, 3]
    assert set(reasons(solved(apart))) == {"", "customers"}
    assert people(solved([*apart[:3], entry(PHONE, (3, 0), source=3)])) == [0, 0, 0, 0]


def test_more_than_anybody_has_joins_nobody():
    otherwise = Policy("all", Text("", ""), {}, TypeRule("proves"), "")
    assert people(solved([entry((3, 1), source=n) for n in range(MOST)], otherwise)) == [0] * MOST
    assert people(solved([entry((3, 1), source=n) for n in range(MOST + 1)], otherwise)) == list(range(MOST + 1))


def test_a_family_phone_is_of_two_and_the_nameless_account_of_neither():
    found = solved([entry(PHONE, **WANG_FANG), entry(PHONE, source=1, **LI_QIANG), entry(PHONE, source=2)])
    assert people(found) == [0, 1, 2]
    assert reasons(found) == ["", "", "contradicted"]


def test_a_surname_is_the_one_name_with_it():
    titled = entry(PHONE, source=2, family=1)
    found = solved([entry(PHONE, **WANG_FANG), entry(PHONE, source=1, **LI_QIANG), titled])
    assert people(found) == [0, 1, 0]


def test_a_recycled_number_is_its_next_owner_s_and_what_else_they_have_stays():
    before = [entry(PHONE, (3, 1), **WANG_FANG), entry((3, 1), source=1)]
    after = [entry(PHONE, (3, 2), source=1, **LI_QIANG), entry(PHONE, source=2, **LI_QIANG)]
    assert people(solved([*before, *after])) == [0, 0, 1, 1]


def test_an_email_looks_at_birthdays_only():
    assert people(solved([entry(MAIL, **WANG_FANG), entry(MAIL, **LI_QIANG)])) == [0, 0]
    assert people(solved([entry(MAIL, born=101), entry(MAIL, born=102)])) == [0, 1]


def test_a_device_is_its_only_account_s_and_nobody_s_where_there_are_two():
    assert people(solved([entry(DEVICE, follows=True), entry(DEVICE)])) == [0, 0]
    found = solved([entry(DEVICE, follows=True), entry(DEVICE), entry(DEVICE, source=1)])
    assert people(found) == [NOBODY, 0, 1]
    assert set(reasons(found)) == {"customers"}
    assert people(solved([entry(DEVICE, follows=True), entry(DEVICE, (3, 1)), entry(DEVICE, (3, 1))])) == [0, 0, 0]


def test_a_device_without_persons_is_nobody_s():
    assert people(solved([entry(DEVICE, follows=True), entry(DEVICE, follows=True)])) == [NOBODY, NOBODY]


def test_what_has_another_scope_than_its_type_joins_nobody():
    found = solved([entry((5, 1)), entry((5, 1)), entry((2, 1)), entry((2, 1))])
    assert people(found) == [0, 1, 2, 3]
    assert set(reasons(found)) == {"scope"}


def test_what_suggests_or_is_not_known_joins_nobody():
    assert set(reasons(solved([entry((8, 1), (9, 1)), entry((8, 1), (9, 1))]))) == {"type"}


def test_two_unionids_of_a_brand_part_who_shares_a_phone_and_of_two_brands_do_not():
    found = solved([entry(PHONE, (0, 1)), entry(PHONE, (0, 2))])
    assert people(found) == [0, 1]
    assert reasons(found).count("single") == 2
    assert people(solved([entry(PHONE, (0, 1)), entry(PHONE, (1, 2))])) == [0, 0]


def test_the_weakest_links_are_cut_first():
    """The addresses have to go; the phone, which is stronger, joins whom it may."""
    world = [entry(MAIL, (0, 1)), entry(MAIL, (0, 2), PHONE), entry(PHONE, source=1)]
    found = solved(world)
    assert people(found) == [0, 1, 1]
    assert reasons(found).count("single") == 2


def test_links_that_are_not_between_two_unionids_stay():
    """The phone tears them; an address that joins one of them to an account, and a device of one, part nobody."""
    world = [
        *(entry(PHONE, (0, 1), MAIL, DEVICE), entry(PHONE, (0, 2)), entry(MAIL, source=1)),
        entry(DEVICE, source=2, follows=True),
    ]
    found = solved(world)
    assert people(found) == [0, 1, 0, 0]
    assert reasons(found).count("single") == 2


def test_who_has_two_unionids_by_what_is_exact_keeps_his_phone():
    world = [entry((3, 1), (0, 1), PHONE), entry((3, 1), (0, 2)), entry(PHONE, source=1)]
    assert people(solved(world)) == [0, 0, 0]
    assert people(solved([*world[:2], entry(PHONE, (0, 3), source=1)])) == [0, 0, 1]


def test_what_is_exact_is_not_cut():
    assert people(solved([entry((3, 1), (0, 1)), entry((3, 1), (0, 2))])) == [0, 0]


def test_what_somebody_has_parted_joins_no_more():
    world = [entry((3, 1)), entry((3, 1)), entry((3, 1))]
    found = solved(world, parted=frozenset({(1, (3, 1))}))
    assert people(found) == [0, 1, 0]
    assert reasons(found) == ["", "separated", ""]


def test_what_is_asked_about_joins_nobody_until_somebody_says_so():
    asking = Policy("asking", Text("", ""), {"hint": TypeRule("asks", EVERYWHERE, 5)}, TypeRule("proves"), "")
    world = [entry((8, 1)), entry((8, 1), (3, 2)), entry((3, 2))]
    found = solved(world, asking)
    assert (people(found), sorted(reasons(found))) == ([0, 1, 1], ["", "", "asked", "asked"])


def test_nobody_is_nobody():
    assert people(solved([])) == []


def test_the_policy_for_retail_joins_by_phone_across_sources():
    assert people(solved([entry(PHONE, **WANG_FANG), entry(PHONE, source=1)], default_policy())) == [0, 0]


def test_the_policy_for_retail_takes_two_accounts_of_one_app_for_two_persons():
    world = [entry(PHONE, (10, 1), source=1), entry(PHONE, (10, 2), source=1), entry(PHONE, **WANG_FANG)]
    assert people(solved(world, default_policy())) == [0, 1, 2]
    assert people(solved([*world[:1], world[2]], default_policy())) == [0, 0]
