"""The list of tags says how many customers have each and how its values lie."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from quanyu.targeting.tags import listing
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.listing import summarise


def test_each_tag_is_summed_up(retailer) -> None:
    compute(retailer.ws, datetime(2011, 6, 30, 23, 30, tzinfo=UTC))
    run, summaries = summarise(retailer.ws)
    by_name = {summary.tag.name: summary for summary in summaries}
    assert run.customers == 5
    assert [s.tag.name for s in summaries][:2] == ["recency_days", "tenure_days"]
    recency = by_name["recency_days"]
    assert (recency.known, recency.customers) == (3, 5)
    assert (recency.lowest, recency.median, recency.highest) == (1, 62, 161)
    money = by_name["monetary"]
    assert (money.lowest, money.median, money.highest) == (Decimal("2.01"), Decimal("30.00"), Decimal("180.01"))
    last = by_name["last_purchase"]
    assert (last.lowest, last.median, last.highest) == (date(2011, 1, 21), date(2011, 4, 30), date(2011, 6, 30))
    assert by_name["frequency"].known == 5
    assert by_name["country"].top == (("France", 1), ("Germany", 1), ("Japan", 1), ("NO", 1))
    assert by_name["rfm_tier"].top == (("to_keep", 2), ("to_develop", 1))


def test_without_customers_there_is_nothing_to_sum_up(workspace) -> None:
    compute(workspace, datetime(2011, 12, 10, tzinfo=UTC))
    summaries = summarise(workspace)[1]
    assert all(s.known == 0 and s.median is None and not s.top for s in summaries)


def test_however_many_medians_a_query_finds_the_answer_is_the_same(retailer, monkeypatch: pytest.MonkeyPatch) -> None:
    compute(retailer.ws, datetime(2011, 6, 30, 23, 30, tzinfo=UTC))
    found = []
    for least, size in ((1, 1 << 60), (7, 1 << 60), (1, 1)):
        monkeypatch.setattr(listing, "LEAST_AT_ONCE", least)
        monkeypatch.setattr(listing, "BYTES_OF_A_MEDIAN", size)
        found.append(summarise(retailer.ws)[1])
    assert found[0] == found[1] == found[2]
    assert any(each.top for each in found[0])
