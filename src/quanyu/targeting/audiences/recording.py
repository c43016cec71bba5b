"""Keeps the record of exports: who took whom, when, with which columns, for which purpose, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.tables import audience_export

WAITING, STARTED, FINISHED, FAILED, EXPIRED = "waiting", "started", "finished", "failed", "expired"
INTERRUPTED = "interrupted"  # started, and nobody is at it: its process was killed

_TABLE = audience_export.c


@dataclass(frozen=True)
class ExportRecord:
    """One export. `state` is waiting, started, finished, failed, expired or interrupted."""

    number: int
    state: str
    audience: str
    version: int
    definition_hash: str | None
    snapshot: int | None
    tag_run: int | None
    columns: Sequence[str] | None
    target: str
    place: str
    purpose: str | None
    channel: str | None
    identifiers: bool
    reason: str | None
    who: str
    rows: int | None
    left_out: Mapping[str, int] | None
    error: str | None
    started_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


_COLUMNS = tuple(_TABLE[name] for name in ExportRecord.__dataclass_fields__)


def at_work(ws: Workspace, number: int) -> str:
    """Return the name of the lock that an export holds while it runs."""
    return f"export {number}:{ws.number}"


def add(ws: Workspace, connection: sa.Connection, **values: Any) -> int:
    """Record an export that begins or waits; return its number."""
    insert = sa.insert(audience_export).values(workspace=ws.number, started_at=ws.clock.now(), **values)
    return int(connection.execute(insert.returning(_TABLE.number)).scalar_one())


def change(ws: Workspace, connection: sa.Connection, number: int, **values: Any) -> None:
    """Record what has become of an export."""
    mine = (_TABLE.workspace == ws.number, _TABLE.number == number)
    connection.execute(sa.update(audience_export).where(*mine).values(**values))


def find_export(ws: Workspace, number: int) -> ExportRecord:
    found = _read(ws, _TABLE.number == number, 1) if 0 < number < 1 << 63 else []
    if not found:
        raise NotFound(
            Text("There is no such export.", "没有这次导出。"),
            remedy=Text("List them: quanyu audience exports", "请查看：quanyu audience exports"),
            received=number,
        )
    return found[0]


def list_exports(ws: Workspace, limit: int, audience: str | None = None) -> list[ExportRecord]:
    """Return the last exports, of all audiences or of one, the newest first."""
    return _read(ws, sa.true() if audience is None else _TABLE.audience == audience, limit)


def _read(ws: Workspace, which: sa.ColumnElement[bool], limit: int) -> list[ExportRecord]:
    query = sa.select(*_COLUMNS).where(_TABLE.workspace == ws.number, which).order_by(_TABLE.number.desc())
    with ws.begin() as connection:
        rows = connection.execute(query.limit(limit)).mappings().all()
    found = [ExportRecord(**row) for row in rows]
    return [replace(record, state=_state(ws, record.number, record.state)) for record in found]


def _state(ws: Workspace, number: int, state: str) -> str:
    if state != STARTED:
        return state
    with ws.database.lock_if_free(at_work(ws, number)) as free:
        return INTERRUPTED if free else STARTED
