"""The command line: knows every command by name, and imports one only when it is asked for."""

import gc
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

from quanyu.app.cli._commands import root

INTERRUPTED = 130
OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Expressions are many small objects that live on: looking through them as often as usual takes a fifth of the time."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 an error of ours, 2 usage, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    leave_on_signals()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        status = root().main(args=given, prog_name="quanyu", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  whatever ends a command is said in plain words
        return import_module("quanyu.app.cli.failing").exit_status(error, given)
    return status if isinstance(status, int) else 0


def leave_on_signals() -> None:
    """Unwind at Ctrl-C and at SIGTERM alike, so that what is open is closed and the database is let go."""
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in the background
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN if number == signal.SIGTERM else signal.default_int_handler)
    engine = sys.modules.get("quanyu.foundation.lake.engine")
    if engine is not None:
        engine.interrupt_queries()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(INTERRUPTED)
