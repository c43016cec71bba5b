"""Draws a survey as one HTML page that needs nothing beside it; both languages are in it."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from quanyu.customers.quality.goals import IN_DAYS, Reached, aim, figure, todo
from quanyu.customers.quality.markup import BAD, GOOD, WARNING, bar, say, told
from quanyu.customers.quality.matrix import by_kind, kinds
from quanyu.customers.quality.model import Finding, Survey
from quanyu.customers.quality.report import Change
from quanyu.foundation.text import Text, language

SHOWN = 60  # of what was found; the longest first part stands open
OPEN = 12

_FINDINGS = Text("What to look at", "待处理问题")
_GOALS = Text("Goals", "目标")
_CHANGES = Text("Since the last survey", "与上次勘查相比")


def draw(survey: Survey, findings: Sequence[Finding], goals: Sequence[Reached], changes: Sequence[Change]) -> str:
    """Return the page; it opens in the reader's language."""
    chosen = language()
    inside = "".join(
        (*_findings(survey, findings), *_goals(survey, goals), *_changes(changes), *kinds(survey, _as_of(survey)))
        if survey.parts
        else _empty(survey)
    )
    style = (files("quanyu.customers.quality") / "page.css").read_text("utf-8")
    tongues = "".join(
        f'<input type="radio" class="tongue" name="tongue" id="tongue-{tongue}"{" checked" * (tongue == chosen)}>'
        for tongue in ("en", "zh")
    )
    title = escape(str(Text("Data quality", "数据质量")))
    shown = f"<div>{inside}</div>" if survey.parts else f'<div class="whole">{inside}</div>'
    body = f"{''.join(_head(survey, findings, goals))}{_contents(survey, findings, goals, changes)}{shown}"
    return (
        f'<!doctype html><html lang="{"zh-Hans" if chosen == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<title>{title} · {survey.as_of:%Y-%m-%d}</title><meta name="viewport" content="width=device-width">'
        f"<style>{style}</style></head><body>{tongues}<main>{body}</main></body></html>\n"
    )


def _as_of(survey: Survey) -> str:
    at = survey.as_of.strftime("%Y-%m-%d %H:%M")
    return f'<p class="time">{told(f"Data as of {at} UTC", f"数据时点：{at} UTC")}</p>'


def _head(survey: Survey, findings: Sequence[Finding], goals: Sequence[Reached]) -> Iterator[str]:
    yield '<header><div class="tongues"><label for="tongue-en">English</label><label for="tongue-zh">中文</label></div>'
    yield f"<h1>{told('Data quality', '数据质量')}</h1>{_as_of(survey)}"
    if survey.parts:
        tiles = [
            (f"{sum(part.rows for part in survey.parts):,}", Text("rows", "行数据")),
            (f"{len({part.source for part in survey.parts})}", Text("sources", "个来源")),
            (f"{len(findings):,}", Text("things to look at", "个待处理问题")),
        ]
        if goals:
            tiles.append((_score(goals), Text("goals reached", "项目标达成")))
        yield f'<ul class="tiles">{"".join(f"<li><b>{count}</b>{say(words)}</li>" for count, words in tiles)}</ul>'
        if survey.absent:
            names = told(", ".join(survey.absent), "、".join(survey.absent))
            yield f'<p class="pale">{told("No data yet: ", "尚无数据：")}{names}</p>'
    yield "</header>"


def _score(goals: Sequence[Reached]) -> str:
    return f"{sum(reached.met is True for reached in goals)} / {sum(reached.met is not None for reached in goals)}"


def _empty(survey: Survey) -> Iterator[str]:
    yield f"<section><p>{told('There are no data yet.', '尚无数据。')}</p>"
    en, zh = "Bring some in, then survey again: ", "请先导入数据，再重新勘查："
    yield f"<p>{told(en, zh)}<code>quanyu import MAPPING</code></p></section>"


def _contents(survey: Survey, findings: Sequence[Finding], goals: Sequence[Reached], changes: Sequence[Change]) -> str:
    if not survey.parts:
        return ""
    places = [
        ("findings", _FINDINGS, f"{len(findings):,}"),
        *([("goals", _GOALS, _score(goals))] if goals else []),
        *([("changes", _CHANGES, f"{len(changes):,}")] if changes else []),
        *((parts[0].kind, parts[0].title, f"{len(parts)}") for parts in by_kind(survey)),
    ]
    links = (
        f'<li><a href="#{escape(place)}">{say(title)}<span class="pale">{count}</span></a></li>'
        for place, title, count in places
    )
    return f'<nav class="contents"><ul>{"".join(links)}</ul></nav>'


def _findings(survey: Survey, findings: Sequence[Finding]) -> Iterator[str]:
    yield f'<h2 id="findings">{say(_FINDINGS)}</h2><section>{_as_of(survey)}'
    if not findings:
        yield f"<p>{told('Nothing was found.', '未发现问题。')}</p></section>"
        return
    en = "The weightiest first: how many rows, times how much one such row matters."
    yield f'<p class="pale">{told(en, "按重要性排序：涉及的行数 × 问题的严重程度。")}</p>'
    heaviest = max(finding.weight for finding in findings) or 1
    lines = [_finding(finding, heaviest) for finding in findings[:SHOWN]]
    yield f'<ol class="findings">{"".join(lines[:OPEN])}</ol>'
    if len(findings) > OPEN:
        more = len(findings) - OPEN
        yield f"<details><summary>{told(f'{more:,} more', f'另有 {more:,} 条')}</summary>"
        yield f'<ol class="findings">{"".join(lines[OPEN:])}</ol>'
        if len(findings) > SHOWN:
            rest = len(findings) - SHOWN
            yield f'<p class="pale">{told(f"and {rest:,} lighter ones", f"以及 {rest:,} 条较轻的问题")}</p>'
        yield "</details>"
    yield "</section>"


def _finding(finding: Finding, heaviest: float) -> str:
    share = max(0.02, finding.weight / heaviest)
    return f"<li>{bar([(share, WARNING)])}<div>{say(finding.words)}</div></li>"


def _goals(survey: Survey, goals: Sequence[Reached]) -> Iterator[str]:
    if not goals:
        return
    yield f'<h2 id="goals">{say(_GOALS)}</h2><section>{_as_of(survey)}'
    en = "Bar: what is. Stroke: what should be. The furthest behind first."
    yield f'<p class="pale">{told(en, "色条为实际，竖线为目标；差距最大的在前。")}</p><div class="goals">'
    order = list(dict.fromkeys(reached.goal for reached in goals))
    for goal, same in groupby(sorted(goals, key=lambda reached: order.index(reached.goal)), lambda r: r.goal):
        yield from _goal(list(same), "" if goal.owner is None else goal.owner)
    yield "</div></section>"


def _goal(goals: Sequence[Reached], owner: str) -> Iterator[str]:
    """Write one goal with the sources that it is held against; those that do not tell come last."""
    heard = [reached for reached in goals if reached.met is not None]
    title = heard[0].title if heard else goals[0].title
    beside = " · ".join(each for each in (_score(heard) if heard else "", owner) if each)
    yield f"<div><h3>{say(title)}<span>{aim(goals[0].goal)}</span>"
    yield f'<span class="pale">{escape(beside)}</span></h3><ul>'
    yield from (_held(reached) for reached in heard)
    for reached in goals:
        if reached.met is None:
            words = told("incomplete, no data from ", "数据不完整，未提供：")
            yield f'<li class="silent open">{words}{escape(reached.source)}</li>'
    yield "</ul></div>"


def _held(reached: Reached) -> str:
    state, sign, actual = ("met", "✓", reached.actual) if reached.met else ("unmet", "×", reached.actual)
    source = f"<span>{escape(reached.source)}</span>"
    told_of = f'<span class="figure {state}">{figure(reached.goal, actual or 0.0)} {sign}</span>'
    lacking = f'<span class="pale todo">{say(todo(reached.goal, reached.lacking))}</span>'
    if reached.goal.measure in IN_DAYS:
        return f'<li class="days">{source}{told_of}{lacking}</li>'
    wanted = reached.goal.at_most if reached.goal.at_least is None else reached.goal.at_least
    drawn = bar([(actual or 0.0, GOOD if reached.met else BAD)], mark=wanted)
    return f"<li>{source}{drawn}{told_of}{lacking}</li>"


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield f'<h2 id="changes">{say(_CHANGES)}</h2><section><ul>'
        for change in changes[:SHOWN]:
            state = "met" if change.now > change.before else "unmet"
            yield f'<li class="{state}">{say(change.words)}</li>'
        yield "</ul></section>"
