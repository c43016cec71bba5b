"""Writes reports of effects to a file, by its ending a page or a workbook."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.portraits import PAGES, check_page
from quanyu.app.cli.screen import Screen
from quanyu.foundation.text import Text

WORKBOOKS = (".xlsx",)
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE.html|FILE.xlsx", help="Write a page, or a workbook. 输出网页或工作簿。"),
]


def check_out(out: Path | None) -> None:
    """Refuse a file that cannot be written before anything is reckoned."""
    check_page(out, (*PAGES, *WORKBOOKS))


def write_out(screen: Screen, out: Path | None, draw: Callable[[], str], write: Callable[[], bytes]) -> None:
    if out is not None:
        out.write_bytes(write() if out.suffix.lower() in WORKBOOKS else draw().encode())
        screen.note(Text(f"written: {out}", f"已写入：{out}"))
