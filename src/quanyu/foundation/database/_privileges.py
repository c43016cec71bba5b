"""Whom the server runs as, and what that user needs to reach its files: PostgreSQL refuses root."""

import os
import pwd
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quanyu.foundation.database._binaries import installation
from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._refusals import made_by_ordinary_user, no_account, other_owner, out_of_reach

_ACCOUNTS = ("postgres", "nobody")
_OVERRIDE = 1  # CAP_DAC_OVERRIDE, see capabilities(7)
_READ_SEARCH = 2  # CAP_DAC_READ_SEARCH
_FOR_ANOTHER = (0, _OVERRIDE, 5, 6, 7)  # what root needs to keep a server of another user: CHOWN, KILL, SETGID, SETUID


@dataclass(frozen=True)
class Account:
    """Who runs initdb and the server. `descends` when this process is root and has to become that user first."""

    user: int
    group: int
    descends: bool = False


def choose_account(layout: Layout) -> Account:
    """Return the account to run as; refuse a home that somebody else made."""
    user = os.geteuid()
    try:
        found = layout.root.stat()
    except FileNotFoundError:
        found = None
    if user != 0:
        if found is not None and found.st_uid != user:
            raise other_owner(layout.root, found.st_uid, user)
        return Account(user, os.getegid())
    if found is None or found.st_uid == 0:
        account = _unprivileged()
    elif found.st_uid != layout.home.stat().st_uid:
        account = Account(found.st_uid, found.st_gid, descends=True)
    else:
        raise made_by_ordinary_user(layout.home, found.st_uid)
    if sys.platform == "linux" and not all(_own_capabilities() >> number & 1 for number in _FOR_ANOTHER):
        raise out_of_reach(layout.root, account.user)
    return account


def _unprivileged() -> Account:
    for name in _ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, descends=True)
    raise no_account()


def hand_over(root: Path, account: Account) -> None:
    """Give what root made or copied below `root` to the account; the folder itself last, as the sign of success."""
    if not account.descends or root.stat().st_uid == account.user:
        return
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            os.chown(Path(folder, name), account.user, account.group, follow_symlinks=False)
    os.chown(root, account.user, account.group)


def springboard(layout: Layout, account: Account, how: str) -> list[str]:
    """Return the beginning of a command line that starts a program as the account; `how` is `wait` or `detach`."""
    user, group, capability = -1, -1, -1
    if account.descends:
        user, group, capability = account.user, account.group, _needed_capability(layout, account)
    program = Path(__file__).with_name("_springboard.py")
    return [sys.executable, "-I", "-S", str(program), str(user), str(group), str(capability), how]


def _needed_capability(layout: Layout, account: Account) -> int:
    """Return the one capability without which the account cannot reach its files, or -1."""
    postgres, catalogue = installation() / "bin" / "postgres", installation() / "share" / "postgresql" / "postgres.bki"
    if not _may(postgres, account, stat.S_IXUSR):
        wanted = [_OVERRIDE]
    elif not all(_may_enter(path, account) for path in (layout.root, postgres, catalogue)) or not _may(
        catalogue, account, stat.S_IRUSR
    ):
        wanted = [_READ_SEARCH, _OVERRIDE]
    else:
        return -1
    ours = _own_capabilities()
    for capability in wanted:
        if ours >> capability & 1:
            return capability
    raise out_of_reach(layout.root, account.user)


def _may_enter(path: Path, account: Account) -> bool:
    return all(_may(parent, account, stat.S_IXUSR) for parent in path.parents)


def _may(path: Path, account: Account, bit: int) -> bool:
    found = path.stat()
    shift = 0 if found.st_uid == account.user else 3 if found.st_gid == account.group else 6
    return bool(found.st_mode & (bit >> shift))


def _own_capabilities() -> int:
    with suppress(FileNotFoundError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0
