"""Writes one batch into several lake tables, which all show at once or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from sqlalchemy.dialects.postgresql import insert

from quanyu.foundation import failpoints
from quanyu.foundation.clock import Clock
from quanyu.foundation.database.connection import Database
from quanyu.foundation.lake.deltalog import (
    COMPACTED,
    GONE,
    KEPT,
    LANDED,
    OVER,
    PARTLY,
    DeltaLog,
    WrittenFile,
    is_compacted,
    is_kept,
)
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable, Pinned, Vector
from quanyu.foundation.lake.reading import read_files
from quanyu.foundation.lake.tables import lake_batch, lake_table
from quanyu.foundation.lake.writing import write_parquet, write_sorted

FAILPOINTS = ("lake.started", "lake.written", "lake.committed", "lake.published")


def start_batch(database: Database, workspace: int, work: str, logs: Mapping[str, DeltaLog]) -> int:
    """Undo what an unfinished batch left in these tables, create those that are new, and open the next batch."""
    undo_batches(database, workspace, logs)
    with database.begin(workspace) as connection:
        return connection.execute(
            sa.insert(lake_batch)
            .values(workspace=workspace, work=work, tables=sorted(logs), state="writing")
            .returning(lake_batch.c.number)
        ).scalar_one()


def undo_batches(database: Database, workspace: int, logs: Mapping[str, DeltaLog]) -> None:
    """Bring the tables back to what is published; their locks must be held."""
    mine = (
        lake_batch.c.workspace == workspace,
        lake_batch.c.state == "writing",
        lake_batch.c.tables.overlap(list(logs)),
    )
    with database.begin(workspace) as connection:
        rows = connection.execute(
            sa.select(lake_table.c.name, lake_table.c.version, lake_table.c.batch).where(
                lake_table.c.workspace == workspace, lake_table.c.name.in_(list(logs))
            )
        )
        published = {row.name: (row.version, row.batch) for row in rows}
        unfinished = list(connection.execute(sa.select(lake_batch.c.number).where(*mine)).scalars())
        for name, log in logs.items():
            log.create()
            version, batch = published.get(name, (0, 0))
            restored = log.roll_back(version, batch, unfinished)
            if restored != version and name in published:
                connection.execute(
                    sa.update(lake_table)
                    .where(lake_table.c.workspace == workspace, lake_table.c.name == name)
                    .values(version=restored)
                )
        connection.execute(sa.update(lake_batch).where(*mine).values(state="rolled back"))


class Landing:
    """One batch on its way; used inside `Lake.landing`, which holds the locks."""

    def __init__(
        self,
        engine: DuckDB,
        workspace: int,
        batch: int,
        work: str,
        logs: Mapping[str, DeltaLog],
        vector: Vector,
        clock: Clock,
    ) -> None:
        self.batch = batch
        self.vector = vector
        self._engine = engine
        self._workspace = workspace
        self._work = work
        self._logs = logs
        self._clock = clock
        self._superseded: dict[str, bool] = {}
        self._written: dict[str, list[WrittenFile]] = {}
        failpoints.reach("lake.started")

    def append(self, table: LakeTable, rows: ir.Table | pa.Table, *, supersedes: bool = True) -> int:
        """Add rows; of a versioned table say whether any of them may supersede a row that is there."""
        known = self._superseded.get(table.name, table.name in self.vector and self.vector[table.name].superseded)
        follows = table.name in self.vector or table.name in self._superseded
        superseded = known or (table.versioned_by is not None and supersedes and follows)
        return self._write(table, rows, replace=False, superseded=superseded)

    def replace(self, table: LakeTable, rows: ir.Table | pa.Table) -> int:
        """Put these rows in the place of all that the table held."""
        return self._write(table, rows, replace=True, superseded=False)

    def replace_sorted(self, table: LakeTable, rows: ir.Table | pa.Table) -> int:
        """Do as `replace`, and write as compaction does: whoever asks for a few rows need not wait for the night.

        For tables without partitions whose rows are narrow: all are sorted.
        """
        assert table.sort_by
        assert not table.partition_by
        return self._write(table, rows, replace=True, superseded=False, letter=COMPACTED)

    def lay_over(self, table: LakeTable, rows: ir.Table) -> int:
        """Let rows of a keyed table stand in the place of those that other batches wrote of the same keys.

        What was there before stays in its files, below, until compaction writes the table anew. A batch says of a key
        once what becomes of it.
        """
        return self._write(table, rows, replace=False, superseded=True, letter=OVER)

    def lay_partly(self, table: LakeTable, rows: ir.Table) -> int:
        """Let some columns stand in the place of what earlier batches wrote of the same keys, all others as they were.

        Of a key without a row nothing comes to stand; see `lay_over`.
        """
        return self._write(table, rows, replace=False, superseded=True, letter=PARTLY)

    def take_away(self, table: LakeTable, keys: ir.Table) -> int:
        """Let no row of a keyed table stand that has one of these keys; see `lay_over`."""
        return self._write(table, keys.select(*table.keyed_by), replace=False, superseded=True, letter=GONE)

    def rewrite(
        self, table: LakeTable, added: Sequence[WrittenFile], removed: Sequence[dict[str, Any]], *, superseded: bool
    ) -> None:
        """Put files in the place of others that hold the same rows (compaction)."""
        failpoints.reach("lake.written")
        self._commit(table, added, removed, replace=False, changes_data=False)
        self._superseded[table.name] = superseded

    def vacuum(self, table: LakeTable, keep: set[int], hours: int) -> int:
        """Delete files that no kept version, nor one of the last hours, needs; return how many."""
        deleted = self._logs[table.name].vacuum(sorted(keep), hours)
        if deleted:
            self._superseded.setdefault(table.name, self.vector[table.name].superseded)
        return deleted

    def remove(self, table: LakeTable, keys: ir.Table) -> int:
        """Take away the published rows that agree with a row of `keys` in its columns, and return how many.

        Only the files that hold such rows are rewritten. From then on `vector` shows the table without them, unless the
        landing has already written into it.
        """
        if table.name not in self.vector:
            return 0
        assert not table.keyed_by, "what is laid over a table would lose its place"
        log, pinned, on = self._logs[table.name], self.vector[table.name], list(keys.columns)
        added: list[WrittenFile] = []
        removed: list[dict[str, Any]] = []
        gone = 0
        for files in log.partitions(pinned.version).values():
            found = self._matching(table, [str(log.folder / f["path"]) for f in files], keys)
            partition = {c: files[0][f"partition.{c}"] for c in table.partition_by}
            for kept in (False, True):
                old = [f for f in files if is_kept(f["path"]) == kept and str(log.folder / f["path"]) in found]
                paths = [str(log.folder / f["path"]) for f in old]
                going = sum(found[path] for path in paths)
                if going < sum(f["num_records"] for f in old):
                    left = read_files(self._engine, table, paths).anti_join(keys, on)
                    settled = COMPACTED if all(is_compacted(path) for path in paths) else LANDED
                    added += self.write_partition(table, left, partition, KEPT if kept else settled)
                removed += old
                gone += going
        failpoints.reach("lake.written")
        if removed:
            self._commit(table, added, removed, replace=False, changes_data=True)
            self._superseded[table.name] = superseded = pinned.superseded or table.versioned_by is not None
            if table.name not in self._written:
                self.vector[table.name] = Pinned(log.version(), superseded)
        return gone

    def _matching(self, table: LakeTable, files: Sequence[str], keys: ir.Table) -> dict[str, int]:
        """Return the files that hold rows which agree with `keys`, and how many each."""
        rows = read_files(self._engine, table, files, placed=True)
        found = rows.semi_join(keys, list(keys.columns)).group_by("filename").agg(rows=_.count())
        return {row["filename"]: row["rows"] for row in self._engine.backend().to_pyarrow(found).to_pylist()}

    def write_partition(
        self, table: LakeTable, rows: ir.Table, partition: Mapping[str, str | None], letter: str = COMPACTED
    ) -> list[WrittenFile]:
        """Write the rows of one partition, sorted, without showing them to anybody.

        The letter says what stands in the file: with KEPT, rows for a take-back only, which readers pass over.
        """
        folder = self._logs[table.name].folder
        return write_sorted(self._engine, folder, table, rows, f"{letter}{self.batch}", partition)

    def written(self, table: LakeTable) -> ir.Table:
        """Return the rows that this batch has written into `table` so far."""
        folder = self._logs[table.name].folder
        files = [str(folder / file.path) for file in self._written.get(table.name, ())]
        return read_files(self._engine, table, files)

    def publish(self, connection: sa.Connection) -> None:
        """Show what was written when the transaction of `connection` commits."""
        failpoints.reach("lake.committed")
        for name, superseded in self._superseded.items():
            values = {
                "version": self._logs[name].version(),
                "superseded": superseded,
                "batch": self.batch,
            }
            connection.execute(
                insert(lake_table)
                .values(workspace=self._workspace, name=name, **values)
                .on_conflict_do_update(index_elements=["workspace", "name"], set_=values)
            )
        connection.execute(
            sa.update(lake_batch)
            .where(lake_batch.c.workspace == self._workspace, lake_batch.c.number == self.batch)
            .values(state="published")
        )
        failpoints.reach("lake.published")

    def _write(
        self, table: LakeTable, rows: ir.Table | pa.Table, *, replace: bool, superseded: bool, letter: str = LANDED
    ) -> int:
        expression = ibis.memtable(rows) if isinstance(rows, pa.Table) else rows
        self._grow(table, expression)
        folder = self._logs[table.name].folder
        prefix = f"{letter}{self.batch}"
        if letter == COMPACTED:
            files = write_sorted(self._engine, folder, table, expression, prefix, {})
        else:
            files = write_parquet(self._engine, folder, table, expression, prefix)
        failpoints.reach("lake.written")
        if files or replace:
            self._commit(table, files, (), replace=replace, changes_data=True)
            self._superseded[table.name] = superseded
            self._written.setdefault(table.name, []).extend(files)
        return sum(file.rows for file in files)

    def _commit(
        self,
        table: LakeTable,
        added: Sequence[WrittenFile],
        removed: Sequence[dict[str, Any]],
        *,
        replace: bool,
        changes_data: bool,
    ) -> None:
        self._logs[table.name].commit(
            added,
            removed,
            replace=replace,
            changes_data=changes_data,
            batch=self.batch,
            work=self._work,
            at=self._clock.unmoved(),  # by it a file is old enough to be deleted
        )

    def _grow(self, table: LakeTable, rows: ir.Table) -> None:
        """Add the columns that this table does not have yet, for good."""
        log = self._logs[table.name]
        present = set(log.schema(log.version()).names)
        new = [field for field in rows.schema().to_pyarrow() if field.name not in present]
        if new:
            log.add_columns(new)
