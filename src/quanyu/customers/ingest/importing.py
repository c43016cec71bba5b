"""Imports the files of a mapping: read, check, land in the rooms that own the kinds, keep what is refused."""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa
from ibis import _
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.ingest.checking import REASON, Checking
from quanyu.customers.ingest.cleansing import Cleansed, cleanse
from quanyu.customers.ingest.history import with_replays
from quanyu.customers.ingest.kindmapping import KindMapping
from quanyu.customers.ingest.mapping import SourceMapping, check_columns
from quanyu.customers.ingest.model import Count, ImportLanded, Outcome
from quanyu.customers.ingest.refusing import Refusal
from quanyu.customers.ingest.spec import Broken
from quanyu.customers.ingest.tables import REJECTS, data_import, import_count, source
from quanyu.customers.ingest.watching import READING_SHARE, Cancelled, Progress, Watch, watching
from quanyu.foundation import failpoints
from quanyu.foundation.clock import monotonic
from quanyu.foundation.jobs.working import present_job
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("import.registered", "import.staged", "import.kind_landed", "import.landed", "import.cleaned")


@dataclass(frozen=True)
class _Staged:
    """Checked lines in a temporary Parquet file; `line` is a row's position among the rows of all files, from 1."""

    checking: Checking
    cleansed: Cleansed
    read: int
    refused: int
    broken: Sequence[Broken]

    @property
    def rows(self) -> ir.Table:
        return self.cleansed.rows

    def of_kind(self, entry: KindMapping) -> ir.Table:
        """Return the good rows of one kind, mended."""
        rows, mapping = self.checking.of_kind(self.rows, entry), self.checking.mapping
        mended = mapping.rules.mend(rows, entry.kind, mapping.source) if mapping.rules else None
        return rows if mended is None else mended.rows


@dataclass(frozen=True)
class Replay:
    """Lines that import `of` has refused come in again; `close` runs in the transaction in which they land."""

    of: int
    close: Callable[[sa.Connection, Landing, int], None]


def import_files(
    workspace: Workspace,
    mapping: SourceMapping,
    progress: Progress = lambda advance: None,
    replay: Replay | None = None,
) -> Outcome:
    """Land every good line of the mapping's files once, whatever was landed before, and count all of them."""
    started = monotonic()
    with workspace.locked(f"ingest:{mapping.source}"):
        number = _register(workspace, mapping, replay)
        failpoints.reach("import.registered")
        size = sum(file.stat().st_size for file in mapping.files)
        try:
            with (
                workspace.heavy(),
                _staging(workspace, number) as folder,
                watching(workspace, number, size, progress) as watch,
            ):
                watch.reach(Text("reading and checking", "读取并检查"), READING_SHARE)
                staged = _stage(workspace, mapping, folder)
                watch.lines = staged.read
                failpoints.reach("import.staged")
                counts = _land(workspace, mapping, number, staged, watch, replay)
                failpoints.reach("import.landed")
        except BaseException as error:
            _note_failure(workspace, number, error)
            raise
    failpoints.reach("import.cleaned")
    return Outcome(number, mapping.source, counts, monotonic() - started, staged.checking.opened.notes)


def _register(workspace: Workspace, mapping: SourceMapping, replay: Replay | None) -> int:
    """Open the import; one of this source that still says running was killed, since its lock is ours now."""
    mine = (data_import.c.workspace == workspace.number, data_import.c.source == mapping.source)
    now = workspace.clock.now()
    said = {"mapping": mapping.text, "class": mapping.data_class, "legal_basis": mapping.legal_basis}
    with workspace.begin() as connection:
        row = insert(source).values(workspace=workspace.number, name=mapping.source, registered_at=now, **said)
        # Several mappings may deliver one source: one that is silent takes nothing back.
        given = {name: value for name, value in said.items() if value is not None}
        connection.execute(row.on_conflict_do_update(index_elements=["workspace", "name"], set_=given))
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
                mapping=mapping.text,
                replays=replay.of if replay else None,
                job=present_job(),
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
    absent = check_columns(mapping, opened.columns, sparse=opened.sparse)
    if absent:
        notes = (*opened.notes, Text(f"No line has {', '.join(absent)}.", f"没有任何一行含有 {'、'.join(absent)}。"))
        rows = opened.rows.mutate(**dict.fromkeys(absent, ibis.null("string")))
        opened = replace(opened, rows=rows, notes=notes)
    checking = Checking(opened, mapping)
    workspace.lake.write_parquet(checking.lines(), folder / "lines.parquet")
    rows = backend.read_parquet(folder / "lines.parquet", file_row_number=True)
    rows = rows.mutate(line=_.file_row_number + 1)
    broken = mapping.reader.broken(backend)
    totals = workspace.lake.to_arrow(rows.aggregate(read=rows.count(), refused=rows[REASON].count())).to_pylist()[0]
    cleansed = cleanse(workspace, mapping.rules, checking, rows, folder) if mapping.rules else Cleansed(rows)
    refused = totals["refused"] + cleansed.held + len(broken)
    return _Staged(checking, cleansed, totals["read"] + len(broken), refused, broken)


def _land(
    workspace: Workspace,
    mapping: SourceMapping,
    number: int,
    staged: _Staged,
    watch: Watch,
    replay: Replay | None,
) -> Sequence[Count]:
    """Write all kinds and the rejects; everything shows when this one transaction commits."""
    tables = {table.name: table for kind in mapping.kinds for table in kind.kind.tables} | {REJECTS.name: REJECTS}
    if mapping.rules:
        tables |= {mapping.rules.table.name: mapping.rules.table}
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
            rank=mapping.rank,
            replays=tuple(with_replays(connection, workspace.number, replay.of)) if replay else (),
        )
        counts: list[Count] = []
        together = _by_kind(mapping.kinds)
        for done, entries in enumerate(together, start=1):
            title = entries[0].kind.title
            until = READING_SHARE + (1 - READING_SHARE) * done / (len(together) + 1)
            watch.reach(Text(f"landing: {title.en}", f"写入：{title.zh}"), until)
            counts.append(_land_kind(whole, staged, entries, grain=mapping.kinds[0] in entries))
            failpoints.reach("import.kind_landed")
        watch.reach(Text("settling", "汇总"), 1.0)
        for settle in dict.fromkeys(entry.kind.settle for entry in mapping.kinds if entry.kind.settle):
            settle(whole)
        refusal = Refusal(mapping.source, number, staged.checking.opened.first_line)
        refusal.keep(landing, staged.rows if staged.refused > len(staged.broken) else None, staged.broken)
        if mapping.rules:
            staged.cleansed.keep(landing, mapping.rules, mapping.source, number)
        if replay:
            replay.close(connection, landing, number)
        watch.refuse_cancelled()
        _close(workspace, connection, number, counts)
        workspace.publish(connection, *whole.facts, ImportLanded(mapping.source, number, landing.batch))
        landing.publish(connection)
    return sorted(counts, key=lambda count: not count.grain)


def _by_kind(kinds: Sequence[KindMapping]) -> list[list[KindMapping]]:
    """Put what is of one kind together; records first: other kinds point at them."""
    ordered = sorted(kinds, key=lambda entry: not entry.kind.takes_identifiers)
    return [[entry for entry in ordered if entry.kind is kind] for kind in dict.fromkeys(e.kind for e in ordered)]


def _land_kind(whole: Delivery, staged: _Staged, entries: Sequence[KindMapping], *, grain: bool) -> Count:
    rows = [staged.of_kind(entry) for entry in entries]
    identifiers = [(i.type, i.scope) for entry in entries for i in entry.identifiers]
    delivery = replace(
        whole,
        rows=_united(rows, [len(entry.identifiers) for entry in entries]),
        identifiers=tuple(identifiers),
        whole=any(entry.whole for entry in entries),
    )
    accepted = entries[0].kind.land(delivery)
    rejected = staged.refused if grain else 0
    read = staged.read if grain and len(entries) == 1 else accepted.landed + accepted.known + rejected
    return Count(entries[0].kind.name, grain, read, accepted.landed, rejected, accepted.known)


def _united(parts: Sequence[ir.Table], identifiers: Sequence[int]) -> ir.Table:
    """Unite what several entries of one kind read from the same lines; no two rows share a line afterwards."""
    if len(parts) == 1:
        return parts[0]
    total, united = sum(identifiers), []
    for i, part in enumerate(parts):
        before = sum(identifiers[:i])
        own = {f"identifier_{before + j}": part[f"identifier_{j}"] for j in range(identifiers[i])}
        others = {f"identifier_{j}": ibis.null("string") for j in range(total) if f"identifier_{j}" not in own}
        plain = [name for name in part.columns if not name.startswith("identifier_")]
        columns = [*plain, *(f"identifier_{j}" for j in range(total))]
        wide = part.select(*plain, **own, **others).select(*columns)
        line: Value = wide.line
        united.append(wide.mutate(line=line * len(parts) + i))
    return ibis.union(*united)


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
            .values(
                state="cancelled" if isinstance(error, Cancelled | KeyboardInterrupt) else "failed",
                finished_at=workspace.clock.now(),
                error=type(error).__name__,
            )
        )
