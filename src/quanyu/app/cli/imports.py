"""Commands that bring files in and show what was refused."""

from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.text import Text

FILES = "files"


class FilesFirst(typer.core.TyperGroup):
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
        outcomes: list[Outcome] = []
        for mapping in checked:
            prefix = mapping.source
            outcomes.append(
                import_files(
                    desk.workspace,
                    mapping,
                    lambda step, prefix=prefix: desk.screen.note(Text(f"{prefix}: {step.en}", f"{prefix}：{step.zh}")),
                )
            )
    desk.screen.answer(
        {"imports": [describe(outcome) for outcome in outcomes]}, *(part for o in outcomes for part in _shown(o))
    )


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


def _shown(outcome: Outcome) -> list[Any]:
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
    if outcome.lines.rejected:
        shown.append(
            Text(
                "See what was rejected: quanyu import rejects --import {n}",
                "查看被拒绝的行：quanyu import rejects --import {n}",
            ).format_with(n=outcome.number)
        )
    return shown
