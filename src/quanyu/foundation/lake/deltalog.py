"""One Delta table on disk: its files at a version, and commits of files that the engine has written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.transaction import AddAction, RemoveAction

from quanyu.foundation.lake.model import LakeTable

APPLICATION = "quanyu"  # the app id under which a commit carries its batch number
# First letters of file names; the batch number follows.
LANDED, COMPACTED, KEPT, OVER, GONE, PARTLY = "b", "c", "k", "o", "g", "p"


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file that the engine wrote below the table's folder and that no version shows yet."""

    path: str  # relative to the table's folder
    size: int
    rows: int
    partition: Mapping[str, str | None]
    lowest: int | None = None  # of the first sort column, when it is an integer
    highest: int | None = None


def files_at(folder: Path, version: int) -> list[str]:
    """Return the paths of the Parquet files that make up a version of the table in `folder`."""
    return _files(folder, DeltaTable(str(folder), version=version))


def _files(folder: Path, delta: DeltaTable) -> list[str]:
    root = urlsplit(delta.table_uri).path  # percent-encoded, as each file's beginning is; no path on a disk is
    return [str(folder / uri.removeprefix(root)) for uri in delta.file_uris()]


def is_kept(path: str) -> bool:
    """Say whether a file holds only versions that compaction has set apart: no reader sees them."""
    return path.rpartition("/")[2].startswith(KEPT)


def is_compacted(path: str) -> bool:
    """Say whether compaction wrote a file: of its rows, and those of all such files, none supersedes another."""
    return path.rpartition("/")[2].startswith(COMPACTED)


def laid_by(path: str) -> int | None:
    """Return the number of the batch that laid a file (rows, columns, keys of rows that are gone) over earlier ones."""
    name = path.rpartition("/")[2]
    return int(name[1:].partition("-")[0]) if name[0] in (OVER, GONE, PARTLY) else None


def is_gone(path: str) -> bool:
    """Say whether a file holds only keys of rows that stand no longer."""
    return path.rpartition("/")[2].startswith(GONE)


def is_partly(path: str) -> bool:
    """Say whether a file holds only some columns of the rows that it is laid over."""
    return path.rpartition("/")[2].startswith(PARTLY)


class DeltaLog:
    """The log of one table. Writers must hold the table's lock: what is newest is read once, then what came after it.

    Whoever only reads asks for a version, or takes a log of its own.
    """

    def __init__(self, folder: Path, table: LakeTable) -> None:
        self.folder = folder
        self.table = table
        self._read: DeltaTable | None = None

    def exists(self) -> bool:
        return DeltaTable.is_deltatable(str(self.folder))

    def create(self) -> None:
        if (self.folder / "_delta_log" / f"{0:020}.json").exists():  # many times faster to see than to try
            return
        DeltaTable.create(
            str(self.folder),
            schema=self.table.schema,
            mode="ignore",
            partition_by=list(self.table.partition_by),
            configuration={"delta.checkpointInterval": "50"},
        )

    def renew(self) -> None:
        """See what others have written since this log was read; to be called whenever the lock was taken."""
        delta, self._read = self._read, None
        if delta is not None:
            delta.update_incremental()
            self._read = delta

    def version(self) -> int:
        return self._newest().version()

    def batch(self) -> int | None:
        """Return the number of the last batch that landed, as the table itself tells it."""
        return DeltaTable(str(self.folder)).transaction_version(APPLICATION)

    def files(self, version: int) -> list[str]:
        return _files(self.folder, self._at(version))

    def schema(self, version: int) -> pa.Schema:
        return pa.schema(self._at(version).schema())

    def partitions(self, version: int) -> "dict[str | None, list[dict[str, Any]]]":
        """Return the files (path, size_bytes, num_records) of each value of the first partition column."""
        actions = pa.table(self._at(version).get_add_actions(flatten=True)).to_pylist()
        column = f"partition.{self.table.partition_by[0]}" if self.table.partition_by else None
        found: dict[str | None, list[dict[str, Any]]] = {}
        for action in actions:
            file = {**action, "path": unquote(action["path"])}  # the log writes it percent-encoded
            found.setdefault(file[column] if column else None, []).append(file)
        return found

    def add_columns(self, fields: Sequence["pa.Field[Any]"]) -> None:
        """Let the schema grow; present rows read NULL."""
        DeltaTable(str(self.folder)).alter.add_columns(Schema.from_arrow(pa.schema(fields)).fields)
        self._read = None

    def commit(
        self,
        added: Sequence[WrittenFile],
        removed: Sequence[dict[str, Any]],
        *,
        replace: bool,
        changes_data: bool,
        batch: int,
        work: str,
        at: datetime,
    ) -> None:
        """Record files and the batch number in one Delta transaction."""
        actions: list[AddAction | RemoveAction] = [self._add(f, changes_data) for f in added]
        actions += [self._remove(f, changes_data, at) for f in removed]
        delta = self._newest()
        self._read = None
        delta.create_write_transaction(
            actions,
            mode="overwrite" if replace else "append",
            schema=delta.schema(),
            partition_by=list(self.table.partition_by),
            commit_properties=CommitProperties(
                custom_metadata={"work": work}, app_transactions=[Transaction(APPLICATION, batch)]
            ),
        )
        self._read = delta
        self.renew()

    def roll_back(self, version: int, published_batch: int, batches: Sequence[int]) -> int:
        """Make the newest version equal to `version`, drop the files of unpublished batches, return the newest version.

        A restore keeps the application transaction of what it undoes, so the published one is written again.
        """
        delta = self._newest()
        if delta.version() != version:
            self._read = None
            delta.restore(
                version,
                commit_properties=CommitProperties(app_transactions=[Transaction(APPLICATION, published_batch)]),
            )
        for batch in batches:
            for orphan in self.folder.rglob(f"[bckogp]{batch}-*.parquet"):
                orphan.unlink(missing_ok=True)
        return delta.version()

    def vacuum(self, keep: Sequence[int], hours: int) -> int:
        """Delete files that none of the kept versions nor the newest one needs; return how many."""
        delta = DeltaTable(str(self.folder))
        self._read = None

        def run(dry_run: bool) -> list[str]:
            return delta.vacuum(
                retention_hours=hours,
                dry_run=dry_run,
                enforce_retention_duration=False,
                full=True,
                keep_versions=list(keep) or None,
            )

        # A deleted file stays in the log, and so in the list, until the log itself is trimmed.
        deletable = [path for path in run(dry_run=True) if (self.folder / path).exists()]
        if deletable:
            run(dry_run=False)
        return len(deletable)

    def _newest(self) -> DeltaTable:
        if self._read is None:
            self._read = DeltaTable(str(self.folder))
        return self._read

    def _at(self, version: int) -> DeltaTable:
        read = self._read
        return read if read is not None and read.version() == version else DeltaTable(str(self.folder), version=version)

    def _add(self, file: WrittenFile, changes_data: bool) -> AddAction:
        stats: dict[str, Any] = {"numRecords": file.rows}
        if file.lowest is not None and file.highest is not None:
            column = self.table.sort_by[0]
            stats |= {"minValues": {column: file.lowest}, "maxValues": {column: file.highest}}
        modified = int((self.folder / file.path).stat().st_mtime * 1000)
        return AddAction(file.path, file.size, file.partition, modified, changes_data, json.dumps(stats))

    def _remove(self, file: dict[str, Any], changes_data: bool, at: datetime) -> RemoveAction:
        return RemoveAction(
            path=file["path"],
            data_change=changes_data,
            deletion_timestamp=int(at.timestamp() * 1000),
            size=file["size_bytes"],
            partition_values={c: file[f"partition.{c}"] for c in self.table.partition_by},
        )
