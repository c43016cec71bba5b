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
from quanyu.engagement.journeys.sending import REASONS
from quanyu.engagement.journeys.steps.send import SENT
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
    """One thing that happened to a customer in a journey; `why_not` says why a message did not go after all."""

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
            not_sent = _why_not(ws, connection, row, customer) if row.outcome.startswith(SENT) else None
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
    key = f"{row.journey}/{row.version}/{row.step}/{row.tick}/{row.outcome.removeprefix(SENT)}"
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
    match root:
        case "sent":
            return Text(f"a message goes out by {rest}", f"经 {rest} 发送消息")
        case "delivered":
            return Text(f"the message by {rest} was delivered", f"{rest} 的消息已送达")
        case "undelivered":
            return Text(f"not delivered by {rest} in time: the next account", f"{rest} 未在时限内送达：换下一渠道")
        case "withdrawn":
            return Text(f"nothing went by {rest} in time: the next account", f"{rest} 未在时限内发出：换下一渠道")
        case "unknown":
            return Text(f"nobody knows what {rest} did: counts as sent", f"{rest} 是否送达未知：按已发送处理")
        case "capped":
            return Text(f"no message: the cap of {rest} is reached", f"未发送：已达频次上限 {rest}")
        case "suppressed":
            return Text(f"no message: suppressed, {rest}", f"未发送：被抑制（{rest}）")
        case "done":
            return Text(f"has it: {rest}", f"已执行：{rest}")
        case "refused":
            return Text(f"cannot have it: {rest}", f"未执行：{rest}")
        case "to":
            return Text(f"goes to {'the end' if rest == END else rest}", f"进入 {'结束' if rest == END else rest}")
        case "case":
            return Text(f"rule {rest} is true", f"满足第 {rest} 个条件")
        case _:
            return WORDS.get(outcome) or WORDS.get(root) or Text(outcome, outcome)
