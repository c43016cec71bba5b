"""Fields: what a rule may ask about a customer, offered by the rooms that own the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis

UNSAID = Text("", "")

ValueType = Literal["integer", "number", "money", "share", "text", "code", "date", "boolean"]


@dataclass(frozen=True)
class Scope:
    """What a measure may look at: pinned lake tables by name, the instant it speaks of, and the workspace's day."""

    tables: Mapping[str, "ibis.Table"]
    as_of: datetime
    time_zone: str

    @property
    def day(self) -> date:
        """The workspace's day of `as_of`; a measure sees business dates up to and including it."""
        return self.as_of.astimezone(ZoneInfo(self.time_zone)).date()


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
