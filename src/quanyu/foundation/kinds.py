"""Kinds of input: what a room accepts from files, declared by the room that owns the tables it lands in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis

    from quanyu.foundation.lake.landing import Landing
    from quanyu.foundation.workspace import Workspace

InputType = Literal["text", "code", "integer", "decimal", "money", "instant", "date", "boolean"]


@dataclass(frozen=True)
class Input:
    """One column that a kind understands."""

    name: str
    type: InputType
    title: Text
    required: bool = False
    private: bool = False
    description: Text = Text("", "")


@dataclass(frozen=True)
class Accepted:
    """How the rows of one kind in one import came out; `landed + known` is the number of rows given."""

    landed: int
    known: int


@dataclass(frozen=True)
class Delivery:
    """Checked rows of one kind from one import, on their way into a room's tables.

    `rows` has the kind's columns in their types, and `row_number` (int64, position in the import, from 1).
    `identifiers` names the columns of `rows` that hold identifier values, as (type, scope, column).
    """

    workspace: "Workspace"
    landing: "Landing"
    source: str
    import_number: int
    currency: str
    time_zone: str
    rows: "ibis.Table"
    identifiers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of input. `key` are the inputs without which a row says nothing of this kind and is not counted for it."""

    name: str
    title: Text
    inputs: tuple[Input, ...]
    key: tuple[str, ...]
    land: Callable[[Delivery], Accepted]
    takes_identifiers: bool = False
    extensible: bool = False

    def input(self, name: str) -> Input | None:
        return next((i for i in self.inputs if i.name == name), None)
