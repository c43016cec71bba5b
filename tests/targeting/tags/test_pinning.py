"""Rows are held for as many customers at a time as there is room for."""

from datetime import UTC, datetime

import pytest

from quanyu.targeting.tags import pinning
from quanyu.targeting.tags.deriving import known_behaviours
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.pinning import held_at_once, pin

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(("room", "at_once"), [(2.0, 5), (0.7, 3), (0.4, 2), (0.01, 1)])
def test_portions_are_as_few_and_as_alike_as_can_be(
    retailer, monkeypatch: pytest.MonkeyPatch, room: float, at_once: int
) -> None:
    ws = retailer.ws
    inputs = pin(ws, AS_OF, standing(ws))
    rows = sum(ws.lake.stored(each.tables[0], inputs.vector) for each in known_behaviours(inputs.pack, inputs.scope))
    monkeypatch.setattr(pinning, "LEAST_AT_ONCE", 1)
    monkeypatch.setattr(pinning, "_bytes_of_a_row", lambda *_: int(ws.settings.memory * 0.75 / room / rows))
    assert held_at_once(ws, inputs) == at_once
