"""A workspace's own records are compared in clear, and pairs are proposed that no key joins; found again, they stay."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.matching.config import read_config
from quanyu.customers.matching.own import SURE, own_config, propose_own
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.workspace import Workspace

MEMBERS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
kinds:
  - kind: customer_record
    columns: {key: id, name: name, gender: gender, city: city, store: store}
    identifiers: [{type: phone, column: phone}]
"""
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚"
PEOPLE = 600
_ASKS, _PROVES = "match:           {strength: asks", "match: {strength: proves"
LIKELY_JOIN = read_policy(default_policy().text.replace(_ASKS, _PROVES, 1))


def quiet(_: object) -> None: ...


def slipped(phone: str, chance: random.Random) -> str:
    place = chance.randrange(3, 11)
    return phone[:place] + str((int(phone[place]) + 1 + chance.randrange(9)) % 10) + phone[place + 1 :]


def two_tills(chance: random.Random) -> tuple[list[str], list[str], int]:
    """Return the members of two tills, the same people; of one in ten the second one has mistyped the phone."""
    first, second, slips = [], [], 0
    for n in range(PEOPLE):
        name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
        phone = f"13{chance.randrange(10**9):09d}"
        told = (
            f"{chance.choice(['f', 'm', ''])},{chance.choice(['杭州', '宁波', '温州', '绍兴'])},S{chance.randrange(30)}"
        )
        first.append(f"a{n},{name},{told},{phone}")
        wrong = n % 10 == 0
        slips += wrong
        second.append(f"b{n},{name},{told},{slipped(phone, chance) if wrong else phone}")
    return first, second, slips


@pytest.fixture
def members(bring: Callable[..., Outcome]) -> Callable[..., Outcome]:
    def brought(source: str, lines: list[str]) -> Outcome:
        text = "\n".join(["id,name,gender,city,store,phone", *lines, ""])
        return bring(text.encode(), f"{source}.csv", source, MEMBERS)

    return brought


def test_mistyped_phones_are_found_by_name_and_join_where_the_policy_says_so(
    members: Callable[..., Outcome], workspace: Workspace, ask: Callable[[str], list[Any]]
):
    first, second, slips = two_tills(random.Random(5))
    members("north", first)
    members("south", second)
    recognise(workspace)
    found = propose_own(workspace, own_config(), SURE, quiet)
    assert (found.records, found.proposed.gone) == (2 * PEOPLE, 0)
    assert found.proposed.likely >= 0.9 * slips
    apart = "select count(distinct customer) from record_customer"
    recognise(workspace)
    assert ask(apart) == [(PEOPLE + slips,)]  # somebody is asked
    assert ask("select count(*) from identity_question where type = 'match'") == [(found.proposed.likely,)]
    apply_policy(workspace, LIKELY_JOIN, "tester")
    recognise(workspace)
    assert ask(apart) == [(PEOPLE + slips - found.proposed.likely,)]
    again = propose_own(workspace, own_config(), SURE, quiet)
    assert (again.proposed.likely, again.proposed.new, again.proposed.gone) == (found.proposed.likely, 0, 0)


def test_who_share_a_key_are_not_proposed(
    members: Callable[..., Outcome], workspace: Workspace, ask: Callable[[str], list[Any]]
):
    """A phone that two names share is the policy's matter."""
    first, _, _ = two_tills(random.Random(6))
    members("north", first)
    members("south", [line.replace("a", "b", 1).replace("王", "李") for line in first])
    recognise(workspace)
    propose_own(workspace, own_config(), SURE, quiet)
    shared = """select count(*) from identifier one join identifier other using (workspace, type, scope, value_hash)
                where one.record < other.record and one.type = 'phone' and exists (
                  select 1 from identifier p join identifier q using (workspace, type, scope, value_hash)
                  where p.record = one.record and q.record = other.record and p.type in ('match', 'possible_match'))"""
    assert ask(shared) == [(0,)]


def test_records_without_any_key_that_nobody_has_recognised_yet(bring: Callable[..., Outcome], workspace: Workspace):
    first, _, _ = two_tills(random.Random(7))
    for source, letter in {"north": "a", "south": "b"}.items():
        lines = ["id,name,gender,city,store,phone", *(line.replace("a", letter, 1) for line in first), ""]
        keyless = MEMBERS.replace("    identifiers: [{type: phone, column: phone}]\n", "")
        bring("\n".join(lines).encode(), f"{source}.csv", source, keyless)
    by_name = replace(own_config(), blocking=own_config().blocking[-1:])
    found = propose_own(workspace, by_name, SURE, quiet)
    assert found.records == 2 * PEOPLE
    assert found.proposed.likely + found.proposed.possible > PEOPLE / 2


def test_an_empty_home_has_nothing_to_compare(workspace: Workspace):
    with pytest.raises(Conflict):
        propose_own(workspace, own_config(), SURE, quiet)


def test_what_cannot_be_compared_is_refused(members: Callable[..., Outcome], workspace: Workspace):
    members("north", ["a,快乐每一天,,,,13900000001", "b,,,,,13900000002"])
    with pytest.raises(Conflict):
        propose_own(workspace, own_config(), SURE, quiet)
    with pytest.raises(Invalid) as refused:
        propose_own(workspace, read_config(_OTHER), SURE, quiet)
    assert [fault.place for fault in refused.value.faults] == ["fields.shoe"]


_OTHER = """
fields:
  name: {column: name, means: full_name}
  shoe: {column: shoe_size, means: number}
compare:
  name: {how: full_name, fields: [name]}
  shoe: {how: number, fields: [shoe]}
blocking: [name, shoe]
training: {passes: [name, shoe]}
"""
