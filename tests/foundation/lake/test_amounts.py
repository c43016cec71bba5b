"""An amount that the engine rounds is the amount that `money` rounds."""

from collections.abc import Iterator
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.foundation import money
from quanyu.foundation.lake.amounts import line_amount
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings

DECIMAL = pa.decimal128(18, 6)
QUANTITIES = st.decimals("-999999", "999999", places=6)
PRICES = st.decimals("-9999999", "9999999", places=6)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    folder = tmp_path_factory.mktemp("engine")
    opened = DuckDB(Settings(folder, memory=1 << 30, threads=2), folder / "spill")
    yield opened
    opened.close()


def amounts(engine: DuckDB, pairs: list[tuple[Decimal, Decimal]], currency: str) -> list[int]:
    quantities, prices = zip(*pairs, strict=True)
    rows = ibis.memtable(pa.table({"quantity": pa.array(quantities, DECIMAL), "price": pa.array(prices, DECIMAL)}))
    amount = line_amount(rows["quantity"], rows["price"], currency)
    return engine.backend().to_pyarrow(rows.select(amount=amount))["amount"].to_pylist()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=30), st.sampled_from(["GBP", "JPY", "KWD"]))
def test_the_engine_rounds_as_money_does(engine: DuckDB, pairs: list[tuple[Decimal, Decimal]], currency: str):
    assert amounts(engine, pairs, currency) == [money.to_minor(q * p, currency) for q, p in pairs]


@pytest.mark.parametrize(
    ("quantity", "price", "minor"),
    [("1", "0.005", 1), ("-1", "0.005", -1), ("3", "0.335", 101), ("0.5", "0.01", 1), ("1", "2.344999", 234)],
)
def test_half_a_penny_goes_up(engine: DuckDB, quantity: str, price: str, minor: int):
    assert amounts(engine, [(Decimal(quantity), Decimal(price))], "GBP") == [minor]
