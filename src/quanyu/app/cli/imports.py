"""The command that brings files in and shows the first lines that it refused."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from quanyu.app.cli.advancing import advancing
from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.customers.ingest.model import Outcome, Reject
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.foundation.text import Text

FIRST_REJECTS = 5


def import_(
    mappings: Annotated[list[Path], typer.Argument(metavar="MAPPING...", help="Mapping files. 映射文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        checked = [desk.house.mapping(desk.workspace, path) for path in mappings]
        outcomes = [_import(desk, mapping) for mapping in checked]
        refused = {o.number: _first_rejects(desk, o) for o in outcomes}
    document = {"imports": [describe(outcome) for outcome in outcomes]}
    desk.screen.answer(document, *(part for o in outcomes for part in _shown(o, refused[o.number])))


def _import(desk: Desk, mapping: SourceMapping) -> Outcome:
    with advancing(desk.screen, mapping.source) as told:
        return import_files(desk.workspace, mapping, told)


def _first_rejects(desk: Desk, outcome: Outcome) -> list[Reject]:
    return list_rejects(desk.workspace, outcome.number, FIRST_REJECTS) if outcome.lines.rejected else []


def describe(outcome: Outcome) -> dict[str, object]:
    return {
        "import": str(outcome.number),
        "source": outcome.source,
        "seconds": round(outcome.seconds, 3),
        "notes": [both(note) for note in outcome.notes],
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
        table(title, columns, [(c.kind, c.read, c.landed, c.rejected, c.known) for c in outcome.counts]),
        *outcome.notes,
    ]
    if refused:
        shown.append(_rejects(refused))
        shown.append(
            Text(
                "See what was rejected: quanyu rejects --import {n}",
                "查看被拒绝的行：quanyu rejects --import {n}",
            ).format_with(n=outcome.number)
        )
    return shown


def _rejects(found: list[Reject]) -> Table:
    columns = (Text("import", "导入"), Text("file", "文件"), Text("line", "行"), Text("why", "原因"))
    rows = [(f"{r.import_number}", Path(r.file).name, f"{r.line}", r.reason) for r in found]
    return table(Text("The first of them", "其中前几行"), columns, rows)
