"""A failpoint does what the test armed it for, at its own name only."""

import os
import signal
import subprocess
import sys

import pytest

WORK = """
import errno
from quanyu.foundation.failpoints import reach
print("before", flush=True)
try:
    reach("between.two.effects")
except OSError as problem:
    print(errno.errorcode[problem.errno], flush=True)
print("after", flush=True)
"""


def run(armed: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "QUANYU_FAILPOINT"}
    if armed is not None:
        environment["QUANYU_FAILPOINT"] = armed
    return subprocess.run([sys.executable, "-c", WORK], env=environment, capture_output=True, text=True)


def test_an_armed_failpoint_kills_the_process():
    child = run("between.two.effects")
    assert child.returncode == -signal.SIGKILL
    assert child.stdout == "before\n"


def test_an_armed_failpoint_fills_the_disk():
    child = run("between.two.effects=full")
    assert child.returncode == 0
    assert child.stdout == "before\nENOSPC\nafter\n"


@pytest.mark.parametrize("armed", [None, "", "between.two", "elsewhere", "elsewhere=full"])
def test_other_failpoints_do_nothing(armed):
    child = run(armed)
    assert (child.returncode, child.stdout) == (0, "before\nafter\n")
