"""Whose contact a customer is on WeCom, and whether that guide reaches him now: one row a contact."""

from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir

from quanyu.customers.consent.lights import contacts
from quanyu.customers.consent.model import DELETED, LEFT, MARKETING, NO_BASIS, REACHABLE, STATES, WECOM
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Behaviour, Column, Link, Scope
from quanyu.foundation.text import Text

_CODES = tuple(Code(value, STATES[value]) for value in (REACHABLE, NO_BASIS, DELETED, LEFT))


def _through_guides(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    """Return contacts with the state of the light through their guide; that of the channel can still be off.

    Who is blocked, or has complained, is so whatever guide he has: the light of the channel says it.
    """
    rows: Value = contacts(scope, (WECOM,), MARKETING)
    state = ibis.cases((~rows.lawful, NO_BASIS), (rows.closed, DELETED), (rows.left, LEFT), else_=REACHABLE)
    told: Value = rows.mutate(
        state=state, guide=rows.staff, added_at=rows.instant, day=local_of(rows.instant, scope.time_zone).date()
    )
    return told.filter(told["day"] <= scope.day).select("record", "day", *sorted(wanted))


def _of_record(rows: ir.Table, scope: Scope) -> ir.Table:
    return rows.select("record")


def _refused_on(rows: Value, scope: Scope) -> Value:
    return rows["day"]


THROUGH_GUIDES = Behaviour(
    "guide_contacts",
    Text("Contacts of guides", "导购好友"),
    (ADDRESSES, LEGAL_BASES, REFUSED, RECORDS),
    (
        Column(
            "guide", "code", Text("Guide", "导购"), inputs=("customer_record.staff",), drawn_from=((RECORDS, "staff"),)
        ),
        Column("state", "code", Text("Reached by the guide", "导购触达状态"), _CODES, inputs=("customer_record.*",)),
        Column(
            "source",
            "code",
            Text("Source", "来源系统"),
            inputs=("customer_record.*",),
            privacy="public",
            drawn_from=((ADDRESSES, "source"),),
        ),
    ),
    _through_guides,
    "added_at",
    (Link(RECORDS, _of_record), Link(REFUSED, _of_record, turns=_refused_on)),
)

BEHAVIOURS = (THROUGH_GUIDES,)
