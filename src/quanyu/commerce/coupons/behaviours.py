"""What happened with coupons, one row each: given out on a day, used or not by the day asked for."""

from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir

from quanyu.commerce.coupons.landing import STATUSES
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Behaviour, Column, Link, Scope
from quanyu.foundation.text import Text


def _given_out(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    told: Value = scope.tables[COUPONS.name]
    known: Value = told.filter(told.record.notnull(), told.issued_at.notnull())
    dated = known.mutate(
        day=local_of(known.issued_at, scope.time_zone).date(),
        used_day=local_of(known.used_at, scope.time_zone).date(),
        coupon=known.source.concat("|", known.code),
    )
    seen = dated.filter(dated.day <= scope.day)
    used = (seen.used_day <= scope.day).fill_null(False)
    rows = seen.mutate(used=used, used_day=ibis.ifelse(used, seen.used_day, None))
    return rows.select("record", "day", *sorted(wanted))


def _from(name: str) -> tuple[tuple[LakeTable, str], ...]:
    return ((COUPONS, name),)


def _key(rows: ir.Table, scope: Scope) -> ir.Table:
    return rows.select("source", "code")


def _used_on(rows: Value, scope: Scope) -> Value:
    return local_of(rows.used_at, scope.time_zone).date()


GIVEN_OUT = Behaviour(
    "coupons",
    Text("Coupons given out", "发放的优惠券"),
    (COUPONS,),
    (
        Column("value", "money", Text("Value", "面值"), privacy="public"),
        Column("used", "boolean", Text("Used by the day asked for", "截至查询日已使用"), inputs=("coupon.used_at",)),
        Column("used_day", "date", Text("Day of use", "使用日"), inputs=("coupon.used_at",)),
        Column("status", "code", Text("State", "状态"), STATUSES, drawn_from=_from("status")),
        Column("coupon", "code", Text("Coupon", "券"), inputs=("coupon.code",), privacy="identifier"),
        Column("campaign", "code", Text("Campaign", "活动"), privacy="public", drawn_from=_from("campaign")),
        Column(
            "source",
            "code",
            Text("Source", "来源系统"),
            inputs=("coupon.*",),
            privacy="public",
            drawn_from=_from("source"),
        ),
    ),
    _given_out,
    "issued_at",
    (Link(COUPONS, _key, turns=_used_on),),
)

BEHAVIOURS = (GIVEN_OUT,)
