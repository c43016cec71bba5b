"""Publish facts in the transaction of the change that they tell of."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.bus.tables import fact
from quanyu.foundation.clock import Clock


def publish(connection: sa.Connection, workspace: int, clock: Clock, facts: Sequence[Fact]) -> None:
    if facts:
        connection.execute(
            sa.insert(fact),
            [
                {"workspace": workspace, "name": f.name, "body": msgspec.to_builtins(f), "published_at": clock.now()}
                for f in facts
            ],
        )
