"""The folder that holds the server's socket: closed to everybody else, and short enough for a socket's address."""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._privileges import Account
from quanyu.foundation.database._refusals import foreign_socket_folder

PORT = 5432
_NAME = f".s.PGSQL.{PORT}"
_LONGEST = 107 if sys.platform == "linux" else 103  # sun_path of unix(7), less the final zero
_SHORT = Path("/tmp")  # noqa: S108 — one fixed place, so that every process finds the same folder


def socket_folder(layout: Layout, account: Account) -> Path:
    """Return `run` inside the home, or a short folder where its path is too long or says something else to libpq."""
    path = os.fsencode(layout.run / _NAME)
    if len(path) <= _LONGEST and not any(letter in path for letter in b',"\n'):
        return layout.run
    digest = hashlib.sha256(os.fsencode(layout.root)).hexdigest()[:16]
    return _SHORT / f"quanyu-{account.user}-{digest}"


def prepare_folder(folder: Path, account: Account) -> None:
    """Make it with mode 0700 and the account as its owner, free of what a dead server left; refuse another's."""
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise foreign_socket_folder(folder, folder.lstat().st_uid) from error
    try:
        owner = os.fstat(descriptor).st_uid
        if owner not in (account.user, os.geteuid()):
            raise foreign_socket_folder(folder, owner)
        if account.descends:
            os.fchown(descriptor, account.user, account.group)
        os.fchmod(descriptor, 0o700)
        for name in (_NAME, f"{_NAME}.lock"):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def remove_short_folder(layout: Layout, account: Account) -> None:
    """Leave nothing behind outside the home."""
    folder = socket_folder(layout, account)
    with suppress(OSError):
        if folder != layout.run and folder.lstat().st_uid == account.user:
            folder.rmdir()


def answers_at(folder: Path, account: Account) -> bool:
    """Say whether a socket of ours is there, in a folder that nobody else can have made."""
    try:
        found = folder.lstat()
        socket = (folder / _NAME).lstat()
    except OSError:
        return False
    closed = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    return closed and found.st_uid == socket.st_uid == account.user and stat.S_ISSOCK(socket.st_mode)
