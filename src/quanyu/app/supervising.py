"""Runs server and worker as child processes: they start, stop and fail together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from quanyu.foundation.clock import monotonic

TOGETHER = "QUANYU_SUPERVISED"  # set for a child whose standard input ends when its parent does
GRACE = 30.0
_PAUSE = 0.1
_CHILD = "import sys; from quanyu.app.cli import main; sys.exit(main())"


def supervise(commands: Sequence[Sequence[str]]) -> int:
    """Run each `quanyu COMMAND` until a signal comes or one of them ends; return the exit status."""
    asked = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    children = [_start(command) for command in commands]
    try:
        while not asked.is_set() and all(child.poll() is None for child in children):
            time.sleep(_PAUSE)
        return 0 if asked.is_set() else 1
    finally:
        _end(children)
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, TOGETHER: "1"}
    return subprocess.Popen([sys.executable, "-c", _CHILD, *command], stdin=subprocess.PIPE, env=environment)


def _end(children: "Sequence[subprocess.Popen[bytes]]") -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    until = monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.1, until - monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def end_with_parent() -> None:
    """In a child of `supervise`, end when the parent is gone, even where it was killed."""
    if os.environ.get(TOGETHER) == "1":
        threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
