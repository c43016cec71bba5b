"""A contact is one guide's: reached through him or not, whoever else has the same customer."""

from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
from tests.conftest import reader

from quanyu.customers.consent.behaviours import THROUGH_GUIDES
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope

COLUMNS = frozenset(("guide", "state", "source", "added_at"))


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=20, tzinfo=UTC)


def said(day: str) -> dict[int, tuple[str | None, str, date]]:
    """Return of each record its guide, state and day, by the end of `day` in China."""
    rows: dict[LakeTable, list[dict[str, object]]] = {
        ADDRESSES: [
            *({"record": n, "source": "wecom", "channel": "wecom"} for n in (1, 2, 3, 4)),
            {"record": 5, "source": "agency", "channel": "wecom"},
            {"record": 6, "source": "wecom", "channel": "sms"},
        ],
        LEGAL_BASES: [{"source": "wecom", "purpose": "marketing", "channel": "wecom"}],
        REFUSED: [
            {"record": 2, "channel": "wecom", "event": "unsubscribed", "day": date(2026, 3, 1)},
            {"record": 1, "channel": "sms", "event": "unsubscribed", "day": date(2026, 3, 1)},
        ],
        RECORDS: [
            {"record": 1, "staff": "zhang", "observed_at": at("2026-01-01")},
            {"record": 2, "staff": "li", "observed_at": at("2026-02-01"), "registered_at": at("2025-12-01")},
            {"record": 3, "staff": "li", "status": "closed", "observed_at": at("2026-01-01")},
            {"record": 4, "staff": None, "observed_at": at("2026-02-20")},
            {"record": 5, "staff": "wang", "observed_at": at("2026-01-01")},
            {"record": 6, "staff": "wang", "observed_at": at("2026-01-01")},
        ],
    }
    assert set(rows) == set(THROUGH_GUIDES.tables)
    tables = {
        table.name: ibis.memtable(
            pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row} for row in listed], schema=table.schema)
        )
        for table, listed in rows.items()
    }
    built = THROUGH_GUIDES.build(Scope(tables, at(day), "Asia/Shanghai"), COLUMNS)
    found = reader().to_pyarrow(built).to_pylist()
    return {row["record"]: (row["guide"], row["state"], row["day"]) for row in found}


def test_each_contact_says_whether_its_guide_reaches_him():
    assert said("2026-03-31") == {
        1: ("zhang", "reachable", date(2026, 1, 2)),
        2: ("li", "unsubscribed", date(2025, 12, 2)),
        3: ("li", "deleted", date(2026, 1, 2)),
        4: (None, "reachable", date(2026, 2, 21)),
        5: ("wang", "no_basis", date(2026, 1, 2)),
    }


def test_what_has_not_happened_yet_is_not_seen():
    early = said("2026-02-10")
    assert early[2][1] == "reachable"
    assert 4 not in early
