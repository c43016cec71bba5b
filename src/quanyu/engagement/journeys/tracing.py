"""Tells of one customer what journeys did with him, and why he did not get a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quanyu.customers.identity.people import people_in
from quanyu.engagement.channels.model import LEFT_OUT
from quanyu.engagement.channels.outbox import reached_not
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.journeys.model import END
from quanyu.engagement.journeys.policy import CAPPED_BY
from quanyu.engagement.journeys.preceding import who_came_first
from quanyu.engagement.journeys.sending import REASONS
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.steps.webhook import POSTS
from quanyu.engagement.journeys.tables import journey_cohort, journey_move
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

WORDS = {
    "entered": Text("entered", "进入"),
    "inside": Text("did not enter: is inside already", "未进入：已在旅程中"),
    "entered_before": Text("did not enter: has been here, and may not again yet", "未进入：曾进入，尚不可再次进入"),
    "control": Text("is left alone, to be measured against", "留作对照组，不做触达"),
    "gone": Text("is no longer a customer: merged or erased", "客户已合并或清除"),
    "waits": Text("waits", "等待"),
    "over": Text("has waited", "等待结束"),
    "happened": Text("what was waited for has happened", "等待的事件已发生"),
    "yes": Text("the rule is true", "满足条件"),
    "no": Text("the rule is not true", "不满足条件"),
    "otherwise": Text("no rule is true", "不满足任何条件"),
    "quiet": Text("waits: quiet hours", "等待：免打扰时段"),
    "goal": Text("has reached the goal", "达成目标"),
    "ended": Text("the journey is over", "旅程结束"),
    "exit": Text("leaves", "退出"),
    "tagged": Text("was given the tag", "已打标签"),
    **REASONS,
}


@dataclass(frozen=True)
class Trace:
    """One thing that happened to a customer in a journey.

    `why_not` says why a message did not go after all, or which journey took the place that a cap left.
    """

    at: datetime
    journey: str
    step: str
    outcome: str
    said: Text
    why_not: Text | None = None


@dataclass(frozen=True)
class Whereabouts:
    journey: str
    step: str
    due: datetime


def trace(ws: Workspace, customer: int, limit: int = 200) -> list[Trace]:
    """Return what happened to a customer (an ordinal), the newest first."""
    m = journey_move.c
    with ws.begin() as connection:
        epoch = people_in(ws, connection).epoch
        query = sa.select(journey_move).where(m.workspace == ws.number, m.epoch == epoch)
        found: list[Trace] = []
        for row in connection.execute(query.order_by(m.at.desc(), m.journey, m.tick.desc())):
            if customer not in from_bytes(row.members):
                continue
            not_sent = _why_not(ws, connection, row, customer) if row.outcome.startswith((SENT, POSTS)) else None
            if row.outcome.startswith(CAPPED_BY):
                not_sent = who_came_first(ws, connection, row, customer)
            found.append(Trace(row.at, row.journey, row.step, row.outcome, said(row.outcome), not_sent))
            if len(found) == limit:
                break
    return found


def whereabouts(ws: Workspace, customer: int) -> Sequence[Whereabouts]:
    """Return where a customer stands now."""
    c = journey_cohort.c
    with ws.begin() as connection:
        query = sa.select(journey_cohort).where(c.workspace == ws.number, c.epoch == people_in(ws, connection).epoch)
        rows = connection.execute(query.order_by(c.journey, c.due))
        return [Whereabouts(r.journey, r.step, r.due) for r in rows if customer in from_bytes(r.members)]


def _why_not(ws: Workspace, connection: sa.Connection, row: "sa.Row[tuple[object, ...]]", customer: int) -> Text | None:
    key = f"{row.journey}/{row.version}/{row.step}/{row.tick}/{row.outcome.partition(':')[2]}"
    b = channel_batch.c
    number = connection.execute(sa.select(b.number).where(b.workspace == ws.number, b.key == key)).scalar_one_or_none()
    if number is None:
        return None
    reasons = reached_not(ws, connection, number)
    word = next((word for word, members in reasons.items() if customer in members), None)
    return None if word is None else LEFT_OUT.get(word, Text(word, word))


def said(outcome: str) -> Text:
    """Return an outcome in words."""
    root, _, rest = outcome.partition(":")
    if outcome == f"to:{END}":
        return Text("goes to the end", "进入 结束")
    if rest and root in _OF:
        return _OF[root].format_with(of=rest)
    return WORDS.get(outcome) or WORDS.get(root) or Text(outcome, outcome)


_OF = {
    "sent": Text("a message goes out by {of}", "经 {of} 发送消息"),
    "delivered": Text("the message by {of} was delivered", "{of} 的消息已送达"),
    "undelivered": Text("not delivered by {of} in time: the next account", "{of} 未在时限内送达：换下一渠道"),
    "withdrawn": Text("nothing went by {of} in time: the next account", "{of} 未在时限内发出：换下一渠道"),
    "unknown": Text("nobody knows what {of} did: counts as sent", "{of} 是否送达未知：按已发送处理"),
    "posts": Text("{of} is to be told of him", "将通知 {of}"),
    "posted": Text("{of} has been told of him", "已通知 {of}"),
    "failed": Text("{of} could not be told of him", "未能通知 {of}"),
    "capped": Text("no message: the cap of {of} is reached", "未发送：已达频次上限 {of}"),
    "suppressed": Text("no message: suppressed, {of}", "未发送：被抑制（{of}）"),
    "account_gone": Text("no message: the account {of} is gone", "未发送：渠道账号 {of} 已被移除"),
    "done": Text("has it: {of}", "已执行：{of}"),
    "refused": Text("cannot have it: {of}", "未执行：{of}"),
    "to": Text("goes to {of}", "进入 {of}"),
    "case": Text("rule {of} is true", "满足第 {of} 个条件"),
}
"""Outcomes in words, by how they begin; what follows is named in them."""
