"""Whoever looks at the tags of many customers never waits for their list: it is made with the run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quanyu.foundation.errors import Conflict
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.shown import make_ready, shown_tags

MONDAY, TUESDAY = (datetime(2011, 6, day, 23, 30, tzinfo=UTC) for day in (27, 28))


def test_of_many_the_list_of_the_run_before_stands_until_the_new_one_is_made(retailer):
    ws = replace(retailer.ws, settings=replace(retailer.ws.settings, index_from=1))
    first = compute(ws, MONDAY)
    assert shown_tags(ws)["run"] == str(first.number), "none was ever made"
    second = compute(ws, TUESDAY)
    told = shown_tags(ws)
    assert (told["run"], told["day"]) == (str(first.number), "2011-06-28")
    make_ready(ws)
    assert shown_tags(ws)["run"] == str(second.number)
    assert len(shown_tags(ws)["tags"]) == len(told["tags"]) > 0


def test_of_few_the_list_is_of_the_last_run_at_once(retailer):
    compute(retailer.ws, MONDAY)
    assert shown_tags(retailer.ws)["run"] == str(compute(retailer.ws, MONDAY).number)
    last = compute(retailer.ws, TUESDAY)
    assert shown_tags(retailer.ws)["run"] == str(last.number)


def test_before_the_first_run_there_is_no_list(workspace):
    with pytest.raises(Conflict, match="not been computed"):
        shown_tags(workspace)
