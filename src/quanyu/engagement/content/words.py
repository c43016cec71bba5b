"""Words that a message may not, or had better not, hold: superlatives that the advertising law forbids, and the like.

The lists are in `words.tsv`. A word inside a longer one that is harmless is let pass: `第一次`, `最近`.
"""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple, cast

from quanyu.engagement.content.model import Flagged, Severity
from quanyu.foundation.text import Text


class Listed(NamedTuple):
    word: str
    severity: Severity
    harmless: tuple[str, ...]
    why: Text


@lru_cache(maxsize=1)
def listed() -> tuple[Listed, ...]:
    """Return the shipped words."""
    rows = (files("quanyu.engagement.content") / "words.tsv").read_text("utf-8").splitlines()
    told = [row.split("\t") for row in rows[1:] if row]
    return tuple(
        Listed(word, cast("Severity", severity), tuple(harmless.split()), Text(en, zh))
        for word, severity, harmless, en, zh in told
    )


def flagged(place: str, text: str) -> list[Flagged]:
    """Return what stands in a text that may not, or had better not; the longest of overlapping words."""
    lower = text.lower()
    found: list[tuple[int, Listed]] = []
    for each in listed():
        bare = lower
        for harmless in each.harmless:
            bare = bare.replace(harmless, " " * len(harmless))
        at = bare.find(each.word)
        if at >= 0:
            found.append((at, each))
    words = [each.word for _, each in found]
    longest = [(at, e) for at, e in found if not any(e.word != w and e.word in w for w in words)]
    return [Flagged(place, each.word, each.severity, each.why) for _, each in sorted(longest)]
