"""Commands that measure what a campaign changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.filing import Out, check_out, write_out
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen, table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.analysis import analyze as analyze_table
from quanyu.targeting.experiments.files import read_table
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.model import Analysis, Effect
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


@app.callback()
def experiment() -> None:
    """Keep `analyze` a command of its own: with one command, it would become the group itself."""


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


def tables_of(found: Analysis) -> Iterator[Table]:
    """Yield the table of effects, and one of the effects part by part where they were asked for."""
    yield table(Text("Effects", "效果"), COLUMNS, [_row(effect) for effect in found.effects])
    if found.parts is not None:
        title = Text(f"By {found.parts.by}", f"按 {found.parts.by}")
        rows = [(part.value, *_row(effect)) for part in found.parts.parts for effect in part.effects]
        yield table(title, (Text(found.parts.by, found.parts.by), *COLUMNS), rows)


COLUMNS = (
    Text("outcome", "结果"),
    Text("group", "组"),
    Text("group mean", "组均值"),
    Text("control mean", "对照均值"),
    Text("difference", "差异"),
    Text("95%", "95% 区间"),
    Text("unadjusted", "未校正"),
    Text("normal approx.", "正态近似"),
    Text("relative", "相对"),
    Text("p", "p 值"),
    Text("p (Holm)", "p (Holm)"),
    Text("power", "功效"),
    Text("detectable", "可检出"),
)


def _row(effect: Effect) -> tuple[object, ...]:
    scale = 100 if effect.kind == "rate" else 1
    unit = "%" if effect.kind == "rate" else ""

    def shown(value: float | None) -> str | None:
        return None if value is None else f"{value * scale:,.4f}{unit}"

    return (
        effect.outcome,
        effect.arm,
        shown(effect.arm_mean),
        shown(effect.control_mean),
        shown(effect.absolute),
        f"[{shown(effect.absolute_low) or '–'}, {shown(effect.absolute_high) or '–'}]",
        None if effect.removed is None else shown(effect.unadjusted),
        f"[{shown(effect.plain_low)}, {shown(effect.plain_high)}]",
        None if effect.relative is None else f"{effect.relative:+.1%}",
        None if effect.p_value is None else f"{effect.p_value:.3g}",
        None if effect.p_holm is None else f"{effect.p_holm:.3g}",
        None if effect.power is None else f"{effect.power:.0%}",
        shown(effect.detectable),
    )
