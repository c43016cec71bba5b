"""A company's isolated space, opened: what a verb needs to read and write, for one workspace of one home."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.foundation.access.keys import WorkspaceKey
from quanyu.foundation.bus import outbox
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.clock import Clock
from quanyu.foundation.database.connection import Database
from quanyu.foundation.jobs.queue import defer_refresh
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.settings import Settings


@dataclass(frozen=True)
class Workspace:
    number: int
    name: str
    time_zone: str
    currency: str
    database: Database
    lake: Lake
    clock: Clock
    settings: Settings
    key: WorkspaceKey

    def begin(self) -> AbstractContextManager[sa.Connection]:
        """Open one transaction that sees this workspace's rows only."""
        return self.database.begin(self.number)

    def publish(self, connection: sa.Connection, *facts: Fact) -> None:
        """Say what has happened, in the transaction that made it happen; the worker wakes when it commits."""
        outbox.publish(connection, self.number, self.clock, facts)
        defer_refresh(connection, self.name)

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold a lock of this workspace that all processes respect."""
        return self.database.locked(f"{name}:{self.number}")

    def heavy(self) -> AbstractContextManager[None]:
        """Wait for the home's one place for heavy work, so that one memory budget is enough for all processes."""
        return self.database.locked("heavy")
