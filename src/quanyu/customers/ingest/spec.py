"""What a source plug-in must do: turn files of one format into a table of texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

FILE = "_file"  # path of the file that a row comes from


@dataclass(frozen=True)
class Broken:
    """A line that the format itself cannot read."""

    file: str
    line: int  # in the file, from 1, headers counted
    reason: str
    text: str


@dataclass(frozen=True)
class Opened:
    """All columns of the files as text, beside `_file`; a scan yields the rows in the order of the files."""

    rows: ir.Table
    columns: tuple[str, ...]
    first_line: int = 1  # where in a file its first row stands: 2 below a header


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
        """Describe the rows; nothing is read yet but what is needed to know the columns."""
        ...

    def broken(self, backend: Backend) -> list[Broken]:
        """Return the lines that could not be read; called after the rows of the last `open` were."""
        ...
