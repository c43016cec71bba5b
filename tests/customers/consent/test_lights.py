"""Each state of a light by the rows that lead to it, and the first of several reasons."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.customers.consent.lights import TABLES, lights
from quanyu.customers.consent.model import REASONS
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope

Row = dict[str, object]
CLUB: Row = {"record": 1, "source": "club", "channel": "sms"}
SHOP: Row = {"record": 2, "source": "shop", "channel": "sms"}
SAID_NO: Row = {"record": 1, "channel": "sms", "event": "unsubscribed", "day": date(2026, 3, 1)}
WRITTEN_TO: Row = {"record": 2, "channel": "sms", "business_date": date(2026, 3, 1)}
SOLD: Row = {"record": 1, "day": date(2025, 11, 11)}
CONTACT: Row = {"record": 1, "source": "wecom", "channel": "wecom"}
DELETED: Row = {"record": 1, "channel": "wecom", "event": "unsubscribed", "day": date(2026, 3, 1)}


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=23, tzinfo=UTC)


def record(number: int, status: str | None = None, **more: object) -> Row:
    return {"record": number, "status": status, "observed_at": at("2026-01-05"), **more}


def scope(day: str = "2026-06-30", **given: Sequence[Row]) -> Scope:
    """Return a scope in which customer 0 has records 1 and 2; the club may advertise by text message, the shop not."""
    rows: dict[LakeTable, Sequence[Row]] = {
        ADDRESSES: given.get("addresses", ()),
        RECORDS: given.get("records", ()),
        MESSAGES: given.get("messages", ()),
        REFUSED: given.get("refused", ()),
        LEGAL_BASES: [
            {"source": "club", "purpose": "marketing", "channel": "sms"},
            {"source": "shop", "purpose": "service", "channel": "sms"},
            {"source": "shop", "purpose": "marketing", "channel": "email"},
            {"source": "wecom", "purpose": "marketing", "channel": "wecom"},
        ],
        CUSTOMER_OF_RECORD: [{"record": n, "customer": 0} for n in (1, 2)],
        SALES: given.get("sales", ()),
    }
    assert set(rows) == {*TABLES, SALES}
    tables = {table.name: ibis.memtable(_filled(table, listed)) for table, listed in rows.items()}
    return Scope(tables, at(day).replace(hour=15), "Asia/Shanghai")


def _filled(table: LakeTable, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in rows], schema=table.schema)


@pytest.fixture(scope="module")
def lit() -> Callable[[Scope], Row]:
    engine = reader()

    def told(seen: Scope) -> Row:
        (row,) = engine.to_pyarrow(lights(seen, ("sms", "email", "wecom"), "marketing", _sold(seen))).to_pylist()
        return row

    return told


def _sold(seen: Scope) -> ibis.Table:
    return seen.tables[SALES.name].filter(ibis._.day <= seen.day)


SALES = LakeTable("sales", pa.schema([("record", pa.int64()), ("day", pa.date32())]))


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "no_relation"),
        ({"messages": [WRITTEN_TO]}, "no_address"),
        ({"addresses": [SHOP]}, "no_basis"),
        ({"addresses": [SHOP], "records": [record(1), record(2)]}, "no_basis"),
        ({"addresses": [CLUB]}, "reachable"),
        ({"addresses": [CLUB, SHOP], "records": [record(1, "active"), record(2, "closed")]}, "reachable"),
        ({"addresses": [CLUB], "records": [record(1, "closed")]}, "deleted"),
        ({"addresses": [CLUB], "records": [record(2, "blocked")]}, "blocked"),
        ({"addresses": [CLUB], "refused": [{**SAID_NO, "record": 2}]}, "unsubscribed"),
        ({"addresses": [CLUB], "refused": [{**SAID_NO, "channel": "email"}]}, "reachable"),
        ({"addresses": [CLUB], "refused": [SAID_NO, {**SAID_NO, "event": "complained"}]}, "complained"),
        ({"addresses": [CLUB], "refused": [{**SAID_NO, "event": "uninstalled"}]}, "uninstalled"),
        ({"addresses": [SHOP], "refused": [SAID_NO]}, "no_basis"),
        ({"addresses": [CLUB], "records": [record(1, "closed")], "refused": [SAID_NO]}, "deleted"),
    ],
)
def test_the_state_of_a_light(lit: Callable[[Scope], Row], given: dict[str, Sequence[Row]], state: str):
    assert state == "reachable" or state in REASONS
    assert lit(scope(**given))["sms"] == state


def test_what_has_not_happened_yet_is_not_seen(lit: Callable[[Scope], Row]):
    said = {"addresses": [CLUB], "refused": [SAID_NO], "messages": [WRITTEN_TO]}
    assert lit(scope("2026-02-28", **said))["sms"] == "reachable"
    assert lit(scope("2026-03-01", **said))["sms"] == "unsubscribed"
    assert lit(scope("2026-02-28", messages=[WRITTEN_TO]))["sms"] == "no_relation"


def test_since_is_the_first_day_of_an_address(lit: Callable[[Scope], Row]):
    both = {"addresses": [CLUB, SHOP], "records": [record(1), record(2, registered_at=at("2025-01-01"))]}
    assert lit(scope(**both))["sms_since"] == date(2025, 1, 2)  # the next morning in China
    assert lit(scope(addresses=[CLUB], records=both["records"]))["sms_since"] == date(2026, 1, 6)
    assert lit(scope("2025-06-30", **both))["sms_since"] == date(2025, 1, 2)
    assert lit(scope("2024-06-30", **both))["sms_since"] is None
    assert lit(scope(**both))["email_since"] is None
    assert lit(scope(**both))["email"] == "no_relation"


def test_since_is_the_first_purchase_where_that_was_earlier(lit: Callable[[Scope], Row]):
    told = {"addresses": [CLUB], "records": [record(1), record(2)], "sales": [SOLD, {**SOLD, "record": 2}]}
    assert lit(scope(**told))["sms_since"] == date(2025, 11, 11)
    before = lit(scope("2025-11-10", **told))
    assert (before["sms_since"], before["sms_proof"]) == (None, "bound")
    late = {**told, "sales": [{**SOLD, "day": date(2026, 2, 1)}]}
    assert (lit(scope(**late))["sms_since"], lit(scope(**late))["sms_proof"]) == (date(2026, 1, 6), "bought")


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"addresses": [CONTACT]}, "reachable"),
        ({"addresses": [CONTACT], "refused": [DELETED]}, "unsubscribed"),
        ({"addresses": [CONTACT, {**CONTACT, "record": 2}], "refused": [DELETED]}, "reachable"),
        (
            {"addresses": [CONTACT, {**CONTACT, "record": 2}], "refused": [DELETED, {**DELETED, "record": 2}]},
            "unsubscribed",
        ),
        (
            {"addresses": [CONTACT], "refused": [{**DELETED, "record": 2}]},
            "unsubscribed",
        ),  # no contact: it is said to all
        (
            {"addresses": [CONTACT, {**CONTACT, "record": 2}], "refused": [{**DELETED, "event": "complained"}]},
            "complained",
        ),
        ({"addresses": [CONTACT, {**CLUB, "record": 2}], "refused": [DELETED]}, "unsubscribed"),
        (
            {
                "addresses": [CONTACT, {**CONTACT, "record": 2}],
                "records": [record(1), record(2, "closed")],
                "refused": [DELETED],
            },
            "unsubscribed",
        ),
    ],
)
def test_a_deleted_guide_reaches_nobody_and_the_others_do(
    lit: Callable[[Scope], Row], given: dict[str, Sequence[Row]], state: str
):
    assert lit(scope(**given))["wecom"] == state
    assert lit(scope("2026-02-28", **given))["wecom"] == "reachable"


@pytest.mark.parametrize(
    ("given", "proofs"),
    [
        ({}, (None, None)),
        ({"messages": [WRITTEN_TO]}, ("written_to", None)),
        ({"addresses": [SHOP], "messages": [WRITTEN_TO]}, ("bound", None)),
        ({"addresses": [CLUB, CONTACT], "refused": [SAID_NO, DELETED]}, ("bound", "fan")),
        ({"addresses": [CLUB], "records": [record(1, level="gold")]}, ("member", None)),
        ({"addresses": [CLUB], "records": [record(1), record(2, level="gold")]}, ("bound", None)),
        ({"addresses": [CLUB], "sales": [SOLD]}, ("bought", None)),
        ({"addresses": [CLUB], "sales": [{**SOLD, "record": 2}]}, ("bound", None)),  # where he has no address
        ({"addresses": [CLUB], "records": [record(1, level="gold")], "sales": [SOLD]}, ("member", None)),
        ({"addresses": [CONTACT], "sales": [SOLD]}, (None, "bought")),
        ({"messages": [WRITTEN_TO], "sales": [SOLD]}, ("written_to", None)),
    ],
)
def test_what_relates_him_is_told_whether_or_not_he_is_reached(
    lit: Callable[[Scope], Row], given: dict[str, Sequence[Row]], proofs: tuple[str | None, str | None]
):
    told = lit(scope(**given))
    assert (told["sms_proof"], told["wecom_proof"]) == proofs
