"""What a room brings to the house: its manifest, the kinds of input it owns, the fields and behaviours it offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.kinds import Kind
from quanyu.foundation.measuring import Behaviour, Field
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    from sqlalchemy import Table

    from quanyu.foundation.lake.model import LakeTable
    from quanyu.foundation.workspace import Workspace

Handler = Callable[["Workspace", Fact], None]


@dataclass(frozen=True)
class Subscription:
    """`handler` runs at least once for each fact; it must have a natural key of its own."""

    fact: type[Fact]
    handler: Handler

    @property
    def name(self) -> str:
        return f"{self.handler.__module__}.{self.handler.__name__}"


@dataclass(frozen=True)
class Refresh:
    """Work that brings what a room derives up to date; returns one line per thing done, nothing when all is fresh."""

    name: str
    run: Callable[["Workspace"], Sequence[Text]]


@dataclass(frozen=True)
class HoldsCustomers:
    """A table with a column that points at customers or records, and how merge and erasure reach it."""

    table: str
    by: Literal["record", "customer"]
    on_merge: str
    on_erasure: str


@dataclass(frozen=True)
class Room:
    """One page that says what a room is made of. `routes` is imported only by the server."""

    name: str
    title: Text
    kinds: tuple[Kind, ...] = ()
    fields: tuple[Field, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    tables: tuple["Table", ...] = ()
    lake_tables: tuple["LakeTable", ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    refreshes: tuple[Refresh, ...] = ()
    holds: tuple[HoldsCustomers, ...] = ()
    routes: str | None = None
