"""Only the living who have tags are in a group; what a definition asked is known while it can be read."""

from quanyu.targeting.audiences.groups import everybody, party
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.indexing import build
from quanyu.targeting.tags.runs import current


def test_everybody_is_alive_and_tagged(crowd) -> None:
    now = current(crowd.ws)
    found = everybody(crowd.ws, now)
    assert found.members.ordinals().tolist() == list(crowd.alive)
    build(crowd.indexed)
    assert everybody(crowd.indexed, now).members == found.members


def test_a_snapshot_counts_its_living_members(crowd) -> None:
    crowd.define(
        "all_of_them", "{any: [{tag: country, is: is_known}, {not: {tag: frequency_score, is: '=', value: 99}}]}"
    )
    refresh(crowd.ws)
    now = current(crowd.ws)
    base = everybody(crowd.ws, now)
    found = party(crowd.ws, now, "all_of_them", base)
    assert found.size == base.size
    assert found.asks == {"country", "frequency_score"}
    rule = party(crowd.ws, now, {"tag": "country", "is": "is_null"}, base)
    assert rule.asks == {"country"}
    assert rule.size == sum(crowd.values["country"][o] is None for o in crowd.alive)


def test_what_another_audience_asks_is_asked_too(crowd) -> None:
    crowd.define("french", "{tag: country, is: '=', value: France}")
    crowd.define("french_fans", "{all: [{audience: french}, {tag: frequency_score, is: '=', value: 5}]}")
    refresh(crowd.ws)
    now = current(crowd.ws)
    base = everybody(crowd.ws, now)
    both = party(crowd.ws, now, "french_fans", base)
    assert both.asks == {"country", "frequency_score"}
    by_rule = party(crowd.ws, now, {"audience": "french"}, base)
    assert by_rule.asks == {"country"}
    assert both.members.issubset(by_rule.members)
