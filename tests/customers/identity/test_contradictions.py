"""Parting by names, birthdays and gender is, key by key, what the rules say in plain words."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.contradictions import CONTRADICTS, TWICE, Held, Told, part, told_by
from quanyu.customers.identity.resolving import Known

WANG, LI, WANG_FANG, WANG_LAN, LI_QIANG = 1, 2, 11, 12, 21
WOMAN, MAN = 1, 2
Person = tuple[int, int, int, int]  # name, family, born, gender

PERSON = st.tuples(st.sampled_from([0, WANG, LI]), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)).map(
    lambda told: (told[0] * 10 + told[1] if told[0] and told[1] else 0, told[0], told[2], told[3])
)


Accounts = dict[int, int]  # kind of which a customer has one, and his


def parted(*persons: Person, accounts: list[Accounts] | None = None) -> list[int | None]:
    """Return the part of each of those who share one value, None for whom belongs to none."""
    group, why = part(told(persons, accounts), np.zeros(len(persons), np.int64))
    return [None if no else int(number) for number, no in zip(group, why, strict=True)]


def told(persons: "list[Person] | tuple[Person, ...]", accounts: list[Accounts] | None = None) -> Told:
    each = accounts or []
    held = [(core, kind, value) for core, own in enumerate(each) for kind, value in own.items()]
    name, family, born, gender = np.array(persons, np.int64).reshape(-1, 4).T
    core, kind, value = np.array(held, np.int64).reshape(-1, 3).T
    return Told(name, family, born, gender, np.arange(len(persons)), Held(core, kind, value))


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


def test_whom_gender_contradicts_he_is_not():
    wang, li, man = parted((WANG_FANG, WANG, 0, WOMAN), (LI_QIANG, LI, 0, 0), (0, 0, 0, MAN))
    assert li == man != wang
    assert parted((WANG_FANG, WANG, 0, WOMAN), (WANG_LAN, WANG, 0, 0), (0, WANG, 0, MAN))[1:] == [1, 1]


def test_who_has_an_account_of_his_own_is_the_other_one():
    persons: list[Person] = [(WANG_FANG, WANG, 0, 0), (LI_QIANG, LI, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)]
    wang, li, third, silent = parted(*persons, accounts=[{7: 70}, {}, {7: 71}, {}])
    assert li == third != wang
    assert silent is None
    assert parted(*persons[:3], accounts=[{7: 70}, {}, {7: 70}])[2] is None  # the same account is no contradiction


def test_a_second_account_is_a_stranger_s_and_who_says_nothing_may_be_either():
    persons: list[Person] = [
        (WANG_FANG, WANG, 0, 0),
        (WANG_FANG, WANG, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, WANG, 0, 0),
    ]
    group, why = part(told(persons, [{7: 70}, {}, {7: 71}, {}, {}]), np.zeros(5, np.int64))
    assert why.tolist() == [0, 0, TWICE, CONTRADICTS, 0]
    assert group[0] == group[1] == group[4]


def test_of_two_accounts_without_a_name_neither_is_the_named_one():
    persons: list[Person] = [
        (WANG_FANG, WANG, 0, 0),
        (WANG_FANG, WANG, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 308, 0),
    ]
    group, why = part(told(persons, [{}, {}, {7: 70}, {7: 71}, {}]), np.zeros(5, np.int64))
    assert why.tolist() == [0, 0, TWICE, TWICE, CONTRADICTS]
    assert group[0] == group[1]


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


ACCOUNTS = st.dictionaries(st.integers(0, 1), st.integers(0, 1), max_size=2)
LINKS = st.lists(st.tuples(st.integers(0, 2), PERSON, ACCOUNTS), min_size=1, max_size=14)


@given(LINKS)
def test_parts_are_those_of_the_rules(given_: list[tuple[int, Person, Accounts]]):
    keys = np.array([key for key, _, _ in given_], np.int64)
    group, why = part(told([person for _, person, _ in given_], [own for _, _, own in given_]), keys)
    expected: list[object] = [None] * len(given_)
    for key in set(keys.tolist()):
        mine = [at for at, link in enumerate(given_) if link[0] == key]
        for at, label in zip(mine, labels_of([given_[at][1:] for at in mine]), strict=True):
            expected[at] = label and (key, *label)
    assert [None if no else 1 for no in why] == [None if label is None else 1 for label in expected]
    kept = np.flatnonzero(why == 0)
    labels = [expected[i] for i in kept]
    assert [[a == b for b in group[kept]] for a in group[kept]] == [[a == b for b in labels] for a in labels]


Label = tuple[object, ...]
Holder = tuple[Person, Accounts]


def labels_of(links: list[Holder]) -> list[Label | None]:
    """Say by the rules of `part` which person each of those is who share one value."""
    borne = {person[1] for person, _ in links if person[0]} - {0}
    labels: list[Label | None] = [
        ("name", person[0]) if person[0] else ("family", person[1]) if person[1] and person[1] not in borne else None
        for person, _ in links
    ]
    groups: dict[Label, list[Holder]] = defaultdict(list)
    for label, link in zip(labels, links, strict=True):
        if label:
            groups[label].append(link)
    given_: dict[int, tuple[Label | str | None, bool]] = {}
    for at, link in enumerate(links):
        if not labels[at]:
            given_[at] = choice_of(link, groups)
    before = dict(given_)
    for at, (label, _) in before.items():
        rivals = [links[each] for each, (other, _) in before.items() if label in groups and other == label]
        if any(clash(links[at][1], own) for _, own in rivals):
            given_[at] = "twice", False
    strangers = any(label == "twice" for label, _ in given_.values())
    for at, (label, dated) in given_.items():
        settled = label if isinstance(label, tuple) else None
        doubtful = strangers and bool(groups) and not links[at][0][1] and not dated
        labels[at] = None if doubtful else settled
    for at in (2, 3):
        labels = split(links, labels, at)
    return labels


def choice_of(link: Holder, groups: dict[Label, list[Holder]]) -> tuple[Label | str | None, bool]:
    """Return whose label fits, None where none or several do, "twice" where only an account stands against it."""
    (_, family, born, gender), accounts = link
    allowed = {
        label: members
        for label, members in groups.items()
        if not family or (label[0] == "name" and any(person[1] == family for person, _ in members))
    }
    if not allowed:
        return (("blank",), False) if not family else (None, False)
    differs = {
        label
        for label, members in allowed.items()
        for at, value in ((2, born), (3, gender))
        if value and len(said := {person[at] for person, _ in members} - {0}) == 1 and value not in said
    }
    twice = {label for label, members in allowed.items() if clash(accounts, *(own for _, own in members))}
    fits = set(allowed) - differs - twice
    dated = {label for label in fits if born and any(person[2] == born for person, _ in allowed[label])}
    if len(dated) == 1:
        return dated.pop(), True
    if len(fits) == 1:
        return fits.pop(), False
    return ("twice" if not fits and twice - differs else None), False


def clash(mine: Accounts, *theirs: Accounts) -> bool:
    return any(own.get(kind, value) != value for kind, value in mine.items() for own in theirs)


def split(links: list[Holder], labels: list[Label | None], at: int) -> list[Label | None]:
    """Part those of one label, but for names, who say different things; who says nothing there is neither."""
    found = list(labels)
    for label in {each for each in labels if each and each[0] != "name"}:
        members = [place for place, each in enumerate(labels) if each == label]
        if len({links[place][0][at] for place in members} - {0}) > 1:
            for place in members:
                value = links[place][0][at]
                found[place] = (*label, at, value) if value else None
    return found


def test_a_core_says_what_its_records_agree_on():
    columns = {"source": [0] * 4, "name": [11, 0, 11, 12], "family": [1, 0, 1, 1], "born": [0, 308, 0, 0]}
    arrays = {name: np.array(values, np.int64) for name, values in columns.items()}
    known = Known(record=np.arange(4), follows=np.zeros(4, np.bool_), gender=np.array([1, 2, 0, 1]), **arrays)
    cores, asked = np.array([0, 0, 1, 1]), np.array([3, 1])
    found = told_by(known, cores, asked, ("name", "birthday", "gender"))
    assert [found.name.tolist(), found.family.tolist()] == [[0, 11], [1, 1]]
    assert [found.born.tolist(), found.gender.tolist()] == [[0, 308], [1, 0]]
    held = Held(np.array([1, 1]), np.array([5, 6]), np.array([50, 60]))
    assert told_by(known, cores, asked, ("name",), held).held.core.tolist() == [1, 1]
    assert not len(told_by(known, cores, asked, ("birthday",), held).held.core)
    unasked = told_by(known, cores, asked, ("gender",))
    assert [unasked.name.tolist(), unasked.family.tolist(), unasked.born.tolist()] == [[0, 0]] * 3
