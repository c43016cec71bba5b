"""A device is nobody until a record of a person names it; whichever comes first, what it did becomes his."""

import pytest

from quanyu.customers.identity.recognising import Recognised, recognise

EVENTS = "event_id name occurred_at customer device"
LONG = "key type value"
NAMED = [("M1", "device", "d1"), ("M1", "card", "c1")]
NOBODY = Recognised(0, 0, 0, 0)


def viewed(*devices):
    return [(f"e-{device}", "Page", "2026-03-01 09:00", "", device) for device in devices]


@pytest.mark.parametrize("named_first", [True, False])
def test_a_device_that_is_named_has_its_customer(named_first, deliver, workspace, ask):
    if named_first:
        deliver("identifier", LONG, NAMED, source="web")
        assert recognise(workspace) == Recognised(1, 1, 0, 1)
        deliver("event", EVENTS, viewed("d1", "d2", "d3"), source="web")
        assert recognise(workspace) == Recognised(1, 0, 0, 1)
    else:
        deliver("event", EVENTS, viewed("d1", "d2", "d3"), source="web")
        assert ask("select count(*) from fact where name = 'identity.records_opened'") == [(0,)]
        assert recognise(workspace) == NOBODY
        deliver("identifier", LONG, NAMED, source="web")
        assert recognise(workspace) == Recognised(2, 1, 0, 1)
    assert ask("select anonymous, count(*) from record group by 1 order by 1") == [(False, 2), (True, 2)]
    deliver("event", EVENTS, viewed("d1", "d4"), source="app")  # the same name elsewhere is another device
    deliver("identifier", LONG, NAMED, source="web")
    assert recognise(workspace) == Recognised(0, 0, 0, 1)
    assert ask("select count(distinct customer), count(*) from record_customer") == [(1, 2)]
