"""Options that every command takes."""

from pathlib import Path
from typing import Annotated

import typer

HomeFolder = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="PATH",
        envvar="QUANYU_HOME",
        show_default="./quanyu-home",
        help="The home folder. 数据目录。",
        rich_help_panel=None,
    ),
]
WorkspaceName = Annotated[
    str | None,
    typer.Option("--workspace", metavar="NAME", show_default="the first one", help="The workspace. 工作区。"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document. 以 JSON 输出。")]
