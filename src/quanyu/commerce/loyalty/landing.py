"""Lands opening balances of points as versions: the latest instant that a source gives a balance of."""

from ibis import _

from quanyu.commerce.loyalty.tables import POINTS_OPENINGS
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import Accepted, Delivery, Input, Kind
from quanyu.foundation.text import Text


def land_openings(delivery: Delivery) -> Accepted:
    with with_records(delivery, delivery.rows, "customer") as rows:
        openings = rows.select("record", "balance", "expires_at", "line", observed_at=_.as_of)
        return land_versions(delivery, POINTS_OPENINGS, openings)


POINTS_OPENING = Kind(
    name="points_opening",
    title=Text("Points, opening balance", "积分期初余额"),
    inputs=(
        Input(
            "customer",
            "text",
            Text("Member's key within the source", "来源内的会员主键"),
            required=True,
            example="M0012345",
        ),
        Input(
            "balance",
            "integer",
            Text("Balance, negative where overspent", "余额（透支为负）"),
            required=True,
            most=1_000_000_000,
            unit=Text("points", "积分"),
            example="1280",
        ),
        Input(
            "as_of",
            "instant",
            Text("Balance of this instant", "余额时点"),
            required=True,
            example="2026-03-01 00:00:00",
        ),
        Input("expires_at", "date", Text("Last day", "有效期至"), example="2026-12-31"),
    ),
    key=("customer", "balance"),
    tables=(POINTS_OPENINGS, OPENED_RECORDS),
    land=land_openings,
)
