"""The background job of tags: compute all of them."""

from datetime import datetime

from quanyu.customers.consent.projecting import project
from quanyu.foundation.jobs.queue import defer
from quanyu.foundation.jobs.states import waiting_job
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.shown import make_ready

COMPUTE = "quanyu.tags"


def defer_compute(ws: Workspace, as_of: datetime | None, *, full: bool = False) -> int:
    """Queue a computation and return its job; one for the same instant that waits already is returned instead."""
    written = None if as_of is None else as_of.isoformat()
    lock = f"tags:{ws.number}"
    queueing_lock = f"{lock}:{written or 'now'}{':full' if full else ''}"
    wanted = {"workspace": ws.name, "as_of": written, **({"full": True} if full else {})}
    with ws.begin() as connection:
        queued = defer(connection, COMPUTE, lock=lock, queueing_lock=queueing_lock, **wanted)
        return queued or waiting_job(connection, queueing_lock) or 0


def run_compute(ws: Workspace, as_of: str | None, *, full: bool = False) -> None:
    project(ws)
    compute(ws, None if as_of is None else datetime.fromisoformat(as_of), full=full)
    make_ready(ws)
