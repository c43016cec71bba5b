"""What the guide answers for odd identifiers is what happens: nothing merges by accident, and nothing goes unsaid."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from quanyu.customers.identity.policy import MOST, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import Invalid
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[[str], list[Any]]
IDENTIFIERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: identifier
    columns: {key: id, type: type, scope: scope, value: value}
"""


@pytest.fixture
def customers(bring: Import, workspace: Workspace, ask: Ask) -> Callable[[Sequence[tuple[str, str, str]]], int]:
    """Return how many customers the records are of which each has one of these identifiers (type, scope, value)."""

    def counted(given: Sequence[tuple[str, str, str]]) -> int:
        lines = [f"r{n},{type_},{scope},{value}" for n, (type_, scope, value) in enumerate(given)]
        bring("\n".join(["id,type,scope,value", *lines, ""]).encode(), "odd.csv", "odd", IDENTIFIERS)
        recognise(workspace)
        return int(ask("select count(distinct customer) from record_customer")[0][0])

    return counted


def test_one_number_is_one_however_it_is_written(customers):
    written = (
        "13800138001",
        "+8613800138001",
        "008613800138001",
        "8613800138001",
        "１３８００１３８００１",
        "138-0013 8001",
    )
    assert customers([("phone", "", value) for value in written[:4]]) == 1
    assert customers([("phone", "", value) for value in written]) == 6  # six records of one source: nobody's number


@pytest.mark.parametrize("value", ["无", "null", "***", "1.38E+10", "x" * 10_000])
def test_what_says_nothing_joins_nobody_and_is_counted(customers, rows, value: str):
    assert customers([("card", "all", value), ("card", "all", value)]) == 2
    assert sum(row["times"] for row in rows(IDENTIFIER_FAULTS)) == 2


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_cell_is_no_identifier(customers, rows, value: str):
    assert customers([("card", "all", value), ("card", "all", "C1")]) == 1  # the first line is refused
    assert rows(IDENTIFIER_FAULTS) == []


def test_a_type_that_no_policy_names_joins_within_its_scope(customers):
    shoes = [("shoe_locker", "spa", "L7"), ("shoe_locker", "spa", "L7"), ("shoe_locker", "gym", "L7")]
    assert customers(shoes) == 2


def test_a_unionid_of_another_developer_account_is_another_one(customers):
    assert customers([("unionid", "ours", "oU1"), ("unionid", "theirs", "oU1"), ("unionid", "global", "oU1")]) == 3


def test_what_thousands_have_joins_nobody(customers):
    many = [("loyalty_no", "all", "same")] * (MOST + 1)
    assert customers(many) == MOST + 1


def test_a_policy_that_links_by_gender_is_refused():
    with pytest.raises(Invalid) as refused:
        read_policy(
            "policy: p\ntitle: {en: P, zh: 策略}\n"
            "types:\n  gender: {strength: proves, scope: global, rank: 1}\n"
            "otherwise: {strength: never, scope: any, rank: 9}\n"
        )
    assert [fault.received for fault in refused.value.faults] == ['"gender"']
