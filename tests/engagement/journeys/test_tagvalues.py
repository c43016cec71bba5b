"""Values of a tag before an assignment, and customers parted by them so that a split is exact in each."""

from datetime import date

import pytest
from tests.engagement.conftest import LANGUAGES, MEMBERS, customers_of
from tests.engagement.journeys.conftest import journey, outcomes

from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.tagvalues import strata, values_before
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.tags.packs import standing

LOT = "{step: lot, split: {w: 0.5, end: 0.5, within: language}}"
WAIT = "{step: w, wait: {days: 1}}"


def test_values_are_those_of_the_run_before(stage):
    told, before = values_before(stage, "language", date(2026, 3, 10))
    assert before
    by_customer = dict(zip(told["customer"].to_pylist(), told["value"].to_pylist(), strict=True))
    speaks = [by_customer[customer] for customer in customers_of(stage, range(4))]
    assert [value or "" for value in speaks] == [LANGUAGES[i] for i in range(4)]
    assert not values_before(stage, "language", date(2026, 3, 1))[1]
    amounts, _ = values_before(stage, "monetary", date(2026, 3, 10))
    assert max(v for v in amounts["value"].to_pylist() if v is not None) < 10_000
    days, _ = values_before(stage, "last_purchase", date(2026, 3, 10))
    assert days.num_rows == MEMBERS


def test_a_split_is_exact_within_each_value(stage):
    apply(stage, journey("{call: {}}", LOT, WAIT))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.first(MEMBERS))
    tick(stage)
    told = outcomes(stage)
    parts = strata(stage, "language", OrdinalSet.first(MEMBERS))
    assert sorted(part.count() for part in parts) == [15, 15, 15, 15]
    for part in parts:
        inside = set(part.ordinals().tolist())
        sizes = [len(told["lot", f"to:{to}"] & inside) for to in ("w", "end")]
        assert sorted(sizes) == [7, 8]


def test_the_canvas_keeps_it_and_unknown_tags_are_refused(stage):
    text = journey("{call: {}}", LOT, WAIT)
    canvas = to_canvas(text, standing(stage).askables, stage.currency)
    lot = next(step for step in to_definition(canvas)["steps"] if step["step"] == "lot")
    assert lot["split"] == {"w": 0.5, "end": 0.5, "within": "language"}
    with pytest.raises(Invalid) as raised:
        apply(stage, journey("{call: {}}", LOT.replace("language", "languages"), WAIT))
    assert "language" in raised.value.faults[0].allowed
