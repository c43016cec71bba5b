"""Brings refused lines in again: mended by a person in a file, or as they are after the mapping was changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest._splitting import Form, split
from quanyu.customers.ingest.history import unknown_import
from quanyu.customers.ingest.importing import Replay, import_files
from quanyu.customers.ingest.inbox import Load
from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.customers.ingest.mended import POSITION, read_mended
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.rejects import MARK, marked, standing
from quanyu.customers.ingest.sheets import TEXT
from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened, Scratch, Source
from quanyu.customers.ingest.tables import REJECTS, data_import, replayed_reject, source
from quanyu.customers.ingest.watching import Progress
from quanyu.foundation.database.copying import insert_rows
from quanyu.foundation.documents import read
from quanyu.foundation.errors import NotFound
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Doors:
    """What a replay needs of the house: its mappings and its readers of files."""

    load: Load
    readers: Sequence[Source]


@dataclass(frozen=True)
class Replayed:
    """What a replay did, by import whose lines came in again; `closed` lines had landed before, or are gone."""

    outcomes: Sequence[Outcome]
    closed: int


def replay_file(
    workspace: Workspace,
    path: Path,
    doors: Doors,
    mapping: Path | None = None,
    progress: Progress = lambda advance: None,
) -> Replayed:
    """Import the mended lines of an exported file, each once; what is refused again stays with its new reason."""
    given = read_mended(workspace, path, doors.readers)
    number_of = given["number"].to_numpy()
    numbers = [int(number) for number in np.unique(number_of)]
    for number in numbers:
        _find(workspace, number)
    outcomes: list[Outcome] = []
    closed = 0
    for number in numbers:
        mine = given.filter(pa.array(number_of == number)).drop_columns("number")
        there = _open(workspace, number)["position"].to_numpy()
        still_open = np.isin(mine[POSITION].to_numpy(), there)
        closed += int((~still_open).sum())
        if still_open.any():
            outcomes.append(_replay(workspace, number, mine.filter(pa.array(still_open)), doors, mapping, progress))
    return Replayed(outcomes, closed)


def replay_texts(
    workspace: Workspace,
    number: int,
    doors: Doors,
    mapping: Path | None = None,
    progress: Progress = lambda advance: None,
) -> Replayed:
    """Import the open refused lines of an import as they are: the mapping, or what it names, has changed since."""
    _find(workspace, number)
    if not _open(workspace, number).num_rows:
        return Replayed((), 0)
    return Replayed((_replay(workspace, number, None, doors, mapping, progress),), 0)


def _replay(
    workspace: Workspace, number: int, given: pa.Table | None, doors: Doors, mapping: Path | None, progress: Progress
) -> Outcome:
    text = _written(mapping) if mapping else _find(workspace, number)
    value = read(text).value
    told = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    loaded = _load(workspace, told, doors.load)
    lines = _Returning(workspace, number, given, tuple(loaded.columns()), told, doors.readers)
    adapted = replace(loaded, reader=lines, reader_options={}, files=(), text=text)
    return import_files(workspace, adapted, progress, Replay(number, lines.close))


def _written(mapping: Path) -> str:
    try:
        return mapping.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            Text("The mapping file cannot be read as UTF-8 text.", "映射文件无法按 UTF-8 文本读取。"),
            received=f"{mapping.name} ({type(error).__name__})",
        ) from None


def _find(workspace: Workspace, number: int) -> str:
    """Return the mapping by which an import was read; where it was not kept, the latest one of its source."""
    query = (
        sa.select(data_import.c.mapping, source.c.mapping.label("latest"))
        .select_from(data_import)
        .join(source, sa.and_(source.c.workspace == data_import.c.workspace, source.c.name == data_import.c.source))
        .where(data_import.c.workspace == workspace.number, data_import.c.number == number)
    )
    with workspace.begin() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise unknown_import(number)
    return row.mapping or row.latest


def _load(workspace: Workspace, told: Mapping[str, object], load: Load) -> SourceMapping:
    """Check a mapping whose files may be gone: other lines come in their place."""
    rest = {key: value for key, value in told.items() if key not in {"format", "format_options"}}
    with TemporaryDirectory() as folder:
        (Path(folder) / "lines.csv").touch()
        path = Path(folder) / "mapping.yaml"
        path.write_text(json.dumps({**rest, "files": "lines.csv"}, default=str, ensure_ascii=False), encoding="utf-8")
        return load(workspace, path)


def _open(workspace: Workspace, number: int) -> pa.Table:
    """Return the open refused lines of an import, by position."""
    rows = standing(workspace)
    mine = rows.filter(rows.import_number == number, rows.replayed_by.isnull())
    return workspace.lake.to_arrow(
        mine.select("position", "file", "line", "reason", "text", "broken").order_by("position")
    )


@ibis.udf.scalar.builtin(name="json_extract_string", signature=((dt.string, dt.string), dt.string))
def _member(text, pointer):  # type: ignore[no-untyped-def]
    """Text of a member of a JSON object, NULL where it has none."""


@ibis.udf.scalar.builtin(name="json_keys", signature=((dt.string,), dt.Array(value_type=dt.string)))
def _keys(text):  # type: ignore[no-untyped-def]
    """Names of the members of a JSON object."""


@dataclass
class _Returning:
    """A source whose rows are refused lines of one import; they stand in the file and on the line where they stood."""

    workspace: Workspace
    number: int
    given: pa.Table | None  # None: the texts as they were kept
    wanted: tuple[str, ...]  # columns that the mapping asks for
    told: Mapping[str, object]  # the mapping, as it is written
    readers: Sequence[Source]
    name: str = "replay"
    suffixes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    _came: list[int] = field(default_factory=list[int])
    _still: list[Broken] = field(default_factory=list[Broken])

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        there = _open(self.workspace, self.number)
        plain, lines = self._plain(there), self._lines(there)
        places = (POSITION, FILE, LINE)
        known = [name for name in plain.columns if name not in places]
        rows = self._split(there, lines, known)
        columns = [n for n in dict.fromkeys([*known, *(name for row in rows for name in row)]) if n not in places]
        if not rows and not self.workspace.lake.count(plain.limit(1)):
            columns = list(self.wanted)
        split_rows = ibis.memtable(pa.Table.from_pylist(rows, schema=_schema(columns)))
        whole = ibis.union(*(_aligned(part, columns) for part in (plain, split_rows)))
        before: Value = ibis.literal(f"{self.number}-")
        marked_rows = whole.select(
            **{MARK: before + whole[POSITION].cast("string")},
            **{name: whole[name] for name in [*columns, FILE, LINE, POSITION]},
        ).order_by(FILE, LINE, POSITION)
        scratch = Scratch(backend)
        target = scratch.new(".parquet")
        self.workspace.lake.write_parquet(marked_rows, target)
        found = backend.read_parquet(target)
        self._came = self.workspace.lake.to_arrow(found.select(POSITION))[POSITION].to_pylist()
        return Opened(found.drop(POSITION), (MARK, *columns), held=(scratch,))

    def broken(self, backend: Backend) -> list[Broken]:
        return self._still

    def close(self, connection: sa.Connection, landing: Landing, number: int) -> None:
        """Note which lines have come in: all but those that were refused again."""
        again = landing.written(REJECTS).select(position=marked(_.text)).filter(_.position.notnull())
        refused = self.workspace.lake.to_arrow(again)["position"].to_numpy()
        done = np.setdiff1d(np.array(self._came, np.int64), refused)
        rows = {"workspace": self.workspace.number, "number": self.number, "position": done, "replayed_by": number}
        arrays = {name: pa.array(np.broadcast_to(np.asarray(v, np.int64), len(done))) for name, v in rows.items()}
        insert_rows(connection, replayed_reject, pa.table(arrays))

    def _plain(self, there: pa.Table) -> ir.Table:
        """Return the rows that need no splitting: position, the file's columns, file, line."""
        if self.given is None:
            return self._kept()
        mine = ibis.memtable(self.given)
        if TEXT in self.given.column_names:
            text: Value = mine[TEXT]
            mine = mine.filter(text.fill_null("").strip() == "").drop(TEXT)
        places = ibis.memtable(there.select(["position", "file", "line"]).rename_columns([POSITION, FILE, LINE]))
        return mine.inner_join(places, POSITION).select(*mine.columns, FILE, LINE)

    def _kept(self) -> ir.Table:
        """Return the columns of the lines that were split when they were refused."""
        rows = standing(self.workspace)
        broken: Value = rows.broken
        mine = rows.filter(rows.import_number == self.number, rows.replayed_by.isnull(), ~broken)
        names = self.workspace.lake.to_arrow(mine.select(name=_keys(mine.text)).distinct())["name"].to_pylist()
        columns = list(dict.fromkeys(name for row in names for name in row))
        pointers = {name: "/" + name.replace("~", "~0").replace("/", "~1") for name in columns}
        fields = {name: _member(mine.text, ibis.literal(pointer)) for name, pointer in pointers.items()}
        return mine.select(**{POSITION: mine.position}, **fields, **{FILE: mine.file, LINE: mine.line})

    def _lines(self, there: pa.Table) -> dict[int, str]:
        """Return the texts that must be split, by position."""
        if self.given is None:
            broken = there.filter(there["broken"])
            return dict(zip(broken["position"].to_pylist(), broken["text"].to_pylist(), strict=True))
        if TEXT not in self.given.column_names:
            return {}
        told = zip(self.given[POSITION].to_pylist(), self.given[TEXT].to_pylist(), strict=True)
        return {position: text for position, text in told if (text or "").strip()}

    def _split(self, there: pa.Table, lines: Mapping[int, str], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return the lines that can be split now; those that cannot are broken still."""
        self._still = []
        rows: list[dict[str, Any]] = []
        places = {row["position"]: row for row in there.drop_columns("text").to_pylist() if row["position"] in lines}
        known: dict[str, tuple[Sequence[str], Form]] = {}
        for position, place in places.items():
            file = place["file"]
            if file not in known:
                known[file] = self._columns(file, columns), self._form(file)
            found = split(lines[position], *known[file])
            if isinstance(found, str):
                self._still.append(Broken(file, place["line"], found, lines[position]))
            else:
                rows.append({**found, POSITION: position, FILE: file, LINE: place["line"]})
        return rows

    def _columns(self, file: str, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns of a file: as it has them if it is still there, else as its other lines had them."""
        reader = self._reader(file)
        if reader is not None and Path(file).is_file():
            options = cast("Mapping[str, object]", self.told.get("format_options", {}))
            return reader.open(self.workspace.lake.engine.backend(), [Path(file)], options).columns
        return columns

    def _form(self, file: str) -> Form:
        options = cast("Mapping[str, object]", self.told.get("format_options", {}))
        reader = self._reader(file)
        delimiter, quote = options.get("delimiter"), options.get("quote", '"')
        return Form(
            json=reader is not None and reader.name == "jsonlines",
            delimiter=delimiter if isinstance(delimiter, str) and len(delimiter) == 1 else None,
            quote=str(quote or ""),
        )

    def _reader(self, file: str) -> Source | None:
        """Return the source that read a file, which may have lain in an archive."""
        plain = file.lower().removesuffix(".gz")
        named = [reader for reader in self.readers if reader.name == self.told.get("format")]
        return next((r for r in [*named, *self.readers] if r in named or plain.endswith(r.suffixes)), None)


def _schema(columns: Sequence[str]) -> pa.Schema:
    texts = [(name, pa.string()) for name in columns]
    return pa.schema([(POSITION, pa.int64()), *texts, (FILE, pa.string()), (LINE, pa.int64())])


def _aligned(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    texts = {name: rows[name].cast("string") if name in rows.columns else ibis.null("string") for name in columns}
    places = {POSITION: rows[POSITION].cast("int64"), FILE: rows[FILE].cast("string"), LINE: rows[LINE].cast("int64")}
    return rows.select(**texts, **places)
