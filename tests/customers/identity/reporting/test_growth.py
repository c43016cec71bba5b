"""Of each day the last report is kept, once, whatever reports there were."""

from collections.abc import Callable
from datetime import timedelta

from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.reporting.growth import Day, days, keep_day
from quanyu.customers.identity.reporting.report import report
from quanyu.foundation.workspace import Workspace

Deliver = Callable[..., object]


def test_the_last_report_of_a_day_speaks_for_it(deliver: Deliver, workspace: Workspace):
    deliver("customer_record", "key city", [("a", "杭州"), ("b", "")])
    recognise(workspace)
    report(workspace, ())
    deliver("customer_record", "key city", [("c", "")])
    recognise(workspace)
    (today,) = report(workspace, ()).days
    assert (today.customers, today.taggable, today.score) == (3, 1, 11)
    assert report(workspace, ()).days == (today,)
    workspace.clock.move(timedelta(days=1))
    deliver("customer_record", "key city", [("c", "上海")])
    recognise(workspace)
    kept = report(workspace, ()).days
    assert [(each.day - today.day).days for each in kept] == [0, 1]
    assert [each.taggable for each in kept] == [1, 2]
    assert report(workspace, ()).days == kept


def test_the_last_days_are_told_the_earliest_first(workspace: Workspace):
    first = workspace.clock.today(workspace.time_zone)
    for at in (2, 0, 1):
        keep_day(workspace, Day(first + timedelta(days=at), at, 0, 0, 0, 0, 0))
    assert [each.records for each in days(workspace, 2)] == [1, 2]
