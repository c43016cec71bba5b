"""Fields: what a rule may ask about a customer, offered by the rooms that own the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis

ValueType = Literal["integer", "number", "money", "share", "text", "code", "date", "boolean"]


@dataclass(frozen=True)
class Scope:
    """What a measure may look at: pinned lake tables by name, the instant it speaks of, and the workspace's day."""

    tables: Mapping[str, "ibis.Table"]
    as_of: datetime
    time_zone: str


@dataclass(frozen=True)
class Measure:
    """One expression that answers several fields in one scan: columns `customer` (int64) and one per field."""

    name: str
    tables: tuple[str, ...]
    build: Callable[[Scope], "ibis.Table"]


@dataclass(frozen=True)
class Field:
    """A named thing a rule may ask. `name` is `<room>.<column>`; `column` is its column in the measure's result."""

    name: str
    column: str
    type: ValueType
    title: Text
    measure: Measure
    unit: Text | None = None
    description: Text = Text("", "")
    private: bool = False
