"""The one source of time; every process of a home shares it, and tests move it."""

import os
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class Clock:
    """System time plus the offset that the home's `clock` file holds (seconds; absent means none)."""

    def __init__(self, home: Path | None = None) -> None:
        self._file = None if home is None else home / "clock"
        self._seen: tuple[int, float] = (0, 0.0)

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())  # the one place that asks the system

    def today(self, zone: str) -> date:
        return self.now().astimezone(ZoneInfo(zone)).date()

    def move(self, by: timedelta) -> None:
        """Shift the time of every process of this home."""
        if self._file is None:
            raise ValueError("a clock without a home cannot be moved")
        offset = self._offset() + by.total_seconds()
        beside = self._file.with_suffix(f".{os.getpid()}")
        beside.write_text(repr(offset))
        beside.replace(self._file)

    def _offset(self) -> float:
        if self._file is None:
            return 0.0
        with suppress(FileNotFoundError):
            changed = self._file.stat().st_mtime_ns
            if changed != self._seen[0]:
                self._seen = (changed, float(self._file.read_text()))
            return self._seen[1]
        return 0.0


def monotonic() -> float:
    """Return seconds for measuring how long something took; never a date."""
    return time.monotonic()
