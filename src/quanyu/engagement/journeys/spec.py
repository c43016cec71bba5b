"""What an action is: something that a room or a plug-in does for customers who come to a step, as points or a coupon.

It is found by the entry point `quanyu.actions`. A tick first works out what it will do, then writes all of it in one
transaction: an action takes part in both, and so happens exactly once for each customer of a step in a tick.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from quanyu.engagement.journeys.reader import Reader
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

GROUP = "quanyu.actions"


@dataclass(frozen=True)
class Asked:
    """What an action is asked to do, where and when. `settings` are what its `read` returned."""

    ws: Workspace
    journey: str
    version: int
    step: str
    tick: int
    at: datetime
    epoch: int
    settings: Any

    @property
    def key(self) -> str:
        """Return what is done here and now, once: whatever is done again has the same key."""
        return f"{self.journey}/{self.version}/{self.step}/{self.tick}"


class Action(Protocol):
    """One action; it works on sets, never on one customer after the other."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> Text: ...

    def read(self, reader: Reader, raw: object, path: Path) -> object | None:
        """Return what a definition says under `with`, checked; None where it has added a fault to the reader."""
        ...

    def decide(self, asked: Asked, members: OrdinalSet) -> Mapping[str, OrdinalSet]:
        """Say who cannot have it, by a word that says why. Nothing lasting may be done here."""
        ...

    def carry_out(self, asked: Asked, connection: sa.Connection, members: OrdinalSet) -> None:
        """Do it for these, by this connection alone: it commits with the tick, or neither happens."""
        ...


@dataclass(frozen=True)
class Deed:
    """An action that a tick has worked out, and carries out when it is written."""

    action: Action
    asked: Asked
    members: OrdinalSet
