"""What can be set, where it is read from, and what it is when nobody set it."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

GIGABYTE = 1 << 30


@dataclass(frozen=True)
class Settings:
    """One home's settings. Every one can be given as an environment variable QUANYU_<NAME>."""

    home: Path
    database_url: str | None = None
    memory: int = 0
    threads: int = 0
    reject_days: int = 30  # for which refused lines are kept: they are personal data
    take_back_days: int = 30  # for which an import can be taken back
    reproduce_days: int = 14  # for which what a run of tags has read is kept, so that it can be had again
    index_from: int = 100_000  # customers: from so many on their tags are indexed

    @staticmethod
    def load(home: Path | None = None) -> "Settings":
        chosen = home or Path(os.environ.get("QUANYU_HOME", "quanyu-home"))
        return Settings(
            home=chosen.expanduser().absolute(),
            database_url=os.environ.get("QUANYU_DATABASE_URL") or None,
            memory=_whole("QUANYU_MEMORY_MB", 0) * (1 << 20) or _memory_budget(),
            threads=_whole("QUANYU_THREADS", 0) or _threads(),
            reject_days=_whole("QUANYU_REJECT_DAYS", 30),
            take_back_days=_whole("QUANYU_TAKE_BACK_DAYS", 30),
            reproduce_days=_whole("QUANYU_REPRODUCE_DAYS", 14),
            index_from=_whole("QUANYU_INDEX_FROM", 100_000),
        )


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name)
    if not text:
        return default
    if not text.isdecimal():
        raise Invalid(
            Text(f"{name} must be a whole number.", f"{name} 必须是整数。"), received=text, allowed=["0", "1", "2", "…"]
        )
    return int(text)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _memory_budget() -> int:
    """Return the bytes that heavy work may use: half of what the machine or the container has, at least 1 GiB."""
    total = psutil.virtual_memory().total
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            total = min(total, int(text))
    return max(GIGABYTE, total // 2)
