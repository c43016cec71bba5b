"""Whatever is asked for, and however many, few texts of queries are made."""

import ibis
import pyarrow as pa
import pytest

from quanyu.foundation.lake import compiling
from quanyu.foundation.lake.asking import few, words
from quanyu.foundation.lake.model import Pinned


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


def test_an_answer_is_that_of_the_query_which_is_made_once_for_each_term(workspace):
    lake, made = workspace.lake, []
    rows = pa.table({"number": list(range(100)), "name": [f"n{n}" for n in range(100)]})
    with lake.held(ibis.memtable(rows)) as held:

        def asked(numbers: list[int], above: int) -> list[str]:
            def make(mine):
                made.append(above)
                return held.filter(held.number.isin(mine), held.number >= above).order_by("number")

            return lake.answer("names", {}, numbers, make, above)["name"].to_pylist()

        for numbers in ([], [3], [70, 5], [1, 2, 3], [9, 8, 7, 6], [99]):
            for above in (0, 5):
                assert asked(numbers, above) == [f"n{n}" for n in sorted(numbers) if n >= above]
    assert sorted(made) == [0, 5]


def test_what_asks_for_one_ordinal_alone_is_no_question(workspace):
    rows = ibis.memtable(pa.table({"number": [1, 2]}))
    with pytest.raises(AssertionError, match="no list"):
        workspace.lake.answer("first", {}, [1], lambda mine: rows.filter(rows.number == mine[0]))


def test_an_answer_is_of_the_versions_that_are_asked_for(workspace):
    lake = workspace.lake
    for version, name in ((1, "one"), (2, "two")):
        rows = pa.table({"number": [7], "name": [name]})
        with lake.held(ibis.memtable(rows)) as held:
            vector = {"names": Pinned(version, False)}
            found = lake.answer("who", vector, [7], lambda mine, held=held: held.filter(held.number.isin(mine)))
        assert found["name"].to_pylist() == [name]
