"""Suggests mappings for files: opens them, looks at a sample, matches columns, tries the mapping out, writes it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import numpy as np
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.archives import Unpacking, is_packed
from quanyu.customers.ingest.checking import REASON, Checking
from quanyu.customers.ingest.files import find_files, readers_of
from quanyu.customers.ingest.mapping import SourceMapping, load_mapping
from quanyu.customers.ingest.spec import Opened, Source
from quanyu.customers.ingest.suggesting.columns import MOST_ROWS, Column, Sample, take_sample
from quanyu.customers.ingest.suggesting.composing import compose, compose_known, rank
from quanyu.customers.ingest.suggesting.exports import recognise
from quanyu.customers.ingest.suggesting.fitting import Fitting
from quanyu.customers.ingest.suggesting.matching import DOUBTFUL_VALUES, Matching, tokens
from quanyu.customers.ingest.suggesting.model import Entry, Suggestion, Trial
from quanyu.customers.ingest.suggesting.naming import class_of, group_families, name_source, pattern_of, stem
from quanyu.customers.ingest.suggesting.relations import Relations
from quanyu.customers.ingest.suggesting.shapes import PATTERNS
from quanyu.customers.ingest.suggesting.words import currency_of, gather, normalise
from quanyu.customers.ingest.suggesting.writing import write
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value
from quanyu.foundation.registry import Registry
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

_LOOKED_INTO = 12  # files of one shape
_TRIES = 4
_RIVAL = 0.25
_SIGNS = {"pounds": "GBP", "euros": "EUR", "dollars": "USD", "yuan": "CNY"}
_SIGNED = 0.3


@dataclass(frozen=True)
class Wanted:
    """What a person has said beside the files."""

    kind: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Shape:
    """Files that one mapping can read, and how they are read."""

    files: tuple[Path, ...]
    reader: Source


def find_shapes(patterns: Sequence[Path], readers: Registry[Source]) -> list[Shape]:
    """Put the files that belong to one export together, by format, folder and name."""
    files = [file for pattern in patterns for file in _found(pattern, readers)]
    shapes: list[Shape] = []
    for family in group_families(dict.fromkeys(files)).values():
        by_format = readers_of(family, readers.all())
        if len(by_format) != 1:
            raise Invalid(
                Text("No format is known for these files.", "无法识别这些文件的格式。"),
                remedy=Text("Save them as CSV, Excel, Parquet or JSON.", "请另存为 CSV、Excel、Parquet 或 JSON。"),
                received=", ".join(file.name for file in family[:5]),
                allowed=[suffix for reader in readers.all() for suffix in reader.suffixes],
            )
        reader = next(iter(by_format.values()))
        shapes.append(Shape(tuple(family), Unpacking(reader) if any(map(is_packed, family)) else reader))
    return shapes


def _found(pattern: Path, readers: Registry[Source]) -> list[Path]:
    found = find_files(Path(), str(pattern), readers.all())
    if not found:
        raise NotFound(
            Text("No file that can be read is there.", "没有可读取的文件。"),
            remedy=Text("Name files, a folder or a pattern.", "请给出文件、目录或通配符。"),
            received=str(pattern),
        )
    return found


def suggest(
    workspace: Workspace, kinds: Sequence[Kind], readers: Registry[Source], shape: Shape, out: Path, wanted: Wanted
) -> Suggestion:
    """Write a mapping for files of one shape to `out`; it has been read back and tried on a sample."""
    _check_kind(kinds, wanted.kind)
    backend = workspace.lake.engine.backend()
    looked = _spread(shape.files)
    opened = shape.reader.open(backend, looked, {})
    sample = take_sample(backend, opened, workspace.time_zone, workspace.currency)
    currency = _currency(sample)
    if currency not in (None, workspace.currency):
        sample = take_sample(backend, opened, workspace.time_zone, currency)
    if not sample.cells.num_rows:
        raise Invalid(
            Text("The files have a header and no lines.", "文件只有表头，没有数据。"),
            remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
            received=", ".join(file.name for file in shape.files[:5]),
        )
    drafted = _draft(sample, kinds, shape, wanted)
    drafted = replace(
        drafted,
        time_zone=workspace.time_zone,
        currency=currency or workspace.currency,
        currency_seen=currency is not None,
        notes=opened.notes,
    )
    zone, money = workspace.time_zone, workspace.currency
    return _settle(backend, drafted, sample, out, lambda path: load_mapping(path, kinds, readers, zone, money))


def _check_kind(kinds: Sequence[Kind], wanted: str | None) -> None:
    if wanted is not None and wanted not in {kind.name for kind in kinds}:
        raise Invalid(
            Text("There is no such kind of input.", "没有这种数据类型。"),
            received=wanted,
            allowed=[kind.name for kind in kinds],
        )


def _spread(files: Sequence[Path]) -> list[Path]:
    chosen = np.unique(np.linspace(0, len(files) - 1, min(len(files), _LOOKED_INTO)).astype(int))
    return [files[int(i)] for i in chosen]


def _currency(sample: Sample) -> str | None:
    """Return the currency that signs beside amounts, or headers, tell of."""
    for shape, currency in _SIGNS.items():
        if any(column.share(shape) > _SIGNED for column in sample.columns):
            return currency
    named = [currency for c in sample.columns if (currency := currency_of(normalise(c.name)))]
    listed = [c.common[0][0].upper() for c in sample.columns if c.distinct == 1 and c.share("currency") == 1]
    codes = [code for code in listed if len(code) == len("CNY") and code.isascii()]
    return next(iter((*named, *("CNY" if code == "RMB" else code for code in codes))), None)


def _draft(sample: Sample, kinds: Sequence[Kind], shape: Shape, wanted: Wanted) -> Suggestion:
    source = wanted.source or name_source(shape.files)
    export = recognise(tuple(sample.by_name))
    told = (*tokens(stem(shape.files[0])), *tokens(shape.files[0].absolute().parent.name))
    matching = Matching(Fitting(gather(kinds), Relations(sample)), sample, told)
    entries = compose_known(matching, kinds, source, export) if export else []
    known = bool(entries) and wanted.kind in (None, entries[0].kind.name)
    rivals: tuple[tuple[str, float], ...] = ()
    if not known:
        entries = compose(matching, kinds, source, wanted.kind)
        rivals = _rivals(rank(matching, kinds, source), entries[0])
    return Suggestion(
        source=source,
        files=shape.files,
        format=None,
        time_zone="",
        currency="",
        currency_seen=False,
        source_class=export.source_class if export and known else class_of((*told, *normalise(source).words)),
        entries=tuple(entries),
        columns=sample.columns,
        export=export.title if export and known else None,
        missing=_missing(sample, entries),
        rivals=rivals,
    )


def _rivals(ranked: Sequence[Entry], chosen: Entry) -> tuple[tuple[str, float], ...]:
    """Return the kinds that are nearly as likely as the one that was chosen."""
    near = [each for each in ranked if each.kind is not chosen.kind and each.score > chosen.score - _RIVAL]
    return tuple((each.kind.name, each.score / max(chosen.score, each.score)) for each in near[:3])


def _missing(sample: Sample, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the words for nothing that stand in columns which are asked for."""
    asked: list[Column] = [sample.by_name[name] for entry in entries for name in sorted(entry.columns())]
    found: dict[str, None] = {}
    for column in asked:
        if column.share("nothing"):
            found |= dict.fromkeys(sample.matching(column.name, PATTERNS["nothing"]))
    return tuple(found)


def _settle(
    backend: Backend, drafted: Suggestion, sample: Sample, out: Path, load: Callable[[Path], SourceMapping]
) -> Suggestion:
    """Write the mapping, read it back, try it; what would refuse lines and is not needed becomes a comment."""
    partial = out.with_name(f".{out.name}.part")
    trial = Trial(0, 0)
    try:
        for _ in range(_TRIES):
            partial.write_text(write(drafted, pattern_of(drafted.files, out.parent)), encoding="utf-8")
            trial = _try_out(backend, load(partial), sample)
            harmful = [(name, column) for name, column, _, _ in trial.reasons]
            kept = [_without_harm(entry, harmful) for entry in drafted.entries]
            if kept == list(drafted.entries):
                break
            drafted = replace(drafted, entries=tuple(kept))
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return replace(drafted, trial=trial)


def _without_harm(entry: Entry, harmful: Sequence[tuple[str, str]]) -> Entry:
    for choice in entry.chosen:
        told = ", ".join(column.name for column in choice.columns)
        named = told and (choice.wanted.name, told) in harmful
        if named and not choice.wanted.required:
            entry = entry.without(choice.wanted.name, DOUBTFUL_VALUES)
    return entry


def _try_out(backend: Backend, mapping: SourceMapping, sample: Sample) -> Trial:
    limit = min(MOST_ROWS, sample.cells.num_rows)
    return count_refused(backend, mapping, replace(sample.opened, rows=sample.opened.rows.limit(limit)))


def count_refused(backend: Backend, mapping: SourceMapping, opened: Opened) -> Trial:
    """Check rows as an import would, and count what it would refuse."""
    checking = Checking(opened, mapping)
    reason: Value = ibis.coalesce(*checking.faults, ibis.null("string"))
    lines = checking.rows.select(**{REASON: reason})
    counted: list[dict[str, Any]] = backend.to_pyarrow(lines.group_by(REASON).agg(times=ibis._.count())).to_pylist()
    read = sum(row["times"] for row in counted)
    told = ((row["times"], row[REASON]) for row in counted if row[REASON])
    refused: list[tuple[int, str]] = sorted(told, reverse=True)
    reasons = tuple((*_parts(reason), times) for times, reason in refused)
    return Trial(read, sum(times for times, _ in refused), reasons)


def _parts(reason: str) -> tuple[str, str, str]:
    name, column, problem = (*reason.split("\t"), "", "")[:3]
    return name, column, problem


def refuse_overwriting(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            raise Conflict(
                Text("There is a file of this name.", "已有同名文件。"),
                remedy=Text("Name another with --out, or say --replace.", "请用 --out 另取名，或加 --replace。"),
                received=str(path),
            )


def targets(shapes: Sequence[Shape], out: Path | None, source: str | None) -> Iterator[tuple[Shape, Path]]:
    """Name the mapping of each shape: `out` for one, files in the folder `out` for several."""
    many = len(shapes) > 1
    folder = out if out is not None and (many or out.is_dir()) else Path()
    if many and out is not None and out.suffix:
        raise Invalid(
            Text("These files need several mappings.", "这些文件需要多个映射。"),
            remedy=Text("Give a folder with --out, or suggest them one by one.", "请用 --out 指定目录，或逐个处理。"),
            received=", ".join(shape.files[0].name for shape in shapes[:8]),
        )
    taken: set[str] = set()
    for shape in shapes:
        if out is not None and not many and not out.is_dir():
            yield shape, out
            continue
        name = source or name_source(shape.files)
        words = [name, *(word for word in tokens(stem(shape.files[0])) if many and word not in name.split("_"))]
        unique = "_".join(words)
        unique = unique if unique not in taken else f"{unique}_{len(taken)}"
        taken.add(unique)
        yield shape, folder / f"{unique}.yaml"
