"""HTTP routes of the house itself: alive, ready, status, jobs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from quanyu.app.status import survey
from quanyu.foundation.access.doors import Answer, Number, admitted
from quanyu.foundation.database import migrating
from quanyu.foundation.errors import Invalid, Unavailable
from quanyu.foundation.home import Home
from quanyu.foundation.jobs.states import Job, find_job, last_jobs
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

outside = APIRouter(tags=["house"])
router = APIRouter(tags=["house"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]


class Alive(Answer):
    alive: bool = True


class Ready(Answer):
    ready: bool = True
    schema_step: str = Field(description="Step of the database's schema.")


class JobAnswer(Answer):
    job: Number
    task: str
    state: str = Field(description="waiting, running, succeeded, failed or cancelled.")
    attempts: int = Field(description="How often it was taken up before.")
    queued_at: datetime | None
    changed_at: datetime | None


class Jobs(Answer):
    jobs: list[JobAnswer]


@outside.get("/health", operation_id="is_alive")
def is_alive() -> Alive:
    """Say that the server runs."""
    return Alive()


@outside.get("/ready", operation_id="is_ready")
def is_ready(request: Request) -> Ready:
    """Say that the database answers and has this version's schema; 503 otherwise."""
    home: Home = request.app.state.home
    at, wanted = migrating.present(home.database), migrating.newest()
    if at != wanted:
        raise Unavailable(
            Text("The database has another schema.", "数据库结构版本不符。"), received=at, allowed=[wanted]
        )
    return Ready(schema_step=wanted)


@router.get("/status", operation_id="get_status")
def get_status(request: Request, workspace: Viewer) -> dict[str, Any]:
    """Say how everything stands, as `quanyu status --json` does, without the folder's path."""
    found = survey(request.app.state.home, workspace).describe()
    return {key: value for key, value in found.items() if key != "home"}


@router.get("/jobs", operation_id="list_jobs")
def list_jobs(workspace: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> Jobs:
    """List background jobs, the newest first."""
    with workspace.begin() as connection:
        return Jobs(jobs=[_job(found) for found in last_jobs(connection, workspace.name, limit)])


@router.get("/jobs/{job}", operation_id="get_job")
def get_job(workspace: Viewer, job: str) -> JobAnswer:
    """Say how one background job stands."""
    if not (job.isascii() and job.isdecimal() and len(job) < 19):
        raise Invalid(Text("This is not the number of a job.", "这不是任务编号。"), received=job[:40], allowed=["12"])
    with workspace.begin() as connection:
        return _job(find_job(connection, workspace.name, int(job)))


def _job(found: Job) -> JobAnswer:
    return JobAnswer(
        job=str(found.number),
        task=found.task,
        state=found.state,
        attempts=found.attempts,
        queued_at=found.queued_at,
        changed_at=found.changed_at,
    )
