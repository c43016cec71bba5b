"""Of one customer the tags are told that he has, in the words of their definitions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from quanyu.foundation.errors import Conflict
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.indexing import build, index_of
from quanyu.targeting.tags.runs import current
from quanyu.targeting.tags.telling import tags_of, values_of


def test_who_has_a_tag_has_it_told_and_nothing_else(retailer) -> None:
    run = compute(retailer.ws, datetime(2011, 6, 30, 23, 30, tzinfo=UTC))
    people = range(run.customers)
    told = {customer: {each.tag.name: each for each in tags_of(retailer.ws, customer)[1]} for customer in people}
    bought = {customer: tags["monetary"].value for customer, tags in told.items() if "monetary" in tags}
    richest = max(bought, key=lambda customer: bought[customer])
    assert sorted(bought.values())[-1] == Decimal("180.01"), "major units"
    assert told[richest]["last_purchase"].value == date(2011, 4, 30)
    titles = {each.title.en for tags in told.values() for each in tags.values() if each.tag.name == "rfm_tier"}
    assert titles
    assert None not in titles
    assert all(each.value is not None for tags in told.values() for each in tags.values())
    idle = next(customer for customer in people if customer not in bought)
    assert "recency_days" not in told[idle]
    _run, values = values_of(retailer.ws, [richest, idle], ("frequency", "no_such_tag"))
    assert set(values) == {richest, idle}
    assert all(set(row) == {"customer", "frequency"} for row in values.values())
    assert tags_of(retailer.ws, 4_711)[1] == []


def test_an_index_tells_the_same_as_the_lake(retailer) -> None:
    run = compute(retailer.ws, datetime(2011, 6, 30, 23, 30, tzinfo=UTC))
    indexed = replace(retailer.ws, settings=replace(retailer.ws.settings, index_from=1))
    people = [*range(run.customers), 4_711]
    names = [tag.name for tag in current(retailer.ws).pack.tags]
    _run, from_lake = values_of(retailer.ws, people, names)
    assert index_of(retailer.ws, current(retailer.ws)) is None
    build(indexed)
    _run, from_index = values_of(indexed, people, names)
    assert from_index == from_lake
    assert {type(value) for row in from_lake.values() for value in row.values()} >= {int, float, str, date}
    assert tags_of(indexed, 4_711)[1] == []


def test_before_the_first_run_there_is_nothing_to_tell(workspace) -> None:
    with pytest.raises(Conflict, match="not been computed"):
        tags_of(workspace, 0)
