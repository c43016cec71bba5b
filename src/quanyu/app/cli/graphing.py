"""The command that shows the records of a customer, and what joins them."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.explaining import Named, day_of
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity.drawing import draw
from quanyu.customers.identity.graph import MOST, Graph, Shared, draw_up
from quanyu.customers.identity.resolving import REASON_TITLES
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

HELP = Text("Show a customer's records and what joins them.", "查看一位客户的全部记录及其关联依据。")


def graph(
    record: Named,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="As a picture: .svg. 输出图片。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    if out is not None and (out.suffix.lower() != ".svg" or not out.parent.is_dir()):
        raise Invalid(
            Text("The picture cannot be written there.", "无法写入该图片文件。"),
            received=str(out),
            allowed=["graph.svg"],
        )
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = draw_up(desk.workspace, record)
    if out is not None:
        out.write_text(draw(found), encoding="utf-8")
    desk.screen.answer(_document(found), *_shown(found))


def _document(found: Graph) -> dict[str, object]:
    nodes = [{**asdict(node), "since": node.since and node.since.isoformat()} for node in found.nodes]
    values = [asdict(value) for value in found.values]
    return {"confidence": round(found.confidence, 4), "whole": found.whole, "records": nodes, "values": values}


def _shown(found: Graph) -> Iterator[RenderableType | Text]:
    yield table(
        Text("Records", "记录"),
        (Text("no.", "序"), Text("record", "记录"), Text("first told", "首次出现"), Text("person", "本人")),
        [
            (at + 1, f"{node.source}#{node.record}", day_of(node.since), None if node.follows else "✓")
            for at, node in enumerate(found.nodes)
        ],
    )
    yield table(
        Text("What they have in common", "共同的标识"),
        (
            *(Text("type", "类型"), Text("of", "范围"), Text("rank", "等级"), Text("records with it", "含此值的记录")),
            *(Text("joins", "合并"), Text("does not join", "未合并")),
        ),
        [
            (value.type, value.scope, value.rank, value.touches, _joined(value), _refused(value))
            for value in found.values
        ],
    )
    if not found.whole:
        yield Text(f"Only the first {MOST:,} records were looked through.", f"仅查看了前 {MOST:,} 条记录。")
    yield Text(
        f"{len(found.nodes):,} records; all of them are one person's with a confidence of {found.confidence:.3f}.",
        f"共 {len(found.nodes):,} 条记录；全部属于同一人的置信度为 {found.confidence:.3f}。",
    )


def _joined(value: Shared) -> str:
    return ", ".join(f"{each.node + 1} ({each.confidence:.3f})" for each in value.holders if not each.reason)


def _refused(value: Shared) -> str:
    return ", ".join(f"{each.node + 1}: {REASON_TITLES[each.reason]}" for each in value.holders if each.reason)
