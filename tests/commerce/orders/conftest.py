"""How tests of orders let a system tell of its orders: through the kinds' own doors, several kinds in one delivery."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.commerce.orders.headers import ORDER
from quanyu.commerce.orders.landing import ORDER_LINE
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.kinds import Accepted, Delivery, Kind
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope
from quanyu.foundation.workspace import Workspace

Row = dict[str, Any]
Tell = Callable[..., tuple[Accepted, Accepted]]
Bought = Sequence[tuple[int, str | None, int]]
Goods = dict[str, tuple[str | None, ...]]
_NUMBERS: Iterator[int] = count(1)
_TYPES = {"decimal": pa.decimal128(18, 6), "instant": pa.timestamp("us", tz="UTC")}


def rows_of(kind: Kind, given: Sequence[Row], time_zone: str) -> ibis.Table:
    """Return what ingest hands over: the inputs in their types, local times, texts of numbers, file and line."""
    columns: dict[str, pa.Array] = {
        "file": pa.array([row.get("file", "a.csv") for row in given], pa.string()),
        "line": pa.array(range(1, len(given) + 1), pa.int64()),
    }
    for known in kind.inputs:
        texts = [row.get(known.name) or None for row in given]
        if known.type == "instant":
            local = [None if text is None else datetime.fromisoformat(text) for text in texts]
            at = [None if moment is None else moment.replace(tzinfo=ZoneInfo(time_zone)) for moment in local]
            columns |= {known.name: pa.array(at, _TYPES["instant"])}
            columns[f"{known.name}_local"] = pa.array(local, pa.timestamp("us"))
            continue
        if known.type == "decimal":
            numbers = [None if t is None else Decimal(str(t)).quantize(Decimal("0.000001")) for t in texts]
            columns[known.name] = pa.array(numbers, _TYPES["decimal"])
        else:
            columns[known.name] = pa.array(texts, pa.string())
        if known.as_written:
            columns[f"{known.name}_text"] = pa.array([None if t is None else str(t) for t in texts], pa.string())
    rows = ibis.memtable(pa.table(columns))
    return rows.mutate(content_hash=content_hash(*(rows[c] for c in kind.content))) if kind.content else rows


@pytest.fixture
def tell(workspace: Workspace) -> Tell:
    """Return a function that lands lines and headers in one import and says how each came out."""

    def told(
        lines: Sequence[Row] = (),
        headers: Sequence[Row] = (),
        *,
        source: str = "erp",
        rank: int = 100,
        whole: bool = False,
        into: Workspace = workspace,
        number: int | None = None,
    ) -> tuple[Accepted, Accepted]:
        tables = list(ORDER_LINE.tables)
        with into.lake.landing("told", tables) as landing, into.begin() as connection:
            accepted = []
            for kind, given in ((ORDER_LINE, lines), (ORDER, headers)):
                delivery = Delivery(
                    workspace=into,
                    connection=connection,
                    landing=landing,
                    source=source,
                    import_number=number or next(_NUMBERS),
                    currency=into.currency,
                    files=1,
                    rows=rows_of(kind, given, into.time_zone),
                    facts=[],
                    rank=rank,
                    whole=whole and kind is ORDER_LINE,
                )
                accepted.append(kind.land(delivery) if given else Accepted(0, 0))
            staged = Delivery(**{**vars(delivery), "rows": ibis.memtable({"column_0": ["as ingest stages it"]})})
            assert ORDER.settle is not None
            assert ORDER.settle is ORDER_LINE.settle
            ORDER.settle(staged)
            landing.publish(connection)
        return accepted[0], accepted[1]

    return told


@pytest.fixture
def latest(workspace: Workspace) -> Callable[..., list[Row]]:
    """Return a function that reads a table of any workspace, the latest version of each row."""

    def read(table: LakeTable, of: Workspace = workspace) -> list[Row]:
        return of.lake.to_arrow(of.lake.table(table, of.lake.vector([table]))).to_pylist()

    return read


FIRST = date(2024, 1, 1)
"""The day 0 of `bought_by`."""


def bought_by(bought: Bought, goods: Goods, last: int, owners: dict[int, int] | None = None, **more: object) -> Scope:
    """Return a scope whose day is `last` days after FIRST.

    `bought` is (record, product, day); `goods` has the three categories of products; `owners` the customer of a record
    where it is another than its number.
    """
    seen = datetime(2023, 1, 1, tzinfo=UTC)
    sale = {"source": "till", "line_type": "sale", "amount": 100, "quantity": Decimal(1), **more}
    lines = [
        {**sale, "record": record, "product": product, "order_number": str(n), "business_date": FIRST + timedelta(day)}
        for n, (record, product, day) in enumerate(bought)
    ]
    names = ("category_1", "category_2", "category_3")
    products = [
        {"source": "list", "product": code, "observed_at": seen, **dict(zip(names, categories, strict=True))}
        for code, categories in goods.items()
    ]
    records = {record for record, _product, _day in bought}
    owned = [{"record": record, "customer": (owners or {}).get(record, record)} for record in records]
    tables = {
        table.name: ibis.memtable(
            pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in given], schema=table.schema)
        )
        for table, given in {
            ORDER_LINES: lines,
            ORDERS: [],
            PRODUCTS: products,
            PRODUCT_CODES: [],
            CUSTOMER_OF_RECORD: owned,
        }.items()
    }
    as_of = datetime.combine(FIRST + timedelta(last + 1), datetime.min.time(), UTC)
    return Scope(tables, as_of, "UTC")


@pytest.fixture(scope="session")
def read() -> Callable[[ibis.Table], list[Row]]:
    """Return a function that runs an expression."""
    engine = reader()
    return lambda table: engine.to_pyarrow(table).to_pylist()
