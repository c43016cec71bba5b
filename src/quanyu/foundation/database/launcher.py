"""The embedded PostgreSQL of a home: the first process that attaches starts it, the last one that releases stops it."""

import atexit
import os
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.conninfo import make_conninfo

from quanyu.foundation.clock import monotonic
from quanyu.foundation.database._cluster import SUPERUSER
from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._locks import FileLock, held
from quanyu.foundation.database._privileges import choose_account, hand_over
from quanyu.foundation.database._refusals import explained, not_answering, storage_full
from quanyu.foundation.database._server import Ground, ensure_running, stop
from quanyu.foundation.database._sockets import PORT
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.failpoints import reach
from quanyu.foundation.settings import Settings

FAILPOINTS = (
    "database.folder",
    "database.initdb",
    "database.configured",
    "database.renamed",
    "database.spawned",
    "database.ready",
    "database.role",
    "database.created",
    "database.signalled",
)

_OWNER = "quanyu"
_ANSWER = 60.0
_PAUSE = 0.02


@dataclass(frozen=True)
class Address:
    """How to reach the server: `psycopg.connect(**address.parameters)`."""

    host: str
    port: int
    user: str
    dbname: str
    superuser: str

    @property
    def parameters(self) -> dict[str, str | int]:
        """As the owner of the database, whom row-level security binds."""
        return {"host": self.host, "port": self.port, "user": self.user, "dbname": self.dbname}

    @property
    def superuser_parameters(self) -> dict[str, str | int]:
        """As the superuser, in the maintenance database: for backup, and for tests that copy a template."""
        return {"host": self.host, "port": self.port, "user": self.superuser, "dbname": "postgres"}


@dataclass
class _Use:
    """This process's share in one home's server."""

    ground: Ground
    lock: FileLock
    process: int
    count: int = 0


class Attachment:
    """One user's hold on the server. Release it when done; a process that ends releases all of its own."""

    def __init__(self, address: Address, use: _Use) -> None:
        self.address = address
        self._use: _Use | None = use

    def release(self) -> None:
        """Let go; the last process to do so stops the server. Called again, or in a forked child, it does nothing."""
        with _here.mutex:
            use, self._use = self._use, None
            if use is None or use.process != os.getpid() or use.count == 0:
                return
            use.count -= 1
            if use.count == 0:
                _leave(use)


class _Process:
    """What this process holds; a forked child begins with nothing."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.mutex = threading.RLock()
        self.uses: dict[Path, _Use] = {}


_here = _Process()
os.register_at_fork(after_in_child=_here.begin)


def attach(home: Path) -> Attachment:
    """Return a hold on this home's server, starting what is not there; safe from any number of processes at once."""
    layout = Layout(home.expanduser().resolve())
    with _here.mutex, explained(layout.home):
        layout.home.mkdir(parents=True, exist_ok=True)
        choose_account(layout)  # before the lock, whose file another owner's process could not open
        with held(layout.life_cycle):
            use = _here.uses.get(layout.home) or _register(layout)
            try:
                address = _ensure_answering(use.ground)
            except BaseException:
                if use.count == 0:
                    with suppress(QuanyuError, OSError):
                        _give_up(use)
                raise
            use.count += 1
            return Attachment(address, use)


def _register(layout: Layout) -> _Use:
    """Become a user of the server. The caller holds the life-cycle lock."""
    account = choose_account(layout)
    layout.root.mkdir(mode=0o700, exist_ok=True)
    reach("database.folder")
    hand_over(layout.root, account)
    ground = Ground(layout, account, Settings.load(layout.home).memory)
    use = _Use(ground, FileLock(layout.users), os.getpid())
    use.lock.share()
    _here.uses[layout.home] = use
    return use


def _leave(use: _Use) -> None:
    if not use.ground.layout.root.is_dir():  # somebody removed the home; its server notices within a minute and ends
        del _here.uses[use.ground.layout.home]
        use.lock.leave()
        return
    with explained(use.ground.layout.home), held(use.ground.layout.life_cycle):
        _give_up(use)


def _give_up(use: _Use) -> None:
    """End this process's share, and the server when nobody else has one. The caller holds the life-cycle lock."""
    del _here.uses[use.ground.layout.home]
    try:
        if use.lock.seize():
            stop(use.ground)
    finally:
        use.lock.release()


def _release_all() -> None:
    with _here.mutex, ExitStack() as stack:
        for use in _here.uses.values():
            use.count = 0
            stack.callback(_leave, use)


atexit.register(_release_all)


def _ensure_answering(ground: Ground) -> Address:
    """Return the address of a server that lets us in, and that has the role and the database of ours."""
    begun = monotonic()
    while True:
        address = Address(str(ensure_running(ground)), PORT, user=_OWNER, dbname=_OWNER, superuser=SUPERUSER)
        reach("database.ready")
        try:
            _ensure_database(address)
        except psycopg.errors.DiskFull as error:
            raise storage_full(ground.layout.home) from error
        except psycopg.OperationalError as error:  # it was dying, or is restarting after one of its parts crashed
            if monotonic() - begun > _ANSWER:
                raise not_answering(ground.layout.log) from error
            time.sleep(_PAUSE)
        else:
            return address


def _ensure_database(address: Address) -> None:
    """Create the role and the database that it owns, where a first start has not come so far."""
    # As the superuser, for whom the server keeps places free when all others are taken.
    with psycopg.connect(make_conninfo("", **address.superuser_parameters), autocommit=True) as connection:
        if not _exists(connection, "select from pg_roles where rolname = %s"):
            connection.execute("create role quanyu login")
            reach("database.role")
        if not _exists(connection, "select from pg_database where datname = %s"):
            connection.execute("create database quanyu owner quanyu")
            reach("database.created")


def _exists(connection: psycopg.Connection[tuple[object, ...]], query: LiteralString) -> bool:
    return connection.execute(query, [_OWNER]).fetchone() is not None
