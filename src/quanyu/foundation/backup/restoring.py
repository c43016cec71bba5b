"""Makes a home of an archive: beside its place, and renamed when it is whole."""

import errno
import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from quanyu.foundation.backup._archive import DUMP, extract, flush, verify
from quanyu.foundation.backup._refusals import busy, explained, mounted, occupied, outside_database, too_new
from quanyu.foundation.backup.model import Manifest, Progress, RestoreReport, keep_silent
from quanyu.foundation.database import launcher, migrating
from quanyu.foundation.database.dumping import abandon, load
from quanyu.foundation.failpoints import reach
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text

FAILPOINTS = (
    "restore.begun",
    "restore.extracted",
    "restore.started",
    "restore.loaded",
    "restore.stopped",
    "restore.renamed",
)


def restore(file: Path, settings: Settings, progress: Progress = keep_silent) -> RestoreReport:
    """Restore an archive into `settings.home`, which must be empty or absent; missing migrations run when it is opened.

    Killed anywhere, the home is there whole or not at all, and the next restore removes what was begun.
    """
    if settings.database_url:
        raise outside_database()
    source, target = file.expanduser().absolute(), settings.home.resolve()
    _check_target(target)
    with explained(source):
        progress(Text("checking the archive", "校验备份"))
        manifest = verify(source)
    _check_schema(manifest)
    with explained(target), _begun(target) as fresh:
        progress(Text(f"unpacking {len(manifest.files)} files", f"解开 {len(manifest.files)} 个文件"))
        extract(source, manifest, fresh)
        reach("restore.extracted")
        progress(Text("loading the database", "载入数据库"))
        _load(fresh, settings)
        _put_in_place(fresh, target)
    return RestoreReport(target, len(manifest.files), manifest.taken_at, manifest.schema)


def _check_target(target: Path) -> None:
    with explained(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise occupied(target)
    if target.is_mount():
        raise mounted(target)


def _check_schema(manifest: Manifest) -> None:
    last = migrating.newest()
    if manifest.schema > last:
        raise too_new(f"schema {manifest.schema}", f"schema {last}, or older")


@contextmanager
def _begun(target: Path) -> Generator[Path]:
    """Make the folder of the unfinished home beside its place, ours alone, free of what a killed restore left."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.restoring")
    fresh.mkdir(exist_ok=True)
    descriptor = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY)  # the lock goes with the folder when it is renamed
    try:
        _hold(fresh, descriptor)
        _clear(fresh)
        reach("restore.begun")
        yield fresh
    except BaseException:
        with suppress(FileNotFoundError):  # renamed, or another restore's: nothing of ours is left there
            if os.path.samestat(fresh.stat(), os.fstat(descriptor)) and _seize(descriptor):
                _clear(fresh)
                fresh.rmdir()
        raise
    finally:
        os.close(descriptor)


def _hold(fresh: Path, descriptor: int) -> None:
    if not _seize(descriptor) or not fresh.is_dir() or not os.path.samestat(fresh.stat(), os.fstat(descriptor)):
        raise busy(fresh)


def _seize(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear(fresh: Path) -> None:
    abandon(fresh)
    for path in fresh.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _load(fresh: Path, settings: Settings) -> None:
    attachment = launcher.attach(fresh)
    try:
        reach("restore.started")
        load(attachment.address, fresh / DUMP, settings.threads)
        (fresh / DUMP).unlink()
        reach("restore.loaded")
    finally:
        attachment.release()
    reach("restore.stopped")


def _put_in_place(fresh: Path, target: Path) -> None:
    os.sync()  # all that was unpacked, at the cost of one flush, not one for each of thousands of files
    try:
        fresh.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise occupied(target) from error
        raise
    reach("restore.renamed")
    flush(target.parent)
