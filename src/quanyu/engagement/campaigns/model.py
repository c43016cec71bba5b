"""Nouns of campaigns: a definition with arms, stages and guard rails, and what was done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.explaining import titled
from quanyu.targeting.experiments.model import OutcomeKind

PERSONALISED, SAME_PROMOTION, NO_CONTACT = "personalised", "same_promotion", "no_contact"
SENDING = (PERSONALISED, SAME_PROMOTION)
ARMS = {name: titled(name) for name in (*SENDING, NO_CONTACT)}
"""What may be done to customers of a campaign; whoever is in `no_contact` is left alone, to be measured against."""

KEEPER = "campaigns"
"""Who keeps the journey of a campaign: nobody else defines it or brings people in."""

OUTCOMES: Mapping[str, OutcomeKind] = {"bought": "rate", "spent": "amount"}
WATCHED = ("unsubscribed", "complained", "bounced")
LIMITS = {"unsubscribed": 0.01, "complained": 0.001, "bounced": 0.05}
"""Shares of the messages that may be answered so, where a campaign does not say."""

AUTOMATIC, BY_HAND = "automatic", "by_hand"
Release = Literal["automatic", "by_hand"]


@dataclass(frozen=True)
class Saying:
    """A content, and the accounts that it goes by: the first whose channel reaches a customer."""

    content: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Arm:
    """What one group gets: of the cases the first whose audience a customer is in, else `saying`."""

    name: str
    share: float | None
    saying: Saying | None
    cases: tuple[tuple[str, Saying], ...] = ()

    @property
    def sayings(self) -> tuple[Saying, ...]:
        return (*(saying for _, saying in self.cases), *((self.saying,) if self.saying else ()))


@dataclass(frozen=True)
class Target:
    """What a campaign is for: a lift of an outcome, relative to those left alone, within `days` after the message."""

    outcome: str
    days: int
    lift: float


@dataclass(frozen=True)
class Stage:
    """A share of the audience, those of the stages before it among them, and how long it is watched."""

    share: float
    watch: timedelta
    then: Release


@dataclass(frozen=True)
class Campaign:
    """A definition that was checked."""

    name: str
    title: Text
    owner: str
    purpose: str
    priority: str
    audience: str
    target: Target
    arms: Mapping[str, Arm]
    stages: tuple[Stage, ...]
    guards: Mapping[str, float]
    expires: timedelta | None
    text: str
    hash: str

    @property
    def sending(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms.values() if arm.sayings)

    @property
    def contents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(saying.content for arm in self.sending for saying in arm.sayings))

    @property
    def audiences(self) -> tuple[str, ...]:
        named = (self.audience, *(name for arm in self.sending for name, _ in arm.cases))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Kept:
    """A definition as it is kept: who wrote it, and the shares of its arms, sized when it was put in force."""

    campaign: Campaign
    version: int
    author: str
    applied_at: datetime
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Applied:
    """What became of a definition: `changed` is False when it already stood so."""

    name: str
    version: int
    changed: bool


@dataclass(frozen=True)
class Released:
    """A stage that was let out: how many customers it brought in; `changed` is False where it had been let out."""

    campaign: str
    stage: int
    customers: int
    changed: bool


@dataclass(frozen=True)
class Act:
    """One line of what was done to a campaign, by whom."""

    at: datetime
    who: str
    act: str
    told: Mapping[str, object]


ACTS = {
    "applied": Text("definition put in force", "应用定义"),
    "approved": Text("approved", "批准"),
    "tested": Text("sent to testers", "发送给测试人员"),
    "released": Text("stage released", "阶段放量"),
    "stopped": Text("stopped", "停止"),
    "guarded": Text("stopped by a guard rail", "触发护栏，自动停止"),
    "resumed": Text("resumed", "恢复"),
    "followed": Text("next wave drafted", "起草下一波"),
}
