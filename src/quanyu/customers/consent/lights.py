"""Lights: whether a customer is related to the brand on a channel, and whether he may be addressed there now.

A light is on when a record of his, which is not closed, has an address on the channel and comes from a source that
declares the purpose and the channel; when no source has blocked him; and when he has neither unsubscribed from the
channel, nor complained, nor removed the app. What is off says why.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.consent.model import BLOCKED, DELETED, NO_ADDRESS, NO_BASIS, NO_RELATION, REACHABLE, REFUSALS
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope

TABLES = (ADDRESSES, LEGAL_BASES, REFUSED, RECORDS, MESSAGES, CUSTOMER_OF_RECORD)


def lights(scope: Scope, channels: Sequence[str], purpose: str) -> ir.Table:
    """One row per customer: of each channel `<channel>`, the state of its light, and `<channel>_since`.

    Since is the day on which the first record with an address there was registered, else observed. Addresses, bases and
    states of accounts have no history: `as_of` bounds refusals and messages, and what is since.
    """
    owners: Value = scope.tables[CUSTOMER_OF_RECORD.name]
    rows = owners.select("customer").distinct()
    for taken in (_addressed, _sent, _refused):
        known = taken(scope, channels, purpose).rename(whose="customer")
        rows = rows.left_join(known, [("customer", "whose")]).drop("whose")
    barred = blocked(scope).rename(whose="customer")
    told: Value = rows.left_join(barred, [("customer", "whose")]).drop("whose")
    since = {f"{channel}_since": told[f"_since_{channel}"] for channel in channels}
    return told.select("customer", **{channel: _state(told, channel) for channel in channels}, **since)


def _state(told: Value, channel: str) -> Value:
    def holds(what: str) -> Value:
        return told[f"_{what}_{channel}"].fill_null(False)

    return ibis.cases(
        (told.blocked.fill_null(False), BLOCKED),
        (~holds("at") & ~holds("sent"), NO_RELATION),
        (~holds("at"), NO_ADDRESS),
        (~holds("lawful"), NO_BASIS),
        (~holds("open"), DELETED),
        *((holds(event), event) for event in REFUSALS),
        else_=REACHABLE,
    )


def _addressed(scope: Scope, channels: Sequence[str], purpose: str) -> ir.Table:
    """Columns _at, _lawful, _open and _since of each channel: an address, a lawful one, one whose account is in use."""
    bases: Value = scope.tables[LEGAL_BASES.name]
    lawful = bases.filter(_.purpose == purpose).select("source", "channel", lawful=True).distinct()
    records: Value = scope.tables[RECORDS.name]
    day = local_of(records.registered_at.coalesce(records.observed_at), scope.time_zone).date()
    said = records.select("record", closed=records.status == "closed", day=day)
    rows: Value = scope.tables[ADDRESSES.name].filter(_.channel.isin(list(channels)))
    beside: Value = rows.left_join(lawful, ["source", "channel"]).drop("source_right", "channel_right")
    beside = beside.left_join(said, "record").drop("record_right")
    owned: Value = beside.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    allowed = owned.lawful.fill_null(False)
    kept = {"at": [], "lawful": [allowed], "open": [allowed, ~owned.closed.fill_null(False)]}
    columns = {
        f"_{name}_{channel}": reduce(and_, parts, owned.channel == channel).any()
        for channel in channels
        for name, parts in kept.items()
    }
    seen = owned["day"] <= scope.day
    first = {f"_since_{channel}": owned["day"].min(where=(owned.channel == channel) & seen) for channel in channels}
    return owned.group_by("customer").agg(**columns, **first)


def _sent(scope: Scope, channels: Sequence[str], _purpose: str) -> ir.Table:
    """Columns _sent of each channel: a message was once sent to him there."""
    told: Value = scope.tables[MESSAGES.name]
    rows = told.filter(told.record.notnull(), told.business_date <= scope.day, told.channel.isin(list(channels)))
    return _any_of(rows, scope, {f"_sent_{channel}": _.channel == channel for channel in channels})


def _refused(scope: Scope, channels: Sequence[str], _purpose: str) -> ir.Table:
    """Columns of each refusal and channel: he gave it there."""
    told: Value = scope.tables[REFUSED.name]
    rows = told.filter(told["day"] <= scope.day, told.channel.isin(list(channels)))
    given = {
        f"_{event}_{channel}": (_.channel == channel) & (_.event == event) for channel in channels for event in REFUSALS
    }
    return _any_of(rows, scope, given)


def blocked(scope: Scope) -> ir.Table:
    return _any_of(scope.tables[RECORDS.name], scope, {"blocked": (_.status == "blocked").fill_null(False)})


def _any_of(rows: Value, scope: Scope, flags: dict[str, Value]) -> ir.Table:
    """Say of each customer which flags any of his rows has; added up per record before the join."""
    per_record: Value = rows.group_by("record").agg(**{name: flag.any() for name, flag in flags.items()})
    some = per_record.filter(reduce(or_, [per_record[name] for name in flags]))
    owned = some.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    return owned.group_by("customer").agg(**{name: owned[name].any() for name in flags})
