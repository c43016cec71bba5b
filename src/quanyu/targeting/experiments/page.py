"""Draws what an experiment found as one HTML page: words, then intervals as a picture, then the figures."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.pages import drawn, head, page, rect, words_at
from quanyu.targeting.experiments.explaining import HEADINGS, cells, titled
from quanyu.targeting.experiments.model import Analysis, Effect, Part
from quanyu.targeting.experiments.wording import in_words

_LABEL, _BAR, _LINE, _FIGURES = 300.0, 380.0, 34.0, 250.0
_STYLE = (
    "<style>.wide{overflow-x:auto}.wide table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".wide th,.wide td{padding:.3rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #8883}"
    ".wide th:first-child,.wide td:first-child,.wide th:nth-child(2),.wide td:nth-child(2){text-align:left}"
    ".plain li{margin:.35rem 0}</style>"
)


def draw_analysis(
    found: Analysis, title: Text, beneath: Text, before: Sequence[Text] = (), more: Iterable[str] = ()
) -> str:
    """Return the page. `before` are sentences that come first, `more` sections that come before the table."""
    return page(title, _parts(found, title, beneath, before, more))


def _parts(found: Analysis, title: Text, beneath: Text, before: Sequence[Text], more: Iterable[str]) -> Iterator[str]:
    tiles = [(f"{arm.customers:,}", titled(arm.name)) for arm in found.arms]
    yield head(title, beneath, tiles, ())
    yield _STYLE
    told = "".join(f"<li>{say(each)}</li>" for each in (*before, *in_words(found)))
    yield f'<section><ul class="plain">{told}</ul></section>'
    yield from more
    yield section(Text("Effects and their intervals", "效果与区间"), pictures(found.effects))
    if found.parts is not None:
        by = found.parts.by
        yield section(Text(f"By {by}", f"按 {by} 查看"), _part_pictures(found.parts.parts))
    yield section(Text("Figures", "数据表"), _table(found))


def section(title: Text, inside: str) -> str:
    return f"<h2>{say(title)}</h2><section>{inside}</section>"


def pictures(effects: Sequence[Effect], labels: Sequence[Text] | None = None) -> str:
    """Draw intervals beneath each other, those of one outcome on one scale with zero in the middle."""
    named = labels or [titled(effect.arm) for effect in effects]
    shown: list[str] = []
    for outcome in dict.fromkeys(effect.outcome for effect in effects):
        mine = [(e, label) for e, label in zip(effects, named, strict=True) if e.outcome == outcome]
        shown.append(f"<h3>{say(titled(outcome))}</h3>{_scale([e for e, _ in mine], [label for _, label in mine])}")
    return "".join(shown)


def _scale(effects: Sequence[Effect], labels: Sequence[Text]) -> str:
    ends = [abs(v) for e in effects for v in (e.absolute_low, e.absolute_high, e.absolute) if v is not None]
    far = max(ends, default=0.0) or 1.0
    rows = "".join(
        _interval(effect, label, far, _LINE * i) for i, (effect, label) in enumerate(zip(effects, labels, strict=True))
    )
    axis = rect(_LABEL + _BAR / 2 - 0.5, 0, 1, _LINE * len(effects), "axis")
    return f'<div class="wide">{drawn(_LABEL + _BAR + _FIGURES, _LINE * len(effects), axis + rows)}</div>'


def _interval(effect: Effect, label: Text, far: float, y: float) -> str:
    middle = _LABEL + _BAR / 2

    def at(value: float) -> float:
        return middle + value / far * (_BAR / 2 - 6)

    kind = "unsure" if not effect.certain else "more" if effect.absolute > 0 else "less"
    figures = figures_of(effect)
    if effect.absolute_low is None or effect.absolute_high is None:
        bar = ""
    else:
        low, high = at(effect.absolute_low), at(effect.absolute_high)
        bar = rect(low, y + 13, max(high - low, 1), 7, kind, str(figures))
        bar += rect(at(effect.absolute) - 1.5, y + 7, 3, 19, kind)
    ground = rect(_LABEL, y + 16, _BAR, 1, "empty")
    return words_at(0, y + 21, label) + ground + bar + words_at(_LABEL + _BAR + 12, y + 21, figures, kind="pale")


def figures_of(effect: Effect) -> Text:
    """Return the difference and its interval as they are read, rates in percentage points."""
    scale, unit = (100, " pp") if effect.kind == "rate" else (1, "")

    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value * scale:+,.3f}".replace("-", "−")

    told = f"{shown(effect.absolute)}{unit} [{shown(effect.absolute_low)}, {shown(effect.absolute_high)}]"
    return Text(told, told)


def _part_pictures(parts: Sequence[Part]) -> str:
    several = len({effect.arm for part in parts for effect in part.effects}) > 1
    effects = [effect for part in parts for effect in part.effects]
    labels = [
        Text("{value} · {arm}", "{value} · {arm}").format_with(value=part.value, arm=titled(effect.arm))
        if several
        else Text(part.value, part.value)
        for part in parts
        for effect in part.effects
    ]
    return pictures(effects, labels)


def _table(found: Analysis) -> str:
    columns = [column for column in HEADINGS if column.name != "part" or found.parts is not None]
    heads = "".join(f"<th>{say(column.title)}</th>" for column in columns)
    names = [column.name for column in columns]
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(written)}</td>' for written in (row[name] for name in names))}</tr>"
        for row in cells(found)
    )
    told = "".join(f"<dt>{say(c.title)}</dt><dd>{say(c.meaning)}</dd>" for c in columns)
    words = say(Text("What the columns mean", "各列含义"))
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"<details><summary>{words}</summary><dl>{told}</dl></details>"
    )
