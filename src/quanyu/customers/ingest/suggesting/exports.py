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
class KnownKind:
    """What one kind gets of a known export; of an input's columns the first speaks that is filled."""

    kind: str
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]
    identifiers: tuple[tuple[str, str, str], ...]  # type, scope, column


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


def place_columns(known_kind: KnownKind, kind: Kind, sample: Sample) -> dict[str, tuple[str, ...]]:
    """Return the columns of a known kind's inputs, of those inputs and columns that there are.

    What comes behind a column that is filled on every line is left out: it never speaks.
    """
    names = {_plain(name): name for name in sample.by_name}
    inputs = {wanted.name for wanted in kind.inputs}
    placed: dict[str, tuple[str, ...]] = {}
    for name, tried in known_kind.columns.items():
        present = [names[_plain(column)] for column in tried if _plain(column) in names]
        full = next((i for i, column in enumerate(present) if sample.by_name[column].fill == 1), len(present))
        told = [column for column in present[: full + 1] if sample.by_name[column].filled] or present[:1]
        if name in inputs and told:
            placed[name] = tuple(told)
    return placed


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
    columns = cast("dict[str, str | list[str]]", raw["columns"])
    identifiers = cast("list[dict[str, str]]", raw.get("identifiers", []))
    return KnownKind(
        str(raw["kind"]),
        {name: (given,) if isinstance(given, str) else tuple(given) for name, given in columns.items()},
        cast("dict[str, str]", raw.get("constants", {})),
        cast("dict[str, dict[str, str]]", raw.get("codes", {})),
        tuple((each["type"], each["scope"], each["column"]) for each in identifiers),
    )
