"""Writes the pieces of a page: words in both languages, bars of shares, and a curve of rows by day."""

from collections.abc import Sequence
from datetime import date
from html import escape

from quanyu.customers.quality.model import Days
from quanyu.foundation.text import Text

GOOD, BAD, WARNING, EMPTY, INK, CALM = "#3f9270", "#c9543f", "#d9a13b", "#e4e8ee", "#26303d", "#5b84b1"
BAR = 100  # units of a bar's width: one a percent
CURVE, HIGH = 420, 48


def say(text: Text) -> str:
    """Return words in both languages; the page shows one of them."""
    return (
        f'<span class="en" lang="en">{escape(text.en)}</span><span class="zh" lang="zh-Hans">{escape(text.zh)}</span>'
    )


def told(en: str, zh: str) -> str:
    return say(Text(en, zh))


def bar(parts: Sequence[tuple[float, str]], *, mark: float | None = None, hint: str = "") -> str:
    """Draw shares of a whole side by side, each in its colour, and a stroke where the mark is."""
    drawn, at = f'<rect width="{BAR}" height="10" fill="{EMPTY}"/>', 0.0
    for part, colour in parts:
        width = min(part * BAR, BAR - at)
        drawn += f'<rect x="{at:.2f}" width="{width:.2f}" height="10" fill="{colour}"/>' if width > 0 else ""
        at += max(width, 0.0)
    if mark is not None:
        drawn += f'<rect x="{min(BAR - 1.2, mark * BAR):.2f}" width="1.2" height="10" fill="{INK}"/>'
    return _svg("bar", BAR, 10, drawn, hint)


def curve(days: Days) -> str:
    """Draw rows by day as bars; days without rows stand out where rows were to be expected."""
    first = days.totals[0][0]
    step = CURVE / ((days.totals[-1][0] - first).days + 1)
    most = max(rows for _, rows in days.totals)

    def column(day: date, share: float, wide: float, colour: str) -> str:
        at = (day - first).days * step
        high = share * HIGH
        width = min(wide, CURVE - at)
        return f'<rect x="{at:.2f}" y="{HIGH - high:.2f}" width="{width:.2f}" height="{high:.2f}" fill="{colour}"/>'

    bars = [column(day, rows / most, max(0.6, step * 0.8), CALM) for day, rows in days.totals]
    gaps = [column(day, 1, max(1.2, step), BAD) for day in days.missing]
    return _svg("curve", CURVE, HIGH, "".join((*bars, *gaps)), "")


def _svg(kind: str, width: int, height: int, inside: str, hint: str) -> str:
    title = f"<title>{escape(hint)}</title>" if hint else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img">{title}{inside}</svg>'
    )
