"""Moves sets of customers through the steps of a journey: what one tick does, worked out before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quanyu.engagement.journeys.checking import order, reachable
from quanyu.engagement.journeys.model import END, Cohort, Journey
from quanyu.engagement.journeys.steps.kinds import kind_of
from quanyu.engagement.journeys.steps.spec import Awaited, Here, Outcome
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.fields.model import Rule

ENTRANCE = "start"
"""The step under which is told who came in, and why others did not."""
GOAL, GONE, ENDED = "goal", "gone", "ended"

_NOBODY = OrdinalSet.empty()


@dataclass
class Moved:
    """What happens to whom: outcomes by step and word, new cohorts, cohorts that are over, and what stays of others."""

    outcomes: dict[tuple[int, str, str], OrdinalSet] = field(default_factory=dict[tuple[int, str, str], OrdinalSet])
    opened: list[tuple[Cohort, bool]] = field(default_factory=list[tuple[Cohort, bool]])
    closed: list[int] = field(default_factory=list[int])
    shrunk: dict[int, OrdinalSet] = field(default_factory=dict[int, OrdinalSet])
    ended: OrdinalSet = _NOBODY

    def tell(self, version: int, step: str, word: str, members: OrdinalSet) -> None:
        if members and word:
            known = self.outcomes.get((version, step, word), _NOBODY)
            self.outcomes[version, step, word] = known | members


class Movement:
    """One version of a journey in one tick. Bring the cohorts and who enters; then `run`."""

    def __init__(self, moved: Moved, here: Here, alive: OrdinalSet) -> None:
        self._moved, self._here, self._alive = moved, here, alive
        self._journey: Journey = here.journey
        self._come: dict[str, OrdinalSet] = {}
        self._awaited: dict[str, list[Awaited]] = {}
        goal = self._journey.goal
        self._after_goal = set[str]() if goal is None else reachable(self._journey.steps, [goal.then])

    def enter(self, members: OrdinalSet) -> None:
        self._arrive(self._journey.first, self._without_goal(self._journey.first, members))

    def bring(self, cohort: Cohort, *, watched: bool) -> None:
        """Take out who is gone or has reached the goal; let go on whose time is over, or what he waits for has come."""
        gone = cohort.members - self._alive
        self._tell(cohort.step, GONE, gone)
        rest = self._without_goal(cohort.step, cohort.members - gone)
        if cohort.due > self._here.at and not watched:
            return self._keep(cohort, rest)
        if cohort.awaits is not None:
            if rest:
                self._awaited.setdefault(cohort.step, []).append(Awaited(cohort.awaits, rest, cohort.due))
            self._moved.closed.append(cohort.number)
            return None
        kind = kind_of(self._journey.steps[cohort.step])
        if not kind.waits:
            self._arrive(cohort.step, rest)
            self._moved.closed.append(cohort.number)
            return None
        outcomes = self._act(cohort.step, rest, resumed=True, due=cohort.due)
        staying = _NOBODY
        for outcome in outcomes:
            if outcome.due is None:
                self._route(cohort.step, outcome)
            else:
                staying = staying | outcome.members
        return self._keep(cohort, staying)

    def _keep(self, cohort: Cohort, members: OrdinalSet) -> None:
        if not members:
            self._moved.closed.append(cohort.number)
        elif members != cohort.members:
            self._moved.shrunk[cohort.number] = members

    def run(self) -> None:
        """Let everybody go as far as he gets; steps come in an order in which nobody comes to one that is done."""
        for step in order(self._journey.steps):
            members, self._here.awaited = self._come.pop(step, _NOBODY), self._awaited.pop(step, ())
            if members or self._here.awaited:
                for outcome in self._act(step, members, resumed=False, due=None):
                    if outcome.due is None:
                        self._route(step, outcome)
                    elif outcome.members:
                        self._tell(step, outcome.word, outcome.members)
                        stands = (self._here.version, step, outcome.due, outcome.members, outcome.awaits)
                        self._moved.opened.append((Cohort(0, *stands), outcome.watched))

    def _act(self, step: str, members: OrdinalSet, *, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
        self._here.name = step
        here = self._journey.steps[step]
        return kind_of(here).run(here, self._here, members, resumed, due)

    def _route(self, step: str, outcome: Outcome) -> None:
        self._tell(step, outcome.word, outcome.members)
        if outcome.to is not None:
            self._arrive(outcome.to, outcome.members)

    def _without_goal(self, step: str, members: OrdinalSet) -> OrdinalSet:
        goal = self._journey.goal
        if goal is None or not members:
            return members
        if step in self._after_goal:
            return members  # they have been rerouted: were they so again, they would go this way for ever
        reached = members & self._here.holds[goal.rule]
        self._tell(step, GOAL, reached)
        self._arrive(goal.then, reached)
        return members - reached

    def _arrive(self, step: str, members: OrdinalSet) -> None:
        if not members:
            return
        if step == END:
            self._moved.ended = self._moved.ended | members
        else:
            self._come[step] = self._come.get(step, _NOBODY) | members

    def _tell(self, step: str, word: str, members: OrdinalSet) -> None:
        self._moved.tell(self._here.version, step, word, members)


def rules_of(journey: Journey) -> list[Rule]:
    """Return every rule that a tick of this version may ask."""
    rules = [rule for step in journey.steps.values() for rule in kind_of(step).rules(step)]
    return rules + ([journey.goal.rule] if journey.goal is not None else [])


def move(
    here_of: Mapping[int, Here],
    standing: Sequence[tuple[Cohort, bool]],
    entering: OrdinalSet,
    newest: int,
    alive: OrdinalSet,
) -> Moved:
    """Work out what a tick does: `here_of` has a version for each cohort, and the newest one, in which people enter."""
    moved = Moved()
    movements = {version: Movement(moved, here, alive) for version, here in here_of.items()}
    for cohort, watched in standing:
        movements[cohort.version].bring(cohort, watched=watched)
    movements[newest].enter(entering)
    for movement in movements.values():
        movement.run()
    return moved
