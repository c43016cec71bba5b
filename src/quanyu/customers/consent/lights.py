"""Lights: whether a customer is related to the brand on a channel, and whether he may be addressed there now.

A light is on when a record of his, which is not closed, has an address on the channel and comes from a source that
declares the purpose and the channel; when no source has blocked him; and when he has neither unsubscribed from the
channel, nor complained, nor removed the app. What is off says why.

On WeCom a record with an address is the contact of one guide, and who unsubscribes there has deleted that guide: the
others reach him still, and the light is on while one does.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.consent.model import (
    BLOCKED,
    BOUGHT,
    BOUND,
    DELETED,
    FAN,
    FOLLOWED,
    LEFT,
    MEMBER,
    NO_ADDRESS,
    NO_BASIS,
    NO_RELATION,
    REACHABLE,
    REFUSALS,
    WECOM,
    WRITTEN_TO,
)
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope

TABLES = (ADDRESSES, LEGAL_BASES, REFUSED, RECORDS, MESSAGES, CUSTOMER_OF_RECORD)


def lights(scope: Scope, channels: Sequence[str], purpose: str, bought: ir.Table | None = None) -> ir.Table:
    """One row per customer: of each channel `<channel>`, the state of its light, `<channel>_proof`, `<channel>_since`.

    Proof is the strongest of what relates him there, NULL where nothing does; that he has bought is one where `bought`
    says which records did: columns record and `day`, of the first purchase. Since is the day on which the first record
    with an address there was registered, else observed, or bought if that was earlier. Addresses, bases and states of
    accounts have no history: `as_of` bounds refusals, messages and purchases, and what is since.
    """
    owners: Value = scope.tables[CUSTOMER_OF_RECORD.name]
    rows = owners.select("customer").distinct()
    for taken in (_addressed(scope, channels, purpose, bought), _sent(scope, channels), _refused(scope, channels)):
        known = taken.rename(whose="customer")
        rows = rows.left_join(known, [("customer", "whose")]).drop("whose")
    barred = blocked(scope).rename(whose="customer")
    told: Value = rows.left_join(barred, [("customer", "whose")]).drop("whose")
    shown = {channel: _state(told, channel) for channel in channels}
    shown |= {f"{channel}_proof": _proof(told, channel) for channel in channels}
    shown |= {f"{channel}_since": told[f"_since_{channel}"] for channel in channels}
    return told.select("customer", **shown)


def _holds(told: Value, what: str, channel: str) -> Value:
    return told[f"_{what}_{channel}"].fill_null(False)


def _state(told: Value, channel: str) -> Value:
    def holds(what: str) -> Value:
        return _holds(told, what, channel)

    refused = {event: holds(event) for event in REFUSALS}
    refused[LEFT] = refused[LEFT] | ~holds("kept")
    return ibis.cases(
        (told.blocked.fill_null(False), BLOCKED),
        (~holds("at") & ~holds("sent"), NO_RELATION),
        (~holds("at"), NO_ADDRESS),
        (~holds("lawful"), NO_BASIS),
        (~holds("open"), DELETED),
        *((given, event) for event, given in refused.items()),
        else_=REACHABLE,
    )


def _proof(told: Value, channel: str) -> Value:
    return ibis.cases(
        (_holds(told, "member", channel), MEMBER),
        (_holds(told, "bought", channel), BOUGHT),
        (_holds(told, "at", channel), FAN if channel in FOLLOWED else BOUND),
        (_holds(told, "sent", channel), WRITTEN_TO),
        else_=ibis.null("string"),
    )


def _on(rows: Value, channels: Sequence[str]) -> Value:
    """Say whether rows are of one of these channels; as a list of more than five the engine joins it to all rows."""
    return reduce(or_, [rows.channel == channel for channel in channels])


def contacts(scope: Scope, channels: Sequence[str], purpose: str) -> ir.Table:
    """One row per record and channel on which it has an address.

    Columns record, source, channel, lawful, closed, `left` (he has deleted the guide whose contact it is), member,
    staff and `instant`, of when it was registered, else observed.
    """
    bases: Value = scope.tables[LEGAL_BASES.name]
    lawful = bases.filter(_.purpose == purpose).select("source", "channel", lawful=True).distinct()
    records: Value = scope.tables[RECORDS.name]
    said = records.select(
        "record",
        "staff",
        closed=(records.status == "closed").fill_null(False),
        member=records.level.notnull(),
        instant=records.registered_at.coalesce(records.observed_at),
    )
    rows: Value = scope.tables[ADDRESSES.name].filter(_on(_, channels))
    beside: Value = rows.left_join(lawful, ["source", "channel"]).drop("source_right", "channel_right")
    beside = beside.left_join(said, "record").drop("record_right")
    beside = beside.left_join(_left(scope), ["record", "channel"]).drop("record_right", "channel_right")
    return beside.mutate(**{name: beside[name].fill_null(False) for name in ("lawful", "closed", "member", "left")})


def _left(scope: Scope) -> ir.Table:
    """Return the contacts that have deleted their guide: columns record, channel and left."""
    rows: Value = scope.tables[REFUSED.name]
    told = rows.filter(rows["day"] <= scope.day, rows.channel == WECOM, rows.event == LEFT)
    return told.select("record", "channel", left=True).distinct()


def _addressed(scope: Scope, channels: Sequence[str], purpose: str, bought: ir.Table | None) -> ir.Table:
    """Columns of each channel: _at, an address; of these _lawful, of these _open, of these _kept.

    Also _member, _bought and _since.
    """
    rows = _with_purchases(contacts(scope, channels, purpose), bought)
    owned: Value = rows.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    kept = {
        "at": [],
        "lawful": [owned.lawful],
        "open": [owned.lawful, ~owned.closed],
        "kept": [owned.lawful, ~owned.closed, ~owned.left],
        "member": [owned.member],
        "bought": [owned.bought.notnull()],
    }
    columns = {
        f"_{name}_{channel}": reduce(and_, parts, owned.channel == channel).any()
        for channel in channels
        for name, parts in kept.items()
    }
    day: Value = ibis.least(local_of(owned.instant, scope.time_zone).date(), owned.bought)
    seen = day <= scope.day
    first = {f"_since_{channel}": day.min(where=(owned.channel == channel) & seen) for channel in channels}
    return owned.group_by("customer").agg(**columns, **first)


def _with_purchases(rows: Value, bought: ir.Table | None) -> Value:
    """Put the day of its record's first purchase beside each contact, `bought`, NULL where there was none."""
    if bought is None:
        return rows.mutate(bought=ibis.null("date"))
    return rows.left_join(bought.select("record", bought="day"), "record").drop("record_right")


def _sent(scope: Scope, channels: Sequence[str]) -> ir.Table:
    """Columns _sent of each channel: a message was once sent to him there."""
    told: Value = scope.tables[MESSAGES.name]
    rows = told.filter(told.record.notnull(), told.business_date <= scope.day, _on(told, channels))
    return _any_of(rows, scope, {f"_sent_{channel}": _.channel == channel for channel in channels})


def _refused(scope: Scope, channels: Sequence[str]) -> ir.Table:
    """Columns of each refusal and channel: he gave it there.

    Who deleted a guide has said it to that guide alone; it is told by the contact, where there is one.
    """
    told: Value = scope.tables[REFUSED.name]
    rows: Value = told.filter(told["day"] <= scope.day, _on(told, channels))
    if WECOM in channels:
        guided = (
            scope.tables[ADDRESSES.name]
            .filter(_.channel == WECOM)
            .select("record", "channel", event=ibis.literal(LEFT))
        )
        rows = rows.anti_join(guided, ["record", "channel", "event"])
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
