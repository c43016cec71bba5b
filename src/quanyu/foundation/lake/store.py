"""The lake of one workspace: pinned versions in, tables out, and the one place that runs an expression."""

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from numpy.typing import NDArray

from quanyu.foundation.clock import Clock
from quanyu.foundation.database.connection import Database
from quanyu.foundation.lake.deltalog import DeltaLog, is_compacted, is_kept
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.holding import hold
from quanyu.foundation.lake.landing import Landing, start_batch, undo_batches
from quanyu.foundation.lake.laying import standing
from quanyu.foundation.lake.model import LakeTable, Pinned, Value, Vector
from quanyu.foundation.lake.reading import read_files
from quanyu.foundation.lake.tables import lake_pin, lake_table
from quanyu.foundation.lake.writing import write_file

RANK = "_rank"


class Lake:
    """Delta tables below one folder, published by the database."""

    def __init__(self, folder: Path, workspace: int, database: Database, engine: DuckDB, clock: Clock) -> None:
        self.folder = folder
        self.engine = engine
        self._workspace = workspace
        self._database = database
        self._clock = clock
        self._files: dict[tuple[str, int], list[str]] = {}
        self._written: dict[str, DeltaLog] = {}  # for whoever holds the writer's place

    def vector(self, tables: Sequence[LakeTable]) -> Vector:
        """Return the published versions of these tables, all read at one moment; a table never written is absent."""
        with self._database.begin(self._workspace) as connection:
            return self.vector_in(connection, tables)

    def vector_in(self, connection: sa.Connection, tables: Sequence[LakeTable]) -> Vector:
        names = [table.name for table in tables]
        rows = connection.execute(
            sa.select(lake_table.c.name, lake_table.c.version, lake_table.c.superseded)
            .where(lake_table.c.workspace == self._workspace, lake_table.c.name.in_(names))
            .order_by(lake_table.c.name)
        )
        return {name: Pinned(version, superseded) for name, version, superseded in rows}

    def pin(self, connection: sa.Connection, holder: str, vector: Vector) -> None:
        """Keep what `holder` has read, and let go of what it kept before: vacuum spares pinned versions."""
        mine = (lake_pin.c.workspace == self._workspace, lake_pin.c.holder == holder)
        connection.execute(sa.delete(lake_pin).where(*mine))
        if vector:
            connection.execute(
                sa.insert(lake_pin),
                [
                    {"workspace": self._workspace, "holder": holder, "name": name, "version": pinned.version}
                    for name, pinned in vector.items()
                ],
            )

    def holders(self, connection: sa.Connection) -> set[str]:
        """Return everybody who keeps versions."""
        query = sa.select(lake_pin.c.holder).where(lake_pin.c.workspace == self._workspace).distinct()
        return set(connection.execute(query).scalars())

    def table(self, table: LakeTable, vector: Vector) -> ir.Table:
        """Return the rows of `table` at its pinned version: of a versioned or keyed one those that stand."""
        pinned = vector.get(table.name)
        if table.keyed_by and pinned is not None and pinned.superseded:
            return standing(self.engine, table, self.files(table, pinned.version))
        if table.versioned_by is None or pinned is None:
            return self.all_versions(table, vector)
        if pinned.superseded:
            return latest(self.all_versions(table, vector), table.versioned_by)
        return read_files(self.engine, table, [f for f in self.files(table, pinned.version) if not is_kept(f)])

    def picked(self, table: LakeTable, vector: Vector, choose: Callable[[Value], Value]) -> Value:
        """Return those rows that stand of which `choose` is true, where they are few.

        What it is true of in any version is found before versions are ranked, so that all others stream past. Of
        compacted rows none supersedes another: only of what has come since are all compacted keys looked through.
        """
        pinned, key = vector.get(table.name), list(table.versioned_by or ())
        if not key or pinned is None or not pinned.superseded:
            rows: Value = self.table(table, vector)
            return rows.filter(choose(rows))
        files = self.files(table, pinned.version)
        parts = [[file for file in files if is_compacted(file) == settled] for settled in (True, False)]
        old, new = (read_files(self.engine, table, part) for part in parts)
        here, lately = (rows.filter(choose(rows)) for rows in (old, new))
        if all(parts):
            chosen = ibis.union(here.select(*key), lately.select(*key), distinct=True)
            versions = ibis.union(here, old.semi_join(lately, key), new.semi_join(chosen, key))
        else:
            versions = new.semi_join(lately, key) if parts[1] else here
        rows = latest(versions, key)
        return rows.filter(choose(rows))

    def all_versions(self, table: LakeTable, vector: Vector) -> ir.Table:
        pinned = vector.get(table.name)
        files = [] if pinned is None else self.files(table, pinned.version)
        return read_files(self.engine, table, files)

    def files(self, table: LakeTable, version: int) -> list[str]:
        found = self._files.get((table.name, version))
        if found is None:
            found = self._files[table.name, version] = self.log(table).files(version)
        return found

    def stored(self, table: LakeTable, vector: Vector) -> int:
        """Return how many rows lie in a table, versions that others replace among them, without reading any."""
        pinned = vector.get(table.name)
        parts = {} if pinned is None else self.log(table).partitions(pinned.version)
        return sum(file["num_records"] for files in parts.values() for file in files if not is_kept(file["path"]))

    def log(self, table: LakeTable) -> DeltaLog:
        return DeltaLog(self.folder / table.name, table)

    def _renewed(self, table: LakeTable) -> DeltaLog:
        """Return the log for a writer: to read on where one has stopped is many times faster than to begin."""
        log = self._written.get(table.name)
        if log is None or log.table is not table:
            log = self._written[table.name] = self.log(table)
        log.renew()
        return log

    def _note_files(self, logs: Mapping[str, DeltaLog]) -> None:
        """Keep what a writer knows of the newest versions, in the place of older ones: most will read these."""
        others = {key: files for key, files in dict(self._files).items() if key[0] not in logs}
        self._files = others | {(name, log.version()): log.files(log.version()) for name, log in logs.items()}

    def to_arrow(self, expression: ir.Expr) -> pa.Table:
        """Run an expression and return all of its rows."""
        return self.engine.backend().to_pyarrow(expression.as_table())

    def to_coded(self, rows: ir.Table) -> pa.Table:
        """Run an expression and return all of its rows as the engine has them: texts kept as numbers stay numbers."""
        backend = self.engine.backend()
        statement = backend.compile(rows)
        backend._run_pre_execute_hooks(rows)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
        return backend.con.sql(statement).to_arrow_table()

    def answer(
        self,
        question: str,
        vector: Vector,
        ordinals: Sequence[int],
        make: Callable[[list[Value]], ir.Table],
        *terms: Hashable,
    ) -> pa.Table:
        """Run what `make` makes of a few ordinals, some of which may be nobody's; return all of its rows.

        It is made once for these versions and terms, so may depend on nothing else; of ordinals it may only list all.
        """
        key = (str(self.folder), question, tuple(sorted(vector.items())), terms)
        return self.engine.question(key, make).ask(self.engine.backend(), ordinals)

    def columns(self, rows: ir.Table) -> "dict[str, NDArray[Any]]":
        """Run an expression and return its columns as arrays, in any order; no value may be NULL."""
        backend = self.engine.backend()
        statement = backend.compile(rows)
        backend._run_pre_execute_hooks(rows)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
        found = backend.con.execute(statement).fetchnumpy()
        assert not any(np.ma.isMaskedArray(column) for column in found.values())
        return {name: np.asarray(column) for name, column in found.items()}

    def count(self, rows: ir.Table) -> int:
        return int(self.engine.backend().to_pyarrow(rows.count()).as_py())

    def write_parquet(self, rows: ir.Table, file: Path) -> None:
        """Run `rows` into one Parquet file outside the lake's tables."""
        write_file(self.engine, rows, file)

    @contextmanager
    def held(self, rows: ir.Table, codes: Mapping[str, ir.Table] | None = None) -> Generator[ir.Table]:
        """Run `rows` once and keep the result as a table of the engine while the context lasts.

        Of a text column in `codes` numbers are kept, and read as the texts that they stand for: `codes` gives a table
        of one column with all values that it may have.
        """
        with hold(self.engine, rows, codes or {}) as kept:
            yield kept

    def publish(self, landing: Landing) -> None:
        """Show what a landing wrote that goes with no other change."""
        with self._database.begin(self._workspace) as connection:
            landing.publish(connection)

    def pinned(self, table: LakeTable) -> set[int]:
        """Return the versions that somebody keeps for reading again."""
        with self._database.begin(self._workspace) as connection:
            query = sa.select(lake_pin.c.version).where(
                lake_pin.c.workspace == self._workspace, lake_pin.c.name == table.name
            )
            return set(connection.execute(query).scalars())

    def vacuuming(self) -> AbstractContextManager[bool]:
        """Hold off whoever copies files that vacuum might delete; false where somebody is copying."""
        return self._database.lock_if_free("vacuum")

    @contextmanager
    def landing(self, work: str, tables: Sequence[LakeTable]) -> Generator[Landing]:
        """Hold the writer's place of these tables, undo what a crash left unpublished, and write one batch.

        What is written shows only when `Landing.publish` ran inside a transaction that committed.
        """
        names = [f"lake:{self._workspace}:{table.name}" for table in tables]
        with self._database.locked(*names):
            logs = {table.name: self._renewed(table) for table in tables}
            batch = start_batch(self._database, self._workspace, work, logs)
            landing = Landing(self.engine, self._workspace, batch, work, logs, self.vector(tables), self._clock)
            try:
                yield landing
            except BaseException:
                with suppress(Exception):  # the next writer does it again; what went wrong first must be told
                    undo_batches(self._database, self._workspace, logs)
                raise
            self._note_files(logs)


def latest(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """Keep the latest version of each row: the last observed, and of those the last imported."""
    return ranked(rows, key).filter(_[RANK] == 0).drop(RANK)


def changed(rows: ir.Table, present: ir.Table, key: Sequence[str]) -> ir.Table:
    """Keep the rows that are new, or say something else than the present version and were not observed before it.

    So a file that was overtaken by a newer one changes nothing, however often it comes again.
    """
    seen = present.select(*key, seen_hash="content_hash", seen_at="observed_at")
    beside = rows.left_join(seen, list(key))
    news = (_.content_hash != _.seen_hash) & (_.observed_at >= _.seen_at)
    return beside.filter(_.seen_at.isnull() | news).select(*rows.columns)


def ranked(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """Number the versions of each row, the latest 0."""
    newest = [ibis.desc(rows.observed_at), ibis.desc(rows.import_number)]
    rank = ibis.row_number().over(group_by=[rows[c] for c in key], order_by=newest)
    return rows.mutate(rank.name(RANK))
