"""Commands of measuring that need a home: the terms on which effects are measured, and the global control."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.effects import tables_of
from quanyu.app.cli.filing import Out, check_out, write_out
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.engagement.journeys.effects import Report
from quanyu.engagement.journeys.holding import read_quarter
from quanyu.engagement.journeys.reporting import describe, draw, first_words, write
from quanyu.engagement.journeys.whole import report_whole
from quanyu.foundation.text import Text
from quanyu.targeting.experiments import terms
from quanyu.targeting.experiments.wording import in_words

terms_app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Return windows, margin and costs. 退货期、毛利率与成本设定。",
)


def answer_report(screen: Screen, found: Report, out: Path | None) -> None:
    """Answer a report, and write it to a file where one is named."""
    write_out(screen, out, lambda: draw(found), lambda: write(found))
    screen.answer(describe(found), *first_words(found), *in_words(found.analysis), *tables_of(found.analysis))


def report_global(
    *,
    quarter: Annotated[
        str | None, typer.Option(metavar="2026Q1", help="The present one without. 季度，默认本季。")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="TAG", help="Look at it by a tag. 按标签分组查看。")] = None,
    out: Out = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    check_out(out)
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = report_whole(desk.workspace, None if quarter is None else read_quarter(quarter), by)
    answer_report(desk.screen, found, out)


@terms_app.command("apply", help="Put terms of measuring in force. 应用效果衡量设定。")
def apply_terms(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Terms in YAML. 设定文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        version = terms.apply(desk.workspace, file)
    desk.screen.answer({"version": version}, Text(f"Version {version} is in force.", f"版本 {version} 已生效。"))


@terms_app.command("show", help="Show the terms in force. 查看当前设定。")
def show_terms(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        text = terms.written(desk.workspace).rstrip()
    desk.screen.answer({"text": text}, Text(text, text))
