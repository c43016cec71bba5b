"""Commands that list imports, stop one that runs, and take a wrong one back."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import ListFirst
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.ingest.history import ImportState, list_imports
from quanyu.customers.ingest.model import TakenBack
from quanyu.customers.ingest.taking_back import take_back as take_import_back
from quanyu.customers.ingest.watching import cancel_import
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=ListFirst,
    add_completion=False,
    rich_markup_mode=None,
    help="List imports; stop one, or take a wrong one back. 查看导入记录，取消或撤回导入。",
)


@app.command("list", help="List imports, the newest first. 按时间倒序列出导入。")
def list_(
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many. 最多条数。")] = 20,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_imports(desk.workspace, limit)
    desk.screen.answer({"imports": [_describe(each) for each in found]}, _shown(found))


def _describe(each: ImportState) -> dict[str, object]:
    told = {**vars(each), "import": str(each.number), "replays": None if each.replays is None else str(each.replays)}
    return {name: value for name, value in told.items() if name != "number"}


def _shown(found: Sequence[ImportState]) -> Table:
    columns = (
        Text("import", "导入"),
        Text("source", "来源"),
        Text("state", "状态"),
        Text("replays", "重放"),
        Text("files", "文件数"),
        Text("lines", "行数"),
        Text("landed", "写入"),
        Text("rejected", "拒绝"),
        Text("already known", "已存在"),
        Text("when", "时间"),
    )
    rows = [
        (
            *(str(each.number), each.source, str(_STATES.get(each.state, each.state)), each.replays, each.files),
            *(each.lines, each.landed, each.rejected, each.known, f"{each.started_at:%Y-%m-%d %H:%M} UTC"),
        )
        for each in found
    ]
    return table(Text("Imports", "导入记录"), columns, rows)


_STATES = {
    "running": Text("running", "进行中"),
    "landed": Text("landed", "已写入"),
    "failed": Text("failed", "失败"),
    "interrupted": Text("interrupted", "已中断"),
    "cancelled": Text("cancelled", "已取消"),
    "taken back": Text("taken back", "已撤回"),
}


@app.command(help="Stop an import that runs; nothing of it lands. 取消正在进行的导入。")
def cancel(
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the import. 导入编号。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        cancel_import(desk.workspace, number)
    told = Text("Import {n} will stop within seconds.", "第 {n} 次导入将在数秒内停止。").format_with(n=number)
    desk.screen.answer({"import": str(number), "cancelled": True}, told)


@app.command("take-back", help="Remove all that one import has landed. 撤回一次导入写入的全部数据。")
def take_back(
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the import. 导入编号。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = take_import_back(desk.workspace, number, desk.house.rooms)
    document = {
        "import": str(done.number),
        "source": done.source,
        "imports": [str(each) for each in done.imports],
        "removed": dict(done.removed),
        "known_later": done.known_later,
    }
    desk.screen.answer(document, *_told(done))


def _told(done: TakenBack) -> list[Table | Text]:
    number, source = done.number, done.source
    title = Text(f"Import {number} of {source} is taken back.", f"已撤回第 {number} 次导入：{source}")
    columns = (Text("table", "数据表"), Text("rows removed", "移除行数"))
    told: list[Table | Text] = [table(title, columns, sorted(done.removed.items()))]
    if done.known_later:
        told.append(
            Text(
                "Later imports of this source found {k:,} lines already known. Those that stood in import {n} are gone "
                "with it: import these files again.",
                "此来源之后的导入有 {k:,} 行被视为已存在，其中来自第 {n} 次导入的行已随之移除：请重新导入这些文件。",
            ).format_with(k=done.known_later, n=done.number)
        )
    return told
