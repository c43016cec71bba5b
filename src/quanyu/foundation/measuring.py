"""Fields and behaviours: what may be asked about a customer, offered by the rooms that own the tables."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

    from quanyu.foundation.kinds import Code
    from quanyu.foundation.lake.store import Lake

UNSAID = Text("", "")
HOUR, DAYS, PIECES = Text("hour, 0 to 23", "时，0 至 23"), Text("days", "天"), Text("pieces", "件")
TIMES, YEARS = Text("times", "次"), Text("years", "岁")

ValueType = Literal["integer", "number", "money", "share", "text", "code", "date", "boolean"]

Privacy = Literal["public", "personal", "sensitive", "identifier"]
"""How much a value says of a person: see `PRIVACY`."""

PRIVACY: dict[Privacy, Text] = {
    "public": Text(
        "of goods, stores, campaigns and systems: says nothing of a person by itself",
        "关于商品、门店、活动与系统：本身不涉及个人",
    ),
    "personal": Text("what one person did, has or is", "个人的行为、拥有与状态"),
    "sensitive": Text(
        "what a person would not expect to be passed on, or free words that may hold anything",
        "个人不希望外传的属性，或可能含任意内容的自由文字",
    ),
    "identifier": Text("points at one person, device, order or coupon", "可指向某个人、设备、订单或券"),
}


def day_before(as_of: datetime, time_zone: str) -> date:
    """Return the local day that was running just before `as_of`.

    What has happened by an instant lies before it: at midnight of the 10th, the 9th is over and the 10th is empty.
    """
    return (as_of.astimezone(ZoneInfo(time_zone)) - timedelta(microseconds=1)).date()


@dataclass(frozen=True)
class Scope:
    """What a measure may look at: pinned lake tables by name, the instant it speaks of, and the workspace's day.

    `unknown` names the tables into which nothing has ever landed. `terms` has the rows of those that say how others
    are measured, as far as anything has landed there.
    """

    tables: Mapping[str, "ibis.Table"]
    as_of: datetime
    time_zone: str
    unknown: AbstractSet[str] = frozenset()
    terms: Mapping[str, "pa.Table"] = field(default_factory=dict[str, "pa.Table"])

    @property
    def day(self) -> date:
        """The day of `day_before`; a measure sees business dates up to and including it."""
        return day_before(self.as_of, self.time_zone)

    def showing(self, table: LakeTable, rows: "ibis.Table") -> "Scope":
        """Return a scope that shows these rows as those of a table."""
        return replace(self, tables={**self.tables, table.name: rows})


def pinned_scope(lake: "Lake", tables: Sequence[LakeTable], vector: Vector, as_of: datetime, time_zone: str) -> Scope:
    """Let a measure look at these tables as of the versions of `vector`."""
    read = {table.name: lake.table(table, vector) for table in tables}
    told = [table for table in tables if table.terms and table.name in vector]
    terms = {table.name: lake.to_arrow(read[table.name]) for table in told}
    return Scope(read, as_of, time_zone, frozenset(read.keys() - vector.keys()), terms)


@dataclass(frozen=True)
class Apart:
    """How a measure of customers' own rows is answered of some of them, though a part of it looks at everybody.

    `rows` gives columns `record` and `day` of the rows of the measure's first table that count: column record there
    says whose they are, and from its day on a row counts the same on each day. `own` gives one row for each customer
    with such rows, what follows from his alone; `finish` puts the columns `following` beside rows of everybody that
    have column customer and those in `kept`, all NULL of who has no row. `build` is `finish` over `own`,
    less what is only kept.
    """

    rows: Callable[[Scope], "ibis.Table"]
    own: Callable[[Scope], "ibis.Table"]
    finish: Callable[["ibis.Table"], "ibis.Table"]
    kept: tuple[str, ...]
    following: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """One expression that answers several fields in one scan: columns `customer` (int64) and one per field.

    `currencies`, where a measure adds up amounts, gives one column `currency`: every currency they are in. With `apart`
    it need not be asked of everybody where only some have other rows than before.
    """

    name: str
    tables: tuple[LakeTable, ...]
    build: Callable[[Scope], "ibis.Table"]
    currencies: Callable[[Scope], "ibis.Table"] | None = None
    apart: Apart | None = None


@dataclass(frozen=True)
class Field:
    """A named thing a rule may ask. `name` is `<room>.<column>`; `column` is its column in the measure's result.

    `absent` is the value of a customer for whom the measure has no row: 0 orders, but no last purchase. `inputs` are
    those (`<kind>.<input>`) of which any fills it; `codes` is the closed list of what a code may be, where it is one.
    """

    name: str
    column: str
    type: ValueType
    title: Text
    measure: Measure
    unit: Text | None = None
    description: Text = UNSAID
    inputs: tuple[str, ...] = ()
    privacy: Privacy = "personal"
    codes: "tuple[Code, ...]" = ()
    absent: int | None = None


@dataclass(frozen=True)
class Column:
    """What one row of a behaviour says; statistics are taken of it, and rows are chosen by it.

    `codes` is the closed list of what a code may be, empty where it is open. `inputs` are those (`<kind>.<input>`) of
    which any fills it; where none is named, it is the input of its name of a kind that the behaviour reads.
    `drawn_from` names the lake columns in which every value is found, where there are few of them: rows can then keep a
    number in place of the text.
    """

    name: str
    type: ValueType
    title: Text
    codes: "tuple[Code, ...]" = ()
    inputs: tuple[str, ...] = ()
    unit: Text | None = None
    privacy: Privacy = "personal"
    drawn_from: tuple[tuple[LakeTable, str], ...] = ()

    @property
    def values(self) -> tuple[str, ...] | None:
        """What a code may be, None where that is open."""
        return tuple(code.value for code in self.codes) or None


def _as_they_are(rows: Value) -> Value:
    return rows


@dataclass(frozen=True)
class Link:
    """Which rows of a behaviour's first table look at a row of another, or of the first itself: those of equal keys.

    `keys` returns the keys of rows of `table`, `first` puts columns of the same names beside rows of the first table;
    a key that is NULL finds nothing. More may be found than look there, never fewer. `turns`, where what a row of
    `table` says depends on the scope's day, gives the day on which it does. `leads`: a row of `table` is there as soon
    as anything looks at it, so that what looks at one that was not there before is itself new.
    """

    table: LakeTable
    keys: Callable[["ibis.Table", Scope], "ibis.Table"]
    first: Callable[[Value], Value] = _as_they_are
    turns: Callable[[Value, Scope], Value] | None = None
    leads: bool = False

    def is_one_to_one(self, first: LakeTable, columns: Sequence[str]) -> bool:
        """Say whether a key in these columns finds at most one row of the first table, by the table's own key."""
        return self.first is _as_they_are and set(first.versioned_by or ()) == set(columns)


@dataclass(frozen=True)
class Behaviour:
    """What customers did, or what was done for them: one row each time, of which statistics are taken.

    `build` returns columns `record` (int64), `day` (the local day, never after the scope's) and, of `columns`, those
    that it is asked for: what nobody asks for need not be joined. `tables` are all that it may read; without rows in
    the first of them the behaviour is unknown in this workspace, not absent. `instant` names a further column that
    `build` gives when asked: at what instant of its day a row was. No rule compares it; sequences are ordered by it.
    `links` say whom a change of the other tables reaches: one that no link tells of may reach everybody. Whatever else
    a row says, it says on each day from its own on. `owned`: column record of the first table says whose a row is.
    `near` gives record and day of all rows that `build` does, or of more, where that is cheaper. `dated` names the
    column of the first table that is the day of each row, where no row says anything that follows from another of it.
    """

    name: str
    title: Text
    tables: tuple[LakeTable, ...]
    columns: tuple[Column, ...]
    build: Callable[[Scope, AbstractSet[str]], "ibis.Table"]
    instant: str | None = None
    links: tuple[Link, ...] = ()
    owned: bool = True
    near: Callable[[Scope], "ibis.Table"] | None = None
    dated: str | None = None
