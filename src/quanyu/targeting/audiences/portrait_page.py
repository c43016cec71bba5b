"""Draws a portrait as one HTML page: what distinguishes these people, then tag by tag how they differ."""

import math
from collections.abc import Iterator

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.distinguishing import Distinction
from quanyu.targeting.audiences.pages import head, page, rect, stretched
from quanyu.targeting.audiences.portrait_report import notes
from quanyu.targeting.audiences.portraits import Figure, Portrait, TagPortrait

OPEN, TOLD = 12, 12
"""Tags that stand open, and distinctions that are told."""
FARTHEST = 2.0
"""Doublings at which a bar is full: an index of 400, or of 25."""

_WIDTH = 200.0
_SIDES = (("more", Text("of these people", "本人群")), ("unsure", Text("of the others", "其他客户")))
_INDEX = (
    ("more", Text("more frequent here", "高于对照")),
    ("less", Text("less frequent", "低于对照")),
    ("unsure", Text("not sure", "不显著")),
)


def draw_portrait(found: Portrait) -> str:
    """Return the page; it opens in the reader's language."""
    title = Text(f"Portrait · {found.party.title.en}", f"人群画像 · {found.party.title.zh}")
    return page(title, _parts(found, title))


def _parts(found: Portrait, title: Text) -> Iterator[str]:
    one, other = found.party, found.other
    beneath = Text(
        f"against {other.title.en} · by the tags of {found.day}", f"对照：{other.title.zh} · 标签日期 {found.day}"
    )
    certain = sum(each.certain for each in found.tags)
    tiles = [(f"{one.size:,}", one.title), (f"{other.size:,}", other.title)]
    if not found.against_all:
        tiles.append((f"{found.both:,}", Text("in both", "同属两者")))
    tiles.append((f"{certain} / {len(found.tags)}", Text("tags differ surely", "个标签差异显著")))
    yield head(title, beneath, tiles, notes(found))
    yield from _distinguishing(found)
    yield f"<h2>{say(Text('Tag by tag', '逐个标签'))}</h2>{_key(*_INDEX)}"
    yield f'<div class="tags">{"".join(_tag(each) for each in found.tags[:OPEN])}</div>'
    rest = found.tags[OPEN:]
    if rest:
        more = say(Text(f"{len(rest)} weaker tags", f"另有 {len(rest)} 个较弱的标签"))
        yield f"<details><summary>{more}</summary>"
        yield f'<div class="tags">{"".join(_tag(each) for each in rest)}</div></details>'


def _distinguishing(found: Portrait) -> Iterator[str]:
    yield f"<h2>{say(Text('What distinguishes these people', '这些人有何不同'))}</h2><section>"
    if not found.distinctions:
        yield f"<p>{say(Text('Nothing that could be sure.', '没有显著差异。'))}</p></section>"
        return
    explained = Text(
        "Right: how much of who is in this group each tag tells by itself.", "右侧：单凭该标签能说明多少归属信息。"
    )
    lines = "".join(_distinction(each) for each in found.distinctions[:TOLD])
    yield f'{_key(*_SIDES)}<ol class="telling">{lines}</ol><p class="pale">{say(explained)}</p></section>'


def _distinction(found: Distinction) -> str:
    tells = Text(f"tells {found.explained:.1%}", f"信息量 {found.explained:.1%}")
    words, bars = found.words, ""
    if found.split is not None:
        split, title = found.split, found.tag.title
        words = Text(f"{title.en}: {split.label.en}", f"{title.zh}：{split.label.zh}")
        bars = "".join(
            f"{stretched(100, 8, rect(0, 0, 100, 8, 'empty') + rect(0, 0, 100 * share, 8, kind))}<b>{share:.0%}</b>"
            for share, kind in ((split.inside, "more"), (split.outside, "unsure"))
        )
    return f'<li><div>{say(words)}</div><div class="pair">{bars}</div><div class="pale">{say(tells)}</div></li>'


def _key(*words: tuple[str, Text]) -> str:
    squares = (
        f'<span><svg viewBox="0 0 10 10">{rect(0, 0, 10, 10, kind)}</svg>{say(text)}</span>' for kind, text in words
    )
    return f'<p class="key">{"".join(squares)}</p>'


def _tag(found: TagPortrait) -> str:
    strength = "–" if found.association.v is None else f"{found.association.v:.2f}"
    beside = Text(f"strength {strength}", f"强度 {strength}")
    if found.by_rule:
        beside = Text(f"{beside.en} · chosen by it", f"{beside.zh} · 圈选条件")
    elif not found.certain:
        beside = Text(f"{beside.en} · not sure", f"{beside.zh} · 不显著")
    columns = (Text("", ""), Text("", ""), Text("here", "此处"), Text("there", "对照"), Text("index", "指数"))
    heads = "".join(f'<b class="head">{say(text) if text.en else ""}</b>' for text in columns)
    lines = "".join(_figure(figure) for figure in found.figures)
    title = f'<h3>{say(found.tag.title)}<span class="pale">{say(beside)}</span></h3>'
    return f'<div class="card">{title}<div class="figures">{heads}{lines}</div></div>'


def _figure(figure: Figure) -> str:
    faint = "" if figure.certain else " faint"
    index = "–" if figure.index is None else f"{figure.index:,.0f}"
    return (
        f'<div class="label{faint}">{say(figure.label)}</div>{_bar(figure)}'
        f'<b class="{faint}">{figure.inside_share:.1%}</b><b class="faint">{figure.outside_share:.1%}</b>'
        f'<b class="{faint}">{index}</b>'
    )


def _bar(figure: Figure) -> str:
    """Draw the index from the middle: to the right what is more frequent here, a doubling as far as a halving."""
    middle = _WIDTH / 2
    far = doublings(figure)
    length = abs(far) / FARTHEST * middle
    kind = "unsure" if not figure.certain else "more" if far > 0 else "less"
    hint = f"{figure.inside:,} : {figure.outside:,}"
    bar = rect(middle if far > 0 else middle - length, 3, length, 10, kind, hint)
    return stretched(_WIDTH, 16, rect(0, 7.5, _WIDTH, 1, "empty") + bar + rect(middle - 0.5, 0, 1, 16, "axis"))


def doublings(figure: Figure) -> float:
    """Return how often the share doubles from the other group to this one, at most `FARTHEST` either way."""
    if figure.index is None:
        return FARTHEST if figure.inside else 0.0
    return FARTHEST * -1 if not figure.index else min(max(math.log2(figure.index / 100), -FARTHEST), FARTHEST)
