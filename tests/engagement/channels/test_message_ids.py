"""Ids of messages are derived, read back, and tell nothing to others."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quanyu.engagement.channels.message_ids import ids_of, read_ids
from quanyu.foundation.access.keys import WorkspaceKey


class Keyed:
    """What of a workspace ids are made by."""

    def __init__(self, key: bytes) -> None:
        self.key = WorkspaceKey(key)


OURS, THEIRS = Keyed(b"a" * 32), Keyed(b"b" * 32)


@given(st.integers(1, 1 << 40), st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=50, unique=True))
def test_ids_are_read_back_and_no_two_are_alike(batch: int, customers: list[int]):
    ids = ids_of(OURS, batch, np.array(customers, np.int64)).to_pylist()  # type: ignore[arg-type]
    assert len(set(ids)) == len(customers)
    named = read_ids(OURS, ids)  # type: ignore[arg-type]
    assert named.batch.tolist() == [batch] * len(customers)
    assert named.customer.tolist() == customers
    assert ids == ids_of(OURS, batch, np.array(customers, np.int64)).to_pylist()  # type: ignore[arg-type]


def test_neighbours_have_nothing_in_common():
    first, second = ids_of(OURS, 1, np.array([1, 2])).to_pylist()  # type: ignore[arg-type]
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 16


def test_what_is_no_id_of_this_workspace_names_nobody():
    foreign = ids_of(THEIRS, 1, np.array([1])).to_pylist()  # type: ignore[arg-type]
    named = read_ids(OURS, [*foreign, "", "x" * 32, "f" * 31, "F" * 32])  # type: ignore[arg-type]
    assert (named.customer[1:] == -1).all()
    assert named.batch[0] != 1
