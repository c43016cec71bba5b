"""Nouns of journeys: a definition with its trigger and steps, its state, and what a tick has done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.fields.model import Rule

END = "end"
"""Where a journey is over; no step may be called so."""
MANUAL = "manual"

Priority = Literal["service", "promised", "manual", "marketing"]
PRIORITIES: tuple[Priority, ...] = ("service", "promised", "manual", "marketing")
"""Whose messages come first where a cap leaves room for some only."""

DRAFT, RUNNING, PAUSED, STOPPED = "draft", "running", "paused", "stopped"
STATES = {
    DRAFT: Text("not started", "未启动"),
    RUNNING: Text("running", "运行中"),
    PAUSED: Text("paused: nobody enters, nobody moves", "已暂停：不进入、不流转"),
    STOPPED: Text("stopped: everybody has left", "已停止：全部退出"),
}


@dataclass(frozen=True)
class OfAudience:
    """Who enters an audience, or leaves it (`left`); with `present` also who is in it when the journey starts."""

    audience: str
    left: bool = False
    present: bool = False


@dataclass(frozen=True)
class OfDate:
    """On a date of the customer: `days` after the day that a tag tells (before it, if negative), at a time of day."""

    tag: str
    days: int
    at: time


@dataclass(frozen=True)
class OfCalendar:
    """`days` after a festival (before it, if negative), at a time of day: who is in an audience then."""

    festival: str
    days: int
    at: time
    audience: str


@dataclass(frozen=True)
class OfSchedule:
    """Every day, week or month, at a time of day: who is in an audience then. `on` is the weekday 1–7, or the day."""

    every: Literal["day", "week", "month"]
    on: int | None
    at: time
    audience: str


@dataclass(frozen=True)
class OfEvent:
    """Who has done something since the journey last looked: a rule over one day and the day before.

    `tells` are columns of what he did last; messages say them as what was told of the entry.
    """

    rule: Rule
    tells: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfCall:
    """Whoever is brought by the API or by hand."""


Trigger = OfAudience | OfDate | OfCalendar | OfSchedule | OfEvent | OfCall


@dataclass(frozen=True)
class Wait:
    """For a time, or until a time of day after it."""

    lasting: timedelta
    at: time | None
    next: str


@dataclass(frozen=True)
class WaitUntil:
    """Until a rule is true, looked at whenever tags are new, at most so long."""

    rule: Rule
    most: timedelta
    then: str
    otherwise: str


@dataclass(frozen=True)
class Branch:
    """Each goes where the first rule that is true of him says; the others go to `otherwise`."""

    cases: tuple[tuple[Rule, str], ...]
    otherwise: str


@dataclass(frozen=True)
class Split:
    """By lot: shares that sum to one, each with the step that it goes to; `within` each value of a tag exactly so."""

    parts: tuple[tuple[float, str], ...]
    within: str | None = None


@dataclass(frozen=True)
class Preference:
    """What puts accounts in an order of each customer's own: by account the tag that says how often he answers there.

    With `worth`, what one answer is worth in major units, the price of a message counts against it.
    """

    answers: Mapping[str, str]
    worth: float | None = None


@dataclass(frozen=True)
class Send:
    """A message, by the first of these accounts whose channel reaches a customer; who gets none goes to `unsent`.

    Without a `version` the content goes out as it is in force at that moment. Whose message is not delivered after
    `fallback_after` gets it by the next of the accounts. With `prefer` the accounts come in an order of his own.
    """

    content: str
    by: tuple[str, ...]
    expires: timedelta | None
    next: str
    unsent: str
    version: int | None = None
    fallback_after: timedelta | None = None
    prefer: Preference | None = None

    def after(self, tried: Sequence[str]) -> tuple[str, ...]:
        """Return the accounts that are left for those for whom these were tried, in this order."""
        if self.prefer is not None:
            return tuple(account for account in self.by if account not in tried)
        return self.by[self.by.index(tried[-1]) + 1 :]


@dataclass(frozen=True)
class Give:
    """A manual tag."""

    tag: str
    value: object
    next: str


@dataclass(frozen=True)
class Act:
    """Something that another room, or a plug-in, does for customers: who cannot have it goes to `otherwise`."""

    action: str
    settings: object
    next: str
    otherwise: str


@dataclass(frozen=True)
class Post:
    """A receiver is told of customers, by an account. With `failed` they wait until it has been, at most `within`."""

    account: str
    fields: tuple[str, ...]
    next: str
    failed: str | None
    within: timedelta


@dataclass(frozen=True)
class Reach:
    """A goal that has a name: who comes here has reached it."""

    goal: str
    next: str


@dataclass(frozen=True)
class Leave:
    """The journey is over."""


Step = Wait | WaitUntil | Branch | Split | Send | Give | Act | Post | Reach | Leave


@dataclass(frozen=True)
class Goal:
    """What the journey is for: who fulfils the rule is taken out at once, to a step or to its end."""

    rule: Rule
    then: str


@dataclass(frozen=True)
class Journey:
    """A definition that was checked. `again` is how long after entering somebody may enter again; None: never."""

    name: str
    title: Text
    purpose: str
    priority: Priority
    trigger: Trigger
    again: timedelta | None
    control: float
    goal: Goal | None
    steps: Mapping[str, Step]
    first: str
    text: str
    hash: str


@dataclass(frozen=True)
class Applied:
    """What became of a definition: `changed` is False when it already stood so."""

    name: str
    version: int
    changed: bool


@dataclass(frozen=True)
class Cohort:
    """Customers who stand at a step since the same tick, until `due`; `awaits` is the batch for whose end they wait."""

    number: int
    version: int
    step: str
    due: datetime
    members: OrdinalSet
    awaits: str | None = None


@dataclass(frozen=True)
class Ticked:
    """What a tick did with one journey: who entered, how many moved from step to step, and who left."""

    journey: str
    tick: int
    entered: int
    moved: int
    left: int
