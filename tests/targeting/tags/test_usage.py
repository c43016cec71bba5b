"""It is kept who uses a tag: audiences while they ask for it, counts, portraits and exports by their last day."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.definitions import parse
from quanyu.targeting.tags.tables import tag_use
from quanyu.targeting.tags.usage import EXPORT, Uses, last_uses, read_uses, shipped_rules, use

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
BUYERS = """
name: buyers
title: {en: Buyers, zh: 买家}
description: {en: D, zh: 述}
rule: {all: [{tag: frequency, is: ">=", value: 1}, {not: {tag: country, is: "=", value: Japan}}]}
"""


@pytest.fixture
def tagged(retailer):
    compute(retailer.ws, AS_OF)
    return retailer.ws


def forget(ws, holder: str) -> None:
    with ws.begin() as connection:
        connection.execute(sa.delete(tag_use).where(tag_use.c.holder == holder))


def test_an_audience_uses_what_it_asks_for_while_it_does(tagged) -> None:
    apply(tagged, BUYERS)
    assert {tag: each.audiences for tag, each in read_uses(tagged).items()} == {
        "frequency": ("buyers",),
        "country": ("buyers",),
    }
    apply(tagged, BUYERS.replace("country", "rfm_tier").replace("Japan", "to_keep"))
    apply(tagged, BUYERS.replace("country", "rfm_tier").replace("Japan", "to_keep"))
    assert {tag for tag, each in read_uses(tagged).items() if each.audiences} == {"frequency", "rfm_tier"}
    forget(tagged, "audience:buyers")  # as one that was applied before uses were kept
    refresh(tagged)
    assert {tag for tag, each in read_uses(tagged).items() if each.audiences} == {"frequency", "rfm_tier"}


def test_a_count_is_kept_once_a_day(tagged, home) -> None:
    rule = {"tag": "monetary", "is": ">=", "value": 10}
    count(tagged, rule)
    first = read_uses(tagged)["monetary"].used_at
    assert first is not None
    forget(tagged, "count")
    count(tagged, rule)
    assert "monetary" not in read_uses(tagged)
    home.clock.move(timedelta(days=1))
    count(tagged, rule)
    assert read_uses(tagged)["monetary"].used_at >= first + timedelta(days=1)
    use(tagged, [("monetary", EXPORT)])
    assert read_uses(tagged)["monetary"].audiences == ()


def test_a_tag_is_used_with_what_is_derived_from_it() -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    words = "title: {en: T, zh: 题}, description: {en: D, zh: 述}, family: value"
    pack = parse(
        f"""pack: ours
tags:
- {{name: a, {words}, type: integer, field: orders.frequency}}
- {{name: b, {words}, type: integer, bands: {{of: a, better: higher, at: [2]}}}}
- {{name: c, {words}, type: integer, bands: {{of: b, better: higher, at: [2]}}}}
- {{name: d, {words}, type: integer, field: orders.frequency}}
""",
        FIELDS,
        "GBP",
    )
    uses = {"a": Uses(used_at=day), "c": Uses(used_at=day + timedelta(days=9)), "d": Uses(seen=day)}
    last = last_uses(pack, uses)
    assert last == dict.fromkeys("abc", day + timedelta(days=9))


def test_rules_that_come_with_the_product_are_known_by_the_tags_they_ask_for() -> None:
    assert "women_of_thirty" in shipped_rules()["gender"]
    assert "women_of_thirty" in shipped_rules()["age"]
