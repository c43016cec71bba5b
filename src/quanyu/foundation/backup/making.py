"""Backs up a home into one file while server, worker and imports go on."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from quanyu.foundation.backup._archive import DUMP, Writer, flush
from quanyu.foundation.backup._contents import home_files, lake_files
from quanyu.foundation.backup._refusals import explained, outside_database, unsuitable_place
from quanyu.foundation.backup.model import BackupReport, Manifest, Progress, keep_silent
from quanyu.foundation.database.dumping import Snapshot, dump, snapshot
from quanyu.foundation.failpoints import reach
from quanyu.foundation.home import Home
from quanyu.foundation.text import Text

FAILPOINTS = ("backup.dumped", "backup.copied", "backup.renamed")


def backup(home: Home, file: Path, progress: Progress = keep_silent, *, force: bool = False) -> BackupReport:
    """Write database, lake, keys and marks of all workspaces, as they were at one moment, into `file`.

    Nobody waits: what the database publishes at that moment stays on the disk while the lock `vacuum` is held.
    """
    if home.attachment is None:
        raise outside_database()
    target = file.expanduser().absolute()
    _check_place(home, target, force)
    with explained(target), home.database.locked("vacuum"):
        _check_place(home, target, force)  # another backup may have been faster
        with _begun(target) as (part, dumped), snapshot(home.attachment.address) as view:
            manifest = _write(home, view, part, dumped, progress)
            size = part.stat().st_size
            part.replace(target)
            reach("backup.renamed")
            flush(target.parent)
    return BackupReport(target, size, len(manifest.files), manifest.taken_at)


def _check_place(home: Home, target: Path, force: bool) -> None:
    place = target.resolve()
    if place.is_relative_to(home.settings.home.resolve()):
        raise unsuitable_place(target, Text("The archive would lie inside the home.", "备份文件不能放在主目录之内。"))
    if not place.parent.is_dir():
        raise unsuitable_place(target, Text("The folder is not there.", "目录不存在。"))
    if place.is_dir() or (place.exists() and not force):
        raise unsuitable_place(target, Text("There is something of this name already.", "已存在同名文件或目录。"))


@contextmanager
def _begun(target: Path) -> Generator[tuple[Path, Path]]:
    """Name the unfinished archive and the dump beside it; neither outlives this, whatever a killed backup left."""
    files = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.{DUMP}")
    try:
        _remove(files)  # never written over: a killed backup's pg_dump may still be writing
        yield files
    finally:
        _remove(files)


def _remove(files: tuple[Path, Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _write(home: Home, view: Snapshot, part: Path, dumped: Path, progress: Progress) -> Manifest:
    folder = home.settings.home
    taken_at = home.clock.now()
    progress(Text("dumping the database", "导出数据库"))
    dump(view, dumped)
    reach("backup.dumped")
    names = [*home_files(folder), *lake_files(folder, view.connection)]
    progress(Text(f"copying {len(names)} files", f"复制 {len(names)} 个文件"))
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        archive = Writer(out, taken_at)
        archive.add(DUMP, dumped)
        dumped.unlink()
        for name in names:
            archive.add(name, folder / name)
        manifest = archive.close(view.schema)
        out.flush()
        os.fsync(out.fileno())
    reach("backup.copied")
    return manifest
