"""How a column would be read: times whose day and month the values tell apart, numbers of several forms, codes."""

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.reading import read_as
from quanyu.foundation.kinds import Code, Input
from quanyu.foundation.text import Text

WHEN = Input("at", "instant", Text("At", "时间"))
PRICE = Input("price", "decimal", Text("Price", "价格"))
CODES = (Code("paid", Text("Paid", "已付款")), Code("void", Text("Void", "作废")))
STATUS = Input("s", "code", Text("State", "状态"), codes=CODES)


def column(forms=None, common=(), name="c", **shares) -> Column:
    filled = sum(times for _, times in common) or 100
    return Column(name, 0, filled, filled, max(1, len(common)), shares, forms or {}, tuple(common))


def test_a_thirteen_tells_the_day_from_the_month():
    day_first = read_as(column({"%d/%m/%Y": 1.0, "%m/%d/%Y": 0.4}, slashed=1.0), WHEN)
    assert (day_first.share, day_first.forms, day_first.others) == (1.0, ("%d/%m/%Y",), ())
    either = read_as(column({"%d/%m/%Y": 1.0, "%m/%d/%Y": 1.0}, slashed=1.0), WHEN)
    assert either.others == ("%m/%d/%Y",)


def test_two_ways_of_writing_times_are_both_named():
    both = read_as(column({"%Y-%m-%d": 0.7, "%m/%d/%Y": 0.3, "%d/%m/%Y": 0.1}, time=0.7, slashed=1.0), WHEN)
    assert set(both.forms) == {"%Y-%m-%d", "%m/%d/%Y"}
    assert both.share > 0.999


def test_numbers_of_digits_are_times_only_where_all_can_be():
    assert read_as(column({"unix": 1.0}, seconds=1.0), WHEN).forms == ("unix",)
    assert read_as(column({"unix ms": 0.2}, milliseconds=1.0), WHEN).share == 0


def test_numbers():
    assert read_as(column({"1.234,56": 1.0}, number=0.3), PRICE).forms == ("1.234,56",)
    assert read_as(column(number=1.0, plain_integer=1.0, name="金额(分)"), PRICE).forms == ("minor units",)
    assert read_as(column(number=0.9, nothing=0.1), PRICE).share == 1.0


def test_codes():
    told = read_as(column(common=[("已付款", 5), ("买家已付款，待发货", 4), ("-", 1)]), STATUS)
    assert (dict(told.codes), told.unread) == ({"买家已付款，待发货": "paid"}, ())
    unknown = read_as(column(common=[("已付款", 5), ("???", 5)]), STATUS)
    assert (unknown.share, unknown.unread) == (0.5, ("???",))
