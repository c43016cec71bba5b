"""Nouns of backup: what an archive says of itself, and what the verbs report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quanyu.foundation.text import Text

FORMAT = 1  # of the archive; raised when its layout changes

Progress = Callable[[Text], None]


def keep_silent(_: Text) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Entry:
    """One file of an archive; `sha256` is in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The archive's last word: what it holds, in its order, and the schema step of the database inside."""

    format: int
    schema: str
    taken_at: datetime
    files: tuple[Entry, ...]


@dataclass(frozen=True)
class BackupReport:
    """The archive holds the home's master key: who reads it can open the private data of every workspace."""

    file: Path
    bytes: int
    files: int
    taken_at: datetime


@dataclass(frozen=True)
class RestoreReport:
    home: Path
    files: int
    taken_at: datetime
    schema: str
