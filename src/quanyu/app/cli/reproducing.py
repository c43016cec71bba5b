"""Commands that have a past run of tags again: its runs, its values, and who was in an audience by it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.portraits import who_of
from quanyu.app.cli.screen import table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.past import chosen_then, ids_of
from quanyu.targeting.tags.past import Past, of_day, of_run, values
from quanyu.targeting.tags.past import runs as past_runs

FORMATS = (".csv", ".parquet")
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="By the run of that day. 按当日的标签计算。")]
OfRun = Annotated[int | None, typer.Option("--run", min=1, metavar="NUMBER", help="By this run. 按此次标签计算。")]
OutFile = Annotated[Path, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file. 输出文件。")]


def add_to_tags(app: typer.Typer) -> None:
    """Hang the commands below `quanyu tag`."""
    app.command("runs", help="List runs, and which can be had again. 标签计算记录。")(runs)
    app.command("values", help="Write the values of a run into a file. 输出某次计算的标签值。")(write_values)


def add_to_audiences(app: typer.Typer) -> None:
    """Hang the commands below `quanyu audience`."""
    app.command("members", help="Write who was in it by a run. 输出某次计算时的成员。")(write_members)


def past_of(ws: Workspace, as_of: str | None, run: int | None) -> Past | None:
    """Return the run that is meant, None for the one that stands."""
    if as_of is not None and run is not None:
        problem = Text("Name a day or a run, one of them.", "请给出日期或计算编号，二者其一。")
        raise Invalid(problem, received="both", allowed=["--as-of", "--run"])
    if run is not None:
        return of_run(ws, run)
    try:
        return None if as_of is None else of_day(ws, date.fromisoformat(as_of))
    except ValueError:
        raise Invalid(Text("This is not a day.", "这不是日期。"), received=as_of, allowed=["2011-12-10"]) from None


def about(past: Past) -> Text:
    """Say by which run and data an answer is."""
    if past.run.number:
        said = Text("By run {n} of {day}, and what it had read.", "按 {day} 的第 {n} 次计算及其所读数据。")
    else:
        said = Text("No run was of {day}: by today's data and tags.", "{day} 没有计算：按当前数据与标签。")
    return said.format_with(n=past.run.number, day=past.run.day)


def runs(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = past_runs(desk.workspace)
    columns = (Text("run", "编号"), Text("day", "统计日"), Text("customers", "客户数"), Text("kept", "可重现"))
    rows = [(each.run.number, each.run.day, each.run.customers, each.kept) for each in found]
    names = ("day", "as_of", "finished_at", "customers")
    document = [
        {"run": str(each.run.number), **{n: getattr(each.run, n) for n in names}, "kept": each.kept} for each in found
    ]
    desk.screen.answer({"runs": document}, table(Text("Runs of tags", "标签计算"), columns, rows))


def write_values(
    out: OutFile,
    as_of: AsOf = None,
    run: OfRun = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Only this. 仅此标签。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    _check(out)
    with at_desk(home, workspace, as_json=as_json) as desk:
        ws = desk.workspace
        past = _wanted(past_of(ws, as_of, run))
        names = _known(past, tags)
        with values(ws, past, names) as then:
            found = ws.lake.to_arrow(
                then.rows.order_by("customer").select("customer", *(names or then.rows.columns[1:]))
            )
        ids = pa.array(ids_of(ws, past.alive), pa.string())
        _write(found.set_column(0, "one_id", ids), out)
    desk.screen.answer({"file": str(out), "run": str(past.run.number), "customers": len(ids)}, about(past))


def write_members(
    who: Annotated[str, typer.Argument(metavar="NAME|FILE", help="An audience, or a rule. 人群或规则文件。")],
    out: OutFile,
    as_of: AsOf = None,
    run: OfRun = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    _check(out)
    with at_desk(home, workspace, as_json=as_json) as desk:
        past = _wanted(past_of(desk.workspace, as_of, run))
        found = chosen_then(desk.workspace, who_of(who), past)
        _write(pa.table({"one_id": pa.array(ids_of(desk.workspace, found.members), pa.string())}), out)
    document: dict[str, object] = {"file": str(out), "run": str(past.run.number), "size": found.count.size}
    said = Text("{n:,} customers.", "{n:,} 位客户。").format_with(n=found.count.size)
    desk.screen.answer(document, said, about(past))


def _wanted(past: Past | None) -> Past:
    if past is None:
        problem = Text("Say which run is meant.", "请指定哪次计算。")
        raise Invalid(problem, allowed=["--as-of DATE", "--run NUMBER"])
    return past


def _known(past: Past, names: list[str] | None) -> list[str] | None:
    for name in names or []:
        if name not in past.pack.askables:
            allowed = past.pack.askables.near(name)
            raise Invalid(
                Text("There was no such tag then.", "当时没有这个标签。"), received=name[:60], allowed=allowed
            )
    return names


def _check(out: Path) -> None:
    if out.suffix.lower() not in FORMATS or not out.parent.is_dir():
        raise Invalid(Text("The file cannot be written there.", "无法写入该文件。"), received=str(out), allowed=FORMATS)


def _write(rows: pa.Table, out: Path) -> None:
    (pq.write_table if out.suffix.lower() == ".parquet" else pa_csv.write_csv)(rows, out)
