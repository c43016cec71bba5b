"""What is to be filled is counted by customers and tags, as a count row by row says, and names whose goal it is."""

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from quanyu.commerce.orders.tables import ORDER_HEADERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.foundation.lake.model import LakeTable
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.tasks import data_tasks

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
WORDS = "title: {en: T, zh: 题}, description: {en: D, zh: 述}, family: traits"
PACK = f"""pack: ours
tags:
- {{name: city, {WORDS}, type: code, field: identity.city}}
- {{name: age, {WORDS}, type: integer, field: identity.age}}
- {{name: age_band, {WORDS}, type: integer, bands: {{of: age, better: higher, at: [30]}}}}
- {{name: top_store, {WORDS}, type: code, statistic: {{over: orders, take: top, of: store}}}}
- {{name: coupons, {WORDS}, type: integer,
   statistic: {{over: orders, take: count, where: {{column: coupon, is: is_known}}}}}}
- {{name: sent, {WORDS}, type: integer, statistic: {{over: messages, take: count}}}}
"""
SOURCES = ("till", "shop", "app")
OBSERVED = datetime(2011, 1, 1, tzinfo=UTC)


def whole(table: LakeTable, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in rows], schema=table.schema)


def rows_of_records() -> list[dict[str, object]]:
    rng = np.random.default_rng(5)
    return [
        {
            "record": n,
            "source": SOURCES[n % 3],
            "city": "Paris" if rng.random() < 0.3 else None,
            "birthday": "03-08" if rng.random() < 0.2 else None,
            "birth_date_hash": 7 if rng.random() < 0.2 else None,
            "country": "France",
            "observed_at": OBSERVED,
            "import_number": 1,
        }
        for n in range(60)
    ]


OWNERS = {n: (n * 7) % 25 for n in range(60)}


@pytest.fixture
def tagged(retailer):
    headers = [
        {"record": n, "source": source, "order_number": f"{source}{n}", "store": store, "coupon": coupon}
        for n in range(12)
        for source, store, coupon in (("till", "S1" if n < 4 else None, "C" if n == 1 else None), ("shop", None, None))
    ]
    told = [{**each, "observed_at": OBSERVED, "import_number": 1} for each in headers]
    owned = [{"record": record, "customer": customer} for record, customer in OWNERS.items()]
    retailer.land(
        {
            RECORDS: whole(RECORDS, rows_of_records()),
            CUSTOMER_OF_RECORD: whole(CUSTOMER_OF_RECORD, owned),
            ORDER_HEADERS: whole(ORDER_HEADERS, told),
        }
    )
    retailer.live(*range(25))
    apply(retailer.ws, PACK)
    compute(retailer.ws, AS_OF)
    return retailer.ws


def lacking(*columns: str) -> dict[str, int]:
    """Count row by row: customers of a source of whom no record of any source has any of these."""
    has: dict[int, bool] = defaultdict(bool)
    seen: dict[str, set[int]] = defaultdict(set)
    for row in rows_of_records():
        customer = OWNERS[row["record"]]
        has[customer] |= any(row[column] is not None for column in columns)
        seen[row["source"]].add(customer)
    return {source: sum(not has[customer] for customer in customers) for source, customers in seen.items()}


def test_tasks_are_ranked_by_customers_and_tags(tagged) -> None:
    found = data_tasks(tagged)
    by_place = {(each.inputs[-1], each.source): each for each in found}
    for inputs, columns, tags in (
        ("customer_record.city", ("city",), ("city",)),
        ("customer_record.birth_date", ("birthday", "birth_date_hash"), ("age", "age_band")),
    ):
        expected = lacking(*columns)
        assert min(expected.values()) > 0
        for source in SOURCES:
            task = by_place[inputs, source]
            assert (task.customers, task.tags) == (expected[source], tags)
    assert [each.weight for each in found] == sorted((each.weight for each in found), reverse=True)
    assert not any(each.inputs == ("customer_record.country",) for each in found)
    whole_kind = by_place["message.*", None]
    assert (whole_kind.customers, whole_kind.tags, whole_kind.owner) == (25, ("sent",), None)
    assert "connecting a source makes 1 tag of 25 customers usable" in whole_kind.words.en
    of_facts(by_place)
    goals(by_place)


def of_facts(by_place) -> None:
    """The till has coupons and stores where there are any; the shop never says in which store."""
    buyers = {OWNERS[n] for n in range(12)}
    with_store = {OWNERS[n] for n in range(4)}
    assert by_place["order.store", "shop"].customers == len(buyers - with_store)
    assert ("order.store", "till") not in by_place
    assert ("order.coupon", "till") not in by_place


def goals(by_place) -> None:
    birth = by_place["customer_record.birth_date", "till"]
    assert (birth.owner, birth.goal) == ("CRM", "≥ 50%")
    assert birth.words.zh.startswith("till 缺生日")
    assert by_place["order.store", "shop"].owner is None
