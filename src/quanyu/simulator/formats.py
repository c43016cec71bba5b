"""Writes a query's rows as a system's files: delimited or JSON lines, in the system's encoding, plain or packed."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
from isal import igzip

FORMS = ("csv", "csv bom", "csv gb18030", "csv gz", "tsv", "jsonl", "jsonl gz")
PACKED = ".gz"
_MARK = "\ufeff"
_CHUNK = 1 << 20
_AT_A_TIME = 1 << 12  # rows; larger batches are slower: their memory comes fresh from the system each time
_LINE_END = 10


@dataclass(frozen=True)
class Shape:
    """One file of one system, or one of each month where its path says `{month}`.

    A query that serves several online stores alike names them, finds its own in the variable `store`, and says
    `{store}` in its heading. That of monthly files has the number of the month as its first column, in order.
    """

    path: str  # below the output folder
    part: str  # which integers it is made of, `none` for the fixed parts of the world
    form: str
    query: str
    store: str = ""

    @property
    def monthly(self) -> bool:
        """Say whether each month has a file of its own."""
        return "{month}" in self.path

    @property
    def kind(self) -> str:
        """Return csv, tsv or jsonl."""
        return self.form.partition(" ")[0]

    @property
    def encoding(self) -> str:
        """Return bom, gb18030 or gz, or nothing for plain UTF-8."""
        return self.form.partition(" ")[2]


@dataclass(frozen=True)
class Targets:
    """Where the files of one part go: the numbers of the months that it has beside their names, none if not monthly."""

    folder: Path
    months: Mapping[int, str]
    packed: bool

    def of(self, shape: Shape) -> list[Path]:
        """Return the path of each file."""
        names = self.months.values() if shape.monthly else [""]
        found = [self.folder / shape.path.replace("{month}", name) for name in names]
        return [packed_name(path) if self.packed else path for path in found]


def packed_name(path: Path) -> Path:
    """Return the name of a file when it is packed; of those that always are, the one that they have."""
    return path if path.suffix == PACKED else path.with_name(path.name + PACKED)


def write_shape(connection: duckdb.DuckDBPyConnection, shape: Shape, targets: Targets) -> list[int]:
    """Write the files of one shape from what `part` holds, and return their sizes in bytes."""
    connection.execute(f"set variable store = '{shape.store}'")
    files = targets.of(shape)
    files[0].parent.mkdir(parents=True, exist_ok=True)
    if shape.kind == "jsonl":
        _write_objects(connection, shape, files, list(targets.months))
    else:
        _write_rows(connection, shape, files, list(targets.months))
    return [file.stat().st_size for file in files]


def _write_objects(
    connection: duckdb.DuckDBPyConnection, shape: Shape, files: Sequence[Path], months: Sequence[int]
) -> None:
    """Write a query of texts that end their lines themselves; the buffers of the texts are the files."""
    reader = connection.sql(shape.query).to_arrow_reader(_AT_A_TIME)
    with ExitStack() as opened:
        outs = [opened.enter_context(_opened(file)) for file in files]
        for batch in reader:
            lines = batch.column(batch.num_columns - 1)
            if not shape.monthly:
                outs[0].write(_text(lines))
                continue
            month = batch.column(0).to_numpy()
            first, last = np.searchsorted(month, months, "left"), np.searchsorted(month, months, "right")
            for place in np.flatnonzero(last > first):
                outs[place].write(_text(lines.slice(first[place], last[place] - first[place])))


def _text(lines: pa.Array) -> memoryview:
    """Return the bytes of all texts, one after the other."""
    whole = lines.cast(pa.large_string())
    _, offsets, data = whole.buffers()
    if data is None or offsets is None:
        return memoryview(b"")
    edges = memoryview(offsets).cast("q")
    return memoryview(data)[edges[whole.offset] : edges[whole.offset + len(whole)]]


def _write_rows(
    connection: duckdb.DuckDBPyConnection, shape: Shape, files: Sequence[Path], months: Sequence[int]
) -> None:
    """Let the database write the rows of all months at once; they are parted, recoded and packed on their way."""
    separator = "\t" if shape.kind == "tsv" else ","
    single = len(files) == 1
    as_it_is = single and files[0].suffix != PACKED and shape.encoding in ("", "bom")
    query = shape.query.rstrip().rstrip(";")
    rows = _marked(connection, shape) if single and shape.encoding == "bom" else _without_month(shape)
    with TemporaryDirectory(prefix=".", dir=files[0].parent) as aside:
        plain = files[0] if as_it_is else Path(aside) / "rows"
        connection.execute(f"copy ({rows}) to '{plain}' (format csv, header true, delimiter '{separator}')")
        if as_it_is:
            return
        counts = None if single else _counts(connection, query, months)
        with plain.open("rb") as raw:
            _part_rows(_Lines(raw), shape, files, counts)


def _without_month(shape: Shape) -> str:
    query = shape.query.rstrip().rstrip(";")
    return f'select * exclude ("month") from ({query}\n)' if shape.monthly else query


def _marked(connection: duckdb.DuckDBPyConnection, shape: Shape) -> str:
    """Let the name of the first column begin with a byte order mark: a second pass over the file would cost as much."""
    first, *others = _columns(connection, shape)
    names = ", ".join(f'"{name}"' for name in (_MARK + first, *others))
    return f"select * from ({_without_month(shape)}) as marked({names})"


@cache
def _columns(connection: duckdb.DuckDBPyConnection, shape: Shape) -> list[str]:
    return connection.sql(_without_month(shape)).columns


def _counts(connection: duckdb.DuckDBPyConnection, query: str, months: Sequence[int]) -> list[int]:
    """Return how many rows each of these months has. Here `part` is in no order: to sort it takes most of the time."""
    unsorted = "with part as (select * from pieces)"
    counted = connection.execute(f'{unsorted} select "month", count(*) from ({query}\n) group by all').fetchall()
    rows = dict(counted)
    return [rows.get(month, 0) for month in months]


def _part_rows(lines: "_Lines", shape: Shape, files: Sequence[Path], counts: Sequence[int] | None) -> None:
    """Write each file's rows below the heading; without counts all of them into one."""
    recode = _gb18030 if shape.encoding == "gb18030" else bytes
    heading = b"".join(lines.take(1))
    if shape.encoding == "bom" and counts is not None:
        heading = _MARK.encode() + heading
    for place, file in enumerate(files):
        with _opened(file) as out:
            out.write(recode(heading))
            for some in lines.take(counts[place] if counts is not None else None):
                out.write(recode(some))


def _gb18030(text: bytes) -> bytes:
    return text.decode().encode("gb18030")


class _Lines:
    """The lines of a file, taken some at a time. No text of the company holds a line break."""

    def __init__(self, opened: BinaryIO) -> None:
        self._opened, self._rest = opened, b""

    def take(self, count: int | None) -> Iterator[bytes]:
        """Yield the next so many lines, or all that are left, as pieces of whole lines."""
        while count is None or count > 0:
            piece = self._rest or self._opened.read(_CHUNK) + self._opened.readline()
            if not piece:
                return
            there = piece.count(b"\n")
            edge = len(piece) if count is None or there <= count else _end_of_line(piece, count)
            yield piece[:edge]
            self._rest = piece[edge:]
            count = None if count is None else count - min(there, count)


def _end_of_line(piece: bytes, number: int) -> int:
    """Return where the line of this number, counted from 1, ends."""
    return int(np.flatnonzero(np.frombuffer(piece, np.uint8) == _LINE_END)[number - 1]) + 1


@contextmanager
def _opened(file: Path) -> Generator["BinaryIO | _Packing"]:
    """Open a file to write it: packed where its name says so, without the time of writing."""
    with file.open("wb") as raw:
        if file.suffix != PACKED:
            yield raw
            return
        with igzip.IGzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed:
            out = _Packing(packed)
            yield out
            out.flush()


class _Packing:
    """Packs in pieces of one size: what comes out depends on how it is cut, and must not on how it came."""

    def __init__(self, packed: igzip.IGzipFile) -> None:
        self._packed, self._room, self._held = packed, memoryview(bytearray(_CHUNK)), 0

    def write(self, some: bytes | memoryview) -> None:
        left = memoryview(some).cast("B")
        while len(left):
            now = left[: _CHUNK - self._held]
            self._room[self._held : self._held + len(now)] = now
            self._held += len(now)
            left = left[len(now) :]
            if self._held == _CHUNK:
                self.flush()

    def flush(self) -> None:
        self._packed.write(self._room[: self._held])
        self._held = 0
