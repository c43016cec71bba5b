"""Who has a number that a slip makes of another's is likely he; how likely, those tell who bear two names."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.people import people_in
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS_PRIVATE
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.matching.namesakes import ENOUGH, READ
from quanyu.customers.matching.own import SURE, own_config, propose_own
from quanyu.customers.matching.slips import pairs_by_slips
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MAPPING = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
kinds:
  - kind: customer_record
    columns: {key: id, name: name, gender: gender}
    identifiers: [{type: phone, column: phone}]
"""
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚"
PEOPLE = 40


def name_of(number: int) -> str:
    return SURNAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[(number // 20 + 7) % 20]


def phone_of(number: int) -> str:
    """Return numbers that differ from each other in several digits."""
    return f"+86139{(number + 1) * 10_010_101 % 100_000_000:08d}"


def mistyped(phone: str, place: int = 8) -> str:
    return phone[:place] + str((int(phone[place]) + 4) % 10) + phone[place + 1 :]


@dataclass
class Town:
    """A till and a site that know the same people; at the site they mistype their numbers."""

    till: list[str] = field(default_factory=list)
    site: list[str] = field(default_factory=list)

    def live(self, number: int, *, name: str | None = None, phone: str = "", gender: str = "") -> None:
        called = name_of(number) if name is None else name
        self.till.append(f"c{number},{name_of(number)},{'f' if gender else ''},{phone_of(number)}")
        self.site.append(f"u{number},{called},{gender},{phone or mistyped(phone_of(number))}")

    def bring(self, bring: Import, workspace: Workspace) -> None:
        for source, lines in (("till", self.till), ("site", self.site)):
            text = "\n".join(["id,name,gender,phone", *lines, ""])
            bring(text.encode(), mapping=MAPPING, source=source, name=f"{source}.csv")
        recognise(workspace)


def found(workspace: Workspace, names: list[str]) -> dict[tuple[str, str], float]:
    with workspace.begin() as connection:
        vector = workspace.lake.vector_in(connection, (*READ, RECORDS_PRIVATE, CUSTOMER_OF_RECORD))
        owned = workspace.lake.table(CUSTOMER_OF_RECORD, vector)
        rows = pairs_by_slips(workspace, vector, owned, people_in(workspace, connection).records).to_pylist()
        key = {entry.record: str(entry.key) for entry in find_entries(workspace, connection, names)}
    return {
        (min(pair), max(pair)): row["probability"] for row in rows for pair in [(key[row["one"]], key[row["other"]])]
    }


def all_of(town: Town) -> list[str]:
    return [
        f"{source}:{line.split(',')[0]}"
        for source, lines in (("till", town.till), ("site", town.site))
        for line in lines
    ]


def test_one_name_is_nearly_sure_and_who_tells_none_is_as_likely_as_names_agree(bring: Import, workspace: Workspace):
    town = Town()
    for n in range(PEOPLE):
        town.live(n)
    for n in range(PEOPLE, PEOPLE + 3):  # strangers whose numbers are near
        town.live(n, name=name_of(n + 100))
    for n in range(PEOPLE + 3, PEOPLE + 8):
        town.live(n, name="")
    town.bring(bring, workspace)
    told = found(workspace, all_of(town))
    assert {pair for pair in told if told[pair] > 0.99} == {(f"c{n}", f"u{n}") for n in range(PEOPLE)}
    silent = {f"c{n}": pytest.approx(PEOPLE / (PEOPLE + 3 + 1)) for n in range(PEOPLE + 3, PEOPLE + 8)}
    assert {one: share for (one, _), share in told.items() if share < 0.99} == silent


def test_a_title_a_stranger_s_gender_and_a_second_neighbour(bring: Import, workspace: Workspace):
    town = Town()
    for n in range(PEOPLE):
        town.live(n)
    town.live(PEOPLE, name=f"{name_of(PEOPLE)[0]}老师")
    town.live(PEOPLE + 1, name="", gender="m")  # she said that she is a woman
    town.live(PEOPLE + 2, name="")
    town.live(PEOPLE + 3, name="", phone=mistyped(phone_of(PEOPLE + 2), 9))  # two numbers are near that of one
    town.live(PEOPLE + 4, name="", phone=mistyped(mistyped(phone_of(PEOPLE + 4)), 10))  # two slips
    town.bring(bring, workspace)
    told = found(workspace, all_of(town))
    assert set(told) == {(f"c{n}", f"u{n}") for n in range(PEOPLE + 1)}
    assert 0.9 < told[f"c{PEOPLE}", f"u{PEOPLE}"] < 0.999


def test_of_few_nothing_is_said(bring: Import, workspace: Workspace):
    town = Town()
    for n in range(ENOUGH - 1):
        town.live(n)
    town.bring(bring, workspace)
    assert not found(workspace, all_of(town))


@pytest.mark.scale
def test_pairs_are_proposed_and_join_by_a_policy_that_lets_them(
    bring: Import, workspace: Workspace, ask: Callable[..., list[tuple[int]]]
):
    town = Town()
    for n in range(PEOPLE):
        town.live(n)
    town.bring(bring, workspace)
    propose_own(workspace, own_config(), SURE, lambda _: None)
    asks, proves = "match:           {strength: asks", "match:           {strength: proves"
    apply_policy(workspace, read_policy(default_policy().text.replace(asks, proves)), "somebody")
    recognise(workspace)
    assert ask("select count(distinct customer) from record_customer") == [(PEOPLE,)]


@given(st.integers(10**7, 10**11), st.integers(0, 10), st.integers(0, 9))
def test_numbers_a_slip_apart_have_a_rest_in_common(number: int, place: int, digit: int):
    """What `_near` blocks on loses none of them."""
    text = str(number)
    at = place % len(text)
    changed = text[:at] + str(digit) + text[at + 1 :]
    lost = text[:at] + text[at + 1 :]
    exchanged = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    for other in (changed, exchanged):
        assert rests(text) & rests(other)
    assert lost in rests(text)


def rests(text: str) -> set[str]:
    return {text[:at] + text[at + 1 :] for at in range(len(text))}
