"""Nouns of ingest: an import's outcome, a refused line, and the fact that an import has landed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.text import Text


@dataclass(frozen=True)
class Count:
    """Control totals of one kind: `read = landed + rejected + known`."""

    kind: str
    grain: bool
    read: int
    landed: int
    rejected: int
    known: int


@dataclass(frozen=True)
class Outcome:
    """What one import did."""

    number: int
    source: str
    counts: Sequence[Count]
    seconds: float
    notes: Sequence[Text] = ()  # what a person should know of how the files were read

    @property
    def lines(self) -> Count:
        """Return the totals of the files' lines."""
        return next(count for count in self.counts if count.grain)


@dataclass(frozen=True)
class Reject:
    """A line that was not landed, and why; `replayed_by` is the import with which it landed later."""

    import_number: int
    source: str
    file: str
    line: int
    reason: Text
    column: str | None
    text: str
    position: int  # among the lines that its import refused, from 1
    broken: bool  # the format could not split it
    replayed_by: int | None

    @property
    def id(self) -> str:
        return f"{self.import_number}-{self.position}"


@dataclass(frozen=True)
class SourceStatus:
    """All that a source has delivered so far: `imports` have landed, and `counts` are their sums by kind.

    One that is `running` and whose process was killed becomes `interrupted` when the source's next import begins.
    """

    source: str
    imports: int
    failed: int
    interrupted: int
    running: int
    last_import: datetime | None
    counts: Sequence[Count]
    open_rejects: int = 0  # refused lines that were neither replayed nor deleted


@dataclass(frozen=True)
class TakenBack:
    """What a take-back did: rows removed by lake table; `known_later` lines of later imports may have stood in it."""

    number: int
    source: str
    imports: tuple[int, ...]  # it and the replays of its refused lines
    removed: Mapping[str, int]
    known_later: int


@dataclass(frozen=True)
class ImportTakenBack(Fact):
    """Rows of an import are gone."""

    name: ClassVar[str] = "ingest.import_taken_back"

    source: str
    import_number: int
    batch: int


@dataclass(frozen=True)
class ImportLanded(Fact):
    """Rows of an import are in the lake and can be seen."""

    name: ClassVar[str] = "ingest.import_landed"

    source: str
    import_number: int
    batch: int
