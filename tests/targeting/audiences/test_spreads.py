"""Index and columns spread the same; every customer is in one part; bands end at exact quantiles."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.audiences.spreads import MOST_VALUES, Spread, take_spreads
from quanyu.targeting.tags.indexing import build, index_of
from quanyu.targeting.tags.runs import current


@pytest.fixture
def groups(crowd) -> list[OrdinalSet]:
    drawn = np.random.default_rng(8).choice(4, len(crowd.alive), p=[0.05, 0.1, 0.6, 0.25]) - 1
    ordinals = np.array(crowd.alive)
    return [OrdinalSet.of(ordinals[drawn == number]) for number in range(3)]


def taken(crowd, groups, *, indexed: bool) -> dict[str, Spread]:
    ws = crowd.indexed if indexed else crowd.ws
    now = current(ws)
    assert (index_of(ws, now) is not None) is indexed
    return {spread.tag.name: spread for spread in take_spreads(ws, now, groups, now.pack.tags)}


def test_index_and_columns_agree(crowd, groups) -> None:
    by_columns = taken(crowd, groups, indexed=False)
    build(crowd.indexed)
    by_index = taken(crowd, groups, indexed=True)
    assert by_columns.keys() == by_index.keys()
    for name, spread in by_columns.items():
        assert by_index[name].parts == spread.parts, name
        assert by_index[name].counts.tolist() == spread.counts.tolist(), name
        assert spread.counts.sum(axis=1).tolist() == [group.count() for group in groups]


@pytest.mark.parametrize("name", ["monetary", "return_share", "tenure_days", "last_purchase", "recency_score"])
def test_bands_end_at_the_quantiles_of_all_and_hold_who_they_should(crowd, groups, name: str) -> None:
    spread = taken(crowd, groups, indexed=False)[name]
    held = [[crowd.values[name][o] for o in group.ordinals().tolist()] for group in groups]
    known = sorted(v for mine in held for v in mine if v is not None)
    bands = [part for part in spread.parts if part.kind == "band"]
    ends = [part.up_to for part in bands[:-1]]
    if len(set(known)) > 10:
        assert ends == [known[-(-len(known) * tenths // 10) - 1] for tenths in range(1, 10)]
    else:
        assert [part.value for part in bands] == sorted(set(known))
    assert bands[0].above is None
    assert bands[-1].up_to is None
    for i, part in enumerate(spread.parts):
        for mine, count in zip(held, spread.counts[:, i].tolist(), strict=True):
            assert count == sum(part.kind == "unknown" if v is None else _within(v, part) for v in mine)


def _within(value: int | float | date, part) -> bool:
    if part.kind != "band":
        return False
    return (part.above is None or value > part.above) and (part.up_to is None or value <= part.up_to)


def test_the_most_frequent_values_stand_alone(crowd, groups) -> None:
    spread = taken(crowd, groups, indexed=False)["top_product"]
    everybody = Counter(crowd.values["top_product"][o] for group in groups for o in group.ordinals().tolist())
    alone = {part.value: int(n) for part, n in zip(spread.parts, spread.totals, strict=True) if part.kind == "value"}
    assert len(alone) == MOST_VALUES
    assert sorted(alone.values()) == sorted(n for _, n in everybody.most_common(MOST_VALUES))
    assert all(everybody[value] == n for value, n in alone.items())
    assert [part.kind for part in spread.parts[MOST_VALUES:]] == ["other"]


def test_a_tag_that_nobody_has_is_unknown(crowd, groups) -> None:
    spread = taken(crowd, groups, indexed=False)["top_product"]
    empty = taken(crowd, groups, indexed=False)["average_basket"]
    assert [part.kind for part in empty.parts] == ["unknown"]
    both = spread.joined([[0, 1], list(range(2, len(spread.parts)))])
    assert both.totals.tolist() == [int(spread.totals[:2].sum()), int(spread.totals[2:].sum())]
