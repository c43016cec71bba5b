"""The running server: started detached, awaited with patience, found again by other processes, and stopped."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quanyu.foundation.clock import monotonic
from quanyu.foundation.database._binaries import program
from quanyu.foundation.database._cluster import ensure_cluster, environment, tune
from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._locks import FileLock, is_held
from quanyu.foundation.database._postmaster import cluster_name, find_postmaster, search_orphans, search_postmaster
from quanyu.foundation.database._privileges import Account, springboard
from quanyu.foundation.database._refusals import not_started, out_of_reach, still_in_use, still_recovering
from quanyu.foundation.database._sockets import answers_at, prepare_folder, remove_short_folder, socket_folder
from quanyu.foundation.database._springboard import REFUSED
from quanyu.foundation.failpoints import reach

_LOOK = 0.005
_UNEXPLAINED = 3.0
_FIRST_SIGN = 120.0
_RECOVERY = 3600.0
_GIVE_UP = 150.0
_PRESSURE = ((0.0, signal.SIGINT), (5.0, signal.SIGINT), (120.0, signal.SIGQUIT), (140.0, signal.SIGKILL))
_LOG_BYTES = 8 << 20
_OLD_LOGS = 3


@dataclass(frozen=True)
class Ground:
    """Where a server stands and whom it runs as; `memory` is the home's budget in bytes."""

    layout: Layout
    account: Account
    memory: int


def ensure_running(ground: Ground) -> Path:
    """Return the folder of a socket that a ready server listens on; start it where there is none."""
    socket = _await_socket(ground, _UNEXPLAINED)
    if socket is None:
        _start(ground)
        socket = _await_socket(ground, _FIRST_SIGN)
    if socket is None:
        raise not_started(ground.layout.home, ground.layout.log)
    return socket


def stop(ground: Ground) -> None:
    """Stop the server fast (transactions roll back, nothing committed is lost) and wait until nothing of it lives."""
    _vacate(ground).release()
    remove_short_folder(ground.layout, ground.account)


def _await_socket(ground: Ground, without_pid_file: float) -> Path | None:
    """Wait while a server is starting; None when none lives, or when the one that lives cannot be reached.

    Something may live and have no pid file (yet); that is waited for as many seconds as `without_pid_file` says.
    """
    begun = monotonic()
    while True:
        held = is_held(ground.layout.alive)
        found = find_postmaster(ground.layout.data)
        if found is None and not held:
            return None
        if found is None and monotonic() - begun > without_pid_file:
            return None
        if found is not None and found.state == "ready":
            reached = found.socket is not None and answers_at(found.socket, ground.account)
            return found.socket if reached else None
        if found is not None and found.state == "stopping":
            return None
        if monotonic() - begun > _RECOVERY:
            raise still_recovering(ground.layout.log)
        time.sleep(_LOOK)


def _start(ground: Ground) -> None:
    lock = _vacate(ground)
    try:
        ensure_cluster(ground.layout, ground.account, lock)
        _spawn(ground, lock)
    finally:
        lock.leave()
    reach("database.spawned")


def _spawn(ground: Ground, lock: FileLock) -> None:
    """Start the server in a session of its own. It inherits `lock`, which frees itself when its last process ends."""
    layout = ground.layout
    socket = socket_folder(layout, ground.account)
    (layout.data / "postmaster.pid").unlink(missing_ok=True)
    prepare_folder(socket, ground.account)
    tune(layout, ground.account, ground.memory)
    command = [str(program("postgres")), "-D", str(layout.data)]
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "cluster_name": cluster_name(layout.data),
    }
    with _turn_log(layout.log).open("ab") as log:
        done = subprocess.run(
            [*springboard(layout, ground.account, "detach"), *command, *(f"--{k}={v}" for k, v in fixed.items())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock.descriptor,),
            start_new_session=True,
            env=environment(),
            cwd="/",
            check=False,
        )
    if done.returncode == REFUSED:
        raise out_of_reach(layout.root, ground.account.user)
    if done.returncode != 0:
        raise not_started(layout.home, layout.log)


def _turn_log(log: Path) -> Path:
    """Put a log that has grown aside, and return the one to append to."""
    log.parent.mkdir(mode=0o700, exist_ok=True)
    if log.is_file() and log.stat().st_size > _LOG_BYTES:
        for number in range(_OLD_LOGS, 0, -1):
            older = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
            with suppress(FileNotFoundError):
                older.replace(log.with_name(f"{log.name}.{number}"))
    return log


def _vacate(ground: Ground) -> FileLock:
    """Stop what lives on the cluster, and return the lock that says that nothing does."""
    lock = FileLock(ground.layout.alive)
    try:
        begun, pressure = monotonic(), list(_PRESSURE)
        while find_postmaster(ground.layout.data) is not None or not lock.seize():
            waited = monotonic() - begun
            if pressure and waited >= pressure[0][0]:
                _press(ground, pressure.pop(0)[1])
            elif waited > _GIVE_UP:
                raise still_in_use(ground.layout.home)
            time.sleep(_LOOK)
    except BaseException:
        lock.leave()
        raise
    return lock


def _press(ground: Ground, sign: signal.Signals) -> None:
    """Ask the server to stop; where only orphans of a killed one are left, ask them."""
    data = ground.layout.data
    if not data.is_dir():
        return
    found = find_postmaster(data) or search_postmaster(data)
    for pid in [found.pid] if found is not None else search_orphans(cluster_name(data)):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
    reach("database.signalled")
