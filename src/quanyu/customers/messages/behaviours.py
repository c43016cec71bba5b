"""What customers were sent, and what they did with it, one row each."""

from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.customers.messages.words import CHANNELS, RESPONSE_EVENTS, STATUSES
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import HOUR, Behaviour, Column, Link, Scope
from quanyu.foundation.text import Text

_MESSAGE = ["source", "message_id", "addressee"]


def _both(name: str) -> tuple[tuple[LakeTable, str], ...]:
    return (MESSAGES, name), (RESPONSES, name)


_CHANNEL = Column(
    "channel", "code", Text("Channel", "触达渠道"), CHANNELS, privacy="public", drawn_from=_both("channel")
)
_CAMPAIGN = Column("campaign", "code", Text("Campaign", "活动"), privacy="public", drawn_from=_both("campaign"))
_HOUR = Text("Hour of the day", "时段（小时）")
_SOURCE = Text("Source", "来源系统")
_ANSWERS = frozenset({"opened", "clicked", "replied", "unsubscribed"})


def _sent(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    """Return messages with whether they were answered by the scope's day; each answer counts once."""
    told: Value = scope.tables[MESSAGES.name]
    rows: Value = told.filter(told.record.notnull(), told.business_date <= scope.day)
    hour = local_of(rows.sent_at, scope.time_zone).hour().cast("int64")
    rows = rows.mutate(day=rows.business_date, hour=hour)
    answers = sorted(wanted & _ANSWERS)
    if answers:
        came = _came(scope)
        answered = came.group_by(*_MESSAGE).agg(**{name: (came.event == name).any() for name in answers})
        rows = rows.mutate(addressee=rows.addressee.fill_null("")).left_join(answered, _MESSAGE)
        rows = rows.mutate(**{name: rows[name].fill_null(False) for name in answers})
    return rows.select("record", "day", *sorted(wanted))


def _came(scope: Scope) -> Value:
    """Return responses by the scope's day with their addressee.

    One that names nobody, as the click on a short link, is of whom its message went to, if that was one only.
    """
    told: Value = scope.tables[RESPONSES.name].filter(_.business_date <= scope.day)
    told = told.mutate(addressee=told.addressee.fill_null(""))
    nameless = told.record.isnull() & told.recipient_hash.isnull()
    sent: Value = scope.tables[MESSAGES.name].mutate(addressee=_.addressee.fill_null(""))
    asked = told.filter(nameless, told.message_id.notnull()).select("source", "message_id").distinct()
    groups = sent.semi_join(asked, ["source", "message_id"]).group_by("source", "message_id")
    went: Value = groups.agg(only=_.addressee.max(), of=_.record.max(), addressees=_.addressee.nunique())
    beside: Value = told.mutate(nameless=nameless).left_join(
        went.filter(went.addressees == 1), ["source", "message_id"]
    )
    return beside.mutate(
        record=beside.record.coalesce(ibis.ifelse(beside.nameless, beside.of, None)),
        addressee=ibis.ifelse(beside.nameless, beside.only.coalesce(beside.addressee), beside.addressee),
    ).select(*told.columns)


def _answered(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    told = _came(scope)
    rows: Value = told.filter(told.record.notnull())
    hour = local_of(rows.occurred_at, scope.time_zone).hour().cast("int64")
    return rows.mutate(day=rows.business_date, hour=hour).select("record", "day", *sorted(wanted))


def _keys_of_message(rows: ir.Table, scope: Scope) -> ir.Table:
    """Whom a nameless response is of depends on all addressees of its message."""
    return rows.select("source", "message_id")


def _came_on(rows: Value, scope: Scope) -> Value:
    return rows.business_date


SENT = Behaviour(
    "messages",
    Text("Messages sent", "发送的消息"),
    (MESSAGES, RESPONSES),
    (
        _CHANNEL,
        Column("status", "code", Text("State", "状态"), STATUSES, drawn_from=((MESSAGES, "status"),)),
        Column("opened", "boolean", Text("Opened", "已打开"), inputs=("response.event",)),
        Column("clicked", "boolean", Text("Clicked", "已点击"), inputs=("response.event",)),
        Column("replied", "boolean", Text("Replied", "已回复"), inputs=("response.event",)),
        Column("unsubscribed", "boolean", Text("Unsubscribed", "已退订"), inputs=("response.event",)),
        Column("hour", "integer", _HOUR, inputs=("message.sent_at",), unit=HOUR),
        _CAMPAIGN,
        Column("template", "code", Text("Template", "模板"), privacy="public", drawn_from=((MESSAGES, "template"),)),
        Column("source", "code", _SOURCE, inputs=("message.*",), privacy="public", drawn_from=_both("source")),
    ),
    _sent,
    "sent_at",
    (Link(MESSAGES, _keys_of_message), Link(RESPONSES, _keys_of_message, turns=_came_on)),
)
ANSWERED = Behaviour(
    "responses",
    Text("Responses", "响应"),
    (RESPONSES, MESSAGES),
    (
        Column("event", "code", Text("Response", "响应"), RESPONSE_EVENTS, drawn_from=((RESPONSES, "event"),)),
        _CHANNEL,
        Column("hour", "integer", _HOUR, inputs=("response.occurred_at",), unit=HOUR),
        _CAMPAIGN,
        Column("source", "code", _SOURCE, inputs=("response.*",), privacy="public", drawn_from=_both("source")),
    ),
    _answered,
    "occurred_at",
    (Link(MESSAGES, _keys_of_message),),
    owned=False,
)

BEHAVIOURS = (SENT, ANSWERED)
