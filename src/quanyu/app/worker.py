"""The worker: takes up jobs of the queue and calls one verb for each, in threads."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import procrastinate
import sqlalchemy as sa
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from quanyu.app import logs
from quanyu.app.delivering import Delivering
from quanyu.app.failures import recognised
from quanyu.app.flows import renew_flows
from quanyu.app.house import House, opened, refresh, tidy
from quanyu.app.identity_report import renew_report
from quanyu.app.lifts import renew_lifts
from quanyu.app.overview import renew_overview
from quanyu.customers.ingest.jobs import IMPORT, REPLAY, TAKE_BACK, run_import, run_replay, run_take_back
from quanyu.foundation.clock import monotonic
from quanyu.foundation.jobs.queue import REFRESH, defer, defer_refresh
from quanyu.foundation.jobs.working import working_at
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.downloads import EXPORT, run_export
from quanyu.targeting.audiences.keeping import renew_portraits
from quanyu.targeting.tags.jobs import COMPUTE, run_compute

COMPACT = "quanyu.compact"

CONCURRENCY = 2
HEARTBEAT, STALLED = 5.0, 20.0  # seconds between signs of life, and without one until a worker counts as dead
LOOK_FOR_STALLED = 5.0
PATIENCE = 20.0  # seconds that a stopping worker waits for its jobs; what is cut off is taken up again
KEPT_JOBS = timedelta(days=30)
_log = structlog.get_logger("quanyu.worker")


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or Ctrl-C."""
    with opened(settings) as house:
        logs.configure(house.home.clock)
        asyncio.run(_work(house))


async def _work(house: House) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=house.home.database.conninfo, min_size=1, max_size=CONCURRENCY + 3
    )
    app = procrastinate.App(connector=connector)
    _add_tasks(app, house)
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                name="quanyu",
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED,
            )
        )
        stalled = asyncio.create_task(_take_up_stalled(app))
        delivering = Delivering(house)
        delivering.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _stop, house, worker, delivering)
        _log.info("worker started")
        try:
            await worker
        except asyncio.CancelledError:
            _log.info("worker stopped")
        finally:
            stalled.cancel()
            delivering.stop()
            await asyncio.to_thread(delivering.join, PATIENCE)


def _stop(house: House, worker: "asyncio.Task[None]", delivering: Delivering) -> None:
    """Take up nothing more and wait for what runs, within reason."""
    delivering.stop()
    if not worker.cancelling():
        worker.cancel()
        giving_up = threading.Timer(PATIENCE, _give_up, [house])
        giving_up.daemon = True
        giving_up.start()


def _give_up(house: House) -> None:
    """Leave a job where it is: every one of them may be killed anywhere and is taken up again."""
    _log.warning("worker stopped with a job unfinished")
    if house.home.attachment is not None:
        house.home.attachment.release()
    os._exit(0)


async def _take_up_stalled(app: procrastinate.App) -> None:
    """Queue again what a killed worker left; where the same job waits already, that one does it."""
    manager = app.job_manager
    while True:
        await manager.prune_stalled_workers(STALLED)
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            try:
                await manager.retry_job(job)
            except ConnectorException:
                await manager.finish_job(job, status=Status.ABORTED, delete_job=False)
            _log.warning("stalled job taken up", job=job.id, task=job.task_name)
        await asyncio.sleep(LOOK_FOR_STALLED)


def _add_tasks(app: procrastinate.App, house: House) -> None:
    verbs: dict[str, Callable[..., None]] = {
        REFRESH: _refresh,
        IMPORT: _import,
        REPLAY: _replay,
        TAKE_BACK: _take_back,
        COMPUTE: _compute,
        EXPORT: _export,
        COMPACT: _compact,
    }
    for name, verb in verbs.items():
        app.task(name=name, pass_context=True)(partial(_one, house, name, verb))
    app.periodic(cron="*/10 * * * *")(app.task(name="quanyu.refresh_all")(partial(_each, house, defer_refresh)))
    nightly = app.task(name="quanyu.compact_all")(partial(_each, house, _defer_compaction))
    app.periodic(cron="17 19 * * *")(nightly)  # UTC: in the small hours of China

    @app.periodic(cron="47 19 * * *")
    @app.task(name="quanyu.forget_jobs", pass_context=True)
    async def forget(context: procrastinate.JobContext, timestamp: int) -> None:
        hours = int(KEPT_JOBS.total_seconds() // 3_600)
        await context.app.job_manager.delete_old_jobs(
            nb_hours=hours, include_failed=True, include_cancelled=True, include_aborted=True
        )


def _each(house: House, queue: Callable[..., None], timestamp: int) -> None:
    for name in house.home.workspaces():
        with house.home.workspace(name).begin() as connection:
            queue(connection, name)


def _one(
    house: House,
    task: str,
    verb: Callable[..., None],
    context: procrastinate.JobContext,
    *,
    workspace: str,
    **arguments: Any,
) -> None:
    """Run one job and log how it ended; an error goes on as its class alone, for the queue logs what it says."""
    begun, opened_one = monotonic(), house.home.workspace(workspace)
    log = _log.bind(task=task, workspace=opened_one.number)
    try:
        with working_at(context.job.id):
            verb(house, opened_one, **arguments)
    except Exception as error:  # noqa: BLE001  its class goes on, and not what it says
        known = recognised(error)
        name = type(known or error).__name__
        log.warning("job failed", error=name, milliseconds=_milliseconds(begun))
        raise JobFailed(name) from None
    log.info("job done", milliseconds=_milliseconds(begun))


class JobFailed(Exception):
    """A job ended with an error of this class."""


def _milliseconds(begun: float) -> int:
    return round((monotonic() - begun) * 1_000)


def _refresh(_: House, workspace: Workspace) -> None:
    refresh(workspace)
    renew_report(workspace)
    renew_overview(workspace)
    renew_lifts(workspace)
    renew_flows(workspace)
    renew_portraits(workspace)


def _import(house: House, workspace: Workspace, *, mapping: str) -> None:
    run_import(workspace, mapping, house.mapping)


def _replay(house: House, workspace: Workspace, *, file: str | None = None, number: int | None = None) -> None:
    run_replay(workspace, house.doors, file, number)


def _take_back(house: House, workspace: Workspace, *, number: int) -> None:
    run_take_back(workspace, house.rooms, number)


def _compute(_: House, workspace: Workspace, *, as_of: str | None = None, full: bool = False) -> None:
    run_compute(workspace, as_of, full=full)


def _export(_: House, workspace: Workspace, *, number: int) -> None:
    run_export(workspace, number)


def _compact(house: House, workspace: Workspace) -> None:
    tidy(house, workspace)


def _defer_compaction(connection: sa.Connection, workspace: str) -> None:
    lock = f"compact:{workspace}"
    defer(connection, COMPACT, lock=lock, queueing_lock=lock, workspace=workspace)
