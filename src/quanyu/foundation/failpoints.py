"""Named places between durable effects at which a test may kill the process or fill the disk."""

import errno
import os
import signal
import sys

_VARIABLE = "QUANYU_FAILPOINT"


def reach(name: str) -> None:
    """Do nothing, unless QUANYU_FAILPOINT is `name` (kill -9) or `name=full` (no space left on device)."""
    armed = os.environ.get(_VARIABLE)
    if armed is None:
        return
    point, _, effect = armed.partition("=")
    if point != name:
        return
    sys.stderr.flush()
    if effect == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.kill(os.getpid(), signal.SIGKILL)
