"""The one source of time; every process of a home shares it, and tests move it."""

import fcntl
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text


class Clock:
    """System time plus the offset that the home's `clock` file holds (seconds; absent means none)."""

    def __init__(self, home: Path | None = None) -> None:
        self._file = None if home is None else home / "clock"

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self.unmoved() + timedelta(seconds=self._offset())

    def unmoved(self) -> datetime:
        """Return the present instant in UTC by the machine's own clock, to be held against times of files."""
        return datetime.now(UTC)  # the one place that asks the system

    def today(self, zone: str) -> date:
        return self.now().astimezone(ZoneInfo(zone)).date()

    def move(self, by: timedelta) -> None:
        """Shift the time of every process of this home."""
        if self._file is None:
            raise Invalid(Text("A clock without a home cannot be moved.", "没有主目录的时钟不能拨动。"))
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two that move at once both count
            beside = self._file.with_suffix(".new")
            beside.write_text(repr(self._offset() + by.total_seconds()))
            beside.replace(self._file)

    def _offset(self) -> float:
        # The file is read each time (some 15 µs): its time of change is too coarse to tell two quick moves apart.
        try:
            return 0.0 if self._file is None else float(self._file.read_text())
        except FileNotFoundError:
            return 0.0


def monotonic() -> float:
    """Return seconds for measuring how long something took; never a date."""
    return time.monotonic()
