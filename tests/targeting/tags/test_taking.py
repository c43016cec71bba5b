"""Statistics of held rows are the same, whether loops take them or the engine does."""

from datetime import UTC, datetime

import pytest

from quanyu.customers.identity.model import CustomersMerged
from quanyu.targeting.fields.arrays import Unfit
from quanyu.targeting.tags import taking
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.runs import current
from quanyu.targeting.tags.staleness import mark_stale

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)


def values(ws) -> dict[int, dict[str, object]]:
    return {row.pop("customer"): row for row in ws.lake.to_arrow(current(ws).rows).to_pylist()}


def test_what_does_not_fit_loops_is_asked_of_the_engine(retailer, monkeypatch: pytest.MonkeyPatch) -> None:
    compute(retailer.ws, AS_OF)
    by_loops = values(retailer.ws)
    refused: list[str] = []

    def refuse(behaviour, *_given) -> None:
        refused.append(behaviour.name)
        raise Unfit

    monkeypatch.setattr(taking, "folded", refuse)
    mark_stale(retailer.ws, CustomersMerged(merged_away=(5,), survivors=(0,)))
    compute(retailer.ws, AS_OF)
    assert refused
    assert values(retailer.ws) == by_loops
