"""A proposed pair is a value that two records have: the policy says whether it joins them or is asked about."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.parting import cut
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.proposals import MATCH, POSSIBLE, Proposed, propose, proposed_pairs
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.workspace import Workspace

HEADER = "id,name,phone\n"
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name}
    identifiers: [{type: phone, column: phone}]
"""
Ask = Callable[[str], list[Any]]
Bring = Callable[..., Outcome]


@pytest.fixture
def members(bring: Bring) -> Callable[..., Outcome]:
    def brought(*lines: str, name: str = "members.csv") -> Outcome:
        return bring((HEADER + "\n".join(lines) + "\n").encode(), name, "app", MEMBERS)

    return brought


def pairs(*told: tuple[int, int, str]) -> pa.Table:
    columns = list(zip(*told, strict=True)) or [(), (), ()]
    types = (pa.int64(), pa.int64(), pa.string())
    return pa.table({name: pa.array(c, t) for name, c, t in zip(("one", "other", "type"), columns, types, strict=True)})


_ASKS, _PROVES = "match:           {strength: asks", "match: {strength: proves"
LIKELY_JOIN = read_policy(default_policy().text.replace(_ASKS, _PROVES, 1))


PROVING = read_policy(
    "policy: proving\ntitle: {en: Proving, zh: 证明}\n"
    "types:\n  phone: {strength: proves, scope: global, rank: 1}\n"
    "otherwise: {strength: proves, scope: any, rank: 3}\n"
)


def customers(ask: Ask) -> Sequence[int]:
    return [customer for (customer,) in ask("select customer from record_customer order by record")]


def questions(ask: Ask) -> list[Any]:
    return ask("select type, reason, records, customers from identity_question order by type")


def in_lake(workspace: Workspace) -> list[tuple[int, str]]:
    given = workspace.lake.table(GIVEN_IDENTIFIERS, workspace.lake.vector([GIVEN_IDENTIFIERS]))
    rows = workspace.lake.to_arrow(given.select("record", "type")).to_pylist()
    return sorted((row["record"], row["type"]) for row in rows if row["type"] != "phone")


def test_a_pair_is_asked_about_and_joins_where_the_policy_says_so(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001", "b,王芳,13900000002", "c,王芳,13900000003")
    recognise(workspace)
    assert propose(workspace, pairs((0, 1, MATCH), (1, 2, POSSIBLE))) == Proposed(1, 1, 2, 0)
    assert in_lake(workspace) == [(0, MATCH), (1, MATCH), (1, POSSIBLE), (2, POSSIBLE)]
    recognise(workspace)
    assert len(set(customers(ask))) == 3
    assert questions(ask) == [(MATCH, "asked", 2, 2), (POSSIBLE, "asked", 2, 2)]
    apply_policy(workspace, LIKELY_JOIN, "tester")
    recognise(workspace)
    assert customers(ask)[0] == customers(ask)[1] != customers(ask)[2]
    assert questions(ask) == [(POSSIBLE, "asked", 2, 2)]


def test_a_policy_that_does_not_speak_of_pairs_joins_none(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001", "b,王芳,13900000002")
    apply_policy(workspace, PROVING, "tester")
    propose(workspace, pairs((0, 1, POSSIBLE)))
    recognise(workspace)
    assert len(set(customers(ask))) == 2
    assert questions(ask) == [(POSSIBLE, "asked", 2, 2)]


def test_names_that_contradict_object(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001", "b,李强,13900000002")
    apply_policy(workspace, LIKELY_JOIN, "tester")
    propose(workspace, pairs((0, 1, MATCH)))
    recognise(workspace)
    assert len(set(customers(ask))) == 2
    assert questions(ask) == [(MATCH, "contradicted", 2, 2)]


def test_what_is_proposed_no_more_joins_no_more_and_is_not_asked(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001", "b,王芳,13900000002", "c,王芳,13900000003")
    apply_policy(workspace, LIKELY_JOIN, "tester")
    propose(workspace, pairs((0, 1, MATCH), (1, 2, POSSIBLE)))
    recognise(workspace)
    assert len(set(customers(ask))) == 2
    assert propose(workspace, pairs((0, 1, MATCH))) == Proposed(1, 0, 0, 1)
    assert questions(ask) == []
    assert propose(workspace, pairs()) == Proposed(0, 0, 0, 1)
    recognise(workspace)
    assert len(set(customers(ask))) == 3
    assert in_lake(workspace) == []


def test_a_cut_holds_against_a_proposal(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001", "b,王芳,13900000002")
    apply_policy(workspace, LIKELY_JOIN, "tester")
    propose(workspace, pairs((0, 1, MATCH)))
    recognise(workspace)
    cut(workspace, "app:a", "app:b", Decision("tester", "two persons"))
    recognise(workspace)
    propose(workspace, pairs())
    propose(workspace, pairs((0, 1, MATCH)))
    recognise(workspace)
    assert len(set(customers(ask))) == 2


def test_a_record_that_goes_takes_its_proposals_along(members, workspace: Workspace, ask: Ask):
    members("a,王芳,13900000001")
    second = members("b,王芳,13900000002", name="more.csv")
    recognise(workspace)
    propose(workspace, pairs((0, 1, MATCH)))
    recognise(workspace)
    take_back(workspace, second.number, rooms_of(ROOMS))
    recognise(workspace)
    assert ask("select count(*) from record") == [(1,)]
    assert ask(f"select count(*) from identifier where type = '{MATCH}'") == [(0,)]
    assert (in_lake(workspace), questions(ask)) == ([], [])
    assert propose(workspace, pairs((0, 1, MATCH))) == Proposed(0, 0, 0, 0)


def test_proposing_is_whole_or_nothing(members, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    members("a,王芳,13900000001", "b,王芳,13900000002")
    recognise(workspace)
    monkeypatch.setenv("QUANYU_FAILPOINT", "proposals.kept=full")
    with pytest.raises(OSError, match="space"):
        propose(workspace, pairs((0, 1, MATCH)))
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert ask(f"select count(*) from identifier where type = '{MATCH}'") == [(0,)]
    assert in_lake(workspace) == []
    propose(workspace, pairs((0, 1, MATCH)))
    with workspace.begin() as connection:
        one, other = proposed_pairs(workspace, connection)
    assert (one.tolist(), other.tolist()) == ([0], [1])
