"""Commands about access tokens."""

from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.foundation.access.tokens import create_token, list_tokens, revoke_tokens
from quanyu.foundation.text import Text

Label = Annotated[str, typer.Argument(metavar="LABEL", help="Who or what holds it. 名称。")]

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list and revoke access tokens. 管理访问令牌。",
)


@app.command(help="Make a token; it is shown once. 创建令牌，仅显示一次。")
def create(
    label: Label,
    role: Annotated[str, typer.Option(metavar="ROLE", help="owner, marketer, analyst, viewer. 角色。")] = "viewer",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        token = create_token(desk.house.home.database, desk.workspace.clock, desk.workspace.number, label, role)
    desk.screen.note(Text("Keep it safe: it is shown only this once.", "请妥善保存：仅显示这一次。"))
    desk.screen.answer({"label": label, "role": role, "token": token}, Text(token, token))


@app.command("list", help="List tokens without their secrets. 列出令牌。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_tokens(desk.house.home.database, desk.workspace.number)
    columns = (Text("label", "名称"), Text("role", "角色"), Text("made", "创建"), Text("revoked", "吊销"))
    rows = [(t["label"], t["role"], t["created_at"], t["revoked_at"]) for t in found]
    desk.screen.answer({"tokens": found}, table(Text("Tokens", "令牌"), columns, rows))


@app.command(help="Revoke every token of this label. 吊销令牌。")
def revoke(label: Label, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        count = revoke_tokens(desk.house.home.database, desk.workspace.clock, desk.workspace.number, label)
    done = Text("{count} revoked.", "已吊销 {count} 个。").format_with(count=count)
    desk.screen.answer({"label": label, "revoked": count}, done)
