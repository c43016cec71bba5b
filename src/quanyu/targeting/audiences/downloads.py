"""Exports that the home keeps for download: queued by the API, written by a job, deleted when they expire."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from quanyu.foundation.errors import Conflict, Invalid, NotFound, QuanyuError
from quanyu.foundation.jobs.queue import defer
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.exporting import (
    SUFFIXES,
    Wanted,
    carry_out,
    file_target,
    identifiers_beside,
    plan,
    recorded,
)
from quanyu.targeting.audiences.recording import (
    EXPIRED,
    FAILED,
    FINISHED,
    INTERRUPTED,
    STARTED,
    WAITING,
    ExportRecord,
    add,
    change,
    find_export,
)
from quanyu.targeting.audiences.tables import audience_export

EXPORT = "quanyu.export"
KEPT = timedelta(days=7)
"""For how long a file can be downloaded."""
FORMATS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)


def queue_export(ws: Workspace, wanted: Wanted, format_: str, who: str) -> tuple[int, int]:
    """Check an export and queue it; return its number and its job. Callers check who may ask for identifiers."""
    if format_ not in FORMATS:
        raise Invalid(Text("There is no such format.", "没有这种格式。"), received=format_[:40], allowed=FORMATS)
    _folder(ws).mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _folder(ws) / f"new.{format_}"
    made = plan(ws, wanted, file_target(path), identifiers_beside(path) if wanted.identifiers else None)
    values = {**recorded(made, file_target(path)), "columns": None if wanted.tags is None else list(wanted.tags)}
    with ws.begin() as connection:
        number = add(ws, connection, state=WAITING, who=who, **values)
        change(ws, connection, number, place=str(_folder(ws) / f"{number}.{format_}"))
        lock = f"export:{ws.number}:{number}"
        job = defer(connection, EXPORT, lock=lock, queueing_lock=lock, workspace=ws.name, number=number)
    return number, job or 0


def run_export(ws: Workspace, number: int) -> None:
    """Write a queued export; one that was killed is written anew."""
    record = find_export(ws, number)
    if record.state not in (WAITING, STARTED, INTERRUPTED):
        return
    path = Path(record.place)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target, private = file_target(path), identifiers_beside(path) if record.identifiers else None
    try:
        made = plan(ws, _wanted(record), target, private)
    except QuanyuError as error:
        ended = {"state": FAILED, "error": type(error).__name__, "finished_at": ws.clock.now()}
        with ws.begin() as connection:
            change(ws, connection, number, **ended)
        raise
    with ws.begin() as connection:
        begun = {"state": STARTED, "expires_at": ws.clock.now() + KEPT}
        change(ws, connection, number, **begun, **recorded(made, target))
    carry_out(ws, number, made, target, private)


def download(ws: Workspace, number: int, *, identifiers: bool) -> Path:
    """Return the file of a finished export, or that of its identifiers, until it expires."""
    record = find_export(ws, number)
    if record.state in (WAITING, STARTED, INTERRUPTED):
        raise Conflict(
            Text("The export is not finished.", "导出尚未完成。"),
            remedy=Text("Wait for its job.", "请等待任务完成。"),
            received=record.state,
            allowed=(FINISHED,),
        )
    path = Path(record.place)
    file = identifiers_beside(path).path if identifiers else path
    kept = record.state == FINISHED and record.expires_at is not None and record.expires_at > ws.clock.now()
    if not kept or path.parent != _folder(ws) or not file.is_file():
        raise NotFound(
            Text("There is no file to download.", "没有可下载的文件。"),
            remedy=Text("Export again.", "请重新导出。"),
            received=f"{number}: {record.state}",
        )
    return file


def expire_exports(ws: Workspace) -> int:
    """Delete the files that have expired; return how many exports they were. The record stays."""
    table = audience_export.c
    due = (table.workspace == ws.number, table.expires_at <= ws.clock.now(), table.state != EXPIRED)
    with ws.begin() as connection:
        rows = connection.execute(sa.select(table.number, table.place).where(*due)).all()
    for row in rows:
        path = Path(row.place)
        if path.parent == _folder(ws):
            path.unlink(missing_ok=True)
            identifiers_beside(path).path.unlink(missing_ok=True)
        with ws.begin() as connection:
            change(ws, connection, row.number, state=EXPIRED)
    return len(rows)


def _wanted(record: ExportRecord) -> Wanted:
    return Wanted(record.audience, record.columns, record.purpose, record.channel, record.identifiers, record.reason)


def _folder(ws: Workspace) -> Path:
    return ws.settings.home / "exports" / str(ws.number)
