"""False pairs are told by the identifier that most persons of the customer share, and add up to all there are."""

from itertools import combinations

from hypothesis import given, settings
from tests.customers.identity.evaluation.conftest import HOMES, KINDS

from quanyu.customers.identity.evaluation.merges import false_merges
from quanyu.customers.identity.evaluation.model import Merges, Named


@settings(max_examples=40)
@given(HOMES)
def test_reasons_are_what_a_look_at_every_pair_says(small, made):
    rows, links = made
    with small(rows, links) as shown:
        merges, worst = false_merges(*shown, worst=99)
    wrong = [
        (a, b) for a, b in combinations(range(len(rows)), 2) if rows[a][1] == rows[b][1] and rows[a][0] != rows[b][0]
    ]
    assert sum(each.pairs for each in merges) == len(wrong)
    assert sum(each.pairs for each in worst) == len(wrong)
    assert [each.pairs for each in worst] == sorted((each.pairs for each in worst), reverse=True)
    holders = {(kind, value): {owner for k, v, owner in links if (k, v) == (kind, value)} for kind, value, _ in links}
    sharing = {
        (kind, value, customer)
        for (kind, value), owners in holders.items()
        for customer in {rows[owner][1] for owner in owners}
        if len({rows[owner][0] for owner in owners if rows[owner][1] == customer}) > 1
    }
    for kind, named in enumerate(KINDS):
        shared = [each.shared for each in merges if each.kind == named]
        assert sum(shared) == len([key for key in sharing if key[0] == kind])
    for each in worst:
        one, other = (named.record for named in each.between)
        assert rows[one][1] == rows[other][1]
        assert rows[one][0] != rows[other][0]
        both = [owners for (kind, _), owners in holders.items() if each.kind == KINDS[kind] and {one, other} <= owners]
        assert each.kind is None or each.touches in {len(owners) for owners in both}
        assert each.kind is not None or not [key for key in sharing if key[2] == rows[one][1]]


def test_a_phone_of_many_speaks_before_a_card_of_two(small):
    rows = [(0, 0), (1, 0), (2, 0), (0, 0), (3, 1)]
    with small(rows, [(0, 7, 0), (0, 7, 1), (0, 7, 2), (1, 3, 0), (1, 3, 1), (0, 7, 4)]) as shown:
        merges, worst = false_merges(*shown, worst=1)
    assert merges == (Merges(KINDS[0], 5, 1, 1), Merges(KINDS[1], 0, 0, 1))
    (first,) = worst
    assert (first.pairs, first.records, first.persons, first.kind, first.touches) == (5, 4, 3, KINDS[0], 4)
    assert first.between == (Named("till", 0), Named("till", 2))
