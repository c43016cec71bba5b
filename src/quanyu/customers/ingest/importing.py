"""Imports the files of a mapping: read, check, land in the rooms that own the kinds, keep what is refused."""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.ingest.checking import REASON, TEXT, Checking
from quanyu.customers.ingest.mapping import KindMapping, SourceMapping, check_columns
from quanyu.customers.ingest.model import Count, ImportLanded, Outcome
from quanyu.customers.ingest.spec import Broken
from quanyu.customers.ingest.tables import REJECTS, data_import, import_count, source
from quanyu.foundation import failpoints
from quanyu.foundation.clock import monotonic
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("import.registered", "import.staged", "import.kind_landed", "import.landed", "import.cleaned")

Progress = Callable[[Text], None]


@dataclass(frozen=True)
class _Staged:
    """Checked lines in a temporary Parquet file; `line` is a row's position among the rows of all files, from 1."""

    checking: Checking
    rows: ir.Table
    read: int
    refused: int
    broken: Sequence[Broken]


def import_files(workspace: Workspace, mapping: SourceMapping, progress: Progress = lambda text: None) -> Outcome:
    """Land every good line of the mapping's files once, whatever was landed before, and count all of them."""
    started = monotonic()
    with workspace.locked(f"ingest:{mapping.source}"):
        number = _register(workspace, mapping)
        failpoints.reach("import.registered")
        try:
            with workspace.heavy(), _staging(workspace, number) as folder:
                progress(Text("reading and checking", "读取并检查"))
                staged = _stage(workspace, mapping, folder)
                failpoints.reach("import.staged")
                progress(Text("landing", "写入"))
                counts = _land(workspace, mapping, number, staged)
                failpoints.reach("import.landed")
        except BaseException as error:
            _note_failure(workspace, number, error)
            raise
    failpoints.reach("import.cleaned")
    return Outcome(number, mapping.source, counts, monotonic() - started)


def _register(workspace: Workspace, mapping: SourceMapping) -> int:
    """Open the import; one of this source that still says running was killed, since its lock is ours now."""
    mine = (data_import.c.workspace == workspace.number, data_import.c.source == mapping.source)
    now = workspace.clock.now()
    with workspace.begin() as connection:
        row = insert(source).values(
            workspace=workspace.number, name=mapping.source, mapping=mapping.text, registered_at=now
        )
        connection.execute(
            row.on_conflict_do_update(index_elements=["workspace", "name"], set_={"mapping": mapping.text})
        )
        connection.execute(
            sa.update(data_import).where(*mine, data_import.c.state == "running").values(state="interrupted")
        )
        return connection.execute(
            sa.insert(data_import)
            .values(
                workspace=workspace.number,
                source=mapping.source,
                state="running",
                files=len(mapping.files),
                bytes=sum(f.stat().st_size for f in mapping.files),
                started_at=now,
            )
            .returning(data_import.c.number)
        ).scalar_one()


@contextmanager
def _staging(workspace: Workspace, number: int) -> Generator[Path]:
    """Make a folder for one import; what killed imports left beside it goes first."""
    folder = workspace.settings.home / "staging" / str(workspace.number)
    shutil.rmtree(folder, ignore_errors=True)
    mine = folder / str(number)
    mine.mkdir(parents=True)
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)


def _stage(workspace: Workspace, mapping: SourceMapping, folder: Path) -> _Staged:
    backend = workspace.lake.engine.backend()
    opened = mapping.reader.open(backend, mapping.files, mapping.reader_options)
    check_columns(mapping, opened.columns)
    checking = Checking(opened, mapping)
    workspace.lake.write_parquet(checking.lines(), folder / "lines.parquet")
    rows = backend.read_parquet(folder / "lines.parquet", file_row_number=True)
    rows = rows.mutate(line=_.file_row_number + 1)
    broken = mapping.reader.broken(backend)
    totals = workspace.lake.to_arrow(rows.aggregate(read=rows.count(), refused=rows[REASON].count())).to_pylist()[0]
    return _Staged(checking, rows, totals["read"] + len(broken), totals["refused"] + len(broken), broken)


def _land(workspace: Workspace, mapping: SourceMapping, number: int, staged: _Staged) -> Sequence[Count]:
    """Write all kinds and the rejects; everything shows when this one transaction commits."""
    tables = {table.name: table for kind in mapping.kinds for table in kind.kind.tables} | {REJECTS.name: REJECTS}
    with (
        workspace.lake.landing(f"import:{number}", list(tables.values())) as landing,
        workspace.begin() as connection,
    ):
        whole = Delivery(
            workspace=workspace,
            connection=connection,
            landing=landing,
            source=mapping.source,
            import_number=number,
            currency=mapping.currency,
            files=len(mapping.files),
            rows=staged.rows,
            facts=[],
        )
        counts: list[Count] = []
        for i, kind in sorted(enumerate(mapping.kinds), key=lambda item: _order(item[1])):
            counts.append(_land_kind(whole, staged, kind, grain=i == 0))
            failpoints.reach("import.kind_landed")
        _keep_rejects(landing, mapping, number, staged)
        _close(workspace, connection, number, counts)
        workspace.publish(connection, *whole.facts, ImportLanded(mapping.source, number, landing.batch))
        landing.publish(connection)
    return sorted(counts, key=lambda count: not count.grain)


def _order(mapping: KindMapping) -> int:
    """Records first: other kinds point at them."""
    return 0 if mapping.kind.takes_identifiers else 1


def _land_kind(whole: Delivery, staged: _Staged, kind: KindMapping, *, grain: bool) -> Count:
    identifiers = tuple((i.type, i.scope) for i in kind.identifiers)
    rows = staged.checking.of_kind(staged.rows, kind)
    accepted = kind.kind.land(replace(whole, rows=rows, identifiers=identifiers))
    rejected = staged.refused if grain else 0
    read = staged.read if grain else accepted.landed + accepted.known
    return Count(kind.kind.name, grain, read, accepted.landed, rejected, accepted.known)


def _keep_rejects(landing: Landing, mapping: SourceMapping, number: int, staged: _Staged) -> None:
    if staged.broken:
        broken = pa.table(
            {
                "import_number": pa.array([number] * len(staged.broken), pa.int64()),
                "source": [mapping.source] * len(staged.broken),
                "file": [b.file for b in staged.broken],
                "line": pa.array([b.line for b in staged.broken], pa.int64()),
                "input": pa.nulls(len(staged.broken), pa.string()),
                "column": pa.nulls(len(staged.broken), pa.string()),
                "reason": [b.reason for b in staged.broken],
                "text": [b.text for b in staged.broken],
            }
        )
        landing.append(REJECTS, broken)
    if staged.refused > len(staged.broken):
        starts = staged.rows.group_by("file").agg(start=_.line.min())
        rows = staged.rows.filter(_[REASON].notnull()).inner_join(starts, "file")
        parts = _[REASON].split("\t")
        landing.append(
            REJECTS,
            rows.select(
                import_number=ibis.literal(number, "int64"),
                source=ibis.literal(mapping.source),
                file=rows.file,
                line=_.line - _.start + staged.checking.opened.first_line,
                input=parts[0],
                column=parts[1],
                reason=parts[2],
                text=rows[TEXT],
            ),
        )


def _close(workspace: Workspace, connection: sa.Connection, number: int, counts: Sequence[Count]) -> None:
    connection.execute(
        sa.insert(import_count),
        [
            {
                "workspace": workspace.number,
                "number": number,
                "kind": count.kind,
                "grain": count.grain,
                "read": count.read,
                "landed": count.landed,
                "rejected": count.rejected,
                "known": count.known,
            }
            for count in counts
        ],
    )
    connection.execute(
        sa.update(data_import)
        .where(data_import.c.workspace == workspace.number, data_import.c.number == number)
        .values(state="landed", finished_at=workspace.clock.now())
    )


def _note_failure(workspace: Workspace, number: int, error: BaseException) -> None:
    """Say which class of error ended the import; its message may hold a customer's data."""
    with workspace.begin() as connection:
        connection.execute(
            sa.update(data_import)
            .where(
                data_import.c.workspace == workspace.number,
                data_import.c.number == number,
                data_import.c.state == "running",
            )
            .values(state="failed", finished_at=workspace.clock.now(), error=type(error).__name__)
        )
