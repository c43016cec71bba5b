"""Draws a survey as one HTML page that needs nothing beside it; both languages are in it."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.flaws import WORDS
from quanyu.customers.quality.goals import IN_DAYS, Reached
from quanyu.customers.quality.model import Days, FieldSurvey, Finding, PartSurvey, Survey
from quanyu.customers.quality.report import Change
from quanyu.foundation.text import Text, language

SHOWN = 60
BAR = 96  # pixels of a bar
CURVE, HIGH = 420, 44
STYLE = """
:root { color-scheme: light; --ink: #1d2330; --pale: #6b7280; --line: #e3e6ec; --note: #3563c9 }
* { box-sizing: border-box }
body { margin: 0; font: 14px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: var(--ink);
  background: #f6f7f9 }
main { max-width: 1200px; margin: 0 auto; padding: 24px }
h1 { font-size: 24px; margin: 0 }
h2 { font-size: 18px; margin: 32px 0 8px }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 16px; overflow-x: auto }
p, .time { color: var(--pale); margin: 4px 0 }
table { border-collapse: collapse }
th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); white-space: nowrap }
td.words { white-space: normal }
th { font-weight: 600; color: var(--pale) }
.met { color: #2f8f5b } .unmet { color: #d64545 } .open { color: var(--pale) }
svg { vertical-align: middle }
nav { float: right }
nav label { margin-left: 12px; cursor: pointer; color: var(--note) }
input.tongue { position: absolute; opacity: 0 }
#tongue-en:checked ~ main .zh, #tongue-zh:checked ~ main .en { display: none }
.key i { display: inline-block; width: 10px; height: 10px; margin: 0 4px 0 12px }
"""


def draw(survey: Survey, findings: Sequence[Finding], goals: Sequence[Reached], changes: Sequence[Change]) -> str:
    """Return the page; it opens in the reader's language."""
    chosen = language()
    body = "".join(
        (*_head(survey), *_findings(survey, findings), *_goals(survey, goals), *_changes(changes), *_kinds(survey))
    )
    tongues = "".join(
        f'<input type="radio" class="tongue" name="tongue" id="tongue-{tongue}"{" checked" * (tongue == chosen)}>'
        for tongue in ("en", "zh")
    )
    title = escape(str(Text("Data quality", "数据质量")))
    return (
        f'<!doctype html><html lang="{chosen}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{tongues}<main>{body}</main></body></html>\n"
    )


def _say(text: Text) -> str:
    return f'<span class="en">{escape(text.en)}</span><span class="zh">{escape(text.zh)}</span>'


def _told(en: str, zh: str) -> str:
    return _say(Text(en, zh))


def _as_of(survey: Survey) -> str:
    at = survey.as_of.strftime("%Y-%m-%d %H:%M")
    return f'<p class="time">{_told(f"Data as of {at} UTC", f"数据时点：{at} UTC")}</p>'


def _head(survey: Survey) -> Iterator[str]:
    rows = sum(part.rows for part in survey.parts)
    sources = len({part.source for part in survey.parts})
    yield '<nav><label for="tongue-en">English</label><label for="tongue-zh">中文</label></nav>'
    yield f"<h1>{_told('Data quality', '数据质量')}</h1>{_as_of(survey)}"
    yield f"<p>{_told(f'{rows:,} rows of {sources} sources', f'{sources} 个来源，共 {rows:,} 行')}</p>"
    if survey.absent:
        names = ", ".join(survey.absent)
        yield f"<p>{_told(f'No data yet: {names}', f'尚无数据：{names}')}</p>"


def _findings(survey: Survey, findings: Sequence[Finding]) -> Iterator[str]:
    heading = _told("What to look at, the weightiest first", "待处理问题，按重要性排序")
    yield f"<h2>{heading}</h2><section>{_as_of(survey)}<table>"
    heaviest = max((finding.weight for finding in findings), default=1) or 1
    for finding in findings[:SHOWN]:
        width = max(2, round(BAR * (finding.weight / heaviest) ** 0.5))
        bar = _svg(BAR, 10, f'<rect width="{width}" height="10" rx="2" fill="#d64545"/>')
        yield f'<tr><td>{bar}</td><td class="words">{_say(finding.words)}</td></tr>'
    more = len(findings) - SHOWN
    if more > 0:
        yield f'<tr><td></td><td class="open">{_told(f"and {more} more", f"另有 {more} 条")}</td></tr>'
    yield f"</table>{'' if findings else _told('Nothing was found.', '未发现问题。')}</section>"


def _goals(survey: Survey, goals: Sequence[Reached]) -> Iterator[str]:
    if not goals:
        return
    yield f"<h2>{_told('Goals', '目标')}</h2><section>{_as_of(survey)}<table>"
    for reached in goals:
        state = {True: "met", False: "unmet", None: "open"}[reached.met]
        yield (
            f'<tr><td>{_goal_bar(reached)}</td><td class="words {state}">{_say(reached.words)}</td>'
            f'<td class="open">{escape(reached.goal.owner or "")}</td></tr>'
        )
    yield "</table></section>"


def _goal_bar(reached: Reached) -> str:
    """A bar of what is, and a stroke where it should be; nothing where nothing is known."""
    goal = reached.goal
    if reached.actual is None or goal.measure in IN_DAYS:
        return ""
    colour = "#2f8f5b" if reached.met else "#d64545"
    wanted = goal.at_most if goal.at_least is None else goal.at_least
    at = min(BAR - 2, (wanted or 0) * BAR)
    stroke = "" if wanted is None else f'<rect x="{at:.1f}" width="2" height="14" fill="#1d2330"/>'
    return _svg(
        BAR,
        14,
        f'<rect width="{BAR}" height="14" fill="#e3e6ec"/>'
        f'<rect width="{reached.actual * BAR:.1f}" height="14" fill="{colour}"/>{stroke}',
    )


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield f"<h2>{_told('Since the survey that was kept last', '与上次保存的勘查相比')}</h2><section><table>"
        for change in changes[:SHOWN]:
            state = "met" if change.now > change.before else "unmet"
            yield f'<tr><td class="words {state}">{_say(change.words)}</td></tr>'
        yield "</table></section>"


def _kinds(survey: Survey) -> Iterator[str]:
    yield '<p class="key">'
    for colour, words in _KEY:
        yield f'<i style="background:{colour}"></i>{_say(words)}'
    yield "</p>"
    parts = sorted(survey.parts, key=lambda part: part.kind)
    for _, same in groupby(parts, key=lambda part: part.kind):
        yield from _kind(survey, list(same))


_KEY = (
    ("#2f8f5b", Text("filled and believed", "已填且可信")),
    ("#d64545", Text("not believed", "不可信")),
    ("#e3e6ec", Text("missing", "缺失")),
)


def _kind(survey: Survey, parts: Sequence[PartSurvey]) -> Iterator[str]:
    yield f"<h2>{_say(parts[0].title)}</h2><section>{_as_of(survey)}<table><tr><th></th>"
    for part in parts:
        newest = "–" if part.latest is None else part.latest.strftime("%Y-%m-%d")
        newest_words = _told(f"newest {newest}", f"最新 {newest}")
        yield f'<th>{escape(part.source)}<div class="time">{part.rows:,} · {newest_words}</div></th>'
    yield "</tr>"
    names = dict.fromkeys(field.field for part in parts for field in part.fields)
    for name in names:
        cells = [next((field for field in part.fields if field.field == name), None) for part in parts]
        if any(field is not None and field.filled for field in cells):
            title = next(field.title for field in cells if field is not None)
            yield f"<tr><td>{_say(title)}</td>{''.join(_cell(field) for field in cells)}</tr>"
    yield "</table>"
    for part in parts:
        yield from _of_part(part)
    yield "</section>"


def _cell(field: FieldSurvey | None) -> str:
    """One field of one source: believed, not believed and missing side by side; a dash where nothing ever came."""
    if field is None or not field.filled:
        return '<td class="open">–</td>'
    believed = (field.filled - field.invalid) / field.rows * BAR
    wrong = field.invalid / field.rows * BAR
    bar = _svg(
        BAR,
        12,
        f'<rect width="{BAR}" height="12" fill="#e3e6ec"/><rect width="{believed:.1f}" height="12" fill="#2f8f5b"/>'
        f'<rect x="{believed:.1f}" width="{wrong:.1f}" height="12" fill="#d64545"/>',
        _hint(field),
    )
    return f"<td>{bar} {percent(field.fill)}{_spread(field)}</td>"


def _hint(field: FieldSurvey) -> str:
    told = [f"{field.filled:,} / {field.rows:,}", f"≈{field.distinct:,} ≠"]
    told += [f"{WORDS.get(flaw.name, flaw.name)}: {flaw.rows:,}" for flaw in (*field.flaws, *field.refused)]
    if field.spread is not None:
        spread = field.spread
        told.append(f"p1 {spread.p1:,.4g} · p50 {spread.p50:,.4g} · p99 {spread.p99:,.4g} · max {spread.most:,.4g}")
    if field.drift is not None and field.drift.shift is not None:
        told.append(f"PSI {field.drift.shift:.3f}")
    return "\n".join(told)


def _spread(field: FieldSurvey) -> str:
    if field.spread is None:
        return ""
    told = " … ".join(f"{value:,.4g}" for value in (field.spread.p1, field.spread.p50, field.spread.p99))
    return f' <span class="open">{told}</span>'


def _of_part(part: PartSurvey) -> Iterator[str]:
    source, links = escape(part.source), part.links
    if links is not None:
        en = f"{part.source}: {percent(links.share)} of {links.records:,} records can be linked to another source"
        zh = f"{part.source}：{links.records:,} 条记录中 {percent(links.share)} 可与其他来源关联"
        yield f"<p>{_told(en, zh)}</p>"
    if part.days is not None and len(part.days.totals) > 1:
        since, until = part.days.first, part.days.last
        told = _told(f"rows by day, {since} to {until}", f"每日行数，{since} 至 {until}")
        yield f"<p>{source}: {told}</p>{_curve(part.days)}"


def _curve(days: Days) -> str:
    """Rows by day as bars; days without rows stand red where rows were to be expected."""
    first = days.totals[0][0]
    span = (days.totals[-1][0] - first).days + 1
    step, most = CURVE / span, max(rows for _, rows in days.totals)
    bars = "".join(
        f'<rect x="{(day - first).days * step:.2f}" y="{HIGH - rows / most * HIGH:.1f}" '
        f'width="{max(0.6, step * 0.8):.2f}" height="{rows / most * HIGH:.1f}" fill="#3563c9"/>'
        for day, rows in days.totals
    )
    gaps = "".join(
        f'<rect x="{(day - first).days * step:.2f}" width="{max(1.0, step):.2f}" height="{HIGH}" fill="#d64545"/>'
        for day in days.missing
    )
    return _svg(CURVE, HIGH, bars + gaps)


def _svg(width: int, height: int, inside: str, hint: str = "") -> str:
    title = f"<title>{escape(hint)}</title>" if hint else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">{title}{inside}</svg>'
    )
