"""A mapping file: which files a source delivers, and how their columns become the inputs of our kinds."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from quanyu.customers.ingest.spec import Source
from quanyu.foundation.definitions import Definition, near, read_definition
from quanyu.foundation.errors import NotFound, QuanyuError
from quanyu.foundation.kinds import Kind
from quanyu.foundation.money import exponent
from quanyu.foundation.registry import Registry
from quanyu.foundation.text import Text

_KEYS = (
    "source", "title", "files", "format", "format_options", "time_zone", "currency",
    "class", "legal_basis", "missing", "kinds",
)  # fmt: skip
CLASSES = ("first_party", "media", "marketplace", "third_party")
BASES = ("consent", "contract", "legal_obligation", "legitimate_interest")


@dataclass(frozen=True)
class Identifier:
    """A column that points at a person: which type of identifier, and within which scope it is unique."""

    type: str
    scope: str
    column: str


@dataclass(frozen=True)
class KindMapping:
    """How one kind is read from a line. `columns` maps an input's name to the file's column."""

    kind: Kind
    columns: MappingOf[str, str]
    formats: MappingOf[str, str]
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class SourceMapping:
    """A checked mapping. The first kind is what one line of the files is; the others are read from the same lines."""

    source: str
    files: tuple[Path, ...]
    reader: Source
    reader_options: MappingOf[str, object]
    time_zone: str
    currency: str
    missing: tuple[str, ...]
    kinds: tuple[KindMapping, ...]
    text: str

    def columns(self) -> dict[str, str]:
        """Return every column that is asked for, with the place in the mapping that asks first."""
        asked: dict[str, str] = {}
        for i, kind in enumerate(self.kinds):
            for name, column in kind.columns.items():
                asked.setdefault(column, f"kinds[{i}].columns.{name}")
            for j, identifier in enumerate(kind.identifiers):
                asked.setdefault(identifier.column, f"kinds[{i}].identifiers[{j}].column")
        return asked


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
    definition = read_definition(text, path.name)
    top = definition.mapping("", definition.value, _KEYS)
    reader, files = _check_files(definition, top, path.parent, readers)
    checked = _check_kinds(definition, top.get("kinds"), {k.name: k for k in kinds}, top.get("source"))
    zone, money = _check_conventions(definition, top, time_zone, currency)
    missing = definition.sequence("missing", top["missing"]) if "missing" in top else []
    source = definition.text("source", top.get("source"))
    definition.finish(Text("The mapping file has faults.", "映射文件有误。"))
    if source is None or reader is None:
        raise AssertionError("finish lets no fault pass")
    return SourceMapping(
        source=source,
        files=files,
        reader=reader,
        reader_options=dict(top.get("format_options") or {}),
        time_zone=zone,
        currency=money,
        missing=tuple(str(m) for m in missing),
        kinds=checked,
        text=text,
    )


def _check_files(
    definition: Definition, top: MappingOf[str, object], folder: Path, readers: Registry[Source]
) -> tuple[Source | None, tuple[Path, ...]]:
    given = top.get("files")
    patterns = [given] if isinstance(given, str) else definition.sequence("files", given)
    files: list[Path] = []
    for i, pattern in enumerate(patterns):
        place = "files" if isinstance(given, str) else f"files[{i}]"
        if (text := definition.text(place, pattern)) is not None:
            found = _matching(folder, text)
            if not found:
                definition.fault(place, Text("No file matches.", "没有匹配的文件。"), text, sorted(_names(folder)))
            files += [f for f in found if f not in files]
    reader = _check_format(definition, top.get("format"), files, readers)
    if reader is not None:
        definition.mapping("format_options", top.get("format_options") or {}, reader.options or ("",))
    return reader, tuple(files)


def _matching(folder: Path, pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    whole = path if path.is_absolute() else folder / path
    if whole.is_file():
        return [whole]
    base, tail = (Path(whole.anchor), str(whole.relative_to(whole.anchor)))
    return sorted(f for f in base.glob(tail) if f.is_file())


def _names(folder: Path) -> list[str]:
    return [f.name for f in list(folder.iterdir())[:20] if f.is_file()]


def _check_format(
    definition: Definition, given: object, files: Sequence[Path], readers: Registry[Source]
) -> Source | None:
    names = [reader.name for reader in readers.all()]
    if given is not None:
        name = definition.one_of("format", given, names)
        return readers.get(name) if name else None
    by_suffix = {r.name: r for f in files for r in readers.all() if f.name.lower().endswith(r.suffixes)}
    if files and len(by_suffix) != 1:
        problem = Text("Say which format the files have.", "请注明文件格式。")
        definition.fault("format", problem, ", ".join(f.name for f in files[:5]), names)
    return next(iter(by_suffix.values()), None) if len(by_suffix) == 1 else None


def _check_conventions(
    definition: Definition, top: MappingOf[str, object], time_zone: str, currency: str
) -> tuple[str, str]:
    zone = str(top.get("time_zone") or time_zone)
    if zone not in available_timezones():
        problem = Text("There is no such time zone.", "没有这个时区。")
        definition.fault("time_zone", problem, zone, near(zone, available_timezones(), 4))
    money = str(top.get("currency") or currency)
    try:
        exponent(money)
    except QuanyuError as error:
        definition.fault("currency", error.problem, money, error.allowed)
    if "title" in top:
        definition.bilingual("title", top["title"])
    definition.one_of("class", top.get("class", "first_party"), CLASSES)
    if "legal_basis" in top:
        basis = definition.mapping("legal_basis", top["legal_basis"], ("basis", "purposes", "channels"))
        definition.one_of("legal_basis.basis", basis.get("basis"), BASES)
    return zone, money


def _check_kinds(
    definition: Definition, given: object, kinds: MappingOf[str, Kind], source: object
) -> tuple[KindMapping, ...]:
    checked: list[KindMapping] = []
    for i, item in enumerate(definition.sequence("kinds", given)):
        place = f"kinds[{i}]"
        entry = definition.mapping(place, item, ("kind", "columns", "formats", "identifiers"))
        name = definition.one_of(f"{place}.kind", entry.get("kind"), list(kinds))
        if name is None:
            continue
        if name in {k.kind.name for k in checked}:
            definition.fault(f"{place}.kind", Text("This kind stands twice.", "此类型重复。"), name)
        kind = kinds[name]
        columns = _check_columns(definition, f"{place}.columns", entry.get("columns"), kind)
        formats = definition.mapping(f"{place}.formats", entry.get("formats") or {}, [i.name for i in kind.inputs])
        identifiers = _check_identifiers(definition, f"{place}.identifiers", entry.get("identifiers"), kind, source)
        checked.append(KindMapping(kind, columns, {k: str(v) for k, v in formats.items()}, identifiers))
    return tuple(checked)


def _check_columns(definition: Definition, place: str, given: object, kind: Kind) -> dict[str, str]:
    columns = definition.mapping(place, given, [i.name for i in kind.inputs])
    for name, column in columns.items():
        definition.text(f"{place}.{name}", column)
    for needed in kind.inputs:
        if needed.required and needed.name not in columns:
            problem = Text(f"{kind.name} needs a column for {needed.name}.", f"{kind.name} 缺少 {needed.name} 的列。")
            definition.fault(place, problem, ", ".join(columns) or None, [i.name for i in kind.inputs if i.required])
    return {name: str(column) for name, column in columns.items()}


def _check_identifiers(
    definition: Definition, place: str, given: object, kind: Kind, source: object
) -> tuple[Identifier, ...]:
    if given is None:
        return ()
    if not kind.takes_identifiers:
        definition.fault(place, Text(f"{kind.name} takes no identifiers.", f"{kind.name} 不接受标识。"))
        return ()
    found: list[Identifier] = []
    for i, item in enumerate(definition.sequence(place, given)):
        entry = definition.mapping(f"{place}[{i}]", item, ("type", "scope", "column"))
        kind_of = definition.text(f"{place}[{i}].type", entry.get("type"))
        column = definition.text(f"{place}[{i}].column", entry.get("column"))
        scope = definition.text(f"{place}[{i}].scope", entry.get("scope", source))
        if kind_of and column and scope:
            found.append(Identifier(kind_of, scope, column))
    return tuple(found)


def check_columns(mapping: SourceMapping, present: Sequence[str], name: str) -> None:
    """Refuse a mapping that asks for columns which the files do not have; every one is told at once."""
    definition = read_definition(mapping.text, name)
    for column, place in mapping.columns().items():
        if column not in present:
            problem = Text("The files have no such column.", "文件中没有这一列。")
            definition.fault(place, problem, column, near(column, present, 30))
    definition.finish(Text("The mapping does not fit the files.", "映射与文件不符。"))
