"""Which process serves a cluster: its pid file, believed only when that process is PostgreSQL on this folder."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROGRAM = "postgres"


@dataclass(frozen=True)
class Postmaster:
    pid: int
    socket: Path | None
    state: str  # "starting", "ready", "stopping"; empty before it has been written


def find_postmaster(data: Path) -> Postmaster | None:
    """Return the living server of this folder; None when the pid file is absent, damaged, or names another process."""
    found = _read(data)
    return found if found is not None and _serves(found.pid, data) else None


def search_postmaster(data: Path) -> Postmaster | None:
    """Look through all processes instead, for when the pid file is of no use."""
    for process in psutil.process_iter():
        if _serves(process.pid, data):
            return Postmaster(process.pid, None, "")
    return None


def search_orphans(cluster: str) -> list[int]:
    """Return the processes of a server named `cluster` whose titles still say so."""
    return [process.pid for process in psutil.process_iter() if _title(process).startswith(f"postgres: {cluster}: ")]


def cluster_name(data: Path) -> str:
    """Return the name that every process of the server shows in its title; it lasts when the folder is renamed."""
    found = data.stat()
    return f"quanyu-{found.st_dev:x}-{found.st_ino:x}"


def _read(data: Path) -> Postmaster | None:
    # The lines, by PostgreSQL's pidfile.h: pid, folder, start, port, socket folder, address, memory, state.
    with suppress(FileNotFoundError, ValueError):
        lines = [os.fsdecode(line).strip() for line in (data / "postmaster.pid").read_bytes().split(b"\n")]
        socket = Path(lines[4]) if len(lines) > 5 and lines[4] else None
        return Postmaster(abs(int(lines[0])), socket, lines[7] if len(lines) > 7 else "")
    return None


def _serves(pid: int, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.name() != _PROGRAM:
            return False
        words = process.cmdline()
        if _title(process).startswith("postgres: "):
            return False
        named = "-D" in words and os.path.realpath(words[words.index("-D") + 1]) == str(data)
        return named or _works_in(process, data)
    return False


def _works_in(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error):
        return process.cwd() == str(data)
    return False


def _title(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
