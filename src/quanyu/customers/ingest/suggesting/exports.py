"""Exports that are known by their headers: which column is what, without any guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from quanyu.customers.ingest.suggesting.columns import Sample
from quanyu.foundation.documents import read
from quanyu.foundation.kinds import Kind
from quanyu.foundation.text import Text

SOURCE, COMPANY = "source", "company"
"""Scopes of an identifier: the mapping's own source, or one name for all sources of a company."""


@dataclass(frozen=True)
class Named:
    """Columns of one input; `how` as in a mapping: `column` for the first that is filled, `joined`, or signs."""

    columns: tuple[str, ...]
    how: str = "column"


@dataclass(frozen=True)
class KnownKind:
    """What one kind gets of a known export."""

    kind: str
    columns: Mapping[str, Named]
    constants: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]
    identifiers: tuple[tuple[str, str, str], ...]  # type, scope, column

    def constants_of(self, source: str) -> dict[str, str]:
        """Return the constants in a mapping of `source`; a scope may be the source itself."""
        return {n: source if (n, text) == ("scope", SOURCE) else text for n, text in self.constants.items()}


@dataclass(frozen=True)
class Export:
    title: Text
    headers: frozenset[str]
    source_class: str
    kinds: tuple[KnownKind, ...]


def recognise(columns: Sequence[str]) -> Export | None:
    """Return the export whose headers are all there; of several the one that tells most of them."""
    present = {_plain(name) for name in columns}
    found = [export for export in known() if {_plain(name) for name in export.headers} <= present]
    return max(found, key=lambda export: len(export.headers), default=None)


def place_columns(known_kind: KnownKind, kind: Kind, sample: Sample) -> dict[str, Named]:
    """Return the columns of a known kind's inputs, of those inputs and columns that there are."""
    inputs = {wanted.name for wanted in kind.inputs}
    placed: dict[str, Named] = {}
    for name, named in known_kind.columns.items():
        told = (_first_filled if named.how == "column" else _together)(named, sample)
        if name in inputs and told.columns:
            placed[name] = told
    return placed


def _first_filled(named: Named, sample: Sample) -> Named:
    """Leave out what comes behind a column that is filled on every line: it never speaks."""
    names = {_plain(name): name for name in sample.by_name}
    present = [names[_plain(column)] for column in named.columns if _plain(column) in names]
    full = next((i for i, column in enumerate(present) if sample.by_name[column].fill == 1), len(present))
    told = [column for column in present[: full + 1] if sample.by_name[column].filled] or present[:1]
    return Named(tuple(told))


def _together(named: Named, sample: Sample) -> Named:
    """Return columns of which each counts: none where one is not there; what is empty adds nothing to a sum."""
    names = {_plain(name): name for name in sample.by_name}
    if any(_plain(column) not in names for column in named.columns):
        return Named(())
    present = [names[_plain(column)] for column in named.columns]
    if named.how == "joined":
        return Named(tuple(present), named.how)
    filled = [i for i, column in enumerate(present) if sample.by_name[column].filled]
    signs = "".join(named.how[i] for i in filled)
    return Named(tuple(present[i] for i in filled), signs) if "+" in signs else Named(())


def _plain(name: str) -> str:
    return name.strip().lower()


@cache
def known() -> tuple[Export, ...]:
    text = files("quanyu.customers.ingest.suggesting").joinpath("exports.yaml").read_text("utf-8")
    listed = cast("list[dict[str, object]]", read(text).value)
    return tuple(_export(raw) for raw in listed)


def _export(raw: Mapping[str, object]) -> Export:
    title = cast("dict[str, str]", raw["title"])
    kinds = cast("list[dict[str, object]]", raw["kinds"])
    return Export(
        Text(title["en"], title["zh"]),
        frozenset(cast("list[str]", raw["headers"])),
        str(raw["class"]),
        tuple(_kind(each) for each in kinds),
    )


def _kind(raw: Mapping[str, object]) -> KnownKind:
    columns = cast("dict[str, object]", raw["columns"])
    identifiers = cast("list[dict[str, str]]", raw.get("identifiers", []))
    return KnownKind(
        str(raw["kind"]),
        {name: _named(given) for name, given in columns.items()},
        cast("dict[str, str]", raw.get("constants", {})),
        cast("dict[str, dict[str, str]]", raw.get("codes", {})),
        tuple((each["type"], each["scope"], each["column"]) for each in identifiers),
    )


def _named(given: object) -> Named:
    if isinstance(given, str):
        return Named((given,))
    if isinstance(given, list):
        return Named(tuple(cast("list[str]", given)))
    told = cast("dict[str, list[str]]", given)
    if "join" in told:
        return Named(tuple(told["join"]), "joined")
    added, less = told["sum"], told.get("less", [])
    return Named((*added, *less), "+" * len(added) + "-" * len(less))
