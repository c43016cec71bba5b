"""What a kind of step is: how it is read, where it leads, what it asks, and what it does with a set of customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from quanyu.engagement.channels.model import Batch
from quanyu.engagement.journeys.model import Journey, Send, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.spec import Deed
from quanyu.engagement.journeys.zones import Zones
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.model import Rule

ACCOUNT_GONE = "account_gone:"
"""Begins the outcome of those who would have been told of, or written to, by an account that is not there any more."""


@dataclass(frozen=True)
class Outcome:
    """What happened to some: they go to step `to`, or stand where they are until `due`.

    `watched` ones are looked at in every tick; with `awaits` it is the end of that batch that decides where they go.
    With neither `to` nor `due` they are only told of, and without a word nothing is told.
    """

    word: str
    members: OrdinalSet
    to: str | None = None
    due: datetime | None = None
    watched: bool = False
    awaits: str | None = None


@dataclass(frozen=True)
class Awaited:
    """Some who stand at a step until `due`, for what becomes of their messages in the batch of this key."""

    key: str
    members: OrdinalSet
    due: datetime


class Sending(Protocol):
    """Decides who gets a message by which account, and why the others get none; keeps count for the caps."""

    def has(self, account: str) -> bool:
        """Say whether an account is there still."""
        ...

    def choose(
        self,
        here: "Here",
        step: Send,
        by: Sequence[str],
        members: OrdinalSet,
        *,
        replacing: bool = False,
    ) -> "Choice": ...


@dataclass(frozen=True)
class Choice:
    """Who is written to by which account, and who waits until when; the others by reason."""

    by_account: Mapping[str, OrdinalSet]
    content_version: int
    reasons: Mapping[str, OrdinalSet]
    waiting: Mapping[datetime, OrdinalSet]


@dataclass
class Here:
    """Where a step does its work: in which journey, version and tick, what is true of whom, and what shall go out."""

    ws: Workspace
    journey: Journey
    version: int
    name: str
    tick: int
    at: datetime
    epoch: int
    holds: Mapping[Rule, OrdinalSet]
    sending: Sending
    zones: Zones
    batches: list[Batch] = field(default_factory=list[Batch])
    deeds: list[Deed] = field(default_factory=list[Deed])
    awaited: Sequence[Awaited] = ()

    KEY_PARTS: ClassVar[int] = 4

    @property
    def key(self) -> str:
        """Return what is done here and now, once: whatever is done again has the same key."""
        return f"{self.journey.name}/{self.version}/{self.name}/{self.tick}"


@dataclass(frozen=True)
class StepKind:
    """One kind. `run` gets who comes or, with `resumed`, whose time to stand here is over or who is watched."""

    word: str
    title: Text
    type: type[Any]
    read: Callable[[Reader, object, Path], Step | None]
    leads_to: Callable[[Any], tuple[str, ...]]
    run: Callable[[Any, Here, OrdinalSet, bool, datetime | None], Sequence[Outcome]]
    rules: Callable[[Any], tuple[Rule, ...]] = lambda _: ()
    waits: bool = False
