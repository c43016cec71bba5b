"""Commands that make lists of customers from pasted values, and list them."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.lists import KeptList
from quanyu.targeting.audiences.lists import lists as kept_lists
from quanyu.targeting.audiences.pasting import COUNTED, REASONS, Pasted, Read
from quanyu.targeting.audiences.pasting import paste as paste_values

STDIN = "-"


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu audience`."""
    app.command("paste", help="Make a list of customers from phones, cards, orders. 粘贴名单。")(paste)
    app.command("lists", help="List the lists that were pasted. 列出名单。")(lists)


def paste(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A text file, or - to read what is piped. 文本文件。")],
    *,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Name of the list. 名单名称。")],
    kind: Annotated[
        str, typer.Option("--of", metavar="KIND", help="phone, email, card, order, one_id, or auto. 值的类型。")
    ] = "auto",
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cards and orders of this source only. 限定来源。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    text = read_piped(file)
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = paste_values(desk.workspace, name, text, kind, who=operator(), source=source)
    title = Text("List {name}, version {version}", "名单 {name}，版本 {version}")
    desk.screen.answer(describe(done), *tables_of(title.format_with(name=name, version=done.kept.version), done))


def tables_of(title: Text, read: Read) -> list[Table]:
    """Return how values came out: how many of each kind, and the first that are none."""
    rows = [(words, getattr(read.counts, which)) for which, words in COUNTED.items()]
    shown = [table(title, (Text("values", "值"), Text("how many", "数量")), rows)]
    if read.refused:
        why = [(each.line, REASONS[each.reason]) for each in read.refused[:20]]
        shown.append(table(Text("Invalid", "无效"), (Text("line", "行"), Text("why", "原因")), why))
    return shown


def read_piped(file: str) -> bytes:
    """Return the text of a file, or what is piped where it is `-`."""
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as problem:
        raise Invalid(
            Text("The file cannot be read.", "无法读取该文件。"),
            remedy=Text("Give the path of a text file, or - for what is piped.", "请给出文本文件，或用 - 读取管道。"),
            received=f"{file}: {type(problem).__name__}",
        ) from None


def describe(done: Pasted) -> dict[str, object]:
    return {**_kept(done.kept), **describe_read(done)}


def describe_read(read: Read) -> dict[str, object]:
    return {
        "lines": read.lines,
        "blank": read.blank,
        "reasons": read.reasons,
        "invalid_lines": [{"line": e.line, "reason": e.reason, "words": both(REASONS[e.reason])} for e in read.refused],
        "unknown_lines": read.unknown_lines,
    }


def _kept(kept: KeptList) -> dict[str, object]:
    names = ("version", "kind", "size", "counts", "who", "pasted_at")
    return {"list": kept.name, **{name: getattr(kept, name) for name in names}}


def lists(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list(kept_lists(desk.workspace).values())
    columns = (
        Text("list", "名单"),
        Text("version", "版本"),
        Text("customers", "人数"),
        Text("values", "值"),
        Text("unknown", "未匹配"),
        Text("invalid", "无效"),
        Text("pasted by", "操作人"),
    )
    rows = [
        (k.name, k.version, k.size, k.counts["read"], k.counts["unknown"], k.counts["invalid"], k.who) for k in found
    ]
    desk.screen.answer({"lists": [_kept(kept) for kept in found]}, table(Text("Lists", "名单"), columns, rows))
