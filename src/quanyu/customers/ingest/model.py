"""Nouns of ingest: an import's outcome, a refused line, and the fact that an import has landed."""

from collections.abc import Sequence
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

    @property
    def lines(self) -> Count:
        """Return the totals of the files' lines."""
        return next(count for count in self.counts if count.grain)


@dataclass(frozen=True)
class Reject:
    """A line that was not landed, and why."""

    import_number: int
    source: str
    file: str
    line: int
    reason: Text
    column: str | None
    text: str


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


@dataclass(frozen=True)
class ImportLanded(Fact):
    """Rows of an import are in the lake and can be seen."""

    name: ClassVar[str] = "ingest.import_landed"

    source: str
    import_number: int
    batch: int
