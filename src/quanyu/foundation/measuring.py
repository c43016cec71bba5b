"""Fields and behaviours: what may be asked about a customer, offered by the rooms that own the tables."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
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
    """What a measure may look at: pinned lake tables by name, the instant it speaks of, and the workspace's day.

    `unknown` names the tables into which nothing has ever landed.
    """

    tables: Mapping[str, "ibis.Table"]
    as_of: datetime
    time_zone: str
    unknown: AbstractSet[str] = frozenset()

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

    `absent` is the value of a customer for whom the measure has no row: 0 orders, but no last purchase. `codes` is the
    closed list of what a code may be, with what each is called; empty where it is open.
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
    codes: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True)
class Column:
    """What one row of a behaviour says; statistics are taken of it, and rows are chosen by it.

    `values` is the closed list of what a code may be, None where it is open. `drawn_from` names the lake columns in
    which every value is found, where there are few of them: rows can then keep a number in place of the text.
    """

    name: str
    type: ValueType
    title: Text
    values: tuple[str, ...] | None = None
    drawn_from: tuple[tuple[LakeTable, str], ...] = ()


@dataclass(frozen=True)
class Behaviour:
    """What customers did, or what was done for them: one row each time, of which statistics are taken.

    `build` returns columns `record` (int64), `day` (the local day, never after the scope's) and, of `columns`, those
    that it is asked for: what nobody asks for need not be joined. `tables` are all that it may read; without rows in
    the first of them the behaviour is unknown in this workspace, not absent. `instant` names a further column that
    `build` gives when asked: at what instant of its day a row was. No rule compares it; sequences are ordered by it.
    """

    name: str
    title: Text
    tables: tuple[LakeTable, ...]
    columns: tuple[Column, ...]
    build: Callable[[Scope, AbstractSet[str]], "ibis.Table"]
    instant: str | None = None
