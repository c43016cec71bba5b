"""Counts over an index equal counts over the values themselves, across shards, NULL, repeats and who came later."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.histograms import by_rank, ranks_at, up_to
from quanyu.foundation.sets.index import Index, open_index
from quanyu.foundation.sets.writing import write_index

REACH, SHARD, LATER = 5_000, 11, 70
"""Ordinals in three shards, and customers who came after the index was written."""


@pytest.fixture(scope="module")
def values() -> dict[str, list[object]]:
    rng = np.random.default_rng(5)
    spread = {"few": 4, "many": 900, "unique": 10**9}
    found = {name: rng.integers(0, most, REACH).tolist() for name, most in spread.items()}
    return {
        **{name: [None if rng.random() < 0.3 else value for value in column] for name, column in found.items()},
        "city": [None if i % 7 == 0 else f"城{i * i % 331}" for i in range(REACH)],
        "nothing": [None] * REACH,
    }


@pytest.fixture(scope="module")
def index(values, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("index") / "tags"
    ordinals = np.arange(REACH)
    types = {"city": pa.string()}
    columns = [(n, ordinals, pa.chunked_array([pa.array(v, types.get(n, pa.int64()))])) for n, v in values.items()]
    write_index(folder, REACH, columns, 2, SHARD)
    found = open_index(folder, 2)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def sets() -> list[OrdinalSet]:
    rng = np.random.default_rng(6)
    return [
        OrdinalSet.from_mask(rng.random(REACH + LATER) < 0.4),
        OrdinalSet.of([3, 2_047, 2_048, 4_999]),
        OrdinalSet.empty(),
        OrdinalSet.first(REACH + LATER),
    ]


def held(values: list[object], members: OrdinalSet) -> list[object]:
    return [values[o] for o in members.ordinals().tolist() if o < REACH and values[o] is not None]


@pytest.mark.parametrize("name", ["few", "many", "unique", "city", "nothing"])
def test_counts_are_those_of_the_values(index, values, sets, name: str) -> None:
    distinct = index.values[name].to_pylist()
    counts = by_rank(index, name, sets)
    ranks = [0, 1, len(distinct) // 2, len(distinct)]
    below = up_to(index, name, ranks, sets)
    for i, members in enumerate(sets):
        mine = held(values[name], members)
        assert counts[i].sum() == members.count()
        assert counts[i, 0] == members.count() - len(mine)
        assert {v: n for v, n in zip(distinct, counts[i, 1:].tolist(), strict=True) if n} == {
            v: mine.count(v) for v in set(mine)
        }
        known = set(distinct[: ranks[2]])
        assert below[i].tolist() == [0, sum(v in distinct[:1] for v in mine), sum(v in known for v in mine), len(mine)]


@pytest.mark.parametrize("name", ["many", "unique"])
def test_the_member_at_a_position_is_found(index, values, sets, name: str) -> None:
    distinct = index.values[name].to_pylist()
    for members in (sets[0], sets[3]):
        ascending = sorted(held(values[name], members))
        positions = [1, 2, len(ascending) // 3, len(ascending)]
        found = [distinct[rank - 1] for rank in ranks_at(index, name, members, positions)]
        assert found == [ascending[p - 1] for p in positions]
