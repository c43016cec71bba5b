"""The part of a mapping that says how one kind is read from a line, with every fault of it told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from quanyu.customers.ingest.values import FLAG_WORDS, NUMBER_FORMS, OTHER, TIME_FORMS, words_of
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.text import Text

Where = tuple[str | int, ...]

_KEYS = ("kind", "columns", "constants", "codes", "formats", "identifiers", "whole")
_NUMBERS, _TIMES = ("decimal", "integer"), ("instant", "date")


@dataclass(frozen=True)
class Identifier:
    """A column that points at a person: which type of identifier, and within which scope it is unique."""

    type: str
    scope: str
    column: str


@dataclass(frozen=True)
class KindMapping:
    """How one kind is read from a line: each input from a column of the file, or the same text for every line.

    An input with `others` comes from the first of its columns that is not empty; a `joined` one from all of them, and
    so does one with `signs`, such as `+-`: a number that they add up to, each with its sign.
    """

    kind: Kind
    columns: Mapping[str, str]
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    identifiers: tuple[Identifier, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    whole: bool = False  # the files hold documents as a whole
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    joined: frozenset[str] = frozenset()
    signs: Mapping[str, str] = field(default_factory=dict[str, str])

    def given(self, name: str) -> tuple[str, ...]:
        """Return where an input comes from: `constant` and its text, or a word and names of columns.

        The word is `column`, `joined`, or the signs with which the columns add up.
        """
        if name in self.constants:
            return ("constant", self.constants[name])
        how = "joined" if name in self.joined else self.signs.get(name, "column")
        return (how, self.columns[name], *self.others.get(name, ()))

    def gives(self, name: str) -> bool:
        return name in self.columns or name in self.constants

    def forms(self, name: str) -> tuple[str, ...]:
        return self.formats.get(name, ())

    def words(self, wanted: Input) -> dict[str, str]:
        """Return what a file may say for a code, and what each word stands for."""
        return words_of(wanted.codes) | dict(self.codes.get(wanted.name, {}))


def check_kind(
    reading: Reading, where: Where, raw: object, kinds: Mapping[str, Kind], source: str | None
) -> KindMapping | None:
    """Read one entry under `kinds`; None where it does not name a kind."""
    entry = reading.mapping(raw, where, ("kind", "columns"), _KEYS)
    name = reading.choice(entry, "kind", where, list(kinds))
    if name is None:
        return None
    kind = kinds[name]
    constants = _check_constants(reading, where, entry, kind)
    columns, joined, signs = _check_columns(reading, where, entry, kind, constants)
    return KindMapping(
        kind,
        {name: first for name, (first, *_) in columns.items()},
        _check_formats(reading, where, entry, kind),
        _check_identifiers(reading, where, entry, kind, source),
        constants,
        _check_codes(reading, where, entry, kind),
        _check_whole(reading, where, entry, kind),
        {name: tuple(others) for name, (_, *others) in columns.items() if others},
        joined,
        signs,
    )


def _check_columns(
    reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind, constants: Mapping[str, str]
) -> tuple[dict[str, list[str]], frozenset[str], dict[str, str]]:
    if "columns" not in entry:
        return {}, frozenset(), {}
    place: Where = (*where, "columns")
    required = [known.name for known in kind.inputs if known.required and known.name not in constants]
    columns = reading.mapping(entry["columns"], place, required, [known.name for known in kind.inputs])
    for name in set(columns) & set(constants):
        problem = Text("This input has a constant, too.", "该项同时给出了固定值。")
        reading.fault((*place, name), problem, columns[name], "a column or a constant")
    for group in kind.either:
        if not set(group) & {*columns, *constants}:
            problem = Text("One of these is needed.", "以下至少需要一项。")
            reading.fault(place, problem, ", ".join(columns), *group)
    found: dict[str, list[str]] = {}
    joined: set[str] = set()
    signs: dict[str, str] = {}
    inputs = {known.name: known for known in kind.inputs}
    for name, raw in columns.items():
        given: object = raw
        if isinstance(raw, dict) and "sum" in raw:
            given, signs[name] = _check_sum(reading, (*place, name), raw, inputs.get(name))
        elif isinstance(raw, dict):
            given = _check_joined(reading, (*place, name), raw, inputs.get(name))
            joined.add(name)
        listed = reading.list(given, (*place, name)) if isinstance(given, list) else [given]
        words = [reading.word({name: column}, name, place) for column in listed if column is not None]
        found |= {name: known} if (known := [word for word in words if word is not None]) else {}
    return found, frozenset(joined), signs


def _check_sum(reading: Reading, place: Where, raw: object, wanted: Input | None) -> tuple[object, str]:
    """Return the columns that a number adds up from, and the sign of each."""
    if wanted is not None and wanted.type not in _NUMBERS:
        problem = Text("Only numbers are added up of several columns.", "只有数字可由多列相加。")
        return reading.fault(place, problem, raw, "one column"), ""
    told = reading.mapping(raw, place, ("sum",), ("sum", "less"))
    added = reading.list(told["sum"], (*place, "sum"), 1)
    less = reading.list(told["less"], (*place, "less"), 1) if "less" in told else []
    return [*added, *less] or None, "+" * len(added) + "-" * len(less)


def _check_joined(reading: Reading, place: Where, raw: object, wanted: Input | None) -> object:
    """Return the columns that make a key together; only keys and texts are made so."""
    if wanted is not None and wanted.type not in {"key", "text"}:
        problem = Text("Only keys and texts are made of several columns.", "只有主键与文字可由多列组成。")
        return reading.fault(place, problem, raw, "one column")
    told = reading.mapping(raw, place, ("join",), ("join",))
    return reading.list(told["join"], (*place, "join"), 2) if "join" in told else None


def _check_constants(reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind) -> dict[str, str]:
    place: Where = (*where, "constants")
    inputs = {known.name: known for known in kind.inputs}
    given = reading.mapping(entry.get("constants", {}), place, (), list(inputs))
    own = _check_codes(Reading(reading.document), where, entry, kind)
    found: dict[str, str] = {}
    for name in [name for name in given if name in inputs]:
        text = _written(given[name])
        allowed = _wrong(text, inputs[name], own.get(name, {}))
        if allowed:
            problem = Text("This is no value of the input.", "不是该项的有效取值。")
            reading.fault((*place, name), problem, given[name], *allowed)
        found[name] = text
    return found


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _wrong(text: str, wanted: Input, own: Mapping[str, str]) -> tuple[str, ...]:
    """Return what would be allowed in the place of a constant that is no value of the input."""
    try:
        if wanted.type in _NUMBERS:
            Decimal(text)
        if wanted.type in _TIMES:
            datetime.fromisoformat(text)
    except (InvalidOperation, ValueError):
        return (f"a {wanted.type}, such as {wanted.example}",)
    if wanted.type == "code":
        words = words_of(wanted.codes) | dict(own)
        return () if text.lower() in words or OTHER in words else near(text, [code.value for code in wanted.codes])
    if wanted.type == "flag":
        return () if text.lower() in FLAG_WORDS else ("true", "false")
    return () if text.strip() else ("a text",)


def _check_codes(
    reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind
) -> dict[str, Mapping[str, str]]:
    """Read what the file's own words stand for: one of the list's codes, or in a text anything."""
    place: Where = (*where, "codes")
    inputs = {known.name: known for known in kind.inputs if known.type in {"code", "text"}}
    given = reading.mapping(entry.get("codes", {}), place, (), list(inputs))
    found: dict[str, Mapping[str, str]] = {}
    for name in [name for name in given if name in inputs]:
        raw = given[name]
        words = reading.mapping(raw, (*place, name), (), list(raw) if isinstance(raw, dict) else ())
        allowed = [code.value for code in inputs[name].codes]
        for word, value in words.items():
            if allowed and value not in allowed:
                problem = Text("This is not one of the codes.", "不在代码表内。")
                reading.fault((*place, name, word), problem, value, *near(str(value), allowed))
        found[name] = {_written(word).lower(): _written(value) for word, value in words.items()}
    return found


def _check_formats(
    reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind
) -> dict[str, tuple[str, ...]]:
    place: Where = (*where, "formats")
    inputs = {known.name: known for known in kind.inputs if known.type in {*_NUMBERS, *_TIMES}}
    given = reading.mapping(entry.get("formats", {}), place, (), list(inputs))
    found: dict[str, tuple[str, ...]] = {}
    for name in [name for name in given if name in inputs]:
        raw = given[name]
        forms = reading.list(raw, (*place, name)) if isinstance(raw, list) else [raw]
        for form in forms:
            _check_form(reading, (*place, name), form, inputs[name])
        found[name] = tuple(str(form) for form in forms)
    return found


def _check_form(reading: Reading, place: Where, form: object, wanted: Input) -> None:
    if wanted.type in _NUMBERS:
        if form not in NUMBER_FORMS:
            reading.fault(place, Text("Numbers are not written so.", "没有这种数字写法。"), form, *NUMBER_FORMS)
    elif not (isinstance(form, str) and (form in TIME_FORMS or "%" in form)):
        problem = Text("Here stands how the time is written.", "此处应为时间格式。")
        reading.fault(place, problem, form, "%d/%m/%Y %H:%M", *TIME_FORMS)


def _check_identifiers(
    reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind, source: str | None
) -> tuple[Identifier, ...]:
    if "identifiers" not in entry:
        return ()
    place: Where = (*where, "identifiers")
    if not kind.takes_identifiers:
        reading.fault(place, Text(f"{kind.name} takes no identifiers.", f"{kind.name} 不接受标识。"), None)
        return ()
    found: list[Identifier] = []
    for i, item in enumerate(reading.list(entry["identifiers"], place)):
        keys = reading.mapping(item, (*place, i), ("type", "column"), ("type", "scope", "column"))
        words = {"scope": source, **keys}
        type_, scope, column = (reading.word(words, key, (*place, i)) for key in ("type", "scope", "column"))
        if type_ and scope and column:
            found.append(Identifier(type_, scope, column))
    return tuple(found)


def _check_whole(reading: Reading, where: Where, entry: Mapping[str, object], kind: Kind) -> bool:
    whole = entry.get("whole", False)
    if not isinstance(whole, bool):
        reading.fault((*where, "whole"), Text("Here stands true or false.", "此处应为 true 或 false。"), whole, "true")
        return False
    if whole and not kind.document:
        problem = Text(f"{kind.name} is not a line of a document.", f"{kind.name} 不是单据的明细行。")
        reading.fault((*where, "whole"), problem, whole, "false")
    return whole
