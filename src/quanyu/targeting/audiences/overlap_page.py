"""Draws how audiences overlap, as one HTML page or a PNG: each customer counted once, and any two in a matrix."""

from collections.abc import Iterator

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.groups import Party
from quanyu.targeting.audiences.overlaps import Cells, Overlap
from quanyu.targeting.audiences.pages import drawn, head, page, rect, words_at
from quanyu.targeting.audiences.pictures import picture

PAIRS = 30
NAMED = 40
"""Audiences up to which the matrix has names and hints."""

_LINE, _STEP, _HIGH, _BAR = 24.0, 28.0, 130.0, 70.0
_LETTER = 7.0  # units of a letter's width, a little more than any font needs
_DARKER = Text("The stronger the colour, the more they share (Jaccard).", "颜色越深，重叠越多（Jaccard）。")
_WIDEST = 24
"""Characters of a title in a drawing; a Chinese one is two wide."""


def draw_overlap(found: Overlap) -> str:
    """Return the page; it opens in the reader's language."""
    title = Text("Overlap of audiences", "人群重叠")
    return page(title, _parts(found, title))


def paint_overlap(found: Overlap) -> bytes:
    """Return the drawings as one PNG in the reader's language."""
    beneath = Text(
        f"{found.any:,} of {found.base:,} customers are in one at least; tags as of {found.as_of:%Y-%m-%d}",
        f"{found.base:,} 位客户中 {found.any:,} 位至少属于一个；标签时点 {found.as_of:%Y-%m-%d}",
    )
    parts = [(Text("Every customer counted once", "每人只计一次"), _upset(found, found.cells))] if found.cells else []
    return picture(Text("Overlap of audiences", "人群重叠"), beneath, [*parts, (_DARKER, _matrix(found))])


def _parts(found: Overlap, title: Text) -> Iterator[str]:
    tiles = [
        (f"{len(found.parties)}", Text("audiences", "个人群")),
        (f"{found.any:,}", Text("customers in one at least", "位客户至少属于一个")),
        (f"{found.base:,}", Text("customers", "位客户")),
    ]
    day = f"{found.as_of:%Y-%m-%d}"
    yield head(title, Text(f"last snapshots, tags as of {day}", f"最近快照，标签时点 {day}"), tiles, [])
    if found.cells is not None:
        yield f"<h2>{say(Text('Every customer counted once', '每人只计一次'))}</h2><section>"
        yield f'<div class="wide">{_upset(found, found.cells)}</div>{_left_out(found.cells)}</section>'
    yield f"<h2>{say(Text('Any two', '两两重叠'))}</h2><section>"
    yield f'<p class="pale">{say(_DARKER)}</p>'
    yield f'<div class="wide">{_matrix(found)}</div></section>'
    yield f'<section style="margin-top:16px"><div class="wide"><table>{"".join(_pairs(found))}</table></div></section>'


def _left_out(cells: Cells) -> str:
    if not cells.more:
        return ""
    words = Text(
        f"{cells.more:,} smaller groups hold {cells.rest:,} customers and are not drawn.",
        f"另有 {cells.more:,} 个较小分组，共 {cells.rest:,} 人，未画出。",
    )
    return f'<p class="pale">{say(words)}</p>'


def _upset(found: Overlap, cells: Cells) -> str:
    """Draw a column for each cell, its height the people in it, and a dot at each audience that they are in."""
    highest = max((cell.size for cell in cells.shown), default=1)
    largest = max((party.size for party in found.parties), default=1) or 1
    top, left = _HIGH + 34, _left(found)
    lines = "".join(_row(party, i, largest, (left, top), len(cells.shown)) for i, party in enumerate(found.parties))
    place = {party.name: i for i, party in enumerate(found.parties)}
    columns: list[str] = []
    for number, cell in enumerate(cells.shown):
        x = left + _BAR + _STEP * (number + 0.5) + 12
        high = _HIGH * cell.size / highest
        place_of_count = f'x="{x:.1f}" y="{top - high - 16:.1f}" text-anchor="middle"'
        count = f'<text class="pale" {place_of_count}>{short(cell.size)}</text>'
        bar = rect(x - 9, top - high - 10, 18, high, "calm", f"{cell.size:,}")
        rows = sorted(place[name] for name in cell.audiences)
        ends = (top + _LINE * (rows[0] + 0.5), top + _LINE * (rows[-1] + 0.5))
        line = f'<line class="link" x1="{x:.1f}" x2="{x:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>'
        dots = "".join(_dot(x, top + _LINE * (row + 0.5), "calm") for row in rows)
        columns.append(count + bar + line + dots)
    width = left + _BAR + _STEP * len(cells.shown) + 24
    return drawn(width, top + _LINE * len(found.parties) + 6, lines + "".join(columns))


def _row(party: Party, i: int, largest: int, corner: tuple[float, float], columns: int) -> str:
    left, top = corner
    y = top + _LINE * i
    striped = rect(0, y, left + _BAR + _STEP * columns + 24, _LINE, "empty stripe") if i % 2 else ""
    length = (_BAR - 20) * party.size / largest
    bar = rect(left + _BAR - 8 - length, y + 7, length, 10, "unsure", f"{party.size:,}")
    xs = (left + _BAR + _STEP * (number + 0.5) + 12 for number in range(columns))
    dots = "".join(_dot(x, y + _LINE / 2, "empty") for x in xs)
    return f"{striped}{_name(party, left - 6, y + 16)}{bar}{dots}"


def _name(party: Party, x: float, y: float) -> str:
    name = Text(cut(party.title.en), cut(party.title.zh))
    return words_at(x, y, name, end=True)


def _left(found: Overlap) -> float:
    """Return how much room the longest title needs."""
    titles = (cut(title) for party in found.parties for title in party.title)
    return 12 + _LETTER * max(_width(title) for title in titles)


def _width(written: str) -> int:
    """Return how many letters wide a text is; a Chinese one is two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in written)


def _dot(x: float, y: float, kind: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="{kind}"/>'


def cut(written: str) -> str:
    """Return a title that fits beside a drawing."""
    if _width(written) <= _WIDEST:
        return written
    longest = max(at for at in range(len(written)) if _width(written[:at]) < _WIDEST)
    return written[:longest] + "…"


def short(number: int) -> str:
    """Return a count that fits above a narrow bar."""
    for unit, sign in ((1_000_000, "m"), (1_000, "k")):
        if number >= 10 * unit:
            return f"{number / unit:.0f}{sign}"
        if number >= unit:
            return f"{number / unit:.1f}{sign}"
    return str(number)


def _matrix(found: Overlap) -> str:
    many = len(found.parties)
    named = many <= NAMED
    side = 24.0 if many <= 24 else 16.0 if named else 4.0
    left = _left(found) if named else 0.0
    squares: list[str] = []
    for i in range(many):
        if named:
            squares.append(_name(found.parties[i], left - 6, side * (i + 0.5) + 4))
        squares += [_square(found, i, j, left, side, named=named) for j in range(many) if found.shared[i][j]]
    ground = rect(left, 0, side * many, side * many, "empty")
    return drawn(left + side * many + 2, side * many + 2, ground + "".join(squares))


def _square(found: Overlap, i: int, j: int, left: float, side: float, *, named: bool) -> str:
    shared = found.shared
    part = shared[i][j] / (shared[i][i] + shared[j][j] - shared[i][j])
    hint = f"{found.parties[i].name} × {found.parties[j].name}: {shared[i][j]:,} ({part:.0%})" if named else ""
    gap = 1.0 if named else 0.0
    square = rect(left + side * j + gap, side * i + gap, side - gap, side - gap, "calm", hint)
    return square.replace("<rect ", f'<rect opacity="{max(part, 0.02):.2f}" ', 1)


def _pairs(found: Overlap) -> Iterator[str]:
    titles = {party.name: party.title for party in found.parties}
    heads = (
        (Text("audience", "人群"), ""),
        (Text("and", "与"), ""),
        (Text("in both", "共有"), "number"),
        (Text("Jaccard", "Jaccard"), "number"),
        (Text("lift (100: chance)", "提升（100 = 偶然）"), "number"),
    )
    cells = "".join(f'<th class="{kind}">{say(text)}</th>' for text, kind in heads)
    yield f"<thead><tr>{cells}</tr></thead>"
    for pair in found.pairs[:PAIRS]:
        lift = "–" if pair.lift is None else f"{pair.lift:,.0f}"
        figures = "".join(f'<td class="number">{f}</td>' for f in (f"{pair.shared:,}", f"{pair.jaccard:.1%}", lift))
        yield f"<tr><td>{say(titles[pair.one])}</td><td>{say(titles[pair.other])}</td>{figures}</tr>"
