"""Commands that measure what a campaign changed."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.effects import tables_of
from quanyu.app.cli.filing import Out, check_out, write_out
from quanyu.app.cli.groups import Group
from quanyu.app.cli.measuring import report_global, terms_app
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.powering import power
from quanyu.app.cli.screen import Screen
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.analysis import analyze as analyze_table
from quanyu.targeting.experiments.files import read_table
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.page import draw_analysis
from quanyu.targeting.experiments.report import as_json as reported
from quanyu.targeting.experiments.wording import in_words
from quanyu.targeting.experiments.workbook import write_workbook

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure what a campaign changed. 衡量活动效果。",
)


app.command(help="Say how large a test must be, and what stays hidden in one. 规划实验所需人数。")(power)
app.add_typer(terms_app, name="terms")
app.command("global", help="Say what marketing as a whole changed in a quarter. 衡量整体营销效果。")(report_global)


@app.command(help="Compare groups of a finished test; needs no home. 分析已完成的实验。")
def analyze(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV or Parquet. 数据文件。")],
    *,
    arm: Annotated[str, typer.Option(metavar="COLUMN", help="Column that names the group. 分组列。")],
    control: Annotated[str, typer.Option(metavar="VALUE", help="Group that was left alone. 对照组。")],
    outcomes: Annotated[str, typer.Option(metavar="A,B,C", help="Columns to compare. 结果列。")],
    shares: Annotated[
        str | None, typer.Option(metavar="ARM=SHARE,...", help="Planned shares; equal if not given. 计划比例。")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns known before anybody was assigned. 分组前已知的列。")
    ] = None,
    sequential: Annotated[
        int | None,
        typer.Option(metavar="CUSTOMERS", min=1, help="Planned size: limits hold at any look. 计划人数，可随时查看。"),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Look at the effect by its values. 按该列分组看效果。")
    ] = None,
    out: Out = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    check_out(out)
    looking = None if sequential is None else Looking(sequential)
    found = analyze_table(
        read_table(file), arm, control, listed(outcomes), planned(shares), listed(before), looking, by
    )
    screen, title = Screen(as_json), Text(f"What {file.stem} changed", f"{file.stem} 的效果")
    beneath = Text(f"against “{found.control}”", f"对照组：“{found.control}”")
    write_out(screen, out, lambda: draw_analysis(found, title, beneath), lambda: write_workbook(found, title))
    screen.answer(reported(found), *in_words(found), *tables_of(found))


def listed(written: str | None) -> list[str]:
    return [name.strip() for name in (written or "").split(",") if name.strip()]


def planned(written: str | None) -> dict[str, float] | None:
    """Read `Mens=0.5,Womens=0.5`; the last = divides, for a name may have one."""
    if written is None:
        return None
    found: dict[str, float] = {}
    for part in written.split(","):
        name, _, share = part.rpartition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            name = ""
        if not name.strip():
            raise Invalid(
                Text("The planned shares cannot be read.", "无法读取计划比例。"),
                received=part,
                allowed=["NAME=0.5,OTHER=0.5"],
            )
    return found
