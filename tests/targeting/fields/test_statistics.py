"""Statistics as they are written: what is understood, and every fault with what is allowed."""

from datetime import date

import pytest

from quanyu.foundation.errors import Fault, Invalid
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.model import Leaf, Statistic, Window
from quanyu.targeting.tags.definitions import parse
from quanyu.targeting.tags.model import Tag

TAG = """
pack: mine
tags:
  - name: t
    title: {{en: T, zh: T}}
    description: {{en: D, zh: D}}
    family: value
    type: {type}
    statistic: {statistic}
"""


def read(type_: str, statistic: str) -> Tag:
    return parse(TAG.format(type=type_, statistic=statistic), FIELDS, "CNY").tags[0]


def faults(type_: str, statistic: str) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        read(type_, statistic)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("type_", "written", "meant"),
    [
        ("integer", "{over: orders, take: count}", Statistic("orders", "count")),
        (
            "money",
            "{over: orders, take: sum, of: amount, within: 90}",
            Statistic("orders", "sum", "amount", within=Window(90)),
        ),
        (
            "money",
            "{over: lines, take: average, of: unit_price, within: {days: 30, before: 30}}",
            Statistic("lines", "average", "unit_price", within=Window(30, 30)),
        ),
        (
            "integer",
            "{over: events, take: distinct, of: day, within: {from: 2025-11-01, to: 2025-11-11}}",
            Statistic("events", "distinct", "day", within=Window(first=date(2025, 11, 1), last=date(2025, 11, 11))),
        ),
        ("date", "{over: orders, take: last}", Statistic("orders", "last", "day")),
        (
            "code",
            "{over: lines, take: top, of: category_1, by: amount}",
            Statistic("lines", "top", "category_1", "amount"),
        ),
        (
            "share",
            "{over: orders, take: share, where: {column: festival, is: in, value: [double_11]}}",
            Statistic("orders", "share", where=Leaf("festival", "in", ("double_11",))),
        ),
        (
            "number",
            "{over: orders, take: trend, of: amount, within: 180}",
            Statistic("orders", "trend", "amount", within=Window(180)),
        ),
        ("integer", "{over: orders, take: streak, of: month}", Statistic("orders", "streak", "month")),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_meant(type_: str, written: str, meant: Statistic) -> None:
    assert read(type_, written).source == meant


def test_days_may_be_counted_from_a_last_day() -> None:
    found = parse(TAG.format(type="integer", statistic="{over: orders, take: last}\n    as: days_since"), FIELDS, "CNY")
    assert found.tags[0].askable.form == "days_since"
    assert [fault.received for fault in faults("integer", "{over: orders, take: count}\n    as: days_since")] == [
        '"integer"'
    ]


@pytest.mark.parametrize(
    ("statistic", "place", "allowed"),
    [
        ("{over: order, take: count}", "over", "orders"),
        ("{over: orders, take: median, of: amount}", "take", "min"),
        ("{over: orders, take: sum, of: channel}", "of", "amount"),
        ("{over: orders, take: sum}", "of", "amount"),
        ("{over: orders, take: count, of: amount}", "of", "no column"),
        ("{over: orders, take: count, within: 0}", "within", "1 … 100,000"),
        ("{over: orders, take: count, within: 1.5}", "within", "1 … 100,000"),
        ("{over: orders, take: count, within: {days: 3, before: -1}}", "within.before", "0 … 100,000"),
        ("{over: orders, take: count, within: {from: 2025-02-30}}", "within.from", "a day, such as 2011-12-31"),
        ("{over: orders, take: count, within: {from: 2025-02-02, to: 2025-02-01}}", "within", "from ≤ to"),
        ("{over: orders, take: trend, within: 7}", "within", "an even number of days"),
        ("{over: orders, take: streak, of: day}", "of", "month"),
        ("{over: orders, take: share}", "where", "a rule over columns"),
        ("{over: orders, take: max, of: amount, by: amount}", "by", "top"),
        ("{over: orders, take: count, where: {column: chanel, is: =, value: web}}", "where.column", "channel"),
        ("{over: orders, take: count, where: {tag: channel, is: =, value: web}}", "where", "column"),
        ("{over: orders, take: count, where: {column: status, is: =, value: gone}}", "where.value", "closed"),
        ("[]", "", "over"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place_and_what_is_allowed(statistic: str, place: str, allowed: str) -> None:
    found = [
        (fault.place.partition("statistic")[2].lstrip("."), fault.allowed) for fault in faults("integer", statistic)
    ]
    assert [each for each in found if each[0] == place and allowed in each[1]], found


def test_the_type_must_be_that_of_the_statistic() -> None:
    (fault,) = faults("integer", "{over: orders, take: sum, of: amount}")
    assert (fault.received, fault.allowed) == ('"integer"', ("money",))
