"""Nouns of matching: what columns mean, how they are compared, which pairs are looked at, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from quanyu.foundation.text import Text

Task = Literal["dedupe", "link", "both"]
Keep = Literal["all", "best"]
How = Literal["names", "full_name", "date", "phone", "email", "number", "text", "exact", "items"]

PARTS: Mapping[str, tuple[str, ...]] = {
    "given_name": ("sound", "start"),
    "surname": ("sound", "start"),
    "full_name": ("sound", "words", "alike", "surname", "given", "start"),
    "birth_date": ("year", "month", "day"),
    "gender": (),
    "phone": ("start", "end", "tail"),
    "email": ("user",),
    "number": (),
    "house_number": (),
    "postcode": ("start",),
    "address": ("start",),
    "region": (),
    "category": (),
    "text": ("start",),
    "items": (),
}
"""What a column can mean, and what of it a blocking rule may ask for beside the whole."""
HOWS: Mapping[str, tuple[str, ...]] = {
    "given_name": ("text", "exact"),
    "surname": ("text", "exact"),
    "full_name": ("full_name", "text", "exact"),
    "birth_date": ("date", "exact"),
    "gender": ("exact",),
    "phone": ("phone", "exact"),
    "email": ("email", "text", "exact"),
    "number": ("number", "exact"),
    "house_number": ("number", "exact"),
    "postcode": ("number", "exact"),
    "address": ("text", "exact"),
    "region": ("text", "exact"),
    "category": ("exact", "text"),
    "text": ("text", "exact"),
    "items": ("items",),
}
"""How each meaning may be compared, the usual way first; `names` takes a given name and a surname together."""
LEVELS: Mapping[str, tuple[float, ...]] = {"text": (0.92, 0.8), "number": (1, 2)}
"""Bounds of the levels that a comparison may set: similarity at least, or slips of the pen at most."""


@dataclass(frozen=True)
class Field:
    """What is compared: the first of `columns` that a file has; `forms` are of dates, as strptime writes them."""

    name: str
    columns: tuple[str, ...]
    means: str
    forms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """`frequency`: a rare value that agrees says more than a frequent one."""

    name: str
    how: str
    fields: tuple[str, ...]
    levels: tuple[float, ...] = ()
    frequency: bool = True


@dataclass(frozen=True)
class Key:
    """What two records of a block share: a field, or a part of it; `right` differs where fields are swapped."""

    left: str
    right: str

    @property
    def crossed(self) -> bool:
        return self.left != self.right

    def __str__(self) -> str:
        return f"{self.left}~{self.right}" if self.crossed else self.left


Rule = tuple[Key, ...]


def rule_name(rule: Rule) -> str:
    return " + ".join(str(key) for key in rule)


@dataclass(frozen=True)
class Training:
    """`passes` are blocks in which the model learns how records of one person differ; `pairs` are drawn at random."""

    passes: tuple[Rule, ...]
    pairs: int = 500_000
    seed: int = 1


@dataclass(frozen=True)
class Config:
    """All that a match is told.

    A record is told apart by the first of the columns `id` that its file has; without any, by its line. Without `task`,
    one file is deduplicated and several are linked.
    """

    fields: tuple[Field, ...]
    compare: tuple[Comparison, ...]
    blocking: tuple[Rule, ...]
    training: Training
    id: tuple[str, ...] = ()
    task: Task | None = None
    country: str = "CN"
    threshold: float = 0.5
    keep: Keep = "all"
    most_pairs: int = 200_000_000

    def field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)

    def task_of(self, files: int) -> Task:
        return self.task or ("dedupe" if files == 1 else "link")


@dataclass(frozen=True)
class Level:
    """How much agreement at this level speaks for one person, in bits; below zero it speaks against."""

    comparison: str
    label: str
    matches: float  # share of records of one person that agree so
    others: float  # of two records taken at random
    weight: float
    trained: bool


@dataclass(frozen=True)
class Matched:
    """What a match has found; the pairs themselves are in the file that it wrote."""

    records: tuple[tuple[str, int], ...]  # file and its records
    task: Task
    blocks: tuple[tuple[str, int], ...]  # rule and the pairs that it alone would give
    compared: int
    expected: float  # pairs of one person that the model reckons with among those compared
    pairs: int
    levels: tuple[Level, ...]
    bands: Mapping[str, int] = field(default_factory=dict[str, int])
    notes: tuple[Text, ...] = ()
