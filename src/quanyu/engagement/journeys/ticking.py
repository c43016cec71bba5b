"""One tick of the journeys of a workspace: looks who enters, who is due, what has happened, and moves them.

What a journey does in a tick is worked out first and written in one transaction, with the batches that it puts into the
outbox. Killed before that, a tick has done nothing; the next one does the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from quanyu.customers.identity.people import People, read_people
from quanyu.engagement.journeys import moving
from quanyu.engagement.journeys.cohorts import close_cohorts, inside, open_cohort, shrink, standing
from quanyu.engagement.journeys.definitions import newest, parse, text_of
from quanyu.engagement.journeys.entering import Door, announce, at_the_door, has_come, let_in, waiting
from quanyu.engagement.journeys.model import PRIORITIES, RUNNING, Cohort, Journey, OfDate, OfEvent, Ticked
from quanyu.engagement.journeys.moving import ENTRANCE, Moved
from quanyu.engagement.journeys.policy import ContactPolicy, in_force
from quanyu.engagement.journeys.policy import rules_of as policy_rules
from quanyu.engagement.journeys.sending import Sender
from quanyu.engagement.journeys.steps.spec import Here
from quanyu.engagement.journeys.tables import journey_move, journey_state
from quanyu.engagement.journeys.triggers import moments, rule_at
from quanyu.foundation import failpoints
from quanyu.foundation.documents import read
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, InAudience, Rule
from quanyu.targeting.tags.packs import standing as standing_pack
from quanyu.targeting.tags.runs import current

FAILPOINTS = ("journeys.worked_out", "journeys.written", "journeys.moved")
_log = structlog.get_logger("quanyu.journeys")
_S = journey_state.c


@dataclass(frozen=True)
class _Running:
    """A journey as a tick finds it: its versions, who stands where, and who waits at the door."""

    name: str
    versions: Mapping[int, Journey]
    newest: int
    cohorts: Sequence[tuple[Cohort, bool]]
    come: Mapping[str, OrdinalSet]
    due_moments: Sequence[datetime]
    ticks: int

    @property
    def journey(self) -> Journey:
        return self.versions[self.newest]

    def is_idle(self, at: datetime) -> bool:
        due = any(watched or cohort.due <= at for cohort, watched in self.cohorts)
        goals = bool(self.cohorts) and any(version.goal is not None for version in self.versions.values())
        return not (due or goals or self.come or self.due_moments or isinstance(self.journey.trigger, OfEvent))

    def rules(self, zone: str, asked: Mapping[str, Askable]) -> list[Rule]:
        rules = [rule for version in self.versions.values() for rule in moving.rules_of(version)]
        trigger = self.journey.trigger
        rules += [trigger.rule] if isinstance(trigger, OfEvent) else []
        told = [rule_at(trigger, moment, zone, asked) for moment in self.due_moments]
        return rules + [rule for rule in told if rule is not None]


def tick(ws: Workspace) -> list[Ticked]:
    """Move every running journey on to the present instant; return what was done, of those that did anything."""
    with ws.locked("journeys"):
        at, people = ws.clock.now(), read_people(ws)
        asked = standing_pack(ws).askables
        running = [each for each in _running(ws, people, at, asked) if not each.is_idle(at)]
        if not running:
            return []
        policy = in_force(ws, asked)
        holds = _holding(ws, running, policy, asked)
        testers = holds[InAudience(policy.testers)] if policy.testers is not None else OrdinalSet.empty()
        sender = Sender(ws, policy, people, holds, testers)
        running.sort(key=lambda each: (PRIORITIES.index(each.journey.priority), each.name))
        return [done for each in running if (done := _tick(ws, each, sender, holds, people, at)) is not None]


def _running(ws: Workspace, people: People, at: datetime, asked: Catalogue[Askable]) -> list[_Running]:
    versions = newest(ws)
    query = sa.select(journey_state).where(_S.workspace == ws.number, _S.state == RUNNING).order_by(_S.journey)
    found: list[_Running] = []
    with ws.begin() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        try:
            found.append(_opened(ws, row, versions[row.journey], people, at, asked))
        except QuanyuError as error:  # its tags went, say: the others go on
            _log.warning("journey stands still", journey=row.journey, error=error.code)
    return found


def _opened(
    ws: Workspace,
    row: "sa.Row[tuple[object, ...]]",
    version: int,
    people: People,
    at: datetime,
    asked: Catalogue[Askable],
) -> _Running:
    with ws.begin() as connection:
        cohorts = standing(ws, connection, row.journey, people.epoch)
        come = waiting(ws, connection, row.journey, people.epoch)
    numbers = sorted({version, *(cohort.version for cohort, _ in cohorts)})
    versions = {number: _parsed(ws, row.journey, number, asked) for number in numbers}
    since = row.looked_at or row.since
    due = list(moments(versions[version].trigger, since, at, ws.time_zone))
    return _Running(row.journey, versions, version, cohorts, come, due, row.ticks)


_known: dict[tuple[str, str, int], tuple[Catalogue[Askable], Journey]] = {}
_MOST_KNOWN = 1_000


def _parsed(ws: Workspace, name: str, version: int, asked: Catalogue[Askable]) -> Journey:
    """Return a version, read anew only where the tags are others than before."""
    key = (str(ws.settings.home), f"{ws.number}/{name}", version)
    kept = _known.get(key)
    if kept is not None and kept[0] is asked:
        return kept[1]
    text, _ = text_of(ws, name, version)
    found = parse(read(text), asked, ws.currency, text)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[key] = (asked, found)
    return found


def _holding(
    ws: Workspace, running: Sequence[_Running], policy: ContactPolicy, asked: Catalogue[Askable]
) -> dict[Rule, OrdinalSet]:
    """Answer all rules of the tick at once, by the last run of tags."""
    by_name = {askable.name: askable for askable in asked}
    rules = [rule for each in running for rule in each.rules(ws.time_zone, by_name)]
    rules += policy_rules(policy)
    rules += [InAudience(policy.testers)] if policy.testers is not None else []
    different = list(dict.fromkeys(rules))
    return dict(zip(different, select(ws, current(ws), different), strict=True)) if different else {}


def _tick(
    ws: Workspace, found: _Running, sender: Sender, holds: Mapping[Rule, OrdinalSet], people: People, at: datetime
) -> Ticked | None:
    number = found.ticks + 1
    with ws.begin() as connection:
        come = {**found.come, **_come_now(ws, connection, found, holds, people.epoch, number, at)}
        within = inside(found.cohorts)
        door = at_the_door(ws, connection, found.journey, come, within, people.alive, people.epoch, at)
    heres = {
        version: Here(ws, journey, version, "", number, at, people.epoch, holds, sender)
        for version, journey in found.versions.items()
    }
    moved = moving.move(heres, found.cohorts, door.enter, found.newest, people.alive)
    for word, members in (("entered", door.enter), *door.refused.items()):
        moved.tell(found.newest, ENTRANCE, word, members)
    moved.tell(found.newest, ENTRANCE, moving.ENDED, moved.ended)
    failpoints.reach("journeys.worked_out")
    acts = [act for here in heres.values() for act in here.acts]
    with ws.begin() as connection:
        if not _still_running(ws, connection, found):
            return None
        _write(ws, connection, found, moved, door, people.epoch, number, at)
        for act in acts:
            act(connection)
        sender.tallies.keep(connection)
        failpoints.reach("journeys.written")
    failpoints.reach("journeys.moved")
    many = sum(members.count() for (_, step, _w), members in moved.outcomes.items() if step != ENTRANCE)
    if not many and not door.enter:
        return None
    return Ticked(found.name, number, door.enter.count(), many, moved.ended.count())


def _come_now(
    ws: Workspace,
    connection: sa.Connection,
    found: _Running,
    holds: Mapping[Rule, OrdinalSet],
    epoch: int,
    number: int,
    at: datetime,
) -> dict[str, OrdinalSet]:
    """Return who enters by a moment of time, or by what he has done, by keys that name it."""
    trigger = found.journey.trigger
    if isinstance(trigger, OfEvent):
        day = f"event:{ws.clock.today(ws.time_zone)}"
        met = has_come(ws, connection, found.name, "event:", epoch)
        return {f"{day}:{number}": holds[trigger.rule] - met}
    by_name = {a.name: a for a in standing_pack(ws).askables} if isinstance(trigger, OfDate) else {}
    come: dict[str, OrdinalSet] = {}
    for moment in found.due_moments:
        rule = rule_at(trigger, moment, ws.time_zone, by_name)
        if rule is not None:
            come[f"moment:{moment.isoformat()}"] = holds[rule]
    return come


def _still_running(ws: Workspace, connection: sa.Connection, found: _Running) -> bool:
    mine = (_S.workspace == ws.number, _S.journey == found.name)
    row = connection.execute(sa.select(_S.state, _S.ticks).where(*mine).with_for_update()).one_or_none()
    return row is not None and (row.state, row.ticks) == (RUNNING, found.ticks)


def _write(
    ws: Workspace,
    connection: sa.Connection,
    found: _Running,
    moved: Moved,
    door: Door,
    epoch: int,
    number: int,
    at: datetime,
) -> None:
    for key in door.keys:
        if key not in found.come:
            announce(ws, connection, found.name, key, epoch, _came(door))
    let_in(ws, connection, found.name, door, epoch, at)
    close_cohorts(ws, connection, moved.closed)
    for cohort, members in moved.shrunk.items():
        shrink(ws, connection, cohort, members)
    for cohort, watched in moved.opened:
        open_cohort(ws, connection, found.name, cohort, epoch, watched=watched)
    rows = [
        {
            "workspace": ws.number,
            "journey": found.name,
            "tick": number,
            "step": step,
            "outcome": word,
            "version": version,
            "epoch": epoch,
            "at": at,
            "members": to_bytes(members),
            "size": members.count(),
        }
        for (version, step, word), members in moved.outcomes.items()
    ]
    if rows:
        connection.execute(sa.insert(journey_move), rows)
    mine = (_S.workspace == ws.number, _S.journey == found.name)
    connection.execute(sa.update(journey_state).where(*mine).values(ticks=number, looked_at=at))


def _came(door: Door) -> OrdinalSet:
    everybody = door.enter
    for members in door.refused.values():
        everybody = everybody | members
    return everybody
