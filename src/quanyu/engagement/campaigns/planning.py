"""Plans a campaign before anybody is written to: whom each arm reaches by which channel, and what can be told from it.

The journey that a campaign compiles to is moved once, in memory, by the policy of the day and without its quiet hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from quanyu.customers.identity.people import read_people
from quanyu.engagement.campaigns.compiling import LOT, compiled, sends
from quanyu.engagement.campaigns.deeds import before
from quanyu.engagement.campaigns.model import ARMS, NO_CONTACT, OUTCOMES, Campaign
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.definitions import parse as parse_journey
from quanyu.engagement.journeys.model import END
from quanyu.engagement.journeys.moving import move, rules_of
from quanyu.engagement.journeys.policy import ContactPolicy, in_force
from quanyu.engagement.journeys.policy import rules_of as policy_rules
from quanyu.engagement.journeys.reachability import reachable
from quanyu.engagement.journeys.sending import Sender
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.steps.spec import Here
from quanyu.engagement.journeys.testers import find_testers
from quanyu.engagement.journeys.zones import Zones
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.audiences.definitions import parse as parse_audience
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.experiments.power import Base, Sizing, base_of, check, judge, propose
from quanyu.targeting.experiments.power import in_words as sizes_in_words
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import current

MOST_SHARE = 0.999_999


@dataclass(frozen=True)
class PlannedArm:
    """How many customers an arm has, how many of them each account reaches, and why the others get nothing."""

    arm: str
    customers: int
    by_account: Mapping[str, int]
    undone: Mapping[str, int]


@dataclass(frozen=True)
class Plan:
    """`customers` are those of the audience without testers. `proposed` says that the control was sized from power.

    `sizing` is None where their past has nothing to work a size out from, and the file gives the share.
    """

    campaign: Campaign
    customers: int
    testers: int
    base: Base
    sizing: Sizing | None
    proposed: bool
    shares: Mapping[str, float]
    arms: tuple[PlannedArm, ...]
    reachable: Mapping[str, int]  # by channel, whatever is capped or suppressed
    stages: tuple[int, ...]
    approval_above: int | None

    @property
    def needs_approval(self) -> bool:
        return self.approval_above is not None and self.customers > self.approval_above


@dataclass(frozen=True)
class Addressed:
    """Whom a campaign is for: the audience as it was last looked at, without those who test."""

    members: OrdinalSet
    testers: OrdinalSet
    epoch: int


def addressed(ws: Workspace, found: Campaign) -> Addressed:
    who, testing = chosen(ws, found.audience), find_testers(ws)
    if who.definition_hash is not None:
        now = parse_audience(stored(ws)[found.audience], standing(ws).askables, ws.currency).hash
        if who.definition_hash != now:
            raise Conflict(
                Text("The audience was defined anew and not refreshed since.", "人群定义已更新，尚未刷新。"),
                remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
                received=found.audience,
            )
    return Addressed(who.members - testing, who.members & testing, read_people(ws).epoch)


def stage_of(found: Campaign, members: OrdinalSet, share: float) -> OrdinalSet:
    """Draw a share: whoever is in a smaller one is in it, too."""
    return members if share >= 1 else drawn(members, share, f"stage/{found.name}")


def plan(ws: Workspace, found: Campaign) -> Plan:
    """Work out what a campaign would do now; nothing is kept."""
    policy = in_force(ws, standing(ws).askables)
    to = addressed(ws, found)
    base = measured(ws, found, to.members)
    sizing, shares = sized(found, base, to.members.count())
    stages = tuple(stage_of(found, to.members, stage.share).count() for stage in found.stages)
    return Plan(
        found,
        to.members.count(),
        to.testers.count(),
        base,
        sizing,
        found.arms[NO_CONTACT].share is None,
        shares,
        _arms(ws, found, shares, policy, to.members),
        _reachable(ws, found, to.members),
        stages,
        policy.approval_above,
    )


def _reachable(ws: Workspace, found: Campaign, members: OrdinalSet) -> dict[str, int]:
    people, channels = read_people(ws), {account.name: account.channel for account in every(ws)}
    used = dict.fromkeys(channels[name] for arm in found.sending for saying in arm.sayings for name in saying.by)
    return {each: (members & reachable(ws, people, each, found.purpose)).count() for each in used}


def measured(ws: Workspace, found: Campaign, members: OrdinalSet) -> Base:
    """Measure what these customers did of themselves in as many days as the goal counts, up to yesterday."""
    outcome, days = found.target.outcome, found.target.days
    values = before(ws, members, days)[outcome].to_numpy(zero_copy_only=False) if members else np.empty(0)
    return base_of(values.astype(np.float64), OUTCOMES[outcome])


def is_plannable(found: Campaign, base: Base) -> bool:
    """Say whether groups can be sized from what these customers did of late."""
    try:
        check(base, base.mean * found.target.lift)
    except Invalid:
        return False
    return True


def sized(found: Campaign, base: Base, customers: int) -> tuple[Sizing | None, dict[str, float]]:
    """Return the shares of the arms, and what groups of them can tell: the control from power, unless it is given.

    Raises `Invalid` where it is not given, and cannot be worked out.
    """
    sending, lift = [arm.name for arm in found.sending], base.mean * found.target.lift
    alone = found.arms[NO_CONTACT].share
    if alone is None:
        sizing = propose(base, lift, customers, len(sending))
        alone = round(min(max(sizing.control / max(customers, 1), 1 - MOST_SHARE), MOST_SHARE), 6)
    given = {arm.name: arm.share for arm in found.sending}
    shares = {name: share or (1 - alone) / len(sending) for name, share in given.items()} | {NO_CONTACT: alone}
    sizes = [round(customers * shares[name]) for name in sending]
    told = judge(base, lift, sizes, customers - sum(sizes)) if is_plannable(found, base) else None
    return told, shares


def in_words(found: Plan) -> list[Text]:
    """Say what can be told from a campaign."""
    if found.sizing is not None:
        return sizes_in_words(found.base, found.sizing)
    days = found.campaign.target.days
    return [
        Text(
            f"In the last {days} days these customers did nothing that a size could be worked out from.",
            f"这些客户在过去 {days} 天没有可用于测算规模的行为。",
        )
    ]


def _arms(
    ws: Workspace, found: Campaign, shares: Mapping[str, float], policy: ContactPolicy, members: OrdinalSet
) -> tuple[PlannedArm, ...]:
    outcomes = rehearsed(ws, compiled(found, shares, contents(ws)), policy, members)
    arms: list[PlannedArm] = []
    for name in ARMS:
        if name not in found.arms:
            continue
        steps = sends(found.arms[name])
        told: dict[str, int] = {}
        for (_, step, word), who in outcomes.items():
            if step in steps:
                told[word] = told.get(word, 0) + who.count()
        sent = {word.removeprefix(SENT): many for word, many in told.items() if word.startswith(SENT)}
        undone = {word: many for word, many in told.items() if not word.startswith(SENT)}
        group = outcomes.get((1, LOT, f"to:{END if name == NO_CONTACT else name}"), OrdinalSet.empty())
        arms.append(PlannedArm(name, group.count(), sent, undone))
    return tuple(arms)


def rehearsed(
    ws: Workspace, text: str, policy: ContactPolicy, members: OrdinalSet
) -> dict[tuple[int, str, str], OrdinalSet]:
    """Move customers through a journey in memory: who comes to which step, and what becomes of them there."""
    askables, people = standing(ws).askables, read_people(ws)
    journey = parse_journey(read(text), askables, ws.currency, text)
    rules = list(dict.fromkeys([*rules_of(journey), *policy_rules(policy)]))
    holds = dict(zip(rules, select(ws, current(ws), rules), strict=True)) if rules else {}
    sender = Sender(ws, replace(policy, quiet=None), people, holds, OrdinalSet.empty())
    here = Here(ws, journey, 1, "", 1, ws.clock.now(), people.epoch, holds, sender, Zones(ws, policy.zone))
    return move({1: here}, (), members, 1, people.alive).outcomes
