"""Draws how large an audience was as one HTML page: a bar a snapshot, who entered and left, and where it jumped."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.history import Point
from quanyu.targeting.audiences.pages import head, page, rect, stretched

MOST = 200
"""Snapshots that are drawn, the last ones."""
_HIGH, _STEP = 160.0, 12.0


def draw_history(name: str, found: Sequence[Point], zone: ZoneInfo) -> str:
    """Return the page; it opens in the reader's language."""
    title = Text("Audience {name}", "人群 {name}").format_with(name=name)
    return page(title, _parts(found[:MOST], title, zone))


def _parts(found: Sequence[Point], title: Text, zone: ZoneInfo) -> Iterator[str]:
    last = found[0].snapshot.size if found else 0
    tiles = [(f"{last:,}", Text("customers", "位客户")), (f"{len(found)}", Text("snapshots", "个快照"))]
    jumped = sum(point.jump is not None for point in found)
    notes = [Text(f"{jumped} jumps are marked.", f"已标出 {jumped} 次人数突变。")] if jumped else []
    yield head(title, Text("its size, snapshot by snapshot", "历次快照人数"), tiles, notes)
    if found:
        yield f'<section><div class="wide">{_bars(found)}</div></section>'
        rows = "".join(_row(point, zone) for point in found)
        yield f'<section style="margin-top:16px"><div class="wide"><table>{_heads()}{rows}</table></div></section>'


def _bars(found: Sequence[Point]) -> str:
    """Draw the oldest snapshot at the left; a jump is dark."""
    highest = max(point.snapshot.size for point in found) or 1
    bars = [
        rect(
            _STEP * place + 1,
            _HIGH * (1 - point.snapshot.size / highest),
            _STEP - 2,
            _HIGH * point.snapshot.size / highest,
            "calm" if point.jump is None else "less",
            f"{point.snapshot.number}: {point.snapshot.size:,}",
        )
        for place, point in enumerate(reversed(found))
    ]
    return stretched(_STEP * len(found), _HIGH, "".join(bars))


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
