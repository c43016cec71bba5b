"""Identifiers are shown masked, so that who knows one recognises it and who does not learns none."""

import pytest

from quanyu.customers.identity.held import Held, cloaked, held_by
from quanyu.foundation.workspace import Workspace


@pytest.mark.parametrize(
    ("type_", "value", "shown"),
    [
        ("phone", "+8613800138000", "138****8000"),
        ("receiver_phone", "+8613800138000", "138****8000"),
        ("phone", "+442079460018", "+44****0018"),
        ("phone", "+4930901820;ext=77", "+49****1820"),
        ("email", "wang.fang@example.com", "w***@example.com"),
        ("unionid", "oUnA7f9Kq2", "oU***q2"),
        ("card", "K-0815", "K***"),
        ("card", "7", "7***"),
    ],
)
def test_a_value_is_masked_by_its_type(type_: str, value: str, shown: str):
    assert cloaked(type_, value) == shown


def test_the_identifiers_of_some_records_are_told_phones_first(workspace: Workspace, deliver):
    given = [("a", "card", "all", "K-0815-4711"), ("a", "phone", "", "13800138000"), ("b", "phone", "", "13900139000")]
    deliver("identifier", "key type scope value", given)
    records = {each.record for each in held_by(workspace, [0, 1])}
    assert records == {0, 1}
    mine = next(record for record in records if len(held_by(workspace, [record])) == 2)
    assert held_by(workspace, [mine]) == [
        Held(mine, "phone", "global", "138****8000"),
        Held(mine, "card", "all", "K-***11"),
    ]
    assert [each.value for each in held_by(workspace, [mine], clear=True)] == ["+8613800138000", "K-0815-4711"]
    assert held_by(workspace, []) == []
