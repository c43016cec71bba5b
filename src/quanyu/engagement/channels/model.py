"""Nouns of channels: a batch to send, an account, and why somebody did not get a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from quanyu.customers.consent.model import REASONS as UNLIT
from quanyu.engagement.channels.spec import Quota
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text

WAITING, PAUSED, CANCELLED, DONE, CLOSED = "waiting", "paused", "cancelled", "done", "closed"
OVER = (CANCELLED, DONE, CLOSED)
STATES = {
    WAITING: Text("to be delivered", "待发送"),
    PAUSED: Text("paused", "已暂停"),
    CANCELLED: Text("cancelled", "已取消"),
    DONE: Text("done", "已完成"),
    CLOSED: Text("done, and its customers have gone on", "已完成，客户已进入下一步"),
}
"""What a batch may be in. What failed of one that is done may be sent again; of one that is closed no more."""

GONE, EXPIRED, CALLED_OFF, RENUMBERED = "gone", "expired", "cancelled", "renumbered"
UNKNOWN = "unknown"
LACKS, UNOPENED = "lacks_settings", "unopened"
BROKEN = {
    LACKS: Text(
        "lacks a setting or secret that its channel needs: add it again", "缺少渠道所需的设置或密钥，请重新添加"
    ),
    UNOPENED: Text("its channel cannot be opened with these settings", "渠道无法以当前设置打开"),
    "unauthorised": Text("the receiver does not accept the secret", "接收方不认可密钥"),
    "forbidden": Text("the receiver forbids it", "接收方拒绝访问"),
    "no_such_address": Text("nothing is at the address", "地址不存在"),
    "wrong_method": Text("the address takes no messages", "该地址不接收消息"),
    "gone": Text("the address is given up", "地址已停用"),
    "moved": Text("the address has moved", "地址已变更"),
}
"""Why an account may not send until somebody has mended it; channels may have words of their own."""
DEAD = "dead_"
"""Begins the reason of a message that could not be sent and that somebody has to look at."""

UNRENDERED, TOO_LONG, GAVE_UP = f"{DEAD}unrendered", f"{DEAD}too_long", f"{DEAD}gave_up"

LEFT_OUT = {
    GONE: Text("no longer a customer: merged or erased", "客户已合并或已清除"),
    EXPIRED: Text("not sent in time", "已过有效期"),
    RENUMBERED: Text("customers were numbered anew since", "客户序号已重新编排"),
    CALLED_OFF: Text("cancelled before it was sent", "发送前已取消"),
    **UNLIT,
    UNKNOWN: Text("lost on the way: nobody knows whether it went", "发送结果未知"),
    UNRENDERED: Text("could not be written for this customer", "无法为该客户生成内容"),
    TOO_LONG: Text("too long for its channel", "内容超出渠道长度"),
    GAVE_UP: Text("given up after several tries", "多次尝试后放弃"),
}
"""Why a message was not sent."""


if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Batch:
    """Messages of one content to a set of customers, by an account. `key` is natural: the same batch has it again.

    What is not sent at `expires_at` is dropped with the reason `expired`. With `fields` it is no message: a receiver is
    told these of each customer, by an account without a channel, and `content` is who tells.
    """

    key: str
    account: str
    content: str
    content_version: int
    purpose: str
    campaign: str
    members: OrdinalSet
    epoch: int
    due_at: datetime
    expires_at: datetime | None = None
    fields: tuple[str, ...] | None = None
    given: "pa.Table | None" = None  # customer, and texts by the names under which templates ask for them


@dataclass(frozen=True)
class Rate:
    """A bucket of tokens, one a message: so many a second, at most `burst` of them saved up."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class Account:
    """An account of a channel as it was defined; `secrets` are in clear and are never shown."""

    name: str
    through: str  # name of the plug-in
    channel: str  # of consent and of content; empty: it is told of customers, and nobody is written to
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    rate: Rate | None = None
    quotas: tuple[Quota, ...] = ()
    batch: int = 1
    requests: int = 1
    idempotent: bool = False
    transactional: tuple[str, ...] = ()
    receipts: bool = False

    def sends_again(self, purpose: str) -> bool:
        """Say whether a message of this purpose is sent again when nobody knows whether it was taken over."""
        return self.idempotent or purpose in self.transactional


@dataclass(frozen=True)
class Progress:
    """How far a batch is: of `size` customers how many were handed over, wait, and were left out, by reason."""

    number: int
    key: str
    account: str
    state: str
    size: int
    accepted: int
    open: int
    reasons: Mapping[str, int]
