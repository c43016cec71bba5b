"""Missed pairs are told by what their sides hold, and add up to all there are."""

from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from tests.customers.identity.evaluation.conftest import HOMES, KINDS

from quanyu.customers.identity.evaluation.model import BARE, KEPT, NOTHING, OTHERS, Named, Splits
from quanyu.customers.identity.evaluation.splits import false_splits


def reason(rows, links, one, other):
    """Return why a look at two records of one person says that they are two customers."""
    sides = [{i for i, row in enumerate(rows) if row == rows[record]} for record in (one, other)]
    told = [{(kind, value) for kind, value, owner in links if owner in side} for side in sides]
    kinds = [{kind for kind, _ in each} for each in told]
    if told[0] & told[1]:
        return KEPT, (KINDS[min(kind for kind, _ in told[0] & told[1])],)
    if kinds[0] & kinds[1]:
        return OTHERS, tuple(KINDS[kind] for kind in sorted(kinds[0] & kinds[1]))
    return (NOTHING if kinds[0] and kinds[1] else BARE), ()


@settings(max_examples=40)
@given(HOMES)
def test_reasons_are_what_a_look_at_every_pair_says(small, made):
    rows, links = made
    with small(rows, links) as shown:
        splits, worst = false_splits(*shown, worst=99)
    apart = [
        (a, b) for a, b in combinations(range(len(rows)), 2) if rows[a][0] == rows[b][0] and rows[a][1] != rows[b][1]
    ]
    assert {(each.why, each.kinds): each.pairs for each in splits} == Counter(reason(rows, links, *p) for p in apart)
    assert sum(each.pairs for each in worst) == len(apart)
    for each in worst:
        one, other = (named.record for named in each.between)
        assert rows[one][0] == rows[other][0]
        assert rows[one][1] != rows[other][1]
        for record, held in zip((one, other), each.held, strict=True):
            own = {kind for kind, _, owner in links if rows[owner] == rows[record]}
            assert held == tuple(KINDS[kind] for kind in sorted(own))


def test_who_changed_his_phone_is_told_apart_from_who_gave_none(small):
    rows = [(0, 0), (0, 0), (0, 1), (0, 2)]
    with small(rows, [(0, 1, 0), (1, 5, 1), (0, 2, 2)]) as shown:
        splits, worst = false_splits(*shown, worst=1)
    assert splits == (Splits(BARE, (), 3), Splits(OTHERS, (KINDS[0],), 2))
    (first,) = worst
    assert (first.pairs, first.records, first.customers) == (5, 4, 3)
    assert first.between == (Named("till", 0), Named("till", 2))
    assert first.held == (KINDS, KINDS[:1])
    assert first.common == KINDS[:1]
