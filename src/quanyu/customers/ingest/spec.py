"""What a source plug-in must do: turn files of one format into a table of texts."""

import fcntl
import os
import shutil
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from quanyu.foundation.text import Text

FILE = "_file"  # path of the file that a row comes from
LINE = "_line"  # number of the line on which a row begins


@dataclass(frozen=True)
class Broken:
    """A line that the format itself cannot read.

    `line` is the one that an editor shows: from 1, with headers, blank lines, line breaks inside quotes and earlier
    broken lines counted, whether lines end in LF, CR LF or CR. In a sheet or an array it is the row or the element.
    """

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Opened:
    """All columns of the files as text, beside `_file`; a scan yields the rows in the order of the files.

    `rows` may also have `_line`, a whole number: the line, counted as in `Broken`, on which a row begins. Where it is
    absent or NULL every row and every broken line of that file is one line, so that a row stands on `first_line`, plus
    the rows of its file before it, plus the broken lines above it.
    """

    rows: ir.Table
    columns: tuple[str, ...]
    first_line: int = 1  # where in a file its first row stands: 2 below a header
    notes: tuple[Text, ...] = ()  # what a person should know of how the files were read
    sparse: bool = False  # rows leave out what is empty, so that a column may be missing where nothing is wrong
    held: tuple["Scratch", ...] = ()  # files that the rows are read from, as long as this is there


def name_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Name columns without a name by their position, and tell those of the same name apart: price, price_1."""
    given: list[str] = []
    taken = {FILE.lower(), LINE.lower()}
    numbers: dict[str, Iterator[int]] = {}  # of columns of one name, so that thousands of them do not start over
    for i, name in enumerate(names, start=1):
        wanted = name.strip() or f"column{i}"
        further = numbers.setdefault(wanted.lower(), count(1))
        tries = chain([wanted], (f"{wanted}_{n}" for n in further))
        unique = next(name for name in tries if name.lower() not in taken)
        taken.add(unique.lower())
        given.append(unique)
    return tuple(given)


class Scratch:
    """A folder for files that must be rewritten before they can be read, beside what the engine spills.

    It goes when nobody refers to it any more. Folders of killed processes go when the next one is made.
    """

    def __init__(self, backend: Backend) -> None:
        ((spill,),) = backend.con.execute("select current_setting('temp_directory')").fetchall()
        beside = Path(str(spill)) / "sources"
        beside.mkdir(parents=True, exist_ok=True)
        with (beside / "lock").open("w") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            for left in beside.iterdir():
                if left.is_dir() and _abandoned(left):
                    shutil.rmtree(left, ignore_errors=True)
            self.folder = Path(mkdtemp(dir=beside))
            lock = os.open(_mark(self.folder), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        weakref.finalize(self, os.close, lock)
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._numbers = count()

    def new(self, ending: str) -> Path:
        """Return the path of a file to be written; its name is a number, one more than that of the last."""
        return self.folder / f"{next(self._numbers)}{ending}"


def _mark(folder: Path) -> Path:
    return folder / ".in-use"


def _abandoned(folder: Path) -> bool:
    with suppress(BlockingIOError, FileNotFoundError), _mark(folder).open("r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return not _mark(folder).exists()


class Source(Protocol):
    """A reader of one file format."""

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    @property
    def options(self) -> tuple[str, ...]:
        """Names that a mapping may set under `format_options`."""
        ...

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        """Describe the rows; nothing is read yet but what is needed to know the columns, and what must be rewritten."""
        ...

    def broken(self, backend: Backend) -> list[Broken]:
        """Return the lines that could not be read; called after the rows of the last `open` were."""
        ...
