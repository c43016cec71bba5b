"""Whatever is asked for, and however many, few texts of queries are made."""

import ibis
import pyarrow as pa
import pytest

from quanyu.foundation.lake import compiling
from quanyu.foundation.lake.asking import few, words


@pytest.mark.parametrize("size", range(10))
def test_ordinals_are_those_given_in_a_list_of_few_lengths(size: int):
    ordinals = [70 * n for n in range(size)]
    found = [each.op().value for each in few(ordinals)]
    assert [each for each in found if each < 1 << 62] == ordinals
    assert len(set(found)) == len(found)
    assert len(found) in (0, 1, 2, 4, 8, 16)


def test_other_values_are_asked_for_in_the_same_words(workspace):
    lake = workspace.lake
    rows = pa.table({"number": list(range(20)), "name": [f"n{n}" for n in range(20)]})

    def asked(numbers: list[int], names: set[str]) -> list[int]:
        with lake.held(ibis.memtable(rows)) as held:
            chosen = held.filter(held.number.isin(few(numbers)) | held.name.isin(words(names)))
            return sorted(lake.to_arrow(chosen)["number"].to_pylist())

    assert asked([1, 2, 3], {"n9"}) == [1, 2, 3, 9]
    made = compiling.TEXTS.made
    assert asked([4, 5, 6, 700], {"n10", "n11", "other"}) == [4, 5, 6, 10, 11]
    assert compiling.TEXTS.made == made
