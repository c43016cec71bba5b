"""Fields: what a rule may ask about a customer, offered by the rooms that own the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis

UNSAID = Text("", "")

ValueType = Literal["integer", "number", "money", "share", "text", "code", "date", "boolean"]


def day_before(as_of: datetime, time_zone: str) -> date:
    """Return the local day that was running just before `as_of`.

    What has happened by an instant lies before it: at midnight of the 10th, the 9th is over and the 10th is empty.
    """
    return (as_of.astimezone(ZoneInfo(time_zone)) - timedelta(microseconds=1)).date()


@dataclass(frozen=True)
class Scope:
    """What a measure may look at: pinned lake tables by name, the instant it speaks of, and the workspace's day."""

    tables: Mapping[str, "ibis.Table"]
    as_of: datetime
    time_zone: str

    @property
    def day(self) -> date:
        """The day of `day_before`; a measure sees business dates up to and including it."""
        return day_before(self.as_of, self.time_zone)


@dataclass(frozen=True)
class Measure:
    """One expression that answers several fields in one scan: columns `customer` (int64) and one per field.

    `currencies`, where a measure adds up amounts, gives one column `currency`: every currency they are in.
    """

    name: str
    tables: tuple[LakeTable, ...]
    build: Callable[[Scope], "ibis.Table"]
    currencies: Callable[[Scope], "ibis.Table"] | None = None


@dataclass(frozen=True)
class Field:
    """A named thing a rule may ask. `name` is `<room>.<column>`; `column` is its column in the measure's result.

    `absent` is the value of a customer for whom the measure has no row: 0 orders, but no last purchase.
    """

    name: str
    column: str
    type: ValueType
    title: Text
    measure: Measure
    unit: Text | None = None
    description: Text = UNSAID
    private: bool = False
    absent: int | None = None
