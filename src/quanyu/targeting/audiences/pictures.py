"""Puts drawings with their headings together as one PNG in the reader's language, for a slide or a chat."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

import resvg_py

from quanyu.foundation.errors import Conflict
from quanyu.foundation.text import Text, language

ZOOM = 2.0
"""Points of the picture for each unit: sharp on the screens of phones."""
_MARGIN, _NARROWEST, _HEADING, _BETWEEN = 28.0, 560.0, 34.0, 22.0
_FAMILIES = (
    "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', "
    "'Noto Serif CJK SC', 'DejaVu Sans', Arial, sans-serif"
)
_STYLE = f"""
text {{ font-family: {_FAMILIES}; font-size: 12px; fill: #26303d }}
text.pale {{ fill: #68717f }} text.title, text.heading {{ font-weight: 700 }}
text.title {{ font-size: 22px }} text.heading {{ font-size: 15px }}
.more {{ fill: #2f7d5e }} .less {{ fill: #b4662f }} .calm {{ fill: #5b84b1 }}
.empty {{ fill: #e4e8ee }} .unsure {{ fill: #aab2bd }} .axis {{ fill: #68717f }}
.stripe {{ opacity: .35 }} .link {{ stroke: #5b84b1; stroke-width: 2 }}
"""
_SIZE = re.compile(r'^<svg [^>]*?width="(\d+)" height="(\d+)"')
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_NO_CHARACTER = "\U000f0000"


def picture(title: Text, beneath: Text, parts: Sequence[tuple[Text, str]]) -> bytes:
    """Return a PNG: the title, a line beneath it, and each drawing below its heading.

    A drawing is what `pages.drawn` returns. Raises Conflict where no font of this machine has the characters.
    """
    y = _MARGIN + 22
    inside = [_line(y, str(title), "title"), _line(y + 22, str(beneath), "pale")]
    y, width = y + 22 + _BETWEEN, _NARROWEST
    for heading, drawing in parts:
        wide, high = _size(drawing)
        y += _HEADING
        inside += [_line(y - 14, str(heading), "heading"), drawing.replace("<svg ", f'<svg x="{_MARGIN}" y="{y}" ', 1)]
        y, width = y + high + _BETWEEN, max(width, wide)
    return _rendered(inside, width + 2 * _MARGIN, y + _MARGIN - _BETWEEN)


def _size(drawing: str) -> tuple[float, float]:
    found = _SIZE.match(drawing)
    assert found, "a drawing says its size first"
    return float(found[1]), float(found[2])


def _line(y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{_MARGIN}" y="{y:.0f}">{escape(words)}</text>'


def _rendered(inside: Sequence[str], width: float, height: float) -> bytes:
    other = "en" if language() == "zh" else "zh"
    body = re.sub(rf'<text class="{other}[ "].*?</text>', "", "".join(inside))
    refuse_undrawable("A")
    if _CHINESE.search(body):
        refuse_undrawable("人")
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">'
    return resvg_py.svg_to_bytes(
        svg_string=f"{frame}<style>{_STYLE}</style>{body}</svg>", zoom=ZOOM, background="#ffffff"
    )


@cache
def can_draw(character: str) -> bool:
    """Say whether some font of this machine draws it otherwise than one that no font has."""
    drawn = [
        resvg_py.svg_to_bytes(
            svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><style>{_STYLE}</style>'
            f'<text x="4" y="28">{one}</text></svg>'
        )
        for one in (character, _NO_CHARACTER)
    ]
    return drawn[0] != drawn[1]


def refuse_undrawable(character: str) -> None:
    if not can_draw(character):
        raise Conflict(
            Text("No font of this machine has the characters of the picture.", "本机没有可显示图中文字的字体。"),
            remedy=Text(
                "Install one, such as fonts-noto-cjk, or write a page: --out FILE.html",
                "请安装字体（如 fonts-noto-cjk），或输出网页：--out FILE.html",
            ),
            received=character,
        )
