"""A retailer to whom things happen at random: deliveries in any order, corrections, take-backs, merges, gifts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS, population
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.tables import CUSTOMER_TAGS, GIVEN_TAGS

BEGINS = date(2026, 3, 1)
TAKEN_BACK = (ORDERS, ORDER_LINES, ORDER_HEADERS, REFUNDS, MESSAGES, COUPONS)
Rows = Mapping[LakeTable, list[dict[str, Any]]]


@dataclass
class World:
    """What has happened so far. `records` says whose each record is."""

    ws: Workspace
    random: Random
    day: date = BEGINS
    records: dict[int, int] = field(default_factory=dict[int, int])
    orders: int = 0
    imports: int = 0
    gifts: int = 0

    @property
    def as_of(self) -> datetime:
        return datetime.combine(self.day, time(20), UTC)

    def begin(self) -> None:
        self.records = {record: record for record in range(14)}
        self.know()
        self.deliver({RECORDS: [self.told(record=r, country=self.any("FR", "NO", None)) for r in self.records]})
        products = [self.told(source="erp", product=f"p{n}", category_1=f"c{n % 3}") for n in range(6)]
        self.deliver({PRODUCTS: products})
        self.deliver(self.trade(20, 120))
        self.deliver(self.trade(10, 120))

    def know(self) -> None:
        """Tell whose records are, and who lives."""
        living = sorted(set(self.records.values()))
        mapping = [{"record": record, "customer": customer} for record, customer in self.records.items()]
        values = {"epoch": 1, "records": 99, "customers": 99, "alive": to_bytes(OrdinalSet.of(living))}
        mine = population.c.workspace == self.ws.number
        with self.ws.lake.landing("test", [CUSTOMER_OF_RECORD]) as landing, self.ws.begin() as connection:
            landing.replace(CUSTOMER_OF_RECORD, pa.Table.from_pylist(mapping, schema=CUSTOMER_OF_RECORD.schema))
            connection.execute(sa.delete(population).where(mine))
            connection.execute(sa.insert(population).values(workspace=self.ws.number, **values))
            landing.publish(connection)

    def any(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def told(self, **values: Any) -> dict[str, Any]:
        at = datetime.combine(self.day, time(10), UTC)
        return {"observed_at": at, "import_number": self.imports + 1, **values}

    def deliver(self, rows: Rows) -> None:
        """Land what an import brings, each row as a version."""
        self.imports += 1
        filled = {table: _one_each(table, given) for table, given in rows.items()}
        with self.ws.lake.landing("test", list(rows)) as landing:
            for table, given in filled.items():
                if given:
                    landing.append(table, pa.Table.from_pylist(given, schema=table.schema))
            self.ws.lake.publish(landing)

    # ---- what may happen -------------------------------------------------------------------------------------------

    def step(self) -> str:
        """Let something happen, and say what it was."""
        what = self.random.choice(EVENTS)
        getattr(self, what)()
        return what

    def nothing(self) -> None:
        pass

    def a_day_of_trade(self) -> None:
        self.deliver(self.trade(self.random.randrange(1, 4), 2))

    def late_trade(self) -> None:
        self.deliver(self.trade(2, 90))

    def trade_ahead_of_its_day(self) -> None:
        self.deliver(self.trade(2, 1, ahead=10))

    def corrections(self) -> None:
        """Orders come again: of another buyer or another amount, closed, or spoken for by another source."""
        kept, self.orders = self.orders, max(0, self.orders - self.random.randrange(1, 12))
        told = self.trade(2, 40)
        self.orders = max(kept, self.orders)
        for order in told[ORDERS]:
            order |= {"counts": self.any(True, False), "speaks": self.any(None, False, True)}
        self.deliver({ORDERS: told[ORDERS]} if self.random.random() < 0.5 else told)

    def headers_alone(self) -> None:
        numbers = [self.random.randrange(self.orders) for _ in range(2)]
        headers = [self.told(source="till", order_number=f"o{n}", store=self.any("s1", "s4")) for n in numbers]
        self.deliver({ORDER_HEADERS: headers})

    def goods(self) -> None:
        n = self.random.randrange(7)
        product = self.told(source="erp", product=f"p{n}", category_1=self.any("c0", "c1", None))
        code = self.told(source="erp", platform="till", code=f"p{self.random.randrange(6)}", product=f"p{n}")
        self.deliver({PRODUCTS: [product], PRODUCT_CODES: [code] if self.random.random() < 0.4 else []})

    def taken_back(self) -> None:
        keys = ibis.memtable({"import_number": [self.random.randrange(3, self.imports + 2)]})
        known = [table for table in TAKEN_BACK if table.name in self.ws.lake.vector(TAKEN_BACK)]
        with self.ws.lake.landing("test", known) as landing:
            for table in known:
                landing.remove(table, keys)
            self.ws.lake.publish(landing)

    def merge(self) -> None:
        away, survivor = self.random.sample(sorted(set(self.records.values())), 2)
        self.records = {r: survivor if c == away else c for r, c in self.records.items()}
        self.know()

    def parting(self) -> None:
        record = self.random.choice(list(self.records))
        self.records[record] = max(self.records.values()) + 1
        self.know()

    def newcomer(self) -> None:
        record = max(self.records) + 1
        self.records[record] = max(self.records.values()) + 1
        self.know()

    def gift(self) -> None:
        self.gifts += 1
        ends = self.any(None, self.day, self.day + timedelta(days=self.random.randrange(30)))
        given = {"gift": self.gifts, "tag": "care", "value": self.any("gold", "plain", None), "expires_on": ends}
        who = self.random.choice(list(self.records))
        self.deliver({GIVEN_TAGS: [self.told(record=who, given_at=datetime.combine(self.day, time(9), UTC), **given)]})

    def compaction(self) -> None:
        compact(self.ws.lake, [*TAKEN_BACK, PRODUCTS, CUSTOMER_OF_RECORD, CUSTOMER_TAGS], keep_hours=0, revocable=2)

    # ---- rows ------------------------------------------------------------------------------------------------------

    def trade(self, many: int, days: int, ahead: int = 0) -> dict[LakeTable, list[dict[str, Any]]]:
        """Return orders of the last days with all that goes with them, some of it later than the day."""
        told: dict[LakeTable, list[dict[str, Any]]] = {
            table: [] for table in (*TAKEN_BACK, AFTER_SALES_CASES, RESPONSES)
        }  # fmt: skip
        for _ in range(many):
            self.orders += 1
            self._order(told, self.day + timedelta(days=ahead - self.random.randrange(days)))
        return told

    def _order(self, told: dict[LakeTable, list[dict[str, Any]]], on: date) -> None:
        key = {"source": "till", "order_number": f"o{self.orders}"}
        who = {"record": self.any(*self.records, None, 98)}
        when = {"business_date": on, "month": f"{on:%Y-%m}"}
        at = {"placed_at": datetime.combine(on, time(self.random.randrange(24)), UTC), "currency": "GBP"}
        amounts = [self.random.randrange(1, 50) * 100 for _ in range(self.random.randrange(1, 3))]
        sums = {"order_type": "sale", "sale_amount": sum(amounts), "return_amount": 0, "lines": len(amounts)}
        told[ORDERS].append(self.told(**key, **who, **when, **at, **sums))
        told[ORDER_HEADERS].append(self.told(**key, **who, business_date=on, **at, store=self.any("s1", "s2", None)))
        for n, amount in enumerate(amounts):
            goods = {"line_key": n, "product": f"p{self.random.randrange(6)}", "line_type": "sale", "amount": amount}
            told[ORDER_LINES].append(self.told(**key, **who, **when, **at, **goods, quantity=Decimal(1 + n)))
        self._aftermath(told, key, who, on + timedelta(days=self.random.randrange(20)))

    def _aftermath(self, told: dict[LakeTable, list[dict[str, Any]]], key: Any, who: Any, on: date) -> None:
        """Add what came of an order, up to some days after the world's own day."""
        number, at = str(key["order_number"]), datetime.combine(on, time(12), UTC)
        if self.random.random() < 0.5:
            told[REFUNDS].append(self.told(**key, refund_key=number, amount=300, currency="GBP", business_date=on))
            told[AFTER_SALES_CASES].append(self.told(**key, case_number=number, opened_at=at, type="return"))
        sent = {
            "source": "sms",
            "message_id": f"m{self.random.randrange(40)}",
            "channel": "sms",
            "month": f"{on:%Y-%m}",
        }
        addressee = self.any("a", "b", None)
        told[MESSAGES].append(self.told(**sent, **who, addressee=addressee, sent_at=at, business_date=on))
        answer = {"response_key": f"{number}-{self.imports}", "event": "opened", "occurred_at": at}
        later = {"business_date": on + timedelta(days=self.random.randrange(3)), "addressee": self.any(addressee, None)}
        told[RESPONSES].append(self.told(**sent, **answer, **later, record=self.any(who["record"], None)))
        used = self.any(None, at + timedelta(days=self.random.randrange(20)))
        code = {"source": "crm", "code": f"k{self.random.randrange(30)}", "value": 500, "issued_at": at}
        told[COUPONS].append(self.told(**code, **who, used_at=used))


EVENTS = (
    "nothing", "a_day_of_trade", "a_day_of_trade", "late_trade", "trade_ahead_of_its_day", "corrections",
    "headers_alone", "goods", "taken_back", "merge", "parting", "newcomer", "gift", "gift", "compaction",
)  # fmt: skip


def _one_each(table: LakeTable, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Complete the rows, and keep the last one of each natural key: an import lands one version of a row."""
    complete = [dict.fromkeys(table.schema.names) | row for row in rows]
    if table.versioned_by is None:
        return complete
    return list({tuple(row[name] for name in table.versioned_by): row for row in complete}.values())
