"""Says how jobs stand: one of them, the last of a workspace, and how many wait, run or have failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text

State = Literal["waiting", "running", "succeeded", "failed", "cancelled"]

_STATES: dict[str, State] = {
    "todo": "waiting",
    "doing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "aborting": "running",
    "aborted": "cancelled",
}
_LAST = sa.text(
    """select j.id, j.task_name, j.status::text as status, j.attempts, min(e.at) as queued_at, max(e.at) as changed_at
       from procrastinate_jobs j left join procrastinate_events e on e.job_id = j.id
       where j.args ->> 'workspace' = :workspace and (:number = 0 or j.id = :number)
       group by j.id order by j.id desc limit :limit"""
)
_COUNTS = sa.text(
    """select status::text, count(*) from procrastinate_jobs where args ->> 'workspace' = :workspace group by status"""
)
_WAITING = sa.text("select id from procrastinate_jobs where queueing_lock = :queueing_lock and status = 'todo'")


@dataclass(frozen=True)
class Job:
    """One job of a workspace; `attempts` counts how often it was taken up before."""

    number: int
    task: str
    state: State
    attempts: int
    queued_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True)
class JobCounts:
    waiting: int
    running: int
    failed: int


def find_job(connection: sa.Connection, workspace: str, number: int) -> Job:
    found = _jobs(connection, workspace, number, 1) if 0 < number < 1 << 63 else []
    if not found:
        raise NotFound(Text("There is no such job.", "没有这个任务。"), received=number)
    return found[0]


def last_jobs(connection: sa.Connection, workspace: str, limit: int) -> Sequence[Job]:
    """Return the newest jobs of a workspace, the newest first."""
    return _jobs(connection, workspace, 0, limit)


def count_jobs(connection: sa.Connection, workspace: str) -> JobCounts:
    counts: dict[State, int] = {}
    for status, count in connection.execute(_COUNTS, {"workspace": workspace}):
        counts[_STATES[status]] = counts.get(_STATES[status], 0) + count
    return JobCounts(counts.get("waiting", 0), counts.get("running", 0), counts.get("failed", 0))


def waiting_job(connection: sa.Connection, queueing_lock: str) -> int | None:
    """Return the number of the job that waits under this lock."""
    return connection.execute(_WAITING, {"queueing_lock": queueing_lock}).scalar_one_or_none()


def _jobs(connection: sa.Connection, workspace: str, number: int, limit: int) -> list[Job]:
    rows = connection.execute(_LAST, {"workspace": workspace, "number": number, "limit": limit})
    return [
        Job(row.id, row.task_name, _STATES[row.status], row.attempts, row.queued_at, row.changed_at) for row in rows
    ]
