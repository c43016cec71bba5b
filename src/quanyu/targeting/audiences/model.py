"""Nouns of audiences: a definition, a count, a snapshot, and the fact that one has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.text import Text
from quanyu.targeting.fields.model import Rule


@dataclass(frozen=True)
class Audience:
    """A definition that was checked. `written` is what its author wrote, as plain JSON values."""

    name: str
    title: Text
    description: Text
    rule: Rule
    written: Mapping[str, object]
    hash: str


@dataclass(frozen=True)
class Applied:
    """What became of a definition: `changed` is False when it already stood so."""

    name: str
    version: int
    changed: bool


@dataclass(frozen=True)
class Count:
    """How many of the `base` living customers a rule selects, by the tags of one run."""

    size: int
    base: int
    as_of: datetime
    tag_run: int


@dataclass(frozen=True)
class Snapshot:
    """Who was in an audience by one run of tags; the members stand in the database under `number`."""

    audience: str
    number: int
    as_of: datetime
    definition_hash: str
    tag_run: int
    epoch: int
    size: int
    taken_at: datetime
    entered: int | None = None  # against the snapshot before; unknown of old ones
    left: int | None = None


@dataclass(frozen=True)
class Jump:
    """A size that is far from what is usual: the median of the snapshots before it."""

    size: int
    usual: int


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: a snapshot was taken, or (`skipped`) the last one still stands; its size may have jumped."""

    snapshot: Snapshot
    entered: int
    left: int
    skipped: bool
    jump: Jump | None = None


@dataclass(frozen=True)
class AudienceChanged(Fact):
    """An audience has other members than before; who they are is the difference of the two snapshots.

    `previous` is None for the first snapshot and after customers were numbered anew, when all members have entered.
    """

    name: ClassVar[str] = "audiences.changed"

    audience: str
    snapshot: int
    previous: int | None
    entered: int
    left: int
