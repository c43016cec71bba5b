"""Who shares an identifier is one person, over sources and over time; doing it twice changes nothing."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from quanyu.customers.identity import recognising, waiting
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation import failpoints
from quanyu.foundation.lake import landing
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers:
      - {type: card, scope: all, column: phone}
      - {type: account, scope: all, column: email}
"""
ACCOUNTS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: identifier
    columns: {key: id, type: type, scope: scope, value: value}
"""
NEVER = "otherwise: {strength: never"
FACTS = "select body from fact where name = 'identity.customers_merged' order by number"


def members(*lines: str, source: str = "members") -> dict[str, Any]:
    text = "\n".join(["id,phone,email", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS, "source": source, "name": f"{source}.csv"}


def accounts(*lines: str, source: str = "members") -> dict[str, Any]:
    """Return a file of identifiers of records: id, type, scope, value."""
    text = "\n".join(["id,type,scope,value", *lines, ""])
    return {"lines": text.encode(), "mapping": ACCOUNTS, "source": source, "name": f"{source}-accounts.csv"}


def owners(ask: Ask) -> dict[int, int]:
    return dict(ask("select record, customer from record_customer"))


def alive(ask: Ask) -> list[int]:
    ((stored,),) = ask("select alive from population")
    return from_bytes(bytes(stored)).ordinals().tolist()


def test_everybody_is_his_own_at_first(bring: Import, workspace: Workspace, ask: Ask, rows: Rows):
    bring(**members("a,1,", "b,2,", "c,,"))
    assert recognise(workspace) == Recognised(3, 3, 0, 3)
    assert sorted(owners(ask).values()) == alive(ask) == [0, 1, 2]
    assert {row["record"]: row["customer"] for row in rows(CUSTOMER_OF_RECORD)} == owners(ask)
    assert all(row["one_id"].startswith("cus_") for row in rows(CUSTOMERS))


def test_a_shared_identifier_joins_records_of_two_sources(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,", "b,2,"))
    bring(**members("x,1,", "y,3,", source="web"))
    assert recognise(workspace) == Recognised(4, 3, 0, 3)
    by_source = dict(
        ask("select source || record, customer from record join record_customer using (workspace, record)")
    )
    assert len(by_source) == 4
    assert len(set(by_source.values())) == 3


def test_identifiers_join_in_a_chain(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,p", "b,2,p", "c,2,q", "d,9,q", "e,8,"))
    assert recognise(workspace) == Recognised(5, 2, 0, 2)


def test_a_later_record_finds_its_customer(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,"))
    recognise(workspace)
    bring(**members("x,1,", source="web"))
    assert recognise(workspace) == Recognised(1, 0, 0, 1)
    assert set(owners(ask).values()) == {0}
    assert ask(FACTS) == []


def test_two_known_customers_become_the_older_one(bring: Import, workspace: Workspace, ask: Ask, rows: Rows):
    bring(**members("a,1,"))
    recognise(workspace)
    bring(**members("b,,q"))
    recognise(workspace)
    bring(**members("x,1,q", source="web"))
    assert recognise(workspace) == Recognised(1, 0, 1, 1)
    assert set(owners(ask).values()) == {0}
    assert alive(ask) == [0]
    assert ask("select customer, merged_into from customer order by customer") == [(0, None), (1, 0)]
    assert ask(FACTS) == [({"merged_away": [1], "survivors": [0]},)]
    assert {row["record"]: row["customer"] for row in rows(CUSTOMER_OF_RECORD)} == owners(ask)


def test_a_merge_takes_all_records_of_who_is_merged_away(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,"))
    recognise(workspace)
    bring(**members("b,2,q", "c,2,", "d,3,q"))
    recognise(workspace)
    bring(**members("x,1,q", source="web"))
    recognise(workspace)
    assert set(owners(ask).values()) == {0}
    assert len(owners(ask)) == 5


def test_merges_that_meet_in_one_customer_end_in_one(bring: Import, workspace: Workspace, ask: Ask):
    """B is to become A through one of his records, and C is to become B through another."""
    for known in (["a,1,"], ["b1,2,q", "b2,3,q"], ["c,4,"]):
        bring(**members(*known))
        recognise(workspace)
    bring(**members("x,1,", "x,2,", "y,3,", "y,4,", source="web"))
    assert recognise(workspace) == Recognised(2, 0, 2, 1)
    assert set(owners(ask).values()) == set(alive(ask)) == {0}
    assert ask("select customer, merged_into from customer order by customer") == [(0, None), (1, 0), (2, 0)]


def test_an_identifier_that_comes_later_joins_known_customers(
    bring: Import, workspace: Workspace, ask: Ask, rows: Rows
):
    bring(**members("a,1,", "b,2,", "c,3,"))
    recognise(workspace)
    bring(**accounts("b,card,all,1"))
    assert recognise(workspace) == Recognised(0, 0, 1, 2)
    assert sorted(Counter(owners(ask).values()).values()) == [1, 2]
    assert set(owners(ask).values()) == set(alive(ask))
    assert {row["record"]: row["customer"] for row in rows(CUSTOMER_OF_RECORD)} == owners(ask)
    assert recognise(workspace) == Recognised(0, 0, 0, 2)


def test_a_new_phone_of_a_known_record_joins_known_customers(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,", "b,2,"))
    recognise(workspace)
    bring(**members("b,1,"))
    assert recognise(workspace) == Recognised(0, 0, 1, 1)
    assert set(owners(ask).values()) == set(alive(ask)) == {0}


def test_an_identifier_that_joins_nobody_is_looked_at_once(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,", "b,2,"))
    recognise(workspace)
    vector = workspace.lake.vector([CUSTOMER_OF_RECORD])
    bring(**accounts("b,card,all,9"))
    assert ask("select record from identity_waiting") == ask(
        "select max(record) from identifier where import_number = 2"
    )
    assert recognise(workspace) == Recognised(0, 0, 0, 2)
    assert ask("select record from identity_waiting") == []
    assert workspace.lake.vector([CUSTOMER_OF_RECORD]) == vector


def test_an_import_that_opens_records_only_leaves_nothing_to_look_at(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,", "b,2,"))
    recognise(workspace)
    bring(**members("a,1,", "c,1,"))
    assert ask("select record from identity_waiting") == []
    assert recognise(workspace) == Recognised(1, 0, 0, 2)


def test_an_import_that_began_earlier_and_lands_later_is_not_missed(
    bring: Import, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    """While one import waits between its registration and its landing, another lands and is recognised."""
    bring(**members("a,1,", "b,2,"))
    bring(**members("x,3,", source="web"))
    recognise(workspace)
    reach = failpoints.reach

    def overtaken(name: str) -> None:
        if name == "import.registered":
            monkeypatch.setattr(failpoints, "reach", reach)
            bring(**accounts("x,card,all,1", source="web"))
            assert recognise(workspace) == Recognised(0, 0, 1, 2)
        reach(name)

    monkeypatch.setattr(failpoints, "reach", overtaken)
    bring(**members("b,1,"))
    assert recognise(workspace) == Recognised(0, 0, 1, 1)


def test_doing_it_twice_changes_nothing(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,", "b,1,", "c,2,"))
    recognise(workspace)
    before = (owners(ask), alive(ask), ask("select count(*) from fact"), workspace.lake.vector([CUSTOMERS]))
    assert recognise(workspace) == Recognised(0, 0, 0, 2)
    after = (owners(ask), alive(ask), ask("select count(*) from fact"), workspace.lake.vector([CUSTOMERS]))
    assert after == before


def test_nobody_is_there_to_recognise(workspace: Workspace):
    assert recognise(workspace) == Recognised(0, 0, 0, 0)


@pytest.mark.each_point
@pytest.mark.parametrize("failpoint", [*recognising.FAILPOINTS, *landing.FAILPOINTS])
def test_what_failed_half_way_is_done_by_the_next(
    failpoint: str, bring: Import, workspace: Workspace, ask: Ask, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    bring(**members("a,1,", "b,1,", "c,2,"))
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
    with pytest.raises(OSError, match="No space left"):
        recognise(workspace)
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert rows(CUSTOMERS) == []
    assert owners(ask) == {}
    assert recognise(workspace) == Recognised(3, 2, 0, 2)
    assert len(rows(CUSTOMERS)) == 2


def test_steps_end_where_one_step_ends(bring: Import, workspace: Workspace, ask: Ask):
    """Records that come in five deliveries end in the same people as all of them at once."""
    draw = random.Random(7)
    people = [(f"r{n}", str(draw.randrange(40)), f"m{draw.randrange(60)}") for n in range(40)]
    for start in range(0, 40, 8):
        bring(**members(*(",".join(p) for p in people[start : start + 8])))
        recognise(workspace)
    found = owners(ask)
    assert len(set(found.values())) == len(components(people))
    assert alive(ask) == sorted(set(found.values()))


@pytest.mark.parametrize("seed", [0, pytest.param(2, marks=pytest.mark.scale)])
def test_any_order_and_batching_ends_in_the_same_people(
    seed: int, bring: Import, workspace: Workspace, ask: Ask, rows: Rows
):
    """Records and identifiers come mixed, with or without a recognition in between."""
    draw = random.Random(seed)
    for _ in range(6):
        keys = [f"r{draw.randrange(30)}" for _ in range(draw.randrange(1, 8))]
        if draw.random() < 0.5:
            bring(**members(*(f"{key},{draw.randrange(30)}," for key in keys)))
        else:
            bring(**accounts(*(f"{key},{draw.choice(['card', 'account'])},all,{draw.randrange(20)}" for key in keys)))
        if draw.random() < 0.7:
            recognise(workspace)
    recognise(workspace)
    found = owners(ask)
    together = {frozenset(record for record, mine in found.items() if mine == one) for one in found.values()}
    assert together == partition(ask)
    assert alive(ask) == sorted(set(found.values()))
    assert {row["record"]: row["customer"] for row in rows(CUSTOMER_OF_RECORD)} == found


def partition(ask: Ask) -> set[frozenset[int]]:
    """Join all records by all identifiers, by brute force."""
    groups = [{record} for (record,) in ask("select record from record")]
    for (records,) in ask("select array_agg(record) from identifier group by type, scope, value_hash"):
        touched = [group for group in groups if group & set(records)]
        groups = [group for group in groups if not group & set(records)] + [set[int]().union(*touched)]
    return {frozenset(group) for group in groups}


def components(people: list[tuple[str, str, str]]) -> list[set[str]]:
    """Join by brute force."""
    groups: list[set[str]] = []
    for _, phone, email in people:
        mine = {f"p{phone}", email}
        touched = [group for group in groups if group & mine]
        groups = [group for group in groups if not group & mine] + [mine.union(*touched)]
    return groups


def test_a_policy_there_and_back_leaves_everybody_his_id(bring: Import, workspace: Workspace, ask: Ask):
    bring(**members("a,1,p", "b,1,", "c,2,p", "d,3,q", "e,4,q"))
    recognise(workspace)
    before = owners(ask)
    apply_policy(workspace, read_policy(default_policy().text.replace("otherwise: {strength: proves", NEVER)), "test")
    done = recognise(workspace)
    assert (done.parted, done.merged, done.customers) == (2, 0, 4)
    assert set(before.values()) < set(owners(ask).values())
    ((split,),) = ask("select body from fact where name = 'identity.customers_split'")
    assert set(split["origins"]) == set(before.values())
    assert set(split["origins"] + split["parted"]) == set(owners(ask).values())
    apply_policy(workspace, default_policy(), "test")
    assert recognise(workspace) == Recognised(0, 0, 2, 2)
    assert owners(ask) == before
    ((merged,),) = ask(FACTS)
    assert (sorted(merged["merged_away"]), sorted(merged["survivors"])) == (sorted(split["parted"]), [0, 1])
    assert recognise(workspace) == Recognised(0, 0, 0, 2)


@pytest.mark.parametrize("large", [0.0, 2.0])
def test_a_type_may_have_any_name(
    large: float, bring: Import, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waiting, "LARGE", large)
    text = default_policy().text.replace("otherwise: {strength: proves", NEVER)
    rule = 'types:\n  "wx:o\'id %s {x}": {strength: proves, scope: brand, rank: 1}\n'
    apply_policy(workspace, read_policy(text.replace("types:\n", rule)), "test")
    bring(**members("z,9,"))
    recognise(workspace)
    bring(**accounts(*(f"{key},wx:o'id %s {{x}},all,v" for key in "ab"), "c,other,all,v", "d,other,all,v"))
    assert recognise(workspace) == Recognised(4, 3, 0, 4)
