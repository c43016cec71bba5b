"""Lands coupons as versions: given out, used, expired."""

import ibis
from ibis import _

from quanyu.commerce.coupons.tables import COUPONS
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import MAJOR_UNITS, MOST_MONEY, OBSERVED_AT, Accepted, Code, Delivery, Input, Kind
from quanyu.foundation.lake.amounts import to_minor
from quanyu.foundation.text import Text

_AS_GIVEN = (
    "record", "code", "campaign", "terms", "issued_at", "valid_until", "used_at", "order_number", "status",
    "observed_at", "line",
)  # fmt: skip


def land_coupons(delivery: Delivery) -> Accepted:
    with with_records(delivery, delivery.rows, "customer") as rows:
        coupons = rows.select(
            *_AS_GIVEN,
            value=to_minor(_.value, delivery.currency),
            currency=_.value.notnull().ifelse(ibis.literal(delivery.currency), ibis.null("string")),
        )
        return land_versions(delivery, COUPONS, coupons)


STATUSES = (
    Code("issued", Text("Given out", "未使用"), ("unused", "active", "已发放", "已领取", "待使用")),
    Code("used", Text("Used", "已使用"), ("redeemed", "已核销")),
    Code("expired", Text("Expired", "已过期"), ("过期", "已失效")),
    Code("void", Text("Taken back", "已作废"), ("cancelled", "canceled", "revoked", "作废", "冻结")),
)

COUPON = Kind(
    name="coupon",
    title=Text("Coupon", "优惠券"),
    inputs=(
        Input("code", "key", Text("Coupon code", "券码"), required=True, example="HYQ000000000012345"),
        Input("campaign", "text", Text("Campaign", "活动"), example="HY2603-017"),
        Input("customer", "key", Text("Holder's key within the source", "来源内的持券人主键"), example="M0012345"),
        Input(
            "value", "decimal", Text("Takes off", "抵扣金额"), most=MOST_MONEY, least=0, unit=MAJOR_UNITS, example="20"
        ),
        Input("terms", "text", Text("What it gives, in words", "面额说明"), example="9折"),
        Input("issued_at", "instant", Text("Given out at", "发放时间"), example="2026-03-01 09:30:00"),
        Input("valid_until", "date", Text("Last day", "有效期至"), example="2026-03-08"),
        Input("used_at", "instant", Text("Used at", "核销时间"), example="2026-03-05 18:20:00"),
        Input("order_number", "key", Text("Order it was used on", "核销订单号"), example="202603050007"),
        Input("status", "code", Text("State", "状态"), example="已使用", codes=STATUSES),
        OBSERVED_AT,
    ),
    key=("code",),
    tables=(COUPONS, OPENED_RECORDS),
    land=land_coupons,
)
