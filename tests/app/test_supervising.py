"""Children end with their parent, even where it was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PARENT = "from quanyu.app.supervising import supervise; raise SystemExit(supervise([['{}'], ['worker']]))"


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(number) for number in found.split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def wait_until(true) -> bool:
    for _ in range(400):
        if true():
            return True
        time.sleep(0.1)
    return False


def test_one_that_ends_takes_the_other_along(environment):
    ran = subprocess.run(
        [sys.executable, "-c", PARENT.format("nonsense")], env=environment, capture_output=True, timeout=90
    )
    assert ran.returncode == 1


def test_a_killed_parent_leaves_nobody(environment):
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format("worker")], env=environment)
    assert wait_until(lambda: len(children_of(parent.pid)) == 2)
    children = children_of(parent.pid)
    time.sleep(3)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not any(alive(child) for child in children))
