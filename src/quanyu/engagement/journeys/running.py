"""Journeys as a tick finds them: their versions, who stands where, who waits at the door, what time has brought."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from quanyu.customers.identity.people import People
from quanyu.engagement.journeys import moving
from quanyu.engagement.journeys.cohorts import inside, standing
from quanyu.engagement.journeys.definitions import newest, parse, texts_of
from quanyu.engagement.journeys.entering import been, waiting
from quanyu.engagement.journeys.model import RUNNING, Cohort, Journey, OfEvent
from quanyu.engagement.journeys.tables import journey_state
from quanyu.engagement.journeys.triggers import moments, rule_at
from quanyu.foundation.documents import read
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.model import Askable, Rule
from quanyu.targeting.tags.model import Pack

_S = journey_state.c
_log = structlog.get_logger("quanyu.journeys")


@dataclass(frozen=True)
class Running:
    """One journey; `been` are those who have entered too short a time ago to enter again."""

    name: str
    versions: Mapping[int, Journey]
    newest: int
    cohorts: Sequence[tuple[Cohort, bool]]
    come: Mapping[str, OrdinalSet]
    been: OrdinalSet
    due_moments: Sequence[datetime]
    ticks: int

    @property
    def journey(self) -> Journey:
        return self.versions[self.newest]

    @property
    def inside(self) -> OrdinalSet:
        return inside(self.cohorts)

    def is_idle(self, at: datetime) -> bool:
        due = any(watched or cohort.due <= at for cohort, watched in self.cohorts)
        goals = bool(self.cohorts) and any(version.goal is not None for version in self.versions.values())
        return not (due or goals or self.come or self.due_moments or isinstance(self.journey.trigger, OfEvent))

    def rules(self, zone: str, asked: Mapping[str, Askable]) -> list[Rule]:
        """Return every rule that a tick may ask."""
        rules = [rule for version in self.versions.values() for rule in moving.rules_of(version)]
        trigger = self.journey.trigger
        rules += [trigger.rule] if isinstance(trigger, OfEvent) else []
        told = [rule_at(trigger, moment, zone, asked) for moment in self.due_moments]
        return rules + [rule for rule in told if rule is not None]


def running(ws: Workspace, people: People, at: datetime, pack: Pack) -> list[Running]:
    """Return the journeys that run; one that the present tags no longer allow stands still, and the others go on."""
    versions = newest(ws)
    query = sa.select(journey_state).where(_S.workspace == ws.number, _S.state == RUNNING).order_by(_S.journey)
    with ws.begin() as connection:
        rows = connection.execute(query).all()
        names = [row.journey for row in rows]
        cohorts = standing(ws, connection, names, people.epoch)
        come = waiting(ws, connection, names, people.epoch)
    needed = {(n, v) for n in names for v in (versions[n], *(cohort.version for cohort, _ in cohorts.get(n, ())))}
    parsed = _parsed(ws, needed, pack)
    found: list[Running] = []
    for row in rows:
        mine = {version: journey for (name, version), journey in parsed.items() if name == row.journey}
        if {version for name, version in needed if name == row.journey} != set(mine):
            _log.warning("journey stands still: the present tags do not allow it", journey=row.journey)
            continue
        found.append(_opened(ws, row, mine, versions[row.journey], cohorts, come, people.epoch, at))
    return found


def _opened(
    ws: Workspace,
    row: "sa.Row[Any]",
    mine: Mapping[int, Journey],
    version: int,
    cohorts: Mapping[str, Sequence[tuple[Cohort, bool]]],
    come: Mapping[str, Mapping[str, OrdinalSet]],
    epoch: int,
    at: datetime,
) -> Running:
    name, journey = row.journey, mine[version]
    due = list(moments(journey.trigger, row.looked_at or row.since, at, ws.time_zone))
    comes = bool(due) or name in come or isinstance(journey.trigger, OfEvent)
    before = been(ws, journey, epoch, at) if comes else OrdinalSet.empty()
    return Running(name, mine, version, cohorts.get(name, ()), come.get(name, {}), before, due, row.ticks)


_known: dict[tuple[str, int, str, int, str], Journey] = {}
_MOST_KNOWN = 2_000


def _parsed(ws: Workspace, needed: AbstractSet[tuple[str, int]], pack: Pack) -> dict[tuple[str, int], Journey]:
    """Return versions, read anew only where the tags are others than before."""
    keys = {each: (str(ws.settings.home), ws.number, *each, pack.hash) for each in needed}
    missing = [each for each, key in keys.items() if key not in _known]
    if len(_known) + len(missing) > _MOST_KNOWN:
        _known.clear()
        missing = list(needed)
    for each, text in texts_of(ws, missing).items():
        try:
            _known[keys[each]] = parse(read(text), pack.askables, ws.currency, text)
        except QuanyuError:  # said by who misses it
            continue
    return {each: _known[key] for each, key in keys.items() if key in _known}
