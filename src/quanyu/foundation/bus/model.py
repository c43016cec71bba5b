"""A fact: what a room says has happened, as a reference to rows and never the rows themselves."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fact:
    """Base of all facts. Subclasses are frozen dataclasses of plain values, stored as JSON."""

    name: ClassVar[str]
