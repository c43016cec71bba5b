"""Where an export goes: a target takes Arrow tables, and what it wrote shows as a whole or not at all."""

import os
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text


@dataclass(frozen=True)
class Explained:
    """What one column holds."""

    header: str
    title: Text
    description: Text
    unit: Text


@dataclass(frozen=True)
class Contents:
    """What an export is made of: the columns, how many rows come, what is said of the whole and of each column."""

    schema: pa.Schema
    rows: int
    about: Sequence[tuple[Text, str]] = ()
    columns: Sequence[Explained] = ()


class Writer(Protocol):
    """Takes rows; nothing shows before `show`, which is quick and must come after `finish`."""

    def write_table(self, table: pa.Table) -> None: ...
    def finish(self) -> None: ...
    def show(self) -> None: ...


class Target(Protocol):
    """A place to export to. `place` names it without a password; `refuse` says before anything is written why not."""

    @property
    def kind(self) -> str: ...
    @property
    def place(self) -> str: ...
    def refuse(self, contents: Contents) -> None: ...
    def open(self, contents: Contents) -> AbstractContextManager[Writer]: ...


class Sink(Protocol):
    """Writes one file; what pyarrow's writers do."""

    def write_table(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


class FileWriter:
    """Writes beside the file and puts it in its place at the end."""

    def __init__(self, path: Path, beside: Path, sink: Sink) -> None:
        self._path, self._beside, self._sink = path, beside, sink

    def write_table(self, table: pa.Table) -> None:
        self._sink.write_table(table)

    def finish(self) -> None:
        self._sink.close()
        with self._beside.open("rb") as written:
            os.fsync(written.fileno())

    def show(self) -> None:
        self._beside.replace(self._path)


@dataclass(frozen=True)
class FileTarget:
    """A CSV or Parquet file; `private` files can be read by their owner only."""

    path: Path
    private: bool = False

    @property
    def kind(self) -> str:
        return self.path.suffix.lower().removeprefix(".")

    @property
    def place(self) -> str:
        return str(self.path.absolute())

    def refuse(self, contents: Contents) -> None:
        refuse_folder(self.path, contents)

    def open(self, contents: Contents) -> AbstractContextManager[Writer]:
        return self._writing(contents.schema)

    @contextmanager
    def _writing(self, schema: pa.Schema) -> Generator[Writer, None, None]:
        kind = pyarrow.csv.CSVWriter if self.kind == "csv" else pyarrow.parquet.ParquetWriter
        with written_beside(self.path, private=self.private) as beside:
            sink = kind(str(beside), schema)
            try:
                yield FileWriter(self.path, beside, sink)
            finally:
                sink.close()


def refuse_folder(path: Path, _: Contents) -> None:
    """Refuse a file whose folder is not there."""
    if not path.parent.is_dir() or path.is_dir():
        raise Invalid(
            Text("The file cannot be written there.", "无法写入该文件。"),
            remedy=Text("Choose a file in an existing folder.", "请选择现有目录下的文件。"),
            received=str(path),
        )


@contextmanager
def written_beside(path: Path, *, private: bool = False) -> Generator[Path, None, None]:
    """Yield where to write; what is still there in the end is removed. A killed attempt's rest is written over."""
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600 if private else 0o666)
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)
