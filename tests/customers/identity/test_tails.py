"""A phone's tail is that of its last four digits, whatever stands before them; nothing else has one."""

import pyarrow as pa

from quanyu.customers.identity.tails import hashed_tails, tails_of
from quanyu.foundation.workspace import Workspace


def test_only_phones_have_tails_and_equal_ends_equal_ones(workspace: Workspace):
    given = pa.table(
        {
            "type": ["phone", "phone", "card", "phone", "phone", "receiver_phone"],
            "value": ["+8613800138000", "+442079468000", "0138000", "+4930901820;ext=77", "+8613800138001", "8000"],
        }
    )
    found = tails_of(workspace, given).to_pylist()
    one, other = hashed_tails(workspace, pa.array(["8000", "1820"])).to_pylist()
    assert found[:4] == [one, one, None, other]
    assert found[4] not in (None, one, other)
    assert found[5] is None, "whom a parcel goes to is not asked for"
    assert all(tail is None or 0 <= tail < 1 << 60 for tail in found)


def test_nothing_has_no_tails(workspace: Workspace):
    given = pa.table({"type": pa.array([], pa.string()), "value": pa.array([], pa.string())})
    assert tails_of(workspace, given).to_pylist() == []
