"""File locks that end with their holder, and that no forked child keeps alive."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_open: set[int] = set()


class FileLock:
    """One open file with an flock on it. The lock belongs to the open file: who inherits the descriptor shares it."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        _open.add(self.descriptor)

    def wait(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def share(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)

    def seize(self) -> bool:
        """Take it alone, without waiting. A share that we had may be lost when this fails."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self.leave()

    def leave(self) -> None:
        """Close it; a process that inherited the descriptor keeps the lock."""
        _open.discard(self.descriptor)
        os.close(self.descriptor)


@contextmanager
def held(path: Path) -> Generator[None]:
    """Wait for the lock, and hold it alone."""
    lock = FileLock(path)
    try:
        lock.wait()
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Say whether any process holds the lock at this moment."""
    lock = FileLock(path)
    free = lock.seize()
    if free:
        lock.release()
    else:
        lock.leave()
    return not free


def _close_all() -> None:
    while _open:
        os.close(_open.pop())


os.register_at_fork(after_in_child=_close_all)
