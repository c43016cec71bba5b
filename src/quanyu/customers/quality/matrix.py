"""Writes the sections of a page that say how each kind's sources stand, and each of its fields in each source."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.flaws import WORDS
from quanyu.customers.quality.markup import BAD, CALM, EMPTY, GOOD, bar, curve, say, told
from quanyu.customers.quality.model import Days, FieldSurvey, Flaw, Links, PartSurvey, Survey
from quanyu.foundation.text import Text

_KEY = (
    (GOOD, Text("filled and believed", "已填且可信")),
    (BAD, Text("not believed", "不可信")),
    (EMPTY, Text("missing", "缺失")),
    (CALM, Text("linked, rows by day", "可关联、每日行数")),
)
_SMALL = told("small figures: p1 · p50 · p99 of numbers", "小字：数值的 p1 · p50 · p99")


def by_kind(survey: Survey) -> list[Sequence[PartSurvey]]:
    """Return the parts of each kind, its sources together."""
    parts = sorted(survey.parts, key=lambda part: part.kind)
    return [list(same) for _, same in groupby(parts, key=lambda part: part.kind)]


def kinds(survey: Survey, dated: str) -> Iterator[str]:
    """Write a section for each kind; `dated` says of what instant it speaks."""
    if survey.parts:
        colours = "".join(f'<span><i style="background:{colour}"></i>{say(words)}</span>' for colour, words in _KEY)
        yield f'<p class="key">{colours}<span>{_SMALL}</span></p>'
    for parts in by_kind(survey):
        yield f'<h2 id="{parts[0].kind}">{say(parts[0].title)}</h2><section>{dated}<ul class="sources">'
        for part in parts:
            yield f"<li>{''.join(_source(part))}</li>"
        yield f'</ul><div class="wide"><table>{"".join(_table(parts))}</table></div></section>'


def _source(part: PartSurvey) -> Iterator[str]:
    newest = Text("", "") if part.latest is None else _NEWEST.format_with(day=part.latest.strftime("%Y-%m-%d"))
    since = told(f"{part.rows:,} rows{newest.en}", f"{part.rows:,} 行{newest.zh}")
    yield f'<h3>{escape(part.source)}<span class="pale">{since}</span></h3>'
    if part.links is not None:
        yield from _linked(part.links)
    if part.days is not None and len(part.days.totals) > 1:
        yield from _days(part.days)


_NEWEST = Text(", newest {day}", "，最新 {day}")


def _linked(links: Links) -> Iterator[str]:
    part = percent(links.share)
    yield bar([(links.share or 0.0, CALM)])
    en, zh = f"{part} of the records can be linked to another source", f"{part} 的记录可与其他来源关联"
    yield f"<small>{told(en, zh)}</small>"


def _days(days: Days) -> Iterator[str]:
    most = max(rows for _, rows in days.totals)
    first, last = days.totals[0][0], days.totals[-1][0]
    highest = told(f"at most {most:,} a day", f"单日最多 {most:,} 行")
    yield f'{curve(days)}<small class="axis"><span>{first}</span><span>{highest}</span><span>{last}</span></small>'
    if days.missing:
        count = len(days.missing)
        yield f'<small class="unmet">{told(f"{count} days without rows", f"{count} 天没有数据")}</small>'


def _table(parts: Sequence[PartSurvey]) -> Iterator[str]:
    yield f"<thead><tr><th></th>{''.join(f'<th>{escape(part.source)}</th>' for part in parts)}</tr></thead><tbody>"
    silent: list[Text] = []
    for name in dict.fromkeys(field.field for part in parts for field in part.fields):
        cells = [next((field for field in part.fields if field.field == name), None) for part in parts]
        title = next(field.title for field in cells if field is not None)
        if any(field is not None and (field.filled or field.refused) for field in cells):
            row = "".join(_cell(part.source, field) for part, field in zip(parts, cells, strict=True))
            yield f"<tr><th>{say(title)}</th>{row}</tr>"
        else:
            silent.append(title)
    if silent:
        names = told(", ".join(title.en for title in silent), "、".join(title.zh for title in silent))
        never = told("Never delivered: ", "从未提供：")
        yield f'<tr><td colspan="{len(parts) + 1}" class="pale never">{never}{names}</td></tr>'
    yield "</tbody>"


def _cell(source: str, field: FieldSurvey | None) -> str:
    """One field of one source: believed, not believed and missing side by side; a dash where nothing ever came."""
    if field is None or not (field.filled or field.refused):
        return '<td class="open none">–</td>'
    believed, wrong = (field.filled - field.invalid) / field.rows, field.invalid / field.rows
    drawn = bar([(believed, GOOD), (wrong, BAD)], hint=_hint(field))
    notes = "".join((*_flaws(field), *_spread(field)))
    figure = f'<div class="cell">{drawn}<b>{percent(field.fill)}</b></div>'
    return f'<td data-source="{escape(source)}">{figure}{notes}</td>'


def _flaws(field: FieldSurvey) -> Iterator[str]:
    """Name what weighs most of what is not believed, and of what was refused."""
    for flaws in (field.flaws, field.refused):
        worst = max(flaws, key=lambda flaw: flaw.rows, default=None)
        if worst is not None:
            part, words = percent(worst.rows / field.rows), _words(worst)
            yield f'<small class="unmet">{told(f"{part} {words.en}", f"{part}{words.zh}")}</small>'


def _words(flaw: Flaw) -> Text:
    return WORDS.get(flaw.name, Text(flaw.name, flaw.name))


def _spread(field: FieldSurvey) -> Iterator[str]:
    if field.spread is not None:
        figures = " · ".join(_figure(field, value) for value in (field.spread.p1, field.spread.p50, field.spread.p99))
        yield f'<small title="p1 · p50 · p99">{figures}</small>'


def _figure(field: FieldSurvey, value: float) -> str:
    if field.field.startswith("birth"):
        return f"{value:.0f}"  # a year has no comma
    return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:,.3g}"


def _hint(field: FieldSurvey) -> str:
    told_of = [f"{field.filled:,} / {field.rows:,}", f"≈{field.distinct:,} ≠"]
    told_of += [f"{_words(flaw)}: {flaw.rows:,}" for flaw in (*field.flaws, *field.refused)]
    if field.spread is not None:
        spread = field.spread
        named = {"min": spread.least, "p1": spread.p1, "p50": spread.p50, "p99": spread.p99, "max": spread.most}
        told_of.append(" · ".join(f"{name} {_figure(field, value)}" for name, value in named.items()))
    if field.drift is not None and field.drift.shift is not None:
        told_of.append(f"PSI {field.drift.shift:.3f}")
    return "\n".join(told_of)
