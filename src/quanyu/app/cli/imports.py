"""Commands that bring files in and show what was refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.model import Outcome, Reject
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.foundation.text import Text

FILES = "files"
FIRST_REJECTS = 5


class FilesFirst(Group):
    """`quanyu import MAPPING…` means `quanyu import files MAPPING…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, "--help"}
        return super().parse_args(ctx, args if not args or args[0] in known else [FILES, *args])


app = typer.Typer(
    cls=FilesFirst,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Import files by their mapping: quanyu import MAPPING.yaml… 按映射导入文件。",
)


@app.command(FILES, help="Import each mapping in turn. 依次导入。")
def files(
    mappings: Annotated[list[Path], typer.Argument(metavar="MAPPING...", help="Mapping files. 映射文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        checked = [desk.house.mapping(desk.workspace, path) for path in mappings]
        outcomes = [import_files(desk.workspace, mapping, _progress(desk, mapping.source)) for mapping in checked]
        refused = {o.number: _first_rejects(desk, o) for o in outcomes}
    document = {"imports": [describe(outcome) for outcome in outcomes]}
    desk.screen.answer(document, *(part for o in outcomes for part in _shown(o, refused[o.number])))


def _progress(desk: Desk, source: str) -> Callable[[Text], None]:
    return lambda step: desk.screen.note(Text(f"{source}: {step.en}", f"{source}：{step.zh}"))


def _first_rejects(desk: Desk, outcome: Outcome) -> list[Reject]:
    return list_rejects(desk.workspace, outcome.number, FIRST_REJECTS) if outcome.lines.rejected else []


def describe(outcome: Outcome) -> dict[str, object]:
    return {
        "import": str(outcome.number),
        "source": outcome.source,
        "seconds": round(outcome.seconds, 3),
        "kinds": [
            {
                "kind": c.kind,
                "per_line": c.grain,
                "read": c.read,
                "landed": c.landed,
                "rejected": c.rejected,
                "known": c.known,
            }
            for c in outcome.counts
        ],
    }


def _shown(outcome: Outcome, refused: list[Reject]) -> list[Any]:
    title = Text("Import {n} of {s}, {t:.1f} s", "第 {n} 次导入：{s}，{t:.1f} 秒").format_with(
        n=outcome.number, s=outcome.source, t=outcome.seconds
    )
    columns = (
        Text("kind", "类型"),
        Text("read", "读取"),
        Text("landed", "写入"),
        Text("rejected", "拒绝"),
        Text("already known", "已存在"),
    )
    shown: list[Any] = [
        table(title, columns, [(c.kind, c.read, c.landed, c.rejected, c.known) for c in outcome.counts])
    ]
    if refused:
        shown.append(_rejects(Text("The first of them", "其中前几行"), refused, text=False))
        shown.append(
            Text(
                "See what was rejected: quanyu import rejects --import {n}",
                "查看被拒绝的行：quanyu import rejects --import {n}",
            ).format_with(n=outcome.number)
        )
    return shown


@app.command(help="List refused lines and why. 查看被拒绝的行。")
def rejects(
    *,
    import_number: Annotated[
        int | None, typer.Option("--import", metavar="N", help="One import only. 只看一次导入。")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many. 最多行数。")] = 100,
    text: Annotated[
        bool, typer.Option("--text", help="With the raw line: personal data. 含原文（个人信息）。")
    ] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_rejects(desk.workspace, import_number, limit)
    document = {"rejects": [_describe_reject(reject, text=text) for reject in found]}
    desk.screen.answer(document, _rejects(Text("Rejected lines", "被拒绝的行"), found, text=text))


def _describe_reject(reject: Reject, *, text: bool) -> dict[str, object]:
    described: dict[str, object] = {
        "import": str(reject.import_number),
        "source": reject.source,
        "file": reject.file,
        "line": reject.line,
        "column": reject.column,
        "reason": both(reject.reason),
    }
    return {**described, "text": reject.text} if text else described


def _rejects(title: Text, found: list[Reject], *, text: bool) -> Table:
    columns = [Text("import", "导入"), Text("file", "文件"), Text("line", "行"), Text("why", "原因")]
    columns += [Text("text", "原文")] if text else []
    rows = [
        (f"{r.import_number}", Path(r.file).name, f"{r.line}", r.reason, *((r.text,) if text else ())) for r in found
    ]
    return table(title, columns, rows)
