"""Compaction: few sorted files a partition, superseded versions dropped, files that nobody needs deleted."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
from ibis import _

from quanyu.foundation import failpoints
from quanyu.foundation.lake.deltalog import WrittenFile
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.landing import COMPACTED, Landing
from quanyu.foundation.lake.model import LakeTable, Pinned
from quanyu.foundation.lake.reading import read_files
from quanyu.foundation.lake.store import RANK, Lake, ranked

FAILPOINTS = ("compaction.partition", "compaction.vacuumed")
KEEP_HOURS = 24  # a reader may have resolved its files this long ago
_PLACE = ("filename", "file_row_number")


@dataclass(frozen=True)
class Compacted:
    """What compaction did to one table."""

    table: str
    partitions: int
    files_before: int
    files_after: int
    rows: int
    dropped: int  # superseded versions
    deleted: int  # files


def compact(lake: Lake, tables: Sequence[LakeTable], keep_hours: int = KEEP_HOURS) -> list[Compacted]:
    """Compact each table that needs it and vacuum it; return those that changed.

    A table holds its writer's place meanwhile, readers go on with the version they have.
    """
    done: list[Compacted] = []
    for table in tables:
        if table.name in lake.vector([table]):
            with lake.landing(f"compact:{table.name}", [table]) as landing:
                compacted = _compact(lake, landing, table, keep_hours)
            done += [compacted] if compacted is not None else []
    return done


def _compact(lake: Lake, landing: Landing, table: LakeTable, keep_hours: int) -> Compacted | None:
    pinned = landing.vector[table.name]
    partitions = lake.log(table).partitions(pinned.version)
    with _superseded(lake, table, pinned) as superseded:
        added: list[WrittenFile] = []
        removed: list[dict[str, Any]] = []
        for files in partitions.values():
            if superseded is not None or not _is_compact(files):
                paths = [str(lake.log(table).folder / f["path"]) for f in files]
                kept = _without(superseded, lake.engine, table, paths)
                partition = {c: files[0][f"partition.{c}"] for c in table.partition_by}
                added += landing.write_partition(table, kept, partition)
                removed += files
                failpoints.reach("compaction.partition")
    if removed:
        landing.rewrite(table, added, removed, superseded=False)
        lake.publish(landing)
    deleted = _vacuum(lake, landing, table, keep_hours)
    if not removed and not deleted:
        return None
    before, after = sum(f["num_records"] for f in removed), sum(f.rows for f in added)
    return Compacted(table.name, len(partitions), len(removed), len(added), after, before - after, deleted)


def _vacuum(lake: Lake, landing: Landing, table: LakeTable, keep_hours: int) -> int:
    """Delete what nobody needs, once the version that needs it least is the published one."""
    with lake.vacuuming() as may:
        deleted = landing.vacuum(table, lake.pinned(table), keep_hours) if may else 0
    failpoints.reach("compaction.vacuumed")
    if deleted:
        lake.publish(landing)
    return deleted


@contextmanager
def _superseded(lake: Lake, table: LakeTable, pinned: Pinned) -> Generator[ir.Table | None]:
    """Yield the places of the rows that no reader sees, or None where there are none.

    Places, because two rows may have the same key and version, of which a reader sees one.
    """
    if table.versioned_by is None or not pinned.superseded:
        yield None
        return
    versions = _placed(lake.engine, table, lake.files(table, pinned.version))
    narrow = versions.select(*table.versioned_by, "observed_at", "import_number", *_PLACE)
    with lake.held(ranked(narrow, table.versioned_by).filter(_[RANK] > 0).select(*_PLACE)) as superseded:
        yield superseded


def _without(superseded: ir.Table | None, engine: DuckDB, table: LakeTable, paths: Sequence[str]) -> ir.Table:
    if superseded is None:
        return read_files(engine, table, paths)
    return _placed(engine, table, paths).anti_join(superseded, _PLACE).drop(*_PLACE)


def _placed(engine: DuckDB, table: LakeTable, paths: Sequence[str]) -> ir.Table:
    """Put beside each row where it lies; the path as a hash, which is short enough to sort with."""
    rows = read_files(engine, table, paths, placed=True)
    return rows.mutate(filename=_.filename.hash())


def _is_compact(files: Sequence[dict[str, Any]]) -> bool:
    return len(files) == 1 and files[0]["path"].rpartition("/")[2].startswith(COMPACTED)
