"""The small program that initdb and postgres are started from: it drops root, may keep one capability, and executes.

Run as `python -I -S _springboard.py USER GROUP CAPABILITY HOW PROGRAM ARGUMENT…`, where -1 stands for "as it is" and
HOW is `wait` or `detach`. It imports nothing of ours, and nothing after the drop: Python's files may be out of reach.
"""

import ctypes
import os
import sys

REFUSED = 77

_KEEP_CAPABILITIES = 8  # the numbers of <linux/prctl.h>
_SECURE_BITS = 28
_NO_NEW_PRIVILEGES = 38
_AMBIENT = 47
_AMBIENT_RAISE = 2
_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION = 0x20080522


def descend(user: int, group: int, capability: int) -> None:
    """Become `user` for good; `capability` (-1: none) survives the change and the next execution."""
    if user >= 0:
        if capability >= 0:
            _hold_capabilities()
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
        if capability >= 0:
            _narrow_to(capability)
    if sys.platform == "linux":
        _prctl(_NO_NEW_PRIVILEGES, 1)


def _hold_capabilities() -> None:
    # access(2), by which PostgreSQL looks for its own files, ignores a non-root user's capabilities without this bit.
    try:
        _prctl(_SECURE_BITS, _NO_SETUID_FIXUP)
    except OSError:
        _prctl(_KEEP_CAPABILITIES, 1)


def _narrow_to(capability: int) -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    bit = 1 << capability
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(_AMBIENT, _AMBIENT_RAISE, capability)


def _prctl(option: int, first: int, second: int = 0) -> None:
    arguments = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    if ctypes.CDLL(None, use_errno=True).prctl(option, *arguments) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def main(arguments: list[str]) -> None:
    user, group, capability = (int(argument) for argument in arguments[:3])
    how, command = arguments[3], arguments[4:]
    try:
        descend(user, group, capability)
    except OSError as error:
        sys.stderr.write(f"cannot become user {user}: {error}\n")
        sys.exit(REFUSED)
    if how == "detach" and os.fork() > 0:
        os._exit(0)
    os.execv(command[0], command)  # noqa: S606 — no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
