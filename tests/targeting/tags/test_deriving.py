"""Every tag against values worked out by hand, and against the published figures of a real retailer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from ibis import _
from tests.conftest import reader
from tests.targeting.conftest import with_empty_tables

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.deriving import derive, measures_of, tables_of
from quanyu.targeting.tags.tables import customer_tags

PACK = built_in(FIELDS, "GBP")
AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)  # 1 July in London
RETAIL = Path(__file__).parents[4] / "shared/data/online_retail/online_retail_2010_12_2011_12.parquet"

OF_ORDERS = (
    "recency_days", "tenure_days", "frequency", "monetary", "average_basket", "first_purchase", "last_purchase",
    "return_share", "top_product", "country", "days_to_next_purchase", "recency_score", "frequency_score",
    "monetary_score", "rfm_score", "rfm_tier", "lifecycle",
)  # fmt: skip
FEW = replace(PACK, tags=tuple(tag for tag in PACK.tags if tag.name in OF_ORDERS))
NOBODY = dict.fromkeys(OF_ORDERS) | {"frequency": 0, "frequency_score": 1}

EXPECTED = {
    0: NOBODY
    | {
        "recency_days": 62,
        "tenure_days": 151,
        "frequency": 4,
        "monetary": 18001,
        "average_basket": 4500,
        "first_purchase": date(2011, 1, 31),
        "last_purchase": date(2011, 4, 30),
        "return_share": 2500 / 18001,
        "top_product": "B",
        "country": "Germany",
        "days_to_next_purchase": -17,  # three purchase days in 89 days: 44.5, so 45 days after 30 April
        "recency_score": 3,
        "frequency_score": 3,
        "monetary_score": 1,
        "rfm_score": "331",
        "rfm_tier": "regular",  # 32 days ago it was recent
        "lifecycle": None,  # too few here buy again to tell a rhythm
    },
    1: NOBODY
    | {
        "recency_days": 1,
        "tenure_days": 31,
        "frequency": 2,
        "monetary": 201,
        "average_basket": 101,  # 100.5, half up
        "first_purchase": date(2011, 5, 31),
        "last_purchase": date(2011, 6, 30),
        "return_share": 0.0,
        "top_product": "P1",  # as much as P2
        "country": "France",  # its later record names none
        "days_to_next_purchase": 26,  # the median of 44.5 and 10 is 27.25
        "recency_score": 5,
        "frequency_score": 2,
        "monetary_score": 1,
        "rfm_score": "521",
        "rfm_tier": "to_develop",
        "lifecycle": None,
    },
    2: NOBODY | {"country": "NO"},  # has only brought something back
    3: NOBODY
    | {
        "recency_days": 161,
        "tenure_days": 181,
        "frequency": 3,
        "monetary": 3000,
        "average_basket": 1000,
        "first_purchase": date(2011, 1, 1),
        "last_purchase": date(2011, 1, 21),
        "return_share": 0.0,
        "top_product": "X",  # as much as Y and Z
        "country": "Japan",
        "days_to_next_purchase": -151,
        "recency_score": 2,
        "frequency_score": 3,
        "monetary_score": 1,
        "rfm_score": "231",
        "rfm_tier": "to_keep",
        "lifecycle": None,
    },
    4: NOBODY,
}


@pytest.fixture(scope="module")
def engine() -> ibis.BaseBackend:
    return reader()


def asked(engine: ibis.BaseBackend, living: ibis.Table, scope: Scope) -> dict[int, dict[str, object]]:
    rows = derive(FEW, FIELDS, living, scope)
    columns = {askable.name: asked_value(rows, askable, scope.day) for askable in FEW.askables}
    answers = engine.to_pyarrow(rows.select("customer", **columns)).to_pylist()
    return {row.pop("customer"): row for row in answers}


def test_every_tag_of_every_customer(
    engine: ibis.BaseBackend, living: ibis.Table, scope_of: Callable[[datetime], Scope]
) -> None:
    found = asked(engine, living, scope_of(AS_OF))
    assert found.keys() == EXPECTED.keys()
    for customer, tags in EXPECTED.items():
        assert {name: found[customer][name] for name in OF_ORDERS} == tags, customer


def test_the_day_turns_at_midnight_of_the_workspace(
    engine: ibis.BaseBackend, living: ibis.Table, scope_of: Callable[[datetime], Scope]
) -> None:
    before = asked(engine, living, scope_of(datetime(2011, 6, 30, 22, 59, tzinfo=UTC)))
    assert before[1]["recency_days"] == 0
    at_midnight = asked(engine, living, scope_of(datetime(2011, 6, 30, 23, 0, tzinfo=UTC)))
    assert at_midnight[1]["recency_days"] == 0, "1 July has begun and is empty"
    later = asked(engine, living, scope_of(datetime(2011, 7, 1, 23, 1, tzinfo=UTC)))
    assert later[1]["last_purchase"] == date(2011, 7, 2)
    assert later[1]["monetary"] == 100200


def test_what_came_after_is_not_seen(
    engine: ibis.BaseBackend, living: ibis.Table, scope_of: Callable[[datetime], Scope]
) -> None:
    early = asked(engine, living, scope_of(datetime(2011, 1, 11, 12, tzinfo=UTC)))
    assert {name: early[0][name] for name in OF_ORDERS} == NOBODY | {"country": "Germany"}
    assert early[3]["frequency"] == 2
    assert early[3]["last_purchase"] == date(2011, 1, 11)
    assert early[3]["days_to_next_purchase"] is None, "nobody has three purchase days yet"


def test_each_source_table_is_scanned_once(living: ibis.Table, scope_of: Callable[[datetime], Scope]) -> None:
    tables = tables_of(measures_of(FEW, FIELDS))
    named = {table.name: ibis.table(ibis.Schema.from_pyarrow(table.schema), name=table.name) for table in tables}
    text = ibis.to_sql(derive(FEW, FIELDS, living, Scope(named, AS_OF, "Europe/London")), dialect="duckdb")
    assert {name: text.count(f'"{name}" AS') for name in ("orders", "order_lines", "records")} == {
        "orders": 2,  # once more for those whose lines do not count
        "order_lines": 1,
        "records": 1,
    }


def test_columns_have_the_declared_types_in_the_engine_itself(
    engine: ibis.BaseBackend, living: ibis.Table, scope_of: Callable[[datetime], Scope]
) -> None:
    rows = derive(PACK, FIELDS, living, scope_of(AS_OF))
    engine.create_table("made", rows, temp=True)
    assert engine.table("made").schema().to_pyarrow() == customer_tags(PACK).schema


@pytest.fixture(scope="module")
def retail(engine: ibis.BaseBackend) -> ibis.Table:
    """The derived tags of the public data, on 10 December 2011."""
    if not RETAIL.exists():
        pytest.skip("needs the public data file online_retail beside the checkout")
    raw = engine.read_parquet(RETAIL)
    lines = raw.mutate(
        amount=(_.Quantity * _.UnitPrice * 100).round(6).round().cast("int64"),
        line_type=ibis.cases(
            ((_.Quantity > 0) & (_.UnitPrice > 0), "sale"), (_.Quantity < 0, "return"), else_="adjustment"
        ),
        business_date=_.InvoiceDate.date(),
    ).select(
        "amount",
        "line_type",
        "business_date",
        source=ibis.literal("retail"),
        record=_.CustomerID.cast("int64"),
        order_number=_.InvoiceNo,
        product=_.StockCode,
        quantity=_.Quantity.cast("decimal(18, 6)"),
    )
    orders = lines.group_by("source", "order_number").agg(
        record=_.record.max(),
        order_type=(_.line_type == "sale").any().ifelse("sale", "return"),
        sale_amount=_.amount.sum(where=_.line_type == "sale").fill_null(0),
        return_amount=-_.amount.sum(where=_.line_type == "return").fill_null(0),
        business_date=_.business_date.min(),
        speaks=ibis.literal(True),
        counts=ibis.literal(True),
    )
    ordinals = (
        raw.filter(_.CustomerID.notnull()).group_by(record=_.CustomerID.cast("int64")).agg(country=_.Country.max())
    )
    people = ordinals.mutate(customer=ibis.row_number().over(order_by="record"))
    tables = {
        "order_lines": lines,
        "orders": orders,
        "customer_of_record": engine.create_table("mapping", people.select("record", "customer")),
        "records": people.select(
            "record", "country", observed_at=ibis.timestamp("2011-12-10 00:00:00"), import_number=ibis.literal(1)
        ),
    }
    known = {t.name: t for t in (ORDERS, ORDER_LINES, RECORDS, CUSTOMER_OF_RECORD)}
    filled = {name: _filled(rows, known[name]) for name, rows in tables.items()}
    scope = with_empty_tables(Scope(filled, datetime(2011, 12, 10, tzinfo=UTC), "Europe/London"))
    rows = derive(FEW, FIELDS, tables["customer_of_record"].select("customer"), scope)
    asked_rows = rows.select(
        "customer", **{askable.name: asked_value(rows, askable, scope.day) for askable in FEW.askables}
    )
    return engine.create_table("retail", asked_rows)


def _filled(rows: ibis.Table, table: LakeTable) -> ibis.Table:
    """Put the columns that a row does not have beside it, unknown."""
    types = ibis.Schema.from_pyarrow(table.schema)
    return rows.mutate(**{name: ibis.null(type_) for name, type_ in types.items() if name not in rows.columns})


def column(engine: ibis.BaseBackend, table: ibis.Table, name: str) -> pa.ChunkedArray:
    return engine.to_pyarrow(table.filter(table.frequency > 0).select(name))[name]


@pytest.mark.scale
def test_published_figures_of_a_real_retailer(engine: ibis.BaseBackend, retail: ibis.Table) -> None:
    recency, frequency, monetary = (column(engine, retail, name) for name in ("recency_days", "frequency", "monetary"))
    assert engine.to_pyarrow(retail.count()).as_py() == 4372
    assert len(recency) == 4338
    assert round(pc.mean(recency).as_py(), 2) == 92.06
    assert pc.quantile(recency, 0.5).to_pylist() == [50]
    assert round(pc.mean(frequency).as_py(), 3) == 4.272
    assert pc.quantile(frequency, 0.5).to_pylist() == [2]
    assert pc.max(frequency).as_py() == 209
    assert pc.sum(frequency).as_py() == 18532
    assert pc.sum(monetary).as_py() == 891140790
    assert round(pc.mean(monetary).as_py() / 100, 2) == 2054.27
    assert pc.quantile(monetary, 0.5).to_pylist() == [67448.5]
    assert pc.sum(pc.equal(frequency, 1)).as_py() == 1493


def test_who_bought_has_a_score_and_a_stage(engine: ibis.BaseBackend, retail: ibis.Table) -> None:
    for tag in ("rfm_score", "rfm_tier", "lifecycle", "top_product", "days_to_next_purchase", "country"):
        assert column(engine, retail, tag).null_count == 0, tag
    stages = set(column(engine, retail, "lifecycle").to_pylist())
    assert stages == {"new", "active_old", "old", "dormant"}
    without = engine.to_pyarrow(retail.filter(retail.frequency == 0))
    assert without.num_rows == 34
    assert without["rfm_score"].null_count == without["lifecycle"].null_count == 34
