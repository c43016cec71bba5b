"""Commands that list and export refused lines, bring them in again, and delete old ones."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.advancing import advancing
from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.groups import ListFirst
from quanyu.app.cli.imports import describe
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.ingest.model import Reject
from quanyu.customers.ingest.rejects import expire_rejects, list_rejects
from quanyu.customers.ingest.replaying import Replayed, replay_file, replay_texts
from quanyu.customers.ingest.sheets import export_rejects
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=ListFirst,
    add_completion=False,
    rich_markup_mode=None,
    help="Refused lines: list, export, mend and replay. 被拒绝的行：查看、导出、修正后重放。",
)
ImportNumber = Annotated[int | None, typer.Option("--import", metavar="N", help="One import only. 只看一次导入。")]


@app.command("list", help="List refused lines and why, or export them. 查看或导出被拒绝的行及原因。")
def list_(
    *,
    import_number: ImportNumber = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them to .xlsx or .csv: personal data. 导出到文件（个人信息）。"),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many. 最多行数。")] = 100,
    text: Annotated[
        bool, typer.Option("--text", help="With the raw line: personal data. 含原文（个人信息）。")
    ] = False,
    replayed: Annotated[
        bool, typer.Option("--all", help="Those that have landed since, too. 包括之后已写入的。")
    ] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        if export is not None:
            return _export(desk, export, import_number)
        found = list_rejects(desk.workspace, import_number, limit, replayed=replayed)
    document = {"rejects": [_describe(reject, text=text) for reject in found]}
    desk.screen.answer(document, _shown(found, text=text))
    return None


def _export(desk: Desk, path: Path, import_number: int | None) -> None:
    rows = export_rejects(desk.workspace, path, import_number)
    desk.screen.note(Text("The file holds personal data: keep it safe.", "文件含个人信息，请妥善保管。"))
    mend = Text(
        "Mend the lines there, keep the column _reject, then: quanyu rejects replay {file}",
        "请在其中修正，保留 _reject 列，然后执行：quanyu rejects replay {file}",
    )
    done = Text("{rows:,} lines written to {file}.", "已将 {rows:,} 行写入 {file}。")
    desk.screen.answer(
        {"file": str(path), "rejects": rows}, *(t.format_with(rows=rows, file=path) for t in (done, mend))
    )


def _describe(reject: Reject, *, text: bool) -> dict[str, object]:
    described: dict[str, object] = {
        "reject": reject.id,
        "import": str(reject.import_number),
        "source": reject.source,
        "file": reject.file,
        "line": reject.line,
        "column": reject.column,
        "reason": both(reject.reason),
        "replayed_by": None if reject.replayed_by is None else str(reject.replayed_by),
    }
    return {**described, "text": reject.text} if text else described


def _shown(found: list[Reject], *, text: bool) -> Table:
    columns = [Text("reject", "编号"), Text("file", "文件"), Text("line", "行"), Text("why", "原因")]
    columns += [Text("landed with", "写入于")] if any(r.replayed_by for r in found) else []
    columns += [Text("text", "原文")] if text else []
    rows = [
        (
            *(r.id, Path(r.file).name, str(r.line), r.reason),
            *((r.replayed_by,) if any(each.replayed_by for each in found) else ()),
            *((r.text,) if text else ()),
        )
        for r in found
    ]
    return table(Text("Rejected lines", "被拒绝的行"), columns, rows)


@app.command(help="Bring mended lines in again, or all of an import as they are. 导入修正后的行，或原样重放。")
def replay(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A mended export. 修正后的导出文件。")] = None,
    *,
    import_number: Annotated[
        int | None,
        typer.Option("--import", metavar="N", help="Instead: its lines as they are. 或：原样重放某次导入的行。"),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="By this mapping instead. 改用此映射。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk, advancing(desk.screen, "replay") as told:
        if (file is None) == (import_number is None):
            raise Invalid(
                Text("Say either which file or which import.", "请指定文件或导入编号，二者择一。"),
                allowed=["FILE.xlsx", "FILE.csv", "--import N"],
            )
        if file is not None:
            done = replay_file(desk.workspace, file, desk.house.doors, mapping, told)
        else:
            done = replay_texts(desk.workspace, import_number or 0, desk.house.doors, mapping, told)
    document = {"imports": [describe(outcome) for outcome in done.outcomes], "closed": done.closed}
    desk.screen.answer(document, _told(done))


def _told(done: Replayed) -> Table | Text:
    if not done.outcomes:
        return Text("Nothing is open: no line was imported.", "没有待处理的行，未导入任何数据。")
    columns = (
        Text("import", "导入"),
        Text("source", "来源"),
        Text("read", "读取"),
        Text("landed", "写入"),
        Text("rejected", "拒绝"),
        Text("already known", "已存在"),
    )
    rows = [
        (str(o.number), o.source, o.lines.read, o.lines.landed, o.lines.rejected, o.lines.known) for o in done.outcomes
    ]
    return table(Text("Replayed lines", "重放结果"), columns, rows)


@app.command(help="Delete refused lines that are too old to be kept. 删除超过保留期的被拒绝的行。")
def expire(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        deleted = expire_rejects(desk.workspace)
    told = Text("{n:,} lines deleted; their counts stay.", "已删除 {n:,} 行，计数保留。").format_with(n=deleted)
    desk.screen.answer({"deleted": deleted}, told)
