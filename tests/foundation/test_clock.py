"""Every process of a home tells the same time, and tests move it for all of them."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from quanyu.foundation.clock import Clock, monotonic
from quanyu.foundation.errors import Invalid

TELL = """
import sys
from pathlib import Path
from quanyu.foundation.clock import Clock
clock = Clock(Path(sys.argv[1]))
for line in sys.stdin:
    print(clock.now().isoformat(), flush=True)
"""
MOVE = """
import sys
from datetime import timedelta
from pathlib import Path
from quanyu.foundation.clock import Clock
for _ in range(100):
    Clock(Path(sys.argv[1])).move(timedelta(hours=1))
"""


def near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(minutes=1)


def test_an_unmoved_clock_tells_the_system_time(tmp_path):
    assert near(Clock(tmp_path).now(), datetime.now(UTC))
    assert near(Clock().now(), datetime.now(UTC))
    assert Clock().now().tzinfo is UTC


def test_two_processes_share_every_move(tmp_path):
    clock = Clock(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", TELL, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        # Many quick moves of equal length: no move may hide behind the one before it.
        for day in range(10, 60):
            clock.move(timedelta(days=1) if day > 10 else timedelta(days=10))
            other.stdin.write("\n")
            other.stdin.flush()
            told = datetime.fromisoformat(other.stdout.readline().strip())
            assert near(told, datetime.now(UTC) + timedelta(days=day))
        other.stdin.close()
    assert near(clock.now(), datetime.now(UTC) + timedelta(days=59))


def test_moves_of_two_processes_at_once_both_count(tmp_path):
    movers = [subprocess.Popen([sys.executable, "-c", MOVE, str(tmp_path)]) for _ in range(2)]
    assert [mover.wait() for mover in movers] == [0, 0]
    assert near(Clock(tmp_path).now(), datetime.now(UTC) + timedelta(hours=200))


def test_the_day_is_that_of_the_zone(tmp_path):
    clock = Clock(tmp_path)
    clock.move(datetime(2031, 3, 1, 18, 0, tzinfo=UTC) - clock.now())
    assert clock.today("UTC") == date(2031, 3, 1)
    assert clock.today("Asia/Shanghai") == date(2031, 3, 2)


def test_a_clock_goes_back_too(tmp_path):
    clock = Clock(tmp_path)
    clock.move(timedelta(days=3))
    clock.move(timedelta(days=-3))
    assert near(clock.now(), datetime.now(UTC))


def test_a_clock_without_a_home_stays():
    with pytest.raises(Invalid, match="home"):
        Clock().move(timedelta(days=1))


def test_durations_do_not_run_backwards():
    assert monotonic() <= monotonic()
