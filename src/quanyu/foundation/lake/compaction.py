"""Compaction: few sorted files a partition, superseded versions dropped, files that nobody needs deleted."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.foundation import failpoints
from quanyu.foundation.lake.deltalog import COMPACTED, KEPT, WrittenFile, is_kept
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.laying import is_much, standing
from quanyu.foundation.lake.model import LakeTable, Pinned, Value
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


def compact(
    lake: Lake, tables: Sequence[LakeTable], keep_hours: int = KEEP_HOURS, revocable: int | None = None
) -> list[Compacted]:
    """Compact each table that needs it and vacuum it; return those that changed.

    A table holds its writer's place meanwhile, readers go on with the version they have. Imports from number
    `revocable` on may still be taken back: versions that only such imports have superseded are kept, in files that
    readers pass over; without it all superseded versions go. Rows that are laid over a table are written into it when
    they are many.
    """
    done: list[Compacted] = []
    for table in tables:
        if table.name in lake.vector([table]):
            with lake.landing(f"compact:{table.name}", [table]) as landing:
                compacted = _compact(lake, landing, table, keep_hours, revocable)
            done += [compacted] if compacted is not None else []
    return done


def _compact(
    lake: Lake, landing: Landing, table: LakeTable, keep_hours: int, revocable: int | None
) -> Compacted | None:
    pinned = landing.vector[table.name]
    partitions = lake.log(table).partitions(pinned.version)
    laid = table.keyed_by and pinned.superseded
    with _superseded(lake, table, pinned, revocable) as superseded:
        added: list[WrittenFile] = []
        removed: list[dict[str, Any]] = []
        for files in partitions.values():
            if _is_much(files) if laid else superseded is not None or not _is_compact(files):
                added += _rewritten(lake, landing, table, files, superseded)
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


def flatten(lake: Lake, table: LakeTable) -> None:
    """Write a table as one where far more is laid over it than compaction lets lie: nobody may have compacted it."""
    pinned = lake.vector([table]).get(table.name)
    if pinned is not None and pinned.superseded:
        files = [file for some in lake.log(table).partitions(pinned.version).values() for file in some]
        if is_much([(file["path"], file["num_records"]) for file in files], times=2):
            compact(lake, [table])


def _rewritten(
    lake: Lake, landing: Landing, table: LakeTable, files: Sequence[dict[str, Any]], superseded: ir.Table | None
) -> list[WrittenFile]:
    """Write what readers see of a partition into one file, and what is kept for a take-back into another."""
    partition = {c: files[0][f"partition.{c}"] for c in table.partition_by}
    paths = [str(lake.log(table).folder / f["path"]) for f in files]
    if superseded is None:
        shown, kept = ([p for p in paths if is_kept(p) == apart] for apart in (False, True))
        seen = standing(lake.engine, table, shown) if table.keyed_by else read_files(lake.engine, table, shown)
        written = landing.write_partition(table, seen, partition)
        more = read_files(lake.engine, table, kept)
        return written + (landing.write_partition(table, more, partition, KEPT) if kept else [])
    rows = _placed(lake.engine, table, paths)
    written = landing.write_partition(table, rows.anti_join(superseded, _PLACE).drop(*_PLACE), partition)
    more = rows.semi_join(superseded.filter(_.kept), _PLACE).drop(*_PLACE)
    if lake.count(more.limit(1)):
        written += landing.write_partition(table, more, partition, KEPT)
    return written


def _vacuum(lake: Lake, landing: Landing, table: LakeTable, keep_hours: int) -> int:
    """Delete what nobody needs, once the version that needs it least is the published one."""
    with lake.vacuuming() as may:
        deleted = landing.vacuum(table, lake.pinned(table), keep_hours) if may else 0
    failpoints.reach("compaction.vacuumed")
    if deleted:
        lake.publish(landing)
    return deleted


@contextmanager
def _superseded(lake: Lake, table: LakeTable, pinned: Pinned, revocable: int | None) -> Generator[ir.Table | None]:
    """Yield the places of the rows that no reader sees, with whether each is `kept`; None where all may stay as it is.

    Places, because two rows may have the same key and version, of which a reader sees one.
    """
    files = lake.files(table, pinned.version)
    apart = [file for file in files if is_kept(file)]
    if table.versioned_by is None or not files or not (pinned.superseded or apart):
        yield None
        return
    narrow = _placed(lake.engine, table, files).select(*table.versioned_by, "observed_at", "import_number", *_PLACE)
    if not pinned.superseded:
        narrow = narrow.semi_join(read_files(lake.engine, table, apart), list(table.versioned_by))
    with lake.held(_kept(ranked(narrow, table.versioned_by), table.versioned_by, revocable)) as superseded:
        expired = pinned.superseded or lake.count(superseded.filter(_.kept == False).limit(1)) > 0  # noqa: E712
        yield superseded if expired else None


def _kept(versions: ir.Table, key: Sequence[str], revocable: int | None) -> ir.Table:
    """Keep of each row's versions those below the latest; one that speaks again when imports are taken back is `kept`.

    Those are the versions above which no import stands that is too old to be taken back.
    """
    above: Value = versions.import_number.min().over(
        ibis.window(group_by=list(key), order_by=versions[RANK], preceding=(None, 1))
    )
    kept = ibis.literal(False) if revocable is None else above >= revocable
    return versions.mutate(kept=kept).filter(_[RANK] > 0).select(*_PLACE, "kept")


def _placed(engine: DuckDB, table: LakeTable, paths: Sequence[str]) -> ir.Table:
    """Put beside each row where it lies; the path as a hash, which is short enough to sort with."""
    rows = read_files(engine, table, paths, placed=True)
    return rows.mutate(filename=_.filename.hash())


def _is_much(files: Sequence[dict[str, Any]]) -> bool:
    return is_much([(file["path"], file["num_records"]) for file in files])


def _is_compact(files: Sequence[dict[str, Any]]) -> bool:
    letters = sorted(file["path"].rpartition("/")[2][0] for file in files)
    return letters in ([COMPACTED], [KEPT], [COMPACTED, KEPT])
