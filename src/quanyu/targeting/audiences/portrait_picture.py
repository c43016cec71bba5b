"""Draws a portrait as one PNG: what distinguishes these people, and the tags by which they differ most."""

from collections.abc import Sequence

from quanyu.foundation.text import Text
from quanyu.targeting.audiences.distinguishing import Distinction
from quanyu.targeting.audiences.pages import drawn, rect, words_at
from quanyu.targeting.audiences.pictures import picture
from quanyu.targeting.audiences.portrait_page import FARTHEST, doublings
from quanyu.targeting.audiences.portraits import Figure, Portrait, TagPortrait

TOLD, TAGS, FIGURES = 8, 6, 6
_LINE, _LABEL, _BAR, _LETTER = 26.0, 330.0, 220.0, 7.0
_FIGURE = 66.0  # from one column of figures to the next
_WIDTH = _LABEL + _BAR + 3 * _FIGURE + 8


def paint_portrait(found: Portrait) -> bytes:
    """Return the picture in the reader's language."""
    title = Text(f"Portrait · {found.party.title.en}", f"人群画像 · {found.party.title.zh}")
    beneath = Text(
        f"{found.party.size:,} customers, against {found.other.title.en} ({found.other.size:,}), tags of {found.day}",
        f"{found.party.size:,} 位客户，对照{found.other.title.zh}（{found.other.size:,}），标签日期 {found.day}",
    )
    told = [each for each in found.distinctions if each.split is not None][:TOLD]
    parts = [(Text("What distinguishes these people", "这些人有何不同"), _distinctions(told))] if told else []
    tags = found.tags[:TAGS]
    if tags:
        parts.append((Text("Tag by tag, index 100 = alike", "逐个标签（指数 100 = 相同）"), _tags(tags)))
    return picture(title, beneath, parts)


def _distinctions(told: Sequence[Distinction]) -> str:
    rows = "".join(_distinction(each, _LINE * (i + 1)) for i, each in enumerate(told))
    heads = (Text("here", "此处"), Text("others", "其他"))
    columns = "".join(_right(1 + i, 14, head) for i, head in enumerate(heads))
    return drawn(_WIDTH, _LINE * (len(told) + 1), columns + rows)


def _distinction(each: Distinction, y: float) -> str:
    split = each.split
    assert split is not None
    name = Text(f"{each.tag.title.en}: {split.label.en}", f"{each.tag.title.zh}：{split.label.zh}")
    ground = rect(_LABEL, y + 3, _BAR, 7, "empty") + rect(_LABEL, y + 12, _BAR, 7, "empty")
    bars = rect(_LABEL, y + 3, _BAR * split.inside, 7, "more") + rect(_LABEL, y + 12, _BAR * split.outside, 7, "unsure")
    figures = "".join(
        _right(1 + i, y + 15, Text(f"{share:.0%}", f"{share:.0%}"))
        for i, share in enumerate((split.inside, split.outside))
    )
    return _label(name, y + 15) + ground + bars + figures


def _tags(tags: Sequence[TagPortrait]) -> str:
    heads = (Text("here", "此处"), Text("there", "对照"), Text("index", "指数"))
    shown, y = ["".join(_right(1 + i, 14, head) for i, head in enumerate(heads))], _LINE
    for tag in tags:
        shown.append(words_at(0, y + 12, tag.tag.title))
        for figure in tag.figures[:FIGURES]:
            y += _LINE * 0.85
            shown.append(_figure(figure, y))
        y += _LINE * 1.2
    return drawn(_WIDTH, y, "".join(shown))


def _figure(figure: Figure, y: float) -> str:
    middle, far = _LABEL + _BAR / 2, doublings(figure)
    length = abs(far) / FARTHEST * _BAR / 2
    kind = "unsure" if not figure.certain else "more" if far > 0 else "less"
    bar = rect(middle if far > 0 else middle - length, y + 4, length, 9, kind)
    ground = rect(_LABEL, y + 8, _BAR, 1, "empty") + rect(middle - 0.5, y, 1, 17, "axis")
    index = "–" if figure.index is None else f"{figure.index:,.0f}"
    told = (f"{figure.inside_share:.1%}", f"{figure.outside_share:.1%}", index)
    figures = "".join(_right(1 + i, y + 12, Text(each, each)) for i, each in enumerate(told))
    return _label(figure.label, y + 12, indent=14) + ground + bar + figures


def _right(column: int, y: float, words: Text) -> str:
    return words_at(_LABEL + _BAR + column * _FIGURE, y, words, end=True, kind="pale")


def _label(words: Text, y: float, indent: float = 0) -> str:
    return words_at(indent, y, Text(*(_cut(each, _LABEL - indent - 12) for each in words)))


def _cut(written: str, room: float) -> str:
    """Return as much of a text as fits; a Chinese character is two letters wide."""
    wide = 0.0
    for at, character in enumerate(written):
        wide += _LETTER * (1.75 if ord(character) > 0x2E7F else 1)
        if wide > room:
            return written[: at - 1] + "…"
    return written
