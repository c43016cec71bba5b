"""Each tag says how it is: filled, fresh, dear, used, what it lacks, and whether it should go; on a page, too."""

from datetime import UTC, date, datetime, timedelta

import pytest

from quanyu.foundation.errors import NotFound
from quanyu.targeting.audiences.definitions import apply as apply_audience
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.health import UNUSED_DAYS, Cost, Health, tag_health
from quanyu.targeting.tags.health_page import draw_health
from quanyu.targeting.tags.health_report import describe_health
from quanyu.targeting.tags.listing import list_tags
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.tasks import data_tasks

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
WORDS = "title: {en: T, zh: 题}, description: {en: D, zh: 述}, family: traits"
PACK = f"""pack: ours
tags:
- {{name: gender, {WORDS}, type: code, field: identity.gender}}
- {{name: sent, {WORDS}, type: integer, statistic: {{over: messages, take: count}}}}
- {{name: couponed, {WORDS}, type: integer,
   statistic: {{over: orders, take: count, where: {{column: coupon, is: is_known}}}}}}
- {{name: products, {WORDS}, type: integer, statistic: {{over: lines, take: distinct, of: product}}}}
- {{name: bought, {WORDS}, type: integer, statistic: {{over: lines, take: count}}}}
- {{name: spent, {WORDS}, type: money, statistic: {{over: lines, take: sum, of: amount}}}}
"""
BUYERS = """
name: buyers
title: {en: Buyers, zh: 买家}
description: {en: D, zh: 述}
rule: {tag: rfm_tier, is: is_known}
"""


@pytest.fixture
def tagged(retailer):
    apply(retailer.ws, PACK)
    compute(retailer.ws, AS_OF)
    return retailer.ws


def by_name(found: Health):
    return {each.tag.name: each for each in found.tags}


def test_how_tags_are(tagged) -> None:
    apply_audience(tagged, BUYERS)
    health = tag_health(tagged)
    found = by_name(health)
    assert (health.customers, health.compared) == (5, None)
    tier = found["rfm_tier"]
    assert (tier.known, tier.covered, tier.drift, tier.audiences) == (3, 0.6, None, ("buyers",))
    assert found["monetary_score"].derived == ("rfm_score", "rfm_tier")
    assert found["monetary_score"].audiences == ()
    assert "women_of_thirty" in found["gender"].rules
    assert found["country"].fresh == datetime(2011, 1, 3, tzinfo=UTC)
    assert tier.cost == Cost(0, 0)
    assert (found["products"].cost.shared, found["bought"].cost.shared, found["spent"].cost.shared) == (2, 2, 2)
    assert found["bought"].cost.rows == found["products"].cost.rows == 19
    assert (found["bought"].cost.share, found["country"].cost.rows) == (9.5, 6)
    what_cannot_be_computed(tagged, found)
    on_a_page(tagged, health)
    only_some_and_none_that_is_not_there(tagged)


def what_cannot_be_computed(ws, found) -> None:
    silent = {name for name, each in found.items() if not each.standing.computable}
    assert silent == {"gender", "sent", "couponed"}
    assert str(found["gender"].findings[0]) == "cannot be computed"
    listing = list_tags(ws)
    assert {tag.name for tag, _standing in listing.lacking} == silent
    assert {tag.name: standing.lacks for tag, standing in listing.lacking} == {
        name: found[name].standing.lacks for name in silent
    }
    assert {each.tag.name for each in listing.tags} == found.keys() - silent


def on_a_page(ws, health: Health) -> None:
    page = draw_health(health, data_tasks(ws))
    assert page.count("<tr>") == len(health.tags) + 2
    for words in ("connecting a source makes", "接入来源后", "标签健康度", "<svg", "无法计算"):
        assert (words in page) == (words != "无法计算"), words
    assert "http" not in page.replace("http://www.w3.org", "")
    told = describe_health(health)
    assert [each["tag"] for each in told["tags"]] == [each.tag.name for each in health.tags]


def only_some_and_none_that_is_not_there(ws) -> None:
    assert [each.tag.name for each in tag_health(ws, ["spent"]).tags] == ["spent"]
    with pytest.raises(NotFound) as caught:
        tag_health(ws, ["spnt"])
    assert "spent" in caught.value.allowed


def test_a_later_run_is_compared_with_the_one_before(tagged) -> None:
    tag_health(tagged)
    compute(tagged, AS_OF + timedelta(days=30))
    later = tag_health(tagged)
    assert later.compared == date(2011, 7, 1)
    assert by_name(later)["rfm_tier"].covered_before == 0.6


def test_what_nobody_has_used_for_so_long_should_go(tagged) -> None:
    apply_audience(tagged, BUYERS)
    assert not any(each.retire for each in tag_health(tagged).tags)
    tagged.clock.move(timedelta(days=UNUSED_DAYS - 1))
    assert not any(each.retire for each in tag_health(tagged).tags)
    tagged.clock.move(timedelta(days=2))
    retired = {each.tag.name for each in tag_health(tagged).tags if each.retire}
    asked = {"rfm_tier", "recency_score", "frequency_score", "monetary_score", "recency_days", "frequency", "monetary"}
    assert retired == {each.tag.name for each in tag_health(tagged).tags} - asked
