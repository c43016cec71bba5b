"""The roll keeps hashes as two whole numbers, from whichever side they come."""

from uuid import UUID

import ibis
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import reader

from quanyu.customers.identity.roll import halves, halves_of
from quanyu.foundation.lake.model import Value

EDGES = [0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**127, 2**128 - 1]


def parts(hashes: list[int]) -> list[tuple[int, int]]:
    """Return the two halves of each, signed."""
    return [tuple(word - (1 << 64) if word >> 63 else word for word in divmod(each, 1 << 64)) for each in hashes]


@given(st.lists(st.integers(0, 2**128 - 1), max_size=20))
def test_halves_are_the_bytes_that_the_database_hands_over(hashes: list[int]):
    array = pa.array([each.to_bytes(16, "big") for each in hashes], pa.binary(16))
    high, low = halves_of(array)
    assert list(zip(high.tolist(), low.tolist(), strict=True)) == parts(hashes)


def test_halves_of_a_text_are_the_same():
    drawn = np.random.default_rng(3).bytes(16 * 200)
    hashes = [*EDGES, *(int.from_bytes(drawn[at : at + 16], "big") for at in range(0, len(drawn), 16))]
    rows: Value = ibis.memtable(pa.table({"at": range(len(hashes)), "hash": [str(UUID(int=each)) for each in hashes]}))
    high, low = halves(rows["hash"])
    found = reader().to_pyarrow(rows.select("at", high=high, low=low).order_by("at"))
    assert list(zip(found["high"].to_pylist(), found["low"].to_pylist(), strict=True)) == parts(hashes)
