"""Finds what tells the people of one group from those of another: how much each tag tells, and the best part of it.

Who is in both groups belongs to neither side here; where one group lies within the other, it is held against the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from quanyu.foundation.text import Text
from quanyu.targeting.audiences.parts import is_small, label
from quanyu.targeting.audiences.significance import Counts, information, two_sides
from quanyu.targeting.audiences.spreads import Part, Spread
from quanyu.targeting.tags.model import Tag

_WORDS = Text("{title}: {part} – {inside} here, {outside} elsewhere", "{title}：{part}——此处 {inside}，其他 {outside}")


@dataclass(frozen=True)
class Split:
    """The part of a tag that tells most: the share of this group that is in it, and of the others."""

    label: Text
    inside: float
    outside: float


@dataclass(frozen=True)
class Distinction:
    """What one tag tells about who is in the group: `bits`, and their share of all there is to tell."""

    tag: Tag
    bits: float
    explained: float
    split: Split | None

    @property
    def words(self) -> Text:
        """Say it in a sentence."""
        if self.split is None:
            return Text(f"{self.tag.title.en}: many small differences", f"{self.tag.title.zh}：多个取值略有差异")
        figures = {"inside": f"{self.split.inside:.0%}", "outside": f"{self.split.outside:.0%}"}
        part, title = self.split.label, self.tag.title
        return Text(
            _WORDS.en.format(title=title.en, part=part.en, **figures),
            _WORDS.zh.format(title=title.zh, part=part.zh, **figures),
        )


def distinguish(spread: Spread, day: date, currency: str) -> Distinction:
    """Return what a tag tells, and its best part: one value, or all from an end up to a cut."""
    sides = two_sides(spread.counts)
    bits, explained = information(sides)
    return Distinction(spread.tag, bits, explained, _best(spread, sides, day, currency))


def _best(spread: Spread, sides: Counts, day: date, currency: str) -> Split | None:
    whole = sides.sum(axis=1)
    found: tuple[float, Split] | None = None
    for part, group in _candidates(spread):
        mine = sides[:, list(group)].sum(axis=1)
        inside, outside = (mine / np.maximum(whole, 1)).tolist()
        if inside <= outside or _reveals(spread, group):
            continue
        bits, _ = information(np.column_stack([mine, whole - mine]))
        if bits > 0 and (found is None or bits > found[0]):
            found = bits, Split(label(part, spread.tag, day, currency), inside, outside)
    return None if found is None else found[1]


def _reveals(spread: Spread, group: Sequence[int]) -> bool:
    mine = spread.counts[:, list(group)].sum(axis=1)
    return is_small(spread.counts, mine) or is_small(spread.counts, spread.counts.sum(axis=1) - mine)


def _candidates(spread: Spread) -> Iterator[tuple[Part, Sequence[int]]]:
    """Yield single values, and bands from either end; no rest that has no name of its own."""
    bands = [i for i, part in enumerate(spread.parts) if part.kind == "band"]
    yield from ((part, [i]) for i, part in enumerate(spread.parts) if part.kind in {"value", "unknown", "band"})
    for many in range(2, len(bands)):
        first, last = spread.parts[bands[0]], spread.parts[bands[many - 1]]
        yield replace(first, value=None, up_to=last.up_to), bands[:many]
        first, last = spread.parts[bands[-many]], spread.parts[bands[-1]]
        yield replace(first, value=None, up_to=last.up_to), bands[-many:]
    if len(bands) > 1:
        yield Part("band"), bands
