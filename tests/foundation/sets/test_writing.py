"""An index that is renewed says what one that is written anew says, whatever has changed, come or gone."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.foundation.sets.test_index import OPERATORS, SHARD, TYPES, VALUES, expression, index_of, rows_of

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.histograms import by_rank
from quanyu.foundation.sets.index import Index, open_index
from quanyu.foundation.sets.layout import SPREAD
from quanyu.foundation.sets.writing import renew_index

Rows = dict[str, dict[int, object]]


def renewed(folder: Path, last: Index, reach: int, changed: list[int], rows: Rows) -> Index:
    some = np.array(sorted(changed), np.int64)
    columns = [
        (name, some, np.array(list(held), np.int64), pa.chunked_array([pa.array(list(held.values()), TYPES[name])]))
        for name, held in ((name, {o: v for o, v in held.items() if o in changed}) for name, held in rows.items())
    ]
    renew_index(folder, last, reach, columns, {"renewed": 1})
    index = open_index(folder, threads=2)
    assert index is not None
    return index


def said(index: Index, reach: int, seed: int) -> dict[str, list[int]]:
    rng = np.random.default_rng(seed)
    asked = [(name, op, VALUES[name](rng)) for name in VALUES for op in OPERATORS if name != "nothing" or op == "known"]
    asked = [(n, op, v) for n, op, v in asked if v == v]
    found = index.select([expression(index, *each) for each in asked], OrdinalSet.first(reach))
    return {f"{n} {op} {v}": members.ordinals().tolist() for (n, op, v), members in zip(asked, found, strict=True)}


def histogram(index: Index, name: str, reach: int) -> dict[object, int]:
    counts = by_rank(index, name, [OrdinalSet.first(reach)])[0].tolist()
    return {value: many for value, many in zip([None, *index.values[name].to_pylist()], counts, strict=True) if many}


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    reach=st.sampled_from([1, 64, 1_024, 2_500]),
    more=st.sampled_from([0, 1, 1_100]),
    share=st.sampled_from([0.0, 0.01, 0.5, 1.0]),
)
def test_what_is_renewed_equals_what_is_written_anew(
    tmp_path: Path, seed: int, reach: int, more: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    before, after = rows_of(seed, reach), rows_of(seed + 1, reach + more)
    changed = {o for o in range(reach + more) if o >= reach or rng.random() < share}
    now = {
        name: {o: v for o, v in held.items() if o not in changed}
        | {o: v for o, v in after[name].items() if o in changed}
        for name, held in before.items()
    }
    folder = tmp_path / f"{seed}-{reach}-{more}-{share}"
    last = index_of(folder / "last", before, reach)
    whole = index_of(folder / "whole", now, reach + more)
    index = renewed(folder / "renewed", last, reach + more, sorted(changed), now)
    assert said(index, reach + more, seed) == said(whole, reach + more, seed)
    for name in ("pieces", "city", "day", "nothing"):
        assert histogram(index, name, reach + more) == histogram(whole, name, reach + more)
    assert (index.origin, last.origin) == ({"renewed": 1}, {})


@pytest.mark.parametrize(("fewer", "more"), [(3, SPREAD), (SPREAD, SPREAD + 1), (SPREAD + 1, 70), (70, 3)])
def test_a_column_comes_to_have_more_values_or_fewer(tmp_path: Path, fewer: int, more: int) -> None:
    reach = 3_000
    before: Rows = {"pieces": {o: o % fewer for o in range(reach)}}
    changed = list(range(500, 2_500))
    now: Rows = {"pieces": {o: o % more if 500 <= o < 2_500 else o % fewer for o in range(reach)}}
    index = renewed(tmp_path / "renewed", index_of(tmp_path / "last", before, reach), reach, changed, now)
    whole = index_of(tmp_path / "whole", now, reach)
    assert histogram(index, "pieces", reach) == histogram(whole, "pieces", reach)
    assert index.columns["pieces"].distinct == max(fewer, more)


def test_a_value_of_few_that_nobody_has_any_more_is_left_out(tmp_path: Path) -> None:
    before: Rows = {"city": dict.fromkeys(range(1 << SHARD), "杭州") | {2_000: "上海"}}
    last = index_of(tmp_path / "last", before, 2_001)
    index = renewed(tmp_path / "renewed", last, 2_001, [2_000], {"city": {2_000: "York"}})
    assert index.values["city"].to_pylist() == ["York", "杭州"]
    assert index.count([index.equal("city", "上海"), index.known("city")], OrdinalSet.first(2_001)) == [0, 1_025]
