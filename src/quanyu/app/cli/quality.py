"""The command that says how good the data are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.app.cli.tags import instant_of
from quanyu.customers.quality.findings import find, percent
from quanyu.customers.quality.flaws import WORDS
from quanyu.customers.quality.goals import Reached, hold_against, load_goals, retail_goals
from quanyu.customers.quality.keeping import keep, last_kept
from quanyu.customers.quality.model import FieldSurvey, Finding, PartSurvey, Survey
from quanyu.customers.quality.page import draw
from quanyu.customers.quality.report import Change, compare, document
from quanyu.customers.quality.surveying import take_survey
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

SHOWN = 30


def survey(
    *,
    source: Annotated[str | None, typer.Option(metavar="S", help="One source only. 只看一个来源。")] = None,
    kind: Annotated[str | None, typer.Option(metavar="K", help="One kind of input only. 只看一种类型。")] = None,
    goals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Goals; a retailer's if not given. 目标文件，默认零售目标。")
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DAY", help="Up to the end of a day, or now. 截至某日。")
    ] = "now",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with pictures. 输出带图网页。")
    ] = None,
    keep_it: Annotated[
        bool, typer.Option("--keep", help="Keep it; the next one shows what has changed. 保存以便下次对比。")
    ] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    if keep_it and (kind or source):
        raise Invalid(
            Text("A survey that is kept is of everything.", "保存的勘查须覆盖全部数据。"),
            remedy=Text("Leave out --kind and --source, or --keep.", "请去掉 --kind 与 --source，或去掉 --keep。"),
        )
    with at_desk(home, workspace, as_json=as_json) as desk:
        kinds, ws = desk.house.kinds, desk.workspace
        wanted = retail_goals(kinds) if goals is None else load_goals(goals, kinds)
        desk.screen.note(Text("surveying", "勘查中"))
        found = take_survey(ws, kinds, kind=kind, source=source, as_of=instant_of(as_of, ws.time_zone))
        here = [goal for goal in wanted if kind in {None, goal.kind} and (goals or _delivered(found, goal.kind))]
        before = last_kept(ws)
        answer = _Answer(
            found,
            find(found),
            hold_against(here, found),
            compare(found, None if before is None else before.document),
        )
        told = answer.document()
        if keep_it:
            told["number"] = str(keep(ws, found, told))
        if html is not None:
            html.write_text(draw(found, answer.findings, answer.goals, answer.changes), encoding="utf-8")
            desk.screen.note(Text(f"written: {html}", f"已写入：{html}"))
        desk.screen.answer(told, *answer.shown(fields=bool(kind or source)))


def _delivered(found: Survey, kind: str) -> bool:
    return any(part.kind == kind for part in found.parts)


@dataclass(frozen=True)
class _Answer:
    """A survey with what follows from it."""

    survey: Survey
    findings: Sequence[Finding]
    goals: Sequence[Reached]
    changes: Sequence[Change]

    def document(self) -> dict[str, object]:
        return document(self.survey, self.findings, self.goals, self.changes)

    def shown(self, *, fields: bool) -> Iterator[Table | Text]:
        at = f"{self.survey.as_of:%Y-%m-%d %H:%M} UTC"
        yield _words(Text(f"What to look at ({at})", f"待处理问题（{at}）"), [f.words for f in self.findings[:SHOWN]])
        if self.changes:
            words = [change.words for change in self.changes[:SHOWN]]
            yield _words(Text("Since the survey kept last", "与上次保存的勘查相比"), words)
        if self.goals:
            reached = sum(goal.met is True for goal in self.goals)
            title = Text(
                f"Goals ({at}): {reached} of {len(self.goals)} reached",
                f"目标（{at}）：{len(self.goals)} 项中 {reached} 项达成",
            )
            yield _words(title, [goal.words for goal in self.goals if not goal.met])
        yield _parts(Text(f"Sources ({at})", f"来源（{at}）"), self.survey)
        if self.survey.absent:
            names = ", ".join(self.survey.absent)
            yield Text(f"No data yet: {names}", f"尚无数据：{names}")
        if fields:
            for part in self.survey.parts:
                yield _fields(part, at)
        elif self.survey.parts:
            yield Text("Field by field: quanyu quality --kind KIND", "逐字段查看：quanyu quality --kind 类型")


def _words(title: Text, lines: Sequence[Text]) -> Table:
    columns = (Text("no.", "序号"), Text("what", "内容"))
    return table(title, columns, [(number, str(line)) for number, line in enumerate(lines, 1)])


def _parts(title: Text, survey: Survey) -> Table:
    columns = (
        Text("source", "来源"),
        Text("kind", "类型"),
        Text("rows", "行数"),
        Text("imports", "导入次数"),
        Text("newest data", "最新数据"),
        Text("days old", "距今天数"),
        Text("linkable", "可关联"),
        Text("days without rows", "缺失天数"),
    )
    return table(title, columns, [_part(part, survey.as_of) for part in survey.parts])


def _part(part: PartSurvey, as_of: datetime) -> tuple[object, ...]:
    age = part.age(as_of)
    return (
        part.source,
        part.title,
        part.rows,
        part.imports,
        None if part.latest is None else f"{part.latest:%Y-%m-%d}",
        None if age is None else f"{age:,.1f}",
        None if part.links is None else percent(part.links.share),
        None if part.days is None else len(part.days.missing),
    )


def _fields(part: PartSurvey, at: str) -> Table:
    title = Text(f"{part.source}, {part.title.en} ({at})", f"{part.source}·{part.title.zh}（{at}）")
    columns = (
        Text("field", "字段"),
        Text("filled", "填充"),
        Text("missing", "缺失"),
        Text("valid", "有效"),
        Text("values", "不同值"),
        Text("p1", "p1"),
        Text("p50", "p50"),
        Text("p99", "p99"),
        Text("drift", "漂移"),
        Text("not believed", "不可信"),
    )
    return table(title, columns, [_field(field) for field in part.fields if field.filled or field.refused])


def _field(field: FieldSurvey) -> tuple[object, ...]:
    spread, drift = field.spread, field.drift
    flaws = ", ".join(f"{WORDS.get(f.name, f.name)} {f.rows:,}" for f in (*field.flaws, *field.refused))
    return (
        field.title,
        f"{percent(field.fill)} → {percent(field.fill_with_refills)}" if field.refilled else percent(field.fill),
        field.missing,
        percent(field.validity),
        field.distinct,
        *((None, None, None) if spread is None else (spread.p1, spread.p50, spread.p99)),
        None if drift is None or drift.shift is None else f"{drift.shift:.2f}",
        flaws,
    )
