"""The queue: procrastinate over our own database, with jobs deferred in the transaction that calls for them."""

from functools import cache
from typing import Any

import procrastinate
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued

REFRESH = "quanyu.refresh"


def defer_refresh(connection: sa.Connection, workspace: str) -> None:
    """Ask the worker to bring a workspace up to date; asking twice before it starts asks once."""
    defer(connection, REFRESH, lock=f"refresh:{workspace}", queueing_lock=f"refresh:{workspace}", workspace=workspace)


def defer(connection: sa.Connection, task: str, *, lock: str, queueing_lock: str, **arguments: Any) -> int | None:
    """Queue a job that exists when the transaction of `connection` commits; return its number.

    None says that the same one is waiting already.
    """
    driver = connection.connection.driver_connection
    with connection.begin_nested() as savepoint:
        try:
            return (
                _sender()
                .configure_task(task, lock=lock, queueing_lock=queueing_lock, allow_unknown=True, connection=driver)
                .defer(**arguments)
            )
        except AlreadyEnqueued:
            savepoint.rollback()
            return None


@cache
def _sender() -> procrastinate.App:
    """Return an app that only defers, on connections that it is given."""
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
