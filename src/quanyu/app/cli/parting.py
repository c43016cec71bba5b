"""Commands that undo what joined records wrongly, and redo it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.explaining import Named
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity import parting
from quanyu.customers.identity.parting import Decision
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.text import Text

Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Kept with it. 原因，将被记录。")]
Author = Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; you if left out. 操作人。")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu identity`."""
    app.command("unlink", help="Say that a value is not a record's, or nobody's. 解除标识与记录的关联。")(unlink)
    app.command("cut", help="Part two records that are not one person. 拆分被误合并的两条记录。")(cut)
    app.command("relink", help="Take such decisions back. 撤销拆分决定。")(relink)
    app.command("partings", help="List what was decided, by whom, and why. 查看拆分记录。")(partings)


def unlink(
    name: Named,
    *,
    reason: Why,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="phone, email …; all if left out. 标识类型。")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="The value is no person's: a store's phone. 不属于任何个人。")
    ] = False,
    author: Author = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        decision = Decision(author or operator(), reason)
        _answer(desk, parting.unlink(desk.workspace, name, type_, decision, everybody=everybody))


def cut(
    one: Named,
    other: Named,
    *,
    reason: Why,
    author: Author = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        _answer(desk, parting.cut(desk.workspace, one, other, Decision(author or operator(), reason)))


def relink(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As partings lists them. 决定编号。")],
    author: Author = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        parting.relink(desk.workspace, numbers, author or operator())
        _answer(desk, numbers, back=True)


def partings(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        decided = parting.partings(desk.workspace)
    columns = (
        *(Text("number", "编号"), Text("type", "类型"), Text("scope", "范围"), Text("record", "记录序号")),
        *(Text("reason", "原因"), Text("by", "操作人"), Text("at", "时间"), Text("taken back by", "撤销人")),
    )
    nobody = str(Text("no person's", "不属于任何人"))
    rows = [
        (
            *(each.number, each.type, each.scope, nobody if each.record is None else each.record),
            *(each.reason, each.author, f"{each.decided_at:%Y-%m-%d %H:%M}", each.withdrawn_by or ""),
        )
        for each in decided
    ]
    shown = table(Text("What was parted by hand", "人工拆分记录"), columns, rows)
    document = [{name: _plain(value) for name, value in vars(each).items()} for each in decided]
    desk.screen.answer({"partings": document}, shown)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _answer(desk: Desk, numbers: Sequence[int], *, back: bool = False) -> None:
    done = recognise(desk.workspace)
    counts = {"created": done.created, "merged": done.merged, "parted": done.parted, "customers": done.customers}
    listed = " ".join(map(str, numbers))
    told = Text(
        f"Decisions {listed}: {done.created:,} customers opened, {done.parted:,} parted, {done.merged:,} merged; "
        f"{done.customers:,} now.",
        f"决定 {listed}：新建 {done.created:,} 位客户，拆分 {done.parted:,} 位，合并 {done.merged:,} 位；"
        f"现有 {done.customers:,} 位。",
    )
    undo = Text(f"To take them back: quanyu identity relink {listed}", f"撤销：quanyu identity relink {listed}")
    desk.screen.answer({"decisions": list(numbers), **counts}, told, *(() if back or not numbers else (undo,)))
