"""Nouns of a suggestion: which column is which input, how sure that is, and what else it could be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.reading import Reading
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.text import Text


@dataclass(frozen=True)
class Choice:
    """An input from a column, or with the same text for every line where there is no column."""

    wanted: Input
    column: Column | None
    score: float
    reading: Reading = field(default_factory=lambda: Reading(1.0))
    constant: str = ""
    others: tuple[tuple[str, float], ...] = ()  # columns that fit nearly as well
    why: Text | None = None
    also: tuple[Column, ...] = ()  # columns that speak where the ones before are empty, or with them: see `how`
    how: str = "column"  # or `joined`, or the signs with which the columns add up

    @property
    def columns(self) -> tuple[Column, ...]:
        return () if self.column is None else (self.column, *self.also)


@dataclass(frozen=True)
class Identified:
    type: str
    scope: str
    column: Column
    score: float
    shared: bool = False  # the scope is one for all sources of the company


@dataclass(frozen=True)
class Entry:
    """One entry under `kinds`. What is doubtful is written as a comment and asks to be confirmed."""

    kind: Kind
    chosen: tuple[Choice, ...]
    identifiers: tuple[Identified, ...] = ()
    doubtful: tuple[Choice, ...] = ()
    whole: bool = False
    score: float = 0.0

    def choice(self, name: str) -> Choice | None:
        return next((choice for choice in self.chosen if choice.wanted.name == name), None)

    def without(self, name: str, why: Text) -> "Entry":
        """Move an input to what is doubtful."""
        left = tuple(choice for choice in self.chosen if choice.wanted.name != name)
        moved = tuple(replace(choice, why=why) for choice in self.chosen if choice.wanted.name == name)
        return replace(self, chosen=left, doubtful=(*self.doubtful, *moved))

    def columns(self) -> set[str]:
        chosen = {column.name for choice in self.chosen for column in choice.columns}
        return chosen | {identified.column.name for identified in self.identifiers}


@dataclass(frozen=True)
class Trial:
    """What the import would do with the sample: lines read, refused, and why, most frequent first."""

    read: int
    refused: int
    reasons: tuple[tuple[str, str, str, int], ...] = ()  # input, column, what is wrong, lines


@dataclass(frozen=True)
class Suggestion:
    """A whole mapping for files of one shape, and what was seen of every column."""

    source: str
    files: tuple[Path, ...]
    format: str | None
    time_zone: str
    currency: str
    currency_seen: bool
    source_class: str
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]
    export: Text | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    rivals: tuple[tuple[str, float], ...] = ()  # other kinds that a line could be
    trial: Trial | None = None
    said: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def unused(self) -> tuple[Column, ...]:
        asked = {name for entry in self.entries for name in entry.columns()}
        return tuple(column for column in self.columns if column.name not in asked)
