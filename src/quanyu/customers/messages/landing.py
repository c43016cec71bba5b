"""Lands messages as versions and responses once each; whom they reached stands in the lake as a keyed hash."""

from collections.abc import Generator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.recipients import with_recipients
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import POINTING
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.customers.messages.words import CHANNELS, RESPONSE_EVENTS, STATUSES
from quanyu.foundation.deliveries import land_once, land_versions
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.hashing import content_key, keyed_hash
from quanyu.foundation.text import Text

_ADDRESSED = ("record", "message_id", "addressee", "channel", "recipient_type", "recipient_scope", "recipient_hash")


def land_messages(delivery: Delivery) -> Accepted:
    """Append the messages that are new or whose state has changed."""
    with _addressed(delivery) as rows:
        messages = rows.select(
            *_ADDRESSED,
            "campaign",
            "template",
            "sent_at",
            "status",
            "observed_at",
            "line",
            business_date=_.sent_at_local.date(),
            month=_.sent_at_local.strftime("%Y-%m"),
        )
        return land_versions(delivery, MESSAGES, messages)


def land_responses(delivery: Delivery) -> Accepted:
    """Append the responses that are not known, by the source's id or by what was done, when, by whom, to what."""
    with _addressed(delivery) as rows:
        made = content_key(rows.message_id, rows.addressee, rows.campaign, rows.event, rows.occurred_at)
        responses = rows.select(
            *_ADDRESSED,
            "campaign",
            "event",
            "occurred_at",
            "line",
            response_key=rows.response_id.coalesce(made),
            business_date=_.occurred_at_local.date(),
            month=_.occurred_at_local.strftime("%Y-%m"),
        )
        return land_once(delivery, RESPONSES, responses, ["response_key"])


@contextmanager
def _addressed(delivery: Delivery) -> Generator[ir.Table]:
    """Put a hash in the place of the recipient, and the record of the customer, else of the recipient, beside it.

    `addressee` is never NULL, and the same for one recipient.
    """
    secret, source = delivery.workspace.key.hash_secret, ibis.literal(delivery.source)
    with with_recipients(delivery, delivery.rows) as told:
        of_customer = keyed_hash(secret, ibis.literal("record"), source, told.customer.coalesce(ibis.literal("")))
        addressed = told.mutate(addressee=told.recipient_hash.coalesce(of_customer))
        with with_records(delivery, addressed, "customer") as rows:
            yield rows.mutate(record=rows.record.coalesce(rows.reached))


_WHOM = (
    Input("customer", "key", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
    Input(
        "recipient",
        "text",
        Text("Phone, e-mail or open id it went to", "接收手机号、邮箱或 openid"),
        example="13900000000",
    ),
    Input("recipient_type", "text", Text("Type of that identifier", "该标识的类型"), example="phone"),
    Input("recipient_scope", "text", Text("Scope of that identifier", "该标识的范围"), example="global"),
)
_CAMPAIGN = Input("campaign", "text", Text("Campaign", "活动"), example="HY2603-017")

MESSAGE = Kind(
    name="message",
    title=Text("Message", "触达消息"),
    inputs=(
        Input("message_id", "key", Text("Message id", "消息编号"), required=True, example="3f9a01c2"),
        Input("channel", "code", Text("Channel", "渠道"), required=True, example="sms", codes=CHANNELS),
        *_WHOM,
        _CAMPAIGN,
        Input("template", "text", Text("Template", "模板"), example="SMS_240000001"),
        Input("sent_at", "instant", Text("Sent at", "发送时间"), example="2026-03-01 09:30:00"),
        Input("status", "code", Text("State", "状态"), example="DELIVRD", codes=STATUSES),
        OBSERVED_AT,
    ),
    key=("message_id",),
    tables=(MESSAGES, *POINTING),
    land=land_messages,
)

RESPONSE = Kind(
    name="response",
    title=Text("Response", "触达反馈"),
    inputs=(
        Input("response_id", "key", Text("Id of the response itself", "反馈自身编号"), example="c-771204"),
        Input("message_id", "key", Text("Message id", "消息编号"), example="3f9a01c2"),
        Input("channel", "code", Text("Channel", "渠道"), example="sms", codes=CHANNELS),
        *_WHOM,
        _CAMPAIGN,
        Input(
            "event", "code", Text("What was done", "反馈类型"), required=True, example="clicked", codes=RESPONSE_EVENTS
        ),
        Input("occurred_at", "instant", Text("Occurred at", "发生时间"), required=True, example="2026-03-01 10:12:00"),
    ),
    key=("event", "occurred_at"),
    tables=(RESPONSES, *POINTING),
    land=land_responses,
)
