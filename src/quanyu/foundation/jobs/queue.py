"""The queue: procrastinate over our own database, with jobs deferred in the transaction that calls for them."""

from functools import cache
from typing import Any

import procrastinate
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued

REFRESH = "quanyu.refresh"
_WAITING = sa.text(
    "select id from procrastinate_jobs where queueing_lock = :queueing_lock and status = 'todo' for share"
)


def defer_refresh(connection: sa.Connection, workspace: str) -> None:
    """Ask the worker to bring a workspace up to date; asking twice before it starts asks once."""
    defer(connection, REFRESH, lock=f"refresh:{workspace}", queueing_lock=f"refresh:{workspace}", workspace=workspace)


def defer(connection: sa.Connection, task: str, *, lock: str, queueing_lock: str, **arguments: Any) -> int | None:
    """Queue a job that exists when the transaction of `connection` commits; return its number.

    None says that the same one is waiting already. It is not taken up before the transaction ends: else it could run
    without seeing what the transaction did.
    """
    while True:
        number = _queue(connection, task, lock, queueing_lock, arguments)
        if number is not None or _hold(connection, queueing_lock):
            return number


def _queue(
    connection: sa.Connection, task: str, lock: str, queueing_lock: str, arguments: dict[str, Any]
) -> int | None:
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


def _hold(connection: sa.Connection, queueing_lock: str) -> bool:
    """Keep the waiting job from being taken up until the transaction ends; false where that has just happened."""
    return connection.execute(_WAITING, {"queueing_lock": queueing_lock}).scalar_one_or_none() is not None


@cache
def _sender() -> procrastinate.App:
    """Return an app that only defers, on connections that it is given."""
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
