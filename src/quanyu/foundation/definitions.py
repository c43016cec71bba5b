"""Reads the shape of a decoded definition, key by key, and collects every fault with its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import cast

from quanyu.foundation.documents import Document, Path
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text

LONGEST_TEXT = 500
SHOWN = 30
"""How many names an error shows when none is near."""


@dataclass
class Reading:
    """A definition being read; each method returns None where it has added a fault."""

    document: Document
    faults: list[Fault] = field(default_factory=list[Fault])

    def fault(self, path: Path, problem: Text, received: object, *allowed: str) -> None:
        self.faults.append(Fault(self.document.place(path), problem, shown(received), allowed))

    def refuse_faults(self, problem: Text) -> None:
        """Raise `Invalid` with all faults, in the order of their lines."""
        if self.faults:
            remedy = Text("Correct the places named below.", "请修改以下各处。")
            raise Invalid(problem, remedy=remedy, faults=sorted(self.faults, key=_line))

    def mapping(self, raw: object, path: Path, required: Sequence[str], known: Sequence[str]) -> dict[str, object]:
        """Return the mapping, empty where it is none; keys missing or unknown are faults."""
        if not isinstance(raw, Mapping):
            self.fault(path, Text("Here stands a mapping.", "此处应为键值。"), raw, *known)
            return {}
        given = cast("Mapping[str, object]", raw)
        for key in given:
            if key not in known:
                self.fault((*path, key), Text("This key is not known.", "未知的键。"), key, *near(key, known))
        for key in required:
            if key not in given:
                self.fault((*path, key), Text("This key is missing.", "缺少该键。"), None, key)
        return dict(given)

    def list(self, raw: object, path: Path, least: int = 1) -> "list[object]":
        if isinstance(raw, list) and len(cast("list[object]", raw)) >= least:
            return cast("list[object]", raw)
        self.fault(path, Text("Here stands a list.", "此处应为列表。"), raw, f"at least {least}")
        return []

    def word(self, given: Mapping[str, object], key: str, path: Path) -> str | None:
        """Return a text of one line; a missing key was a fault of its mapping."""
        raw = given.get(key)
        if key not in given or (isinstance(raw, str) and 0 < len(raw.strip()) < LONGEST_TEXT):
            return cast("str | None", raw)
        return self.fault((*path, key), Text("Here stands a text.", "此处应为文字。"), raw, "a text")

    def text(self, given: Mapping[str, object], key: str, path: Path) -> Text | None:
        """Return a text in both languages; a missing key was a fault of its mapping."""
        if key not in given:
            return None
        raw = given[key]
        where = (*path, key)
        found = self.mapping(raw, where, ("en", "zh"), ("en", "zh"))
        words = [found.get("en"), found.get("zh")]
        for language, word in zip(("en", "zh"), words, strict=True):
            if language in found and not (isinstance(word, str) and len(word.strip()) > 0 and len(word) < LONGEST_TEXT):
                self.fault((*where, language), Text("Text is missing.", "缺少文字。"), word, "text in this language")
                return None
        return Text(str(words[0]), str(words[1])) if None not in words else None

    def choice(self, given: Mapping[str, object], key: str, path: Path, allowed: Sequence[str]) -> str | None:
        """Return one of the allowed words; a missing key was a fault of its mapping."""
        if key not in given:
            return None
        raw = given[key]
        if isinstance(raw, str) and raw in allowed:
            return raw
        return self.fault(
            (*path, key),
            Text("This is not one of the words allowed.", "不在可选范围内。"),
            raw,
            *near(str(raw), allowed),
        )


def _line(fault: Fault) -> int:
    found = re.match(r"line (\d+)", fault.place)
    return int(found[1]) if found else 0


def near(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that were perhaps meant, else the first of all names."""
    return tuple(get_close_matches(name, names, n=3, cutoff=0.6) or names[:SHOWN])


def shown(written: object) -> str:
    """Return what was received, short enough for an error, with its type where that is the point."""
    if isinstance(written, (list, dict)):
        return f"{'a list' if isinstance(written, list) else 'a mapping'} of {len(written)}"
    if written is None or isinstance(written, bool):
        return {None: "null", True: "true", False: "false"}[written]
    text = str(written)
    return f'"{text[:60]}"' if isinstance(written, str) else text[:60]
