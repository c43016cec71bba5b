"""Draws how large an audience was as one HTML page: a bar a snapshot, who entered and left, and where it jumped."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.history import Point
from quanyu.targeting.audiences.pages import drawn, head, page, rect, words_at

MOST = 200
"""Snapshots that are drawn, the last ones."""
_HIGH, _WIDE = 160.0, 1040.0
_LEFT, _UNDER, _ABOVE = 72.0, 22.0, 8.0  # places of the figures beside the bars, of the days beneath, and the margin
_NARROWEST, _WIDEST = 5.0, 36.0  # from one bar to the next


def draw_history(name: str, found: Sequence[Point], zone: ZoneInfo) -> str:
    """Return the page; it opens in the reader's language."""
    title = Text("Audience {name}", "人群 {name}").format_with(name=name)
    return page(title, _parts(found[:MOST], title, zone))


def _parts(found: Sequence[Point], title: Text, zone: ZoneInfo) -> Iterator[str]:
    last = found[0].snapshot.size if found else 0
    tiles = [(f"{last:,}", Text("customers", "位客户")), (f"{len(found)}", Text("snapshots", "个快照"))]
    jumped = sum(point.jump is not None for point in found)
    notes = [Text(f"Jumps that are marked: {jumped}.", f"已标出 {jumped} 次人数突变。")] if jumped else []
    yield head(title, Text("its size, snapshot by snapshot", "历次快照人数"), tiles, notes)
    if found:
        yield f'<section><div class="wide">{_bars(found, zone)}</div></section>'
        rows = "".join(_row(point, zone) for point in found)
        yield f'<section style="margin-top:16px"><div class="wide"><table>{_heads()}{rows}</table></div></section>'


def _bars(found: Sequence[Point], zone: ZoneInfo) -> str:
    """Draw the oldest snapshot at the left; a jump is dark."""
    highest = max(point.snapshot.size for point in found) or 1
    step = min(max(_WIDE / len(found), _NARROWEST), _WIDEST)
    width, floor = step * len(found), _ABOVE + _HIGH
    bars = [
        rect(
            _LEFT + step * place + step * 0.15,
            floor - _HIGH * point.snapshot.size / highest,
            step * 0.7,
            _HIGH * point.snapshot.size / highest,
            "calm" if point.jump is None else "less",
            f"{point.snapshot.number}: {point.snapshot.size:,}",
        )
        for place, point in enumerate(reversed(found))
    ]
    line = rect(_LEFT, floor, width, 1, "axis")
    figures = _figure(_LEFT - 10, _ABOVE + 10, f"{highest:,}") + _figure(_LEFT - 10, floor, "0")
    first, last = (f"{point.snapshot.taken_at.astimezone(zone):%Y-%m-%d}" for point in (found[-1], found[0]))
    days = words_at(_LEFT, floor + 17, Text(first, first), kind="pale")
    far = max(_LEFT + width, _LEFT + 2 * _LEFT + 20)  # two days side by side need as much
    days += words_at(far, floor + 17, Text(last, last), end=True, kind="pale") if len(found) > 1 else ""
    return drawn(far + 4, floor + _UNDER, line + "".join(bars) + figures + days)


def _figure(x: float, y: float, figure: str) -> str:
    return words_at(x, y, Text(figure, figure), end=True, kind="pale")


def _heads() -> str:
    heads = (
        (Text("snapshot", "快照"), "number"),
        (Text("taken at", "时间"), ""),
        (Text("version", "版本"), "number"),
        (Text("customers", "人数"), "number"),
        (Text("entered", "进入"), "number"),
        (Text("left", "离开"), "number"),
        (Text("jumped; usually", "突变；通常"), "number"),
    )
    cells = "".join(f'<th class="{kind}">{say(text)}</th>' for text, kind in heads)
    return f"<thead><tr>{cells}</tr></thead>"


def _row(point: Point, zone: ZoneInfo) -> str:
    taken = point.snapshot
    usual = "" if point.jump is None else f"<b>{point.jump.usual:,}</b>"
    figures = (taken.size, taken.entered, taken.left)
    shown = "".join(f'<td class="number">{"–" if n is None else f"{n:,}"}</td>' for n in figures)
    return (
        f'<tr><td class="number">{taken.number}</td><td>{taken.taken_at.astimezone(zone):%Y-%m-%d %H:%M}</td>'
        f'<td class="number">{point.version}</td>{shown}<td class="number">{usual}</td></tr>'
    )
