"""Lists imports, the newest first, however they ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quanyu.customers.ingest.tables import data_import, import_count
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class ImportState:
    """One import; `error` is the class of what ended it."""

    number: int
    source: str
    state: str
    files: int
    bytes: int
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    step: str | None  # what it is doing, of one that runs
    share: float  # of its work that is done, 0 to 1
    replays: int | None  # the import whose refused lines came in again
    lines: int | None  # of its files; None where it has not landed
    landed: int | None
    rejected: int | None
    known: int | None


def unknown_import(number: int) -> NotFound:
    return NotFound(
        Text("There is no such import.", "没有这次导入。"),
        remedy=Text("List them: quanyu imports", "请查看：quanyu imports"),
        received=number,
    )


def with_replays(connection: sa.Connection, workspace: int, number: int) -> list[int]:
    """Return an import and those that have brought refused lines of it in again and landed, by number."""
    replays = sa.and_(data_import.c.replays == number, data_import.c.state == "landed")
    mine = (data_import.c.workspace == workspace, sa.or_(data_import.c.number == number, replays))
    query = sa.select(data_import.c.number).where(*mine)
    return list(connection.execute(query.order_by(data_import.c.number)).scalars())


def list_imports(workspace: Workspace, limit: int, job: int | None = None) -> Sequence[ImportState]:
    """Return the last imports, the newest first; with `job` those that ran in it."""
    of_lines = sa.and_(
        import_count.c.workspace == data_import.c.workspace,
        import_count.c.number == data_import.c.number,
        import_count.c.grain,
    )
    query = (
        sa.select(
            data_import.c.number,
            data_import.c.source,
            data_import.c.state,
            data_import.c.files,
            data_import.c.bytes,
            data_import.c.started_at,
            data_import.c.finished_at,
            data_import.c.error,
            data_import.c.step,
            data_import.c.share,
            data_import.c.replays,
            import_count.c.read.label("lines"),
            import_count.c.landed,
            import_count.c.rejected,
            import_count.c.known,
        )
        .select_from(data_import.outerjoin(import_count, of_lines))
        .where(data_import.c.workspace == workspace.number, *(() if job is None else (data_import.c.job == job,)))
        .order_by(data_import.c.number.desc())
        .limit(limit)
    )
    with workspace.begin() as connection:
        return [ImportState(**row) for row in connection.execute(query).mappings()]
