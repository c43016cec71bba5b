"""Nouns of quality: what a survey found, by kind of input and source, and by field of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from quanyu.foundation.lake.model import Vector
from quanyu.foundation.text import Text


def share(part: float, whole: float) -> float | None:
    """Return part / whole; of nothing there is no share."""
    return part / whole if whole else None


@dataclass(frozen=True)
class Flaw:
    """So many rows hold a value that is not believed, and why; `name` is a word of `flaws.WORDS`."""

    name: str
    rows: int


@dataclass(frozen=True)
class Spread:
    """Where the numbers of a field lie; `outliers` counts what lies far from the rest, None where that has no sense."""

    least: float
    p1: float
    p50: float
    p99: float
    most: float
    outliers: int | None


@dataclass(frozen=True)
class Frequent:
    """The value that stands in most rows; `value` is None where it could be personal."""

    value: str | None
    rows: int


@dataclass(frozen=True)
class Drift:
    """How the latest import of a source differs from the ones before it.

    `shift` is the population stability index: below 0.1 nothing, above 0.25 another population; None where one side
    has too few rows, or where the field has too many values to compare.
    """

    import_number: int
    latest_rows: int
    latest_filled: int
    before_rows: int
    before_filled: int
    shift: float | None = None
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def fill_change(self) -> float:
        latest, before = share(self.latest_filled, self.latest_rows), share(self.before_filled, self.before_rows)
        return (latest or 0) - (before or 0)


@dataclass(frozen=True)
class FieldSurvey:
    """One field of one source; `filled + missing = rows`. Of a private field figures are known and no value."""

    field: str
    title: Text
    type: str
    rows: int
    filled: int
    distinct: int  # about, but for identifiers
    invalid: int
    flaws: tuple[Flaw, ...] = ()
    spread: Spread | None = None
    frequent: Frequent | None = None
    drift: Drift | None = None
    private: bool = False
    identifies: bool = False  # an identifier of records
    shared: int | None = None  # of an identifier: rows whose value another row of the source has too
    refused: tuple[Flaw, ...] = ()  # of an identifier: rows that gave one which is none, and are missing it
    refilled: int = 0  # rows without a value for which another record of the customer has one, by a rule

    @property
    def missing(self) -> int:
        return self.rows - self.filled

    @property
    def fill(self) -> float | None:
        return share(self.filled, self.rows)

    @property
    def fill_with_refills(self) -> float | None:
        return share(self.filled + self.refilled, self.rows)

    @property
    def validity(self) -> float | None:
        """Return how much of what was given can be believed."""
        given = self.filled + min(self.missing, sum(flaw.rows for flaw in self.refused))
        return share(self.filled - self.invalid, given)

    @property
    def uniqueness(self) -> float | None:
        return None if not self.filled else min(1.0, self.distinct / self.filled)


@dataclass(frozen=True)
class Days:
    """Control totals by business day; `totals` has the latest days, `earlier` the rows of those before them."""

    first: date
    last: date
    totals: tuple[tuple[date, int], ...]
    earlier: int
    undated: int
    missing: tuple[date, ...]  # within `totals`; only of a source that delivers nearly every day


@dataclass(frozen=True)
class Links:
    """Records that an identifier ties to a record of another source."""

    records: int
    identified: int
    linked: int

    @property
    def share(self) -> float | None:
        return share(self.linked, self.records)


@dataclass(frozen=True)
class PartSurvey:
    """All of one kind from one source; `latest` is the newest thing observed that does not lie in the future."""

    kind: str
    title: Text
    source: str
    rows: int
    imports: int
    latest_import: int
    latest: datetime | None
    fields: tuple[FieldSurvey, ...]
    days: Days | None = None
    links: Links | None = None

    def age(self, as_of: datetime) -> float | None:
        """Return how many days before `as_of` the newest thing was observed."""
        return None if self.latest is None else (as_of - self.latest).total_seconds() / 86_400


@dataclass(frozen=True)
class Survey:
    """What was found at one instant in one vector of table versions; kinds that nobody has delivered are `absent`."""

    as_of: datetime
    time_zone: str
    vector: Vector
    parts: Sequence[PartSurvey]
    absent: Sequence[str]

    def find(self, kind: str, source: str) -> PartSurvey | None:
        return next((part for part in self.parts if (part.kind, part.source) == (kind, source)), None)


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should look at, in words; `rows` are concerned, `weight` ranks it."""

    weight: float
    kind: str
    source: str
    field: str | None
    about: str
    rows: int
    words: Text
