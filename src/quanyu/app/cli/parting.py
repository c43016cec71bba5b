"""Commands that part what was joined wrongly, list what was decided, and take it back."""

from collections.abc import Sequence
from typing import Annotated, cast

import typer

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.explaining import Named
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity import deciding, parting
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.text import Text

Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Kept with it. 原因，将被记录。")]
Author = Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; you if left out. 操作人。")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu identity`."""
    app.command("unlink", help="Say that a value is not a record's, or nobody's. 解除标识与记录的关联。")(unlink)
    app.command("cut", help="Part two records that are not one person. 拆分被误合并的两条记录。")(cut)
    app.command("undo", help="Take decisions back. 撤销决定。")(undo)
    app.command("decisions", help="List what was decided, by whom, and why. 查看识别决定。")(decisions)


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
        carry_out(desk, [parting.unlink(desk.workspace, name, type_, decision, everybody=everybody)])


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
        carry_out(desk, [parting.cut(desk.workspace, one, other, Decision(author or operator(), reason))])


def undo(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As decisions lists them. 决定编号。")],
    author: Author = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        deciding.take_back(desk.workspace, numbers, author or operator())
        carry_out(desk, numbers, back=True)


def decisions(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        decided = deciding.acts(desk.workspace)
    columns = (
        *(Text("number", "编号"), Text("decided", "决定"), Text("types", "标识类型"), Text("values", "标识数")),
        *(Text("records", "记录数"), Text("reason", "原因"), Text("by", "操作人"), Text("at", "时间")),
        Text("taken back by", "撤销人"),
    )
    rows = [
        (
            *(each.number, deciding.VERDICT_TITLES[each.verdict], ", ".join(each.types), each.values, each.records),
            *(each.reason, each.author, f"{each.decided_at:%Y-%m-%d %H:%M}", each.withdrawn_by or ""),
        )
        for each in decided
    ]
    shown = table(Text("What was decided by hand", "人工识别决定"), columns, rows)
    document = [{name: _plain(value) for name, value in vars(each).items()} for each in decided]
    desk.screen.answer({"decisions": document}, shown)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(cast("tuple[object, ...]", value))
    return value if value is None or isinstance(value, (int, str)) else str(value)


def carry_out(desk: Desk, numbers: Sequence[int], *, back: bool = False) -> None:
    """Recognise under what was decided, and tell what became of it."""
    done = recognise(desk.workspace)
    counts = {"created": done.created, "merged": done.merged, "parted": done.parted, "customers": done.customers}
    listed = " ".join(map(str, numbers))
    told = Text(
        f"Customers: {done.created:,} opened, {done.parted:,} parted, {done.merged:,} merged; {done.customers:,} now.",
        f"新建客户 {done.created:,} 位，拆分 {done.parted:,}，合并 {done.merged:,}；现有 {done.customers:,} 位。",
    )
    undone = Text(
        f"Decision {listed}. To take it back: quanyu identity undo {listed}",
        f"决定 {listed}。撤销：quanyu identity undo {listed}",
    )
    desk.screen.answer({"decisions": list(numbers), **counts}, told, *(() if back else (undone,)))
