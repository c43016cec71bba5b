"""A mapping file: which files a source delivers, and how their columns become the inputs of our kinds."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from quanyu.customers.ingest.archives import Unpacking, is_packed
from quanyu.customers.ingest.files import find_files, readers_of
from quanyu.customers.ingest.kindmapping import KindMapping, Where, check_kind
from quanyu.customers.ingest.rules import Rules
from quanyu.customers.ingest.spec import Source
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, read
from quanyu.foundation.errors import Invalid, NotFound, QuanyuError
from quanyu.foundation.kinds import DEFAULT_RANK, Kind
from quanyu.foundation.money import exponent
from quanyu.foundation.registry import Registry
from quanyu.foundation.text import Text
from quanyu.foundation.time_zones import time_zones

_KEYS = (
    "source", "title", "files", "format", "format_options", "time_zone", "written_in", "currency",
    "class", "legal_basis", "rank", "missing", "kinds",
)  # fmt: skip
_LAST_RANK = 1000
CLASSES = ("first_party", "media", "marketplace", "third_party")
DECLARED = ("receivers",)
"""What a source's terms may forbid to hold: no, unless its legal basis says so."""
BASES = ("consent", "contract", "legal_obligation", "legitimate_interest")
FAULTY = Text("The mapping file has faults.", "映射文件有误。")


@dataclass(frozen=True)
class SourceMapping:
    """A checked mapping. The first kind is what one line of the files is; the others are read from the same lines."""

    source: str
    files: tuple[Path, ...]
    reader: Source
    reader_options: MappingOf[str, object]
    time_zone: str  # whose days the rows' days are
    currency: str
    missing: tuple[str, ...]
    kinds: tuple[KindMapping, ...]
    text: str
    written_in: str | None = None  # zone of times that the files write without an offset, where it is another one
    rank: int = DEFAULT_RANK
    data_class: str | None = None  # one of CLASSES
    legal_basis: MappingOf[str, object] | None = None  # basis, purposes and channels
    rules: Rules | None = None  # of the house, which mend rows before they land
    document: Document = field(repr=False, default_factory=lambda: Document(None))

    @property
    def clock_zone(self) -> str:
        return self.written_in or self.time_zone

    def columns(self) -> dict[str, Where]:
        """Return every column that is asked for, with the place in the mapping that asks first."""
        asked: dict[str, Where] = {}
        for i, kind in enumerate(self.kinds):
            for name, first in kind.columns.items():
                for column in (first, *kind.others.get(name, ())):
                    asked.setdefault(column, ("kinds", i, "columns", name))
            for j, identifier in enumerate(kind.identifiers):
                asked.setdefault(identifier.column, ("kinds", i, "identifiers", j, "column"))
        return asked

    def needed(self) -> set[str]:
        """Return the columns that no line can be without: an input of the first kind that has no other column."""
        first = self.kinds[0]
        required = {wanted.name for wanted in first.kind.inputs if wanted.required}
        alone = {c for name, c in first.columns.items() if name in required and name not in first.others}
        return alone | {c for name in first.joined & required for c in first.given(name)[1:]}


def load_mapping(
    path: Path, kinds: Sequence[Kind], readers: Registry[Source], time_zone: str, currency: str
) -> SourceMapping:
    """Read and check a mapping file; every fault is told at once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            Text("The mapping file cannot be read as UTF-8 text.", "映射文件无法按 UTF-8 文本读取。"),
            received=f"{path} ({type(error).__name__})",
        ) from None
    reading = Reading(_document(path.name, text))
    top = reading.mapping(reading.document.value, (), ("source", "files", "kinds"), _KEYS)
    source = reading.word(top, "source", ())
    reader, files = _check_files(reading, top, path.parent, readers)
    checked = _check_kinds(reading, top, {k.name: k for k in kinds}, source)
    zone, money = _check_conventions(reading, top, time_zone, currency)
    rank, basis = _check_rank(reading, top), _check_basis(reading, top, checked)
    missing = reading.list(top["missing"], ("missing",)) if "missing" in top else []
    reading.refuse_faults(_about(path.name, FAULTY))
    if source is None or reader is None:
        raise Invalid(FAULTY, received=path.name)
    return SourceMapping(
        source=source,
        files=files,
        reader=reader,
        reader_options=reading.mapping(top.get("format_options", {}), ("format_options",), (), reader.options),
        time_zone=zone,
        currency=money,
        missing=tuple("" if m is None else str(m) for m in missing),
        kinds=checked,
        text=text,
        written_in=str(top["written_in"]) if "written_in" in top else None,
        rank=rank,
        data_class=str(top["class"]) if "class" in top else None,
        legal_basis=basis or None,
        document=reading.document,
    )


def _document(name: str, text: str) -> Document:
    try:
        return read(text)
    except Invalid as error:
        raise Invalid(
            _about(name, error.problem),
            remedy=error.remedy,
            received=error.received,
            allowed=error.allowed,
            faults=error.faults,
        ) from None


def _about(name: str, problem: Text) -> Text:
    return Text(f"{name}: {problem.en}", f"{name}：{problem.zh}")


def check_columns(mapping: SourceMapping, present: Sequence[str], *, sparse: bool = False) -> list[str]:
    """Refuse a mapping that asks for columns which the files do not have; every one is told at once.

    Of sparse files only those must be there that every line needs; return the others that are not.
    """
    reading = Reading(mapping.document)
    missing = {column: where for column, where in mapping.columns().items() if column not in present}
    needed = mapping.needed() if sparse else set(missing)
    for column, where in missing.items():
        if column in needed:
            problem = Text("The files have no such column.", "文件中没有这一列。")
            reading.fault(where, problem, column, *near(column, present))
    reading.refuse_faults(Text("The mapping does not fit the files.", "映射与文件不符。"))
    return [column for column in missing if column not in needed]


def _check_files(
    reading: Reading, top: MappingOf[str, object], folder: Path, readers: Registry[Source]
) -> tuple[Source | None, tuple[Path, ...]]:
    given = top.get("files")
    patterns: list[tuple[Where, object]] = [(("files",), given)]
    if not isinstance(given, str):
        patterns = [(("files", i), p) for i, p in enumerate(reading.list(given, ("files",)))] if "files" in top else []
    files: list[Path] = []
    for where, pattern in patterns:
        if not isinstance(pattern, str) or not pattern.strip():
            reading.fault(
                where,
                Text("Here stands the name of a file.", "此处应为文件名。"),
                pattern,
                "a file, a folder or a pattern",
            )
            continue
        found = find_files(folder, pattern, readers.all())
        if not found:
            reading.fault(where, Text("No file matches.", "没有匹配的文件。"), pattern, *_names(folder))
        files += [f for f in found if f not in files]
    reader = _check_format(reading, top, files, readers)
    if reader is not None:
        reading.mapping(top.get("format_options", {}), ("format_options",), (), reader.options)
        reader = Unpacking(reader) if any(is_packed(f) for f in files) else reader
    return reader, tuple(files)


def _names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir() if f.is_file())[:20]


def _check_format(
    reading: Reading, top: MappingOf[str, object], files: Sequence[Path], readers: Registry[Source]
) -> Source | None:
    names = [reader.name for reader in readers.all()]
    if "format" in top:
        name = reading.choice(top, "format", (), names)
        return readers.get(name) if name else None
    by_suffix = readers_of(files, readers.all())
    if files and len(by_suffix) != 1:
        problem = Text("Say which format the files have.", "请注明文件格式。")
        reading.fault(("format",), problem, ", ".join(f.name for f in files[:5]), *names)
    return next(iter(by_suffix.values()), None) if len(by_suffix) == 1 else None


def _check_conventions(reading: Reading, top: MappingOf[str, object], time_zone: str, currency: str) -> tuple[str, str]:
    zone, money = str(top.get("time_zone", time_zone)), str(top.get("currency", currency))
    for key, name in {"time_zone": zone, **{k: str(top[k]) for k in ("written_in",) if k in top}}.items():
        if name not in time_zones():
            problem = Text("There is no such time zone.", "没有这个时区。")
            reading.fault((key,), problem, name, *near(name, sorted(time_zones())))
    try:
        exponent(money)
    except QuanyuError as error:
        reading.fault(("currency",), error.problem, money, *error.allowed)
    reading.text(top, "title", ())
    reading.choice(top, "class", (), CLASSES)
    return zone, money


def _check_basis(reading: Reading, top: MappingOf[str, object], kinds: Sequence[KindMapping]) -> dict[str, object]:
    where, basis = ("legal_basis",), dict[str, object]()
    if "legal_basis" in top:
        basis = reading.mapping(top["legal_basis"], where, ("basis",), ("basis", "purposes", "channels", *DECLARED))
        reading.choice(basis, "basis", where, BASES)
    for word in DECLARED:
        if not isinstance(basis.get(word, False), bool):
            problem = Text("Here stands yes or no.", "此处应为是或否。")
            reading.fault((*where, word), problem, basis[word], "true", "false")
    for i, each in enumerate(kinds):
        word = each.kind.declared
        if word is not None and basis.get(word) is not True:
            problem = Text("The source does not declare that this may be held.", "来源未声明可以保存该类数据。")
            reading.fault(("kinds", i), problem, each.kind.name, f"legal_basis: {{{word}: true}}")
    return basis


def _check_rank(reading: Reading, top: MappingOf[str, object]) -> int:
    rank = top.get("rank", DEFAULT_RANK)
    if isinstance(rank, int) and not isinstance(rank, bool) and 1 <= rank <= _LAST_RANK:
        return rank
    problem = Text("Here stands a whole number; the lowest speaks first.", "此处应为整数，数字小者优先。")
    reading.fault(("rank",), problem, rank, f"1 to {_LAST_RANK}")
    return DEFAULT_RANK


def _check_kinds(
    reading: Reading, top: MappingOf[str, object], kinds: MappingOf[str, Kind], source: str | None
) -> tuple[KindMapping, ...]:
    checked: list[KindMapping] = []
    for i, item in enumerate(reading.list(top["kinds"], ("kinds",)) if "kinds" in top else []):
        where: Where = ("kinds", i)
        kind = check_kind(reading, where, item, kinds, source)
        checked += [kind] if kind else []
    return tuple(checked)
