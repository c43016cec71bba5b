"""A small retailer whose tags can be worked out by hand, as rows of the lake's tables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.conftest import new_settings

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, RECORDS, population
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.deriving import behaviours_of, measures_of, tables_of
from quanyu.targeting.tags.packs import apply

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight of 1 July in London."""

FEW_TAGS = Path(__file__).with_name("few_tags.yaml")

ALIVE = (0, 1, 2, 3, 4)
"""Customer 5 was merged into 0, whose records 0 and 1 are."""

CUSTOMER_OF = {0: 0, 1: 0, 2: 1, 8: 1, 3: 2, 5: 3, 6: 4}
"""Record 7 has bought and has not been recognised yet."""

# record, order, day, [(product, quantity, minor units)]; a negative quantity is a return
LINES: list[tuple[int | None, str, str, list[tuple[str, int, int]]]] = [
    (0, "o1", "2011-01-31", [("A", 3, 6000), ("B", 1, 4000)]),
    (1, "o2", "2011-03-01", [("B", 2, 5001)]),
    (0, "o3", "2011-03-01", [("A", 1, 1000)]),
    (1, "o4", "2011-04-30", [("C", 1, 2000), ("A", -1, -500)]),
    (0, "o5", "2011-05-01", [("A", -1, -2000)]),
    (2, "o6", "2011-05-31", [("P1", 1, 50), ("P2", 2, 50)]),
    (8, "o7", "2011-06-30", [("P1", 1, 50), ("P2", 1, 50), ("P3", 9, 1)]),
    (2, "o8", "2011-07-02", [("P9", 1, 99999)]),
    (3, "o9", "2011-02-01", [("A", -1, -999)]),
    (5, "o10", "2011-01-01", [("Z", 1, 1000)]),
    (5, "o11", "2011-01-11", [("Y", 1, 1000)]),
    (5, "o12", "2011-01-21", [("X", 1, 1000)]),
    (None, "o13", "2011-06-01", [("A", 1, 77777)]),
    (7, "o14", "2011-01-05", [("A", 1, 88888)]),
]

COUNTRIES = {0: ("France", 1), 1: ("Germany", 2), 2: ("France", 1), 8: (None, 3), 3: ("NO", 1), 5: ("Japan", 1)}
"""Country of a record, and the day of January 2011 on which it was observed."""


def line_rows() -> list[dict[str, object]]:
    return [
        {
            "record": record,
            "order_number": order,
            "product": product,
            "quantity": Decimal(quantity),
            "amount": amount,
            "line_type": "sale" if quantity > 0 else "return",
            "currency": "GBP",
            "business_date": date.fromisoformat(day),
            "month": day[:7],
        }
        for record, order, day, lines in LINES
        for product, quantity, amount in lines
    ]


def order_rows() -> list[dict[str, object]]:
    return [
        {
            "record": record,
            "source": "till",
            "order_number": order,
            "order_type": "sale" if any(quantity > 0 for _, quantity, _ in lines) else "return",
            "sale_amount": sum(amount for _, quantity, amount in lines if quantity > 0),
            "return_amount": -sum(amount for _, quantity, amount in lines if quantity < 0),
            "currency": "GBP",
            "business_date": date.fromisoformat(day),
            "month": day[:7],
        }
        for record, order, day, lines in LINES
    ]


def record_rows() -> list[dict[str, object]]:
    return [
        {"record": record, "country": country, "observed_at": datetime(2011, 1, day, tzinfo=UTC), "import_number": 1}
        for record, (country, day) in COUNTRIES.items()
    ]


def rows_of_tables() -> dict[LakeTable, pa.Table]:
    rows: Mapping[LakeTable, list[dict[str, object]]] = {
        ORDERS: order_rows(),
        ORDER_LINES: line_rows(),
        RECORDS: record_rows(),
        CUSTOMER_OF_RECORD: [{"record": r, "customer": c} for r, c in CUSTOMER_OF.items()],
        CUSTOMERS: [{"customer": c, "one_id": f"cus_{c:032x}"} for c in (*ALIVE, 5)],
    }
    return {table: _filled(table, given) for table, given in rows.items()}


def _filled(table: LakeTable, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in rows], schema=table.schema)


@dataclass(frozen=True)
class Retailer:
    """The retailer of this file inside a workspace."""

    ws: Workspace

    def land(self, rows: Mapping[LakeTable, pa.Table]) -> None:
        with self.ws.lake.landing("test", list(rows)) as landing, self.ws.begin() as connection:
            for table, given in rows.items():
                landing.replace(table, given)
            landing.publish(connection)

    def live(self, *customers: int, epoch: int = 1) -> None:
        values = {"epoch": epoch, "records": 9, "customers": 6, "alive": to_bytes(OrdinalSet.of(list(customers)))}
        with self.ws.begin() as connection:
            connection.execute(sa.delete(population).where(population.c.workspace == self.ws.number))
            connection.execute(sa.insert(population).values(workspace=self.ws.number, **values))

    def facts(self, name: str) -> list[dict[str, object]]:
        query = sa.text("select body from fact where name = :name order by number")
        with self.ws.begin() as connection:
            return list(connection.execute(query, {"name": name}).scalars())


@pytest.fixture(scope="session")
def small_retailer(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home of the retailer that nobody has open, made once."""
    with new_settings(server, tmp_path_factory.mktemp("retailer")) as made:
        home = homes.create(made, "main", "Europe/London", "GBP")
        open_retailer(home.workspace())
        home.close()
        yield made


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("small_retailer") if "retailer" in request.fixturenames else None


@pytest.fixture
def retailer(workspace: Workspace) -> Retailer:
    return Retailer(workspace)


def open_retailer(workspace: Workspace) -> Retailer:
    """Land the retailer in a new workspace."""
    apply(workspace, FEW_TAGS)
    made = Retailer(workspace)
    made.land(rows_of_tables())
    made.live(*ALIVE)
    return made


@pytest.fixture(scope="session")
def scope_of() -> Callable[[datetime], Scope]:
    """Return what measures and behaviours may look at, in memory; into some tables nothing has ever landed."""
    landed = {table.name: ibis.memtable(rows) for table, rows in rows_of_tables().items()}
    return lambda as_of: with_empty_tables(Scope(landed, as_of, "Europe/London"))


def with_empty_tables(scope: Scope) -> Scope:
    """Put beside the tables of a scope all others that the built-in tags read."""
    pack = built_in(FIELDS, "GBP")
    others = [t for t in tables_of([*measures_of(pack, FIELDS), *behaviours_of(pack)]) if t.name not in scope.tables]
    empty = {table.name: ibis.memtable(table.schema.empty_table()) for table in others}
    return replace(scope, tables={**empty, **scope.tables}, unknown=frozenset(empty))


@pytest.fixture(scope="session")
def living() -> ibis.Table:
    return ibis.memtable(pa.table({"customer": pa.array(ALIVE, pa.int64())}))
