"""Which files of a home a backup holds: the lake as one snapshot of the database publishes it, keys, marks."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from deltalake.exceptions import DeltaError

from quanyu.foundation.backup._refusals import missing
from quanyu.foundation.lake.deltalog import files_at
from quanyu.foundation.lake.tables import lake_pin, lake_table

_LOG = "_delta_log"
_DIGITS = 20  # of the version, with which the name of every entry of a Delta log begins


def home_files(home: Path) -> Iterator[str]:
    """Return names relative to the home."""
    yield "home.json"
    if (home / "clock").exists():
        yield "clock"
    yield from sorted(f"keys/{path.name}" for path in (home / "keys").glob("*") if path.is_file())


def lake_files(home: Path, connection: sa.Connection) -> Iterator[str]:
    """Return names relative to the home: what the published and the pinned versions of every table need.

    Nothing that was written later goes in, so that a table's newest version in the archive is the published one.
    """
    for (workspace, table), versions in sorted(_versions(connection).items()):
        folder = home / "lake" / str(workspace) / table
        data = {path for version in versions for path in _data_files(folder, version)}
        entries = _log_entries(folder / _LOG, min(versions), max(versions))
        yield from (str(Path(path).relative_to(home)) for path in [*sorted(data), *entries])


def _versions(connection: sa.Connection) -> dict[tuple[int, str], set[int]]:
    published, pinned = (
        sa.select(table.c.workspace, table.c.name, table.c.version) for table in (lake_table, lake_pin)
    )
    found: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    for workspace, name, version in connection.execute(sa.union(published, pinned)):
        found[workspace, name].add(version)
    return found


def _data_files(folder: Path, version: int) -> list[str]:
    try:
        return files_at(folder, version)
    except DeltaError:
        raise missing(folder / _LOG) from None


def _log_entries(folder: Path, lowest: int, highest: int) -> list[Path]:
    """Return what it takes to read versions `lowest` to `highest`: from the last checkpoint before them."""
    entries = {path: int(path.name[:_DIGITS]) for path in folder.iterdir() if path.name[:_DIGITS].isdigit()}
    checkpoints = [version for path, version in entries.items() if ".checkpoint." in path.name and version <= lowest]
    begin = max(checkpoints, default=0)
    return sorted(path for path, version in entries.items() if begin <= version <= highest)
