"""What a missing identifier would bring is told by records of the same source that have it, and comes true."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.reporting.mending import Gain, gains
from quanyu.customers.identity.reporting.standing import Standing

PHONE, CARD = 1, 2


def standing(*rows):
    """Rows: source, mask, records, linked."""
    columns = zip(("source", "mask", "records", "linked"), zip(*rows, strict=True), strict=True)
    return Standing(("phone", "card"), pa.table({name: list(values) for name, values in columns}), None, None)


def test_the_difference_between_those_who_have_it_and_those_who_have_not():
    told = standing(("till", PHONE, 100, 80), ("till", 0, 50, 5))
    assert gains(told) == [Gain("till", "phone", 50, 35)]  # 50 * 0.8 - 5


def test_records_are_compared_with_those_of_the_same_other_identifiers():
    told = standing(
        *(("web", PHONE | CARD, 100, 90), ("web", CARD, 100, 80), ("web", PHONE, 100, 60), ("web", 0, 100, 0)),
    )
    by_type = {each.type: each.linked for each in gains(told)}
    assert by_type == {"phone": 10 + 60, "card": 30 + 80}


def test_what_nobody_or_everybody_has_is_no_advice():
    assert gains(standing(("till", PHONE, 100, 80), ("web", 0, 50, 5))) == []


def test_few_are_not_trusted_alone():
    told = standing(("web", PHONE | CARD, 3, 3), ("web", CARD, 100, 0), ("web", PHONE, 97, 47), ("web", 0, 1, 0))
    (phone,) = [each for each in gains(told) if each.type == "phone"]
    assert phone.linked == 50  # half of all who have a phone are linked, not the three of three


@given(
    st.lists(
        st.tuples(st.sampled_from(("till", "web")), st.integers(0, 3), st.integers(1, 500), st.floats(0, 1)),
        min_size=1,
        unique_by=lambda row: row[:2],
    )
)
def test_never_more_than_is_missing(rows):
    told = standing(*((source, mask, records, int(records * share)) for source, mask, records, share in rows))
    for gain in gains(told):
        lacking = [row for row in rows if row[0] == gain.source and not row[1] >> told.types.index(gain.type) & 1]
        assert gain.missing == sum(row[2] for row in lacking)
        assert 0 < gain.linked <= gain.missing


@pytest.mark.parametrize("seed", range(3))
def test_an_estimate_of_what_lacks_by_chance_comes_true(seed):
    """Phones are struck out of a third of the records: the estimate is what putting them back links."""
    rng = np.random.default_rng(seed)
    count = 20_000
    card, known = rng.random(count) < 0.4, rng.random(count) < 0.5
    by_card, by_phone = card & known, known & (rng.random(count) < 0.8)
    struck = rng.random(count) < 1 / 3

    def masks(phone):
        linked = by_card | (by_phone & phone)
        mask = np.where(phone, PHONE, 0) | np.where(card, CARD, 0)
        return [
            ("web", each, int((mask == each).sum()), int(linked[mask == each].sum()))
            for each in np.unique(mask).tolist()
        ]

    (estimate,) = [each for each in gains(standing(*masks(~struck))) if each.type == "phone"]
    truly = (by_card | by_phone).sum() - (by_card | (by_phone & ~struck)).sum()
    assert estimate.linked == pytest.approx(truly, rel=0.1)
