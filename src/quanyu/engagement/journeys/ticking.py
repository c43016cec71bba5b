"""One tick of the journeys of a workspace: looks who enters, who is due, what has happened, and moves them.

What is done is worked out first, journey by journey, those of higher priority first and of one priority those whose
messages are expected to bring more. It is written in one transaction with the batches that go into the outbox. Killed
before that, a tick has done nothing; the next one does the same.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from quanyu.customers.identity.people import People, read_people
from quanyu.engagement.journeys import moving
from quanyu.engagement.journeys.contexts import told_by_event
from quanyu.engagement.journeys.entering import at_the_door, has_come
from quanyu.engagement.journeys.model import Journey, OfDate, OfEvent, Ticked
from quanyu.engagement.journeys.moving import ENTRANCE
from quanyu.engagement.journeys.policy import ContactPolicy, in_force
from quanyu.engagement.journeys.policy import rules_of as policy_rules
from quanyu.engagement.journeys.precedence import expectations, precedence
from quanyu.engagement.journeys.running import Running, running
from quanyu.engagement.journeys.sending import Sender
from quanyu.engagement.journeys.steps.spec import Here
from quanyu.engagement.journeys.triggers import rule_at
from quanyu.engagement.journeys.writing import Worked, still_running, withdraw_late, write
from quanyu.engagement.journeys.zones import Zones
from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, InAudience, Rule
from quanyu.targeting.tags.packs import standing as standing_pack
from quanyu.targeting.tags.runs import current

FAILPOINTS = ("journeys.worked_out", "journeys.written", "journeys.moved")


def tick(ws: Workspace) -> list[Ticked]:
    """Move every running journey on to the present instant; return what was done, of those that did anything."""
    with ws.locked("journeys"):
        withdraw_late(ws)
        while (done := _tick(ws)) is None:  # somebody stopped a journey meanwhile: it counts for nothing then
            pass
        return done


def _tick(ws: Workspace) -> list[Ticked] | None:
    at, people, pack = ws.clock.now(), read_people(ws), standing_pack(ws)
    found = [each for each in running(ws, people, at, pack) if not each.is_idle(at)]
    if not found:
        return []
    policy = in_force(ws, pack.askables)
    holds = _holding(ws, found, policy, pack.askables)
    testers = holds[InAudience(policy.testers)] if policy.testers is not None else OrdinalSet.empty()
    sender = Sender(ws, policy, people, holds, testers)
    expected = {name: each.counts for name, each in expectations(ws).items()}
    found.sort(key=lambda each: precedence(each.journey.priority, expected.get(each.name), each.name))
    zones = Zones(ws, policy.zone)
    worked = [_work_out(ws, each, sender, zones, holds, people, at) for each in found]
    failpoints.reach("journeys.worked_out")
    with ws.begin() as connection:
        if not still_running(ws, connection, found):
            return None
        write(ws, connection, worked, expected, people.epoch, at)
        sender.tallies.keep(connection)
        failpoints.reach("journeys.written")
    failpoints.reach("journeys.moved")
    return [each.told for each in worked if each.told.moved or each.told.entered]


def _holding(
    ws: Workspace, found: Sequence[Running], policy: ContactPolicy, asked: Catalogue[Askable]
) -> dict[Rule, OrdinalSet]:
    """Answer all rules of the tick at once, by the last run of tags."""
    by_name = {askable.name: askable for askable in asked}
    rules = [rule for each in found for rule in each.rules(ws.time_zone, by_name)]
    rules += policy_rules(policy)
    rules += [InAudience(policy.testers)] if policy.testers is not None else []
    different = list(dict.fromkeys(rules))
    return dict(zip(different, select(ws, current(ws), different), strict=True)) if different else {}


def _work_out(
    ws: Workspace,
    found: Running,
    sender: Sender,
    zones: Zones,
    holds: Mapping[Rule, OrdinalSet],
    people: People,
    at: datetime,
) -> Worked:
    come_now = _come_now(ws, found, holds, people.epoch)
    door = at_the_door(found.journey, {**found.come, **come_now}, found.been, found.inside, people.alive, sender.held)
    heres = {
        version: Here(ws, journey, version, "", found.ticks + 1, at, people.epoch, holds, sender, zones)
        for version, journey in found.versions.items()
    }
    moved = moving.move(heres, found.cohorts, door.enter, found.newest, people.alive)
    for word, members in (("entered", door.enter), *door.refused.items()):
        moved.tell(found.newest, ENTRANCE, word, members)
    moved.tell(found.newest, ENTRANCE, moving.ENDED, moved.ended)
    batches = [batch for here in heres.values() for batch in here.batches]
    told_now = _told_now(ws, found.journey, come_now)
    return Worked(
        found, moved, door, come_now, told_now, batches, [deed for here in heres.values() for deed in here.deeds]
    )


def _told_now(ws: Workspace, journey: Journey, come_now: Mapping[str, OrdinalSet]) -> dict[str, pa.Table]:
    """Return what events tell of themselves, by the keys under which their customers have come."""
    trigger = journey.trigger
    if not isinstance(trigger, OfEvent) or not trigger.tells:
        return {}
    return {key: told_by_event(ws, trigger, members) for key, members in come_now.items()}


def _come_now(ws: Workspace, found: Running, holds: Mapping[Rule, OrdinalSet], epoch: int) -> dict[str, OrdinalSet]:
    """Return who enters by a moment of time, or by what he has done, by keys that name it."""
    trigger = found.journey.trigger
    if isinstance(trigger, OfEvent):
        with ws.begin() as connection:
            met = has_come(ws, connection, found.name, "event:", epoch)
        news = holds[trigger.rule] - met
        return {f"event:{ws.clock.today(ws.time_zone)}:{found.ticks + 1}": news} if news else {}
    by_name = {a.name: a for a in standing_pack(ws).askables} if isinstance(trigger, OfDate) else {}
    come: dict[str, OrdinalSet] = {}
    for moment in found.due_moments:
        rule = rule_at(trigger, moment, ws.time_zone, by_name)
        if rule is not None:
            come[f"moment:{moment.isoformat()}"] = holds[rule]
    return come
