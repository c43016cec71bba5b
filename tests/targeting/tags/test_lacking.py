"""A tag that sources cannot fill says what it lacks, and so does what is derived from it."""

from collections.abc import Mapping

import pytest

from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.origins import Arrivals, Arrived
from quanyu.targeting.tags.definitions import built_in, parse
from quanyu.targeting.tags.lacking import Standing, needs_of, standings

HEAD = "pack: ours\ntags:\n"
WORDS = "title: {{en: T, zh: 题}}, description: {{en: D, zh: 述}}, family: value"
TAG = "- {{name: {name}, " + WORDS + ", type: {type}, {source}}}\n"
TAGS = {
    "country": ("code", "field: identity.country"),
    "age": ("integer", "field: identity.age"),
    "orders_ever": ("integer", "statistic: {over: orders, take: count}"),
    "spent": ("money", "statistic: {over: orders, take: sum, of: amount}"),
    "couponed": ("integer", "statistic: {over: orders, take: count, where: {column: coupon, is: is_known}}"),
    "plain": ("integer", "statistic: {over: orders, take: count, where: {column: coupon, is: is_null}}"),
    "either": (
        "integer",
        "statistic: {over: orders, take: count, where: {any: ["
        "{column: coupon, is: is_known}, {column: weekend, is: '=', value: true}]}}",
    ),
    "both": (
        "integer",
        "statistic: {over: orders, take: count, where: {all: ["
        "{column: coupon, is: is_known}, {column: weekend, is: '=', value: true}]}}",
    ),
    "not_couponed": (
        "integer",
        "statistic: {over: orders, take: count, where: {not: {column: coupon, is: '=', value: X}}}",
    ),
    "top_channel": ("code", "statistic: {over: orders, take: top, of: channel}"),
    "sent": ("integer", "statistic: {over: messages, take: count}"),
    "replied": ("integer", "statistic: {over: messages, take: count, where: {column: replied, is: '=', value: true}}"),
    "per_message": ("share", "ratio: {of: orders_ever, over: sent}"),
    "kind": (
        "code",
        "cases: [{value: a, title: {en: A, zh: 甲}, when: {tag: sent, is: '>', value: 1}},"
        " {value: b, title: {en: B, zh: 乙}, when: {tag: orders_ever, is: '>', value: 1}}]",
    ),
    "kind_of_sent": (
        "code",
        "cases: [{value: a, title: {en: A, zh: 甲}, when: {tag: sent, is: '>', value: 1}}], otherwise: "
        "{value: b, title: {en: B, zh: 乙}}",
    ),
    "favourite": (
        "code",
        "highest: {of: [{value: a, title: {en: A, zh: 甲}, tag: sent},"
        " {value: b, title: {en: B, zh: 乙}, tag: spent}]}",
    ),
}
LINES = {"order_number": 9, "placed_at": 9, "amount": 9, "unit_price": 9, "quantity": 9, "product": 9}


def stand(names: str, *arrived: Arrived) -> Mapping[str, Standing]:
    texts = [TAG.format(name=name, type=TAGS[name][0], source=TAGS[name][1]) for name in names.split()]
    return standings(parse(HEAD + "".join(texts), FIELDS, "GBP"), Arrivals(arrived))


def arrived(kind: str, **filled: int) -> Arrived:
    return Arrived(kind, "till", 9, None, filled)


def test_a_field_lacks_what_nobody_fills_and_any_of_its_inputs_will_do() -> None:
    found = stand("country age", arrived("customer_record", country=1))
    assert found["country"] == Standing(True, ())
    (lack,) = found["age"].lacks
    assert (found["age"].computable, lack.wholly) == (False, False)
    assert lack.words == Text(
        "Customer record: Birthday, where the year may be unknown or Date of birth (sealed) is never filled "
        "(customer_record.birthday, customer_record.birth_date)",
        "客户记录：生日（年份可缺）或出生日期（加密保存）从未填写"
        "（customer_record.birthday, customer_record.birth_date）",
    )
    assert stand("age", arrived("customer_record", birth_date=1))["age"].computable
    (nothing,) = stand("age")["age"].lacks
    assert nothing.wholly
    assert "no Customer record has come in" in nothing.words.en


def test_orders_are_made_of_headers_or_lines() -> None:
    for kind in ("order", "order_line"):
        assert stand("orders_ever", arrived(kind))["orders_ever"].computable
    assert not stand("orders_ever", arrived("customer_record"))["orders_ever"].computable


@pytest.mark.parametrize(
    ("name", "computable", "partly"),
    [
        ("couponed", False, True),
        ("plain", True, True),
        ("either", True, True),
        ("both", False, True),
        ("not_couponed", False, True),
        ("top_channel", False, True),
        ("spent", True, False),
    ],
)
def test_a_statistic_lacks_the_columns_that_it_asks_for(name: str, computable: bool, partly: bool) -> None:
    found = stand(name, arrived("order_line", **LINES), arrived("order", status=9))[name]
    assert (found.computable, bool(found.lacks)) == (computable, partly)


def test_without_rows_of_the_kind_that_is_all_it_lacks() -> None:
    (lack,) = stand("replied", arrived("order_line", **LINES))["replied"].lacks
    assert (lack.wholly, lack.inputs) == (True, ("message.*",))
    (answers,) = stand("replied", arrived("message", channel=9))["replied"].lacks
    assert (answers.wholly, answers.inputs) == (True, ("response.*",))


def test_what_is_derived_lacks_what_it_needs() -> None:
    found = stand("orders_ever spent sent per_message kind kind_of_sent favourite", arrived("order_line", **LINES))
    computable = {name for name, each in found.items() if each.computable}
    assert computable == {"orders_ever", "spent", "kind", "favourite"}
    assert found["per_message"].lacks == found["sent"].lacks == found["kind"].lacks
    suspects = standings(parse(HEAD + TAG.format(name="sent", type="integer", source=TAGS["sent"][1]), FIELDS, "GBP"),
                         Arrivals(()), frozenset())  # fmt: skip
    assert suspects["sent"].computable


def test_every_tag_of_the_built_in_pack_needs_something_of_sources_or_of_other_tags() -> None:
    pack = built_in(FIELDS, "CNY")
    assert [tag.name for tag in pack.tags if not tag.needs and not all(needs_of(tag))] == []
    assert not any(each.computable for each in standings(pack, Arrivals(())).values())
