"""The club with contents, accounts and audiences, so that journeys can be played through."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys.tables import journey_cohort, journey_move
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply as apply_audience

CONTENT = """name: hello
title: {en: Hello, zh: 你好}
languages: [zh]
channels:
  sms: {zh: {text: "您好"}}
  email: {zh: {subject: "您好", text: "您好"}}
"""
AUDIENCE = """name: {name}
title: {{en: {name}, zh: {name}}}
description: {{en: Some., zh: 一些。}}
rule: {rule}
"""
BUYERS, IDLE = '{tag: frequency, is: ">", value: 0}', '{tag: frequency, is: "=", value: 0}'
MORNING = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""Ten o'clock in China."""


def audience(ws: Workspace, name: str, rule: str) -> None:
    apply_audience(ws, AUDIENCE.format(name=name, rule=rule))


def at(ws: Workspace, instant: datetime) -> None:
    """Move the clock to an instant, and a moment past it."""
    ws.clock.move(instant - ws.clock.now() + timedelta(seconds=1))


def journey(start: str, *steps: str, **more: str) -> str:
    head = ["name: play", "title: {en: Play, zh: 演练}", "purpose: marketing", f"start: {start}"]
    told = [*head, *(f"{key}: {value}" for key, value in more.items()), "steps:", *(f"  - {s}" for s in steps)]
    return "\n".join(told)


def furnish_stage(ws: Workspace) -> None:
    for name, channel in (("texts", "sms"), ("mails", "email")):
        add(ws, Account(name, "webhook", channel, {"url": "http://127.0.0.1:1/"}, {}))
    apply_content(ws, CONTENT)
    audience(ws, "buyers", BUYERS)
    audience(ws, "idle", IDLE)
    at(ws, MORNING)


@pytest.fixture
def stage(club: Workspace) -> Workspace:
    furnish_stage(club)
    return club


def outcomes(ws: Workspace, name: str = "play") -> dict[tuple[str, str], set[int]]:
    """Return who went through what, over all ticks."""
    m, found = journey_move.c, dict[tuple[str, str], OrdinalSet]()
    with ws.begin() as connection:
        for row in connection.execute(sa.select(journey_move).where(m.journey == name)):
            known = found.get((row.step, row.outcome), OrdinalSet.empty())
            found[row.step, row.outcome] = known | from_bytes(row.members)
    return {key: set(members.ordinals().tolist()) for key, members in found.items()}


def standing(ws: Workspace, name: str = "play") -> dict[str, set[int]]:
    """Return who stands at which step."""
    c, found = journey_cohort.c, dict[str, set[int]]()
    with ws.begin() as connection:
        for row in connection.execute(sa.select(journey_cohort).where(c.journey == name)):
            those = set(from_bytes(row.members).ordinals().tolist())
            assert not those & found.get(row.step, set())
            found[row.step] = found.get(row.step, set()) | those
    return found


def batches(ws: Workspace) -> list[tuple[str, set[int]]]:
    """Return what stands in the outbox: account and customers, in the order in which it came."""
    b = channel_batch.c
    with ws.begin() as connection:
        rows = connection.execute(sa.select(b.account, b.members).order_by(b.number)).all()
    return [(row.account, set(from_bytes(row.members).ordinals().tolist())) for row in rows]
