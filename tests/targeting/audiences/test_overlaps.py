"""Overlaps are those of the sets, each customer in one cell, the largest shown and the others named."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.audiences.overlaps import CELLS, MOST_PATTERNS, count_cells, overlap
from quanyu.targeting.audiences.refreshing import refresh

REACH = 3 * (1 << 20)


@given(st.lists(st.sets(st.integers(0, 200), max_size=60), min_size=1, max_size=9), st.integers(0, REACH))
def test_everybody_is_in_one_cell(members: list[set[int]], shift: int) -> None:
    sets = [OrdinalSet.of([m + shift for m in mine]) for mine in members]
    patterns, counts = count_cells(sets)
    expected = Counter(
        sum(1 << i for i, mine in enumerate(members) if person in mine) for person in set().union(*members)
    )
    assert dict(zip(patterns.tolist(), counts.tolist(), strict=True)) == dict(expected)


@pytest.fixture
def audiences(crowd) -> list[str]:
    rules = {f"score{n}": f"{{tag: recency_score, is: '<=', value: {n}}}" for n in range(1, 6)}
    rules |= {"fans": "{tag: frequency_score, is: '=', value: 5}", "lapsed": "{tag: lifecycle, is: '=', value: old}"}
    for name, rule in rules.items():
        crowd.define(name, rule)
    refresh(crowd.ws)
    return list(rules)


def test_audiences_overlap_as_their_members_do(crowd, audiences) -> None:
    found = overlap(crowd.ws, audiences)
    values = crowd.values
    members = {f"score{n}": {o for o in crowd.alive if values["recency_score"][o] <= n} for n in range(1, 6)}
    members["fans"] = {o for o in crowd.alive if values["frequency_score"][o] == 5}
    members["lapsed"] = {o for o in crowd.alive if values["lifecycle"][o] == "old"}
    sizes = [[len(members[a] & members[b]) for b in audiences] for a in audiences]
    assert np.array(found.shared).tolist() == sizes
    pair = next(p for p in found.pairs if {p.one, p.other} == {"fans", "lapsed"})
    both, either = len(members["fans"] & members["lapsed"]), len(members["fans"] | members["lapsed"])
    assert (pair.shared, pair.jaccard) == (both, both / either)
    expected = 100 * both * len(crowd.alive) / (len(members["fans"]) * len(members["lapsed"]))
    assert pair.lift == pytest.approx(expected)
    assert found.pairs[0].jaccard == max(p.jaccard for p in found.pairs)
    assert found.any == len(set().union(*members.values())) == len(crowd.alive) == found.base
    cells = Counter(tuple(a for a in audiences if o in members[a]) for o in crowd.alive)
    assert found.cells is not None
    assert {c.audiences: c.size for c in found.cells.shown}.items() <= cells.items()
    assert [c.size for c in found.cells.shown] == sorted(cells.values(), reverse=True)[:CELLS]
    assert found.cells.more == len(cells) - CELLS
    assert found.cells.rest + sum(c.size for c in found.cells.shown) == len(crowd.alive)


def test_many_audiences_have_a_matrix_and_no_cells(crowd) -> None:
    names = [f"spent{n:02}" for n in range(MOST_PATTERNS + 1)]
    for n, name in enumerate(names):
        crowd.define(name, f"{{tag: monetary, is: '>=', value: {n}}}")
    refresh(crowd.ws)
    found = overlap(crowd.ws, names)
    assert found.cells is None
    assert len(found.shared) == len(names)
    assert found.shared[3][7] == found.shared[7][7], "who spent 7 spent 3"
    assert overlap(crowd.ws, names[1:]).cells is not None


def test_what_cannot_be_compared_is_said(crowd, audiences) -> None:
    with pytest.raises(Invalid, match="So many"):
        overlap(crowd.ws, ["fans", "fans"])
    with pytest.raises(NotFound):
        overlap(crowd.ws, ["fans", "nobody"])
    crowd.define("later", "{tag: frequency_score, is: is_known}")
    with pytest.raises(Conflict, match="no snapshot") as caught:
        overlap(crowd.ws, ["fans", "later"])
    assert caught.value.received == "later"
