"""A job exists when the transaction that asks for it does; asked twice, it is queued once."""

import threading
import time

import pytest

from quanyu.foundation.jobs.queue import REFRESH, defer, defer_refresh


def jobs(workspace) -> list[tuple]:
    with workspace.begin() as connection:
        rows = connection.exec_driver_sql("select task_name, status::text, args from procrastinate_jobs order by id")
        return [tuple(row) for row in rows]


def take_up(connection) -> int:
    """Take up the next job as a worker does; return its number, 0 where there is none."""
    query = "select coalesce((procrastinate_fetch_job_v2(null, null)).id, 0)"
    return connection.exec_driver_sql(query).scalar_one_or_none() or 0


def test_a_job_waits_once_the_transaction_committed(workspace):
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
        assert jobs(workspace) == []
    assert jobs(workspace) == [(REFRESH, "todo", {"workspace": "main"})]


def test_asked_twice_it_is_queued_once(workspace):
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
        defer_refresh(connection, "main")
        defer_refresh(connection, "other")
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
    assert [job[2]["workspace"] for job in jobs(workspace)] == ["main", "other"]


def test_a_transaction_that_fails_queues_nothing(workspace):
    def fail() -> None:
        with workspace.begin() as connection:
            defer_refresh(connection, "main")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs(workspace) == []


def test_the_transaction_goes_on_where_the_job_waits_already(workspace):
    with workspace.begin() as connection:
        assert defer(connection, "t", lock="l", queueing_lock="q", workspace="main") is not None
    with workspace.begin() as connection:
        assert defer(connection, "t", lock="l", queueing_lock="q", workspace="main") is None
        assert defer(connection, "t", lock="l", queueing_lock="q2", workspace="main") is not None
    assert len(jobs(workspace)) == 2


def test_a_job_that_runs_is_no_job_that_waits(workspace):
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
    with workspace.begin() as connection:
        assert take_up(connection)
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
    assert [job[1] for job in jobs(workspace)] == ["doing", "todo"]


def test_the_waiting_job_is_not_taken_up_before_what_relies_on_it_commits(workspace):
    """Else it could run without seeing the change, and nobody would be asked again."""
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
    with workspace.begin() as connection, workspace.begin() as worker:
        defer_refresh(connection, "main")
        assert not take_up(worker)
    with workspace.begin() as worker:
        assert take_up(worker)


def test_a_job_taken_up_at_that_moment_is_asked_for_again(workspace):
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
    with workspace.begin() as worker:
        assert take_up(worker)
        asking = threading.Thread(target=ask_for_refresh, args=[workspace])
        asking.start()
        time.sleep(0.3)
    asking.join()
    assert [job[1] for job in jobs(workspace)] == ["doing", "todo"]


def ask_for_refresh(workspace) -> None:
    with workspace.begin() as connection:
        defer_refresh(connection, "main")
