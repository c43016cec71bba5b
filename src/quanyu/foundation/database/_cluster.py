"""The cluster on disk: made beside its place and renamed when it is whole, tuned, and of the right version."""

import os
import shutil
import subprocess
from pathlib import Path

from quanyu.foundation.database._binaries import MAJOR, program
from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._locks import FileLock
from quanyu.foundation.database._privileges import Account, springboard
from quanyu.foundation.database._refusals import initdb_failed, other_version, out_of_reach
from quanyu.foundation.database._springboard import REFUSED
from quanyu.foundation.failpoints import reach

SUPERUSER = "postgres"

_MEGABYTE = 1 << 20
_HOST_RULES = "local all all trust\nlocal replication all trust\n"
_SETTINGS = """\
# Quanyu writes quanyu.conf at every start. What stands below the next line is yours and wins.
include 'quanyu.conf'
"""
_OPTIONS = (
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth=trust",
    "--no-instructions",
)


def ensure_cluster(layout: Layout, account: Account, lock: FileLock) -> None:
    """Make the cluster unless it is there. `lock` says that nothing lives on it; initdb inherits it."""
    shutil.rmtree(layout.fresh, ignore_errors=True)
    if layout.data.is_dir():
        _check_version(layout.data)
        layout.data.chmod(0o700)  # a copied home may have lost the mode that PostgreSQL insists on
        return
    try:
        _initialise(layout, account, lock)
        reach("database.initdb")
        write_durably(layout.fresh / "pg_hba.conf", _HOST_RULES, account)
        write_durably(layout.fresh / "postgresql.conf", _SETTINGS, account)
        reach("database.configured")
        layout.fresh.rename(layout.data)
        _flush(layout.root)
    except BaseException:
        shutil.rmtree(layout.fresh, ignore_errors=True)
        raise
    reach("database.renamed")


def _initialise(layout: Layout, account: Account, lock: FileLock) -> None:
    command = [str(program("initdb")), "-D", str(layout.fresh), f"--username={SUPERUSER}", *_OPTIONS]
    done = subprocess.run(
        [*springboard(layout, account, "wait"), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(lock.descriptor,),
        start_new_session=True,
        env=environment(),
        cwd="/",
        check=False,
    )
    if done.returncode == REFUSED:
        raise out_of_reach(layout.root, account.user)
    if done.returncode != 0:
        raise initdb_failed(layout.home, done.stdout.decode(errors="replace"))


def _check_version(data: Path) -> None:
    file = data / "PG_VERSION"
    found = file.read_text().strip() if file.is_file() else None
    if found != str(MAJOR):
        raise other_version(data, found)


def tune(layout: Layout, account: Account, memory: int) -> None:
    """Write `quanyu.conf` for a memory budget in bytes, unless it already says so."""
    shared = min(max(memory // 8, 128 * _MEGABYTE), 2048 * _MEGABYTE) // _MEGABYTE
    text = _TUNED.format(shared=shared, cache=max(memory // 2 // _MEGABYTE, shared), maintenance=max(shared // 2, 64))
    file = layout.data / "quanyu.conf"
    if not file.is_file() or file.read_text() != text:
        write_durably(file, text, account)


# The messages of an ERROR and the details of any message quote values, so the log holds neither.
_TUNED = """\
listen_addresses = ''
max_connections = 200
shared_buffers = {shared}MB
effective_cache_size = {cache}MB
maintenance_work_mem = {maintenance}MB
work_mem = 16MB
max_parallel_workers_per_gather = 0
synchronous_commit = on
wal_compression = off
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
autovacuum = on
timezone = 'UTC'
log_timezone = 'UTC'
default_text_search_config = 'pg_catalog.simple'
logging_collector = off
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_checkpoints = off
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


def environment() -> dict[str, str]:
    """Return what a program of PostgreSQL gets to see of ours: nothing that changes what it does, and no secret."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def write_durably(file: Path, text: str, account: Account) -> None:
    beside = file.with_name(f"{file.name}.new")
    with beside.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fchmod(opened.fileno(), 0o600)
        if account.descends:
            os.fchown(opened.fileno(), account.user, account.group)
        os.fsync(opened.fileno())
    beside.replace(file)
    _flush(file.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
