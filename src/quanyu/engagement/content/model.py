"""Nouns of content: a definition with its variants, the parts of a channel's message, and what is wrong with words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quanyu.foundation.text import Text

LANGUAGES = ("zh", "en")
"""Languages that a content may be written in; the first that a content lists is for who speaks none of them."""

Weighed = Literal["characters", "bytes"]
Severity = Literal["refused", "warned"]


@dataclass(frozen=True)
class Part:
    """One field of a channel's message. `most` counts characters, or bytes of UTF-8, once it has been filled in."""

    name: str
    title: Text
    most: int
    required: bool = True
    counted_in: Weighed = "characters"
    one_line: bool = False
    markup: bool = False  # values that are filled in are escaped


@dataclass(frozen=True)
class Content:
    """A definition that was checked: `variants` are templates by channel, language and part, as they were written."""

    name: str
    title: Text
    languages: tuple[str, ...]
    links: Mapping[str, str]
    variants: Mapping[str, Mapping[str, Mapping[str, str]]]
    written: Mapping[str, object]
    hash: str

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.variants)


@dataclass(frozen=True)
class Applied:
    """What became of a definition: `changed` is False when it already stood so."""

    name: str
    version: int
    changed: bool
    warnings: tuple["Flagged", ...] = ()


@dataclass(frozen=True)
class Flagged:
    """A word that stands where it may not, or had better not: `law` names the rule."""

    place: str
    word: str
    severity: Severity
    why: Text
