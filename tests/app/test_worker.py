"""A job whose worker was killed is taken up again, and a signal ends a worker."""

import os
import signal
import subprocess
import time

from quanyu.app.worker import COMPACT
from quanyu.foundation.jobs.queue import defer_refresh
from quanyu.foundation.jobs.states import count_jobs, find_job


def wait_until(true) -> bool:
    for _ in range(600):
        if true():
            return True
        time.sleep(0.1)
    return False


def test_what_a_killed_worker_left_is_taken_up(home, workspace, environment, commands, tmp_path):
    with workspace.begin() as connection:
        defer_refresh(connection, workspace.name)
    with home.database.engine.begin() as connection:
        connection.exec_driver_sql(
            """with w as (insert into procrastinate_workers (last_heartbeat) values ('2020-01-01') returning id)
               update procrastinate_jobs set status = 'doing', worker_id = (select id from w)"""
        )
    with workspace.begin() as connection:
        assert count_jobs(connection, workspace.name).running == 1
        defer_refresh(connection, workspace.name)  # waits behind the lock that the killed one holds
    log = tmp_path / "worker.log"
    with log.open("w") as out:
        worker = subprocess.Popen([commands / "quanyu", "worker"], env=environment, stdout=out, stderr=out)

    def settled() -> bool:
        with workspace.begin() as connection:
            counts = count_jobs(connection, workspace.name)
        return counts.waiting == counts.running == 0

    assert wait_until(settled), log.read_text()
    with workspace.begin() as connection:
        states = {find_job(connection, workspace.name, number).state for number in (1, 2)}
    assert "succeeded" in states
    assert states <= {"succeeded", "cancelled"}
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert "stalled job taken up" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert COMPACT == "quanyu.compact"


def test_a_failing_job_says_its_class_and_no_more(home, workspace, environment, commands, tmp_path):
    inbox = home.settings.home / "inbox"
    inbox.mkdir(exist_ok=True)
    with workspace.begin() as connection:
        number = defer_missing(connection, workspace.name)
    log = tmp_path / "worker.log"
    with log.open("w") as out:
        worker = subprocess.Popen(
            [commands / "quanyu", "worker"], env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=out, stderr=out
        )

    def failed() -> bool:
        with workspace.begin() as connection:
            return find_job(connection, workspace.name, number).state == "failed"

    assert wait_until(failed), log.read_text()
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(30) == 0
    assert '"error": "NotFound"' in log.read_text()
    assert "13800138001" not in log.read_text()


def defer_missing(connection, workspace: str) -> int:
    from quanyu.foundation.jobs.queue import defer

    number = defer(
        connection, "quanyu.import", lock="x", queueing_lock="x", workspace=workspace, mapping="13800138001.yaml"
    )
    assert number is not None
    return number
