"""Parting by names, birthdays and gender is, key by key, what the rules say in plain words."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.contradictions import Told, part, told_by
from quanyu.customers.identity.resolving import Known

WANG, LI, WANG_FANG, WANG_LAN, LI_QIANG = 1, 2, 11, 12, 21
WOMAN, MAN = 1, 2
Person = tuple[int, int, int, int]  # name, family, born, gender

PERSON = st.tuples(st.sampled_from([0, WANG, LI]), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)).map(
    lambda told: (told[0] * 10 + told[1] if told[0] and told[1] else 0, told[0], told[2], told[3])
)


def parted(*persons: Person) -> list[int | None]:
    """Return the part of each of those who share one value, None for whom belongs to none."""
    group, refused = part(told(persons), np.zeros(len(persons), np.int64))
    return [None if no else int(number) for number, no in zip(group, refused, strict=True)]


def told(persons: "list[Person] | tuple[Person, ...]") -> Told:
    return Told(*np.array(persons, np.int64).reshape(-1, 4).T)


def test_two_names_are_two_persons_and_a_nameless_one_is_neither():
    wang, li, nobody = parted((WANG_FANG, WANG, 0, 0), (LI_QIANG, LI, 0, 0), (0, 0, 0, 0))
    assert wang != li
    assert nobody is None


def test_a_nameless_one_is_the_only_name():
    assert len(set(parted((WANG_FANG, WANG, 0, 0), (0, 0, 0, 0), (WANG_FANG, WANG, 0, 0)))) == 1


def test_a_birthday_says_which_of_two_names():
    wang, li, third = parted((WANG_FANG, WANG, 308, 0), (LI_QIANG, LI, 101, 0), (0, 0, 308, 0))
    assert wang == third != li


def test_a_birthday_of_two_names_says_nothing():
    assert parted((WANG_FANG, WANG, 308, 0), (LI_QIANG, LI, 308, 0), (0, 0, 308, 0))[2] is None


def test_a_surname_is_the_one_name_with_it():
    wang, li, titled = parted((WANG_FANG, WANG, 0, 0), (LI_QIANG, LI, 0, 0), (0, WANG, 0, 0))
    assert wang == titled != li
    assert parted((WANG_FANG, WANG, 0, 0), (WANG_LAN, WANG, 0, 0), (0, WANG, 0, 0))[2] is None


def test_another_surname_is_another_person():
    assert len(set(parted((WANG_FANG, WANG, 0, 0), (0, LI, 0, 0)))) == 2


def test_a_surname_of_another_gender_or_birthday_is_a_stranger():
    assert parted((WANG_FANG, WANG, 0, WOMAN), (0, WANG, 0, MAN))[1] is None
    assert parted((WANG_FANG, WANG, 308, 0), (0, WANG, 309, 0))[1] is None
    assert parted((WANG_FANG, WANG, 308, 0), (0, 0, 309, 0))[1] is None


def test_nameless_ones_contradict_each_other_by_birthday_and_gender():
    one, other, silent = parted((0, 0, 308, 0), (0, 0, 309, 0), (0, 0, 0, 0))
    assert one != other
    assert silent is None
    assert len(set(parted((0, 0, 308, WOMAN), (0, 0, 0, 0), (0, 0, 308, 0)))) == 1


def test_two_of_a_surname_contradict_each_other_by_birthday_and_gender():
    """Mr Wang and Ms Wang are two, as two without any name are."""
    woman, man, silent = parted((0, WANG, 0, WOMAN), (0, WANG, 0, MAN), (0, WANG, 0, 0))
    assert woman != man
    assert silent is None
    one, other = parted((0, WANG, 308, 0), (0, WANG, 309, 0))
    assert one != other
    surname, nameless = parted((0, WANG, 308, 0), (0, 0, 309, 0))
    assert surname != nameless


def test_one_core_may_say_the_name_without_its_surname():
    """Somebody of two surnames has none; whose name is known besides lends it his own, in whatever order they come."""
    persons: list[Person] = [(WANG_FANG, WANG, 0, 0), (WANG_FANG, 0, 0, 0), (0, WANG, 0, 0)]
    assert len(set(parted(*persons))) == len(set(parted(*persons[::-1]))) == 1


@given(st.lists(st.tuples(st.integers(0, 2), PERSON), min_size=1, max_size=14))
def test_parts_are_those_of_the_rules(given_: list[tuple[int, Person]]):
    keys = np.array([key for key, _ in given_], np.int64)
    group, refused = part(told([person for _, person in given_]), keys)
    expected = [part_of(person, [p for k, p in given_ if k == key], key) for key, person in given_]
    assert [None if no else 1 for no in refused] == [None if label is None else 1 for label in expected]
    kept = np.flatnonzero(~refused)
    labels = [expected[i] for i in kept]
    assert [[a == b for b in group[kept]] for a in group[kept]] == [[a == b for b in labels] for a in labels]


def part_of(person: Person, beside: list[Person], key: int) -> tuple[object, ...] | None:
    """Say by the rules of `part` whom of those beside him a person belongs to."""
    label = first_label(person, beside)
    if label is None:
        return None
    if label[0] == "name":
        sure = [each for each in beside if each[0] == label[1]]
        for at in (2, 3):
            values = {each[at] for each in sure} - {0}
            if person[0] == 0 and person[at] and len(values) == 1 and person[at] not in values:
                return None
        return key, *label
    members = [each for each in beside if first_label(each, beside) == label]
    for at in (2, 3):
        values = {each[at] for each in members} - {0}
        if len(values) > 1:
            if not person[at]:
                return None
            members, label = [each for each in members if each[at] == person[at]], (*label, at, person[at])
    return key, *label


def first_label(person: Person, beside: list[Person]) -> tuple[object, ...] | None:
    name, family, born, _ = person
    if name:
        return "name", name
    families: dict[int, set[int]] = defaultdict(set)
    for each in beside:
        families[each[1]] |= {each[0]} - {0}
    if family:
        names = families[family]
        return ("name", *names) if len(names) == 1 else None if names else ("family", family)
    lettered = [(first_label(each, beside), each[2]) for each in beside if each[0] or each[1]]
    labels = {label for label, _ in lettered} - {None}
    if len(labels) < 2:
        return labels.pop() if labels else ("blank",)
    dated = {label for label, theirs in lettered if born and theirs == born} - {None}
    return dated.pop() if len(dated) == 1 else None


def test_a_core_says_what_its_records_agree_on():
    columns = {"source": [0] * 4, "name": [11, 0, 11, 12], "family": [1, 0, 1, 1], "born": [0, 308, 0, 0]}
    arrays = {name: np.array(values, np.int64) for name, values in columns.items()}
    known = Known(record=np.arange(4), follows=np.zeros(4, np.bool_), gender=np.array([1, 2, 0, 1]), **arrays)
    cores, asked = np.array([0, 0, 1, 1]), np.array([3, 1])
    found = told_by(known, cores, asked, ("name", "birthday", "gender"))
    assert [found.name.tolist(), found.family.tolist()] == [[0, 11], [1, 1]]
    assert [found.born.tolist(), found.gender.tolist()] == [[0, 308], [1, 0]]
    unasked = told_by(known, cores, asked, ("gender",))
    assert [unasked.name.tolist(), unasked.family.tolist(), unasked.born.tolist()] == [[0, 0]] * 3
