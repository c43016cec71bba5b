"""Commands about operators, who sign in to the console."""

import sys
from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.foundation.access.operators import add_operator, change_operator, list_operators
from quanyu.foundation.access.roles import ROLES
from quanyu.foundation.text import Text

Name = Annotated[str, typer.Argument(metavar="NAME", help="With which the operator signs in. 登录名。")]
RoleName = Annotated[str, typer.Option("--role", metavar="ROLE", help=f"{', '.join(ROLES)}. 角色。")]

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Who signs in to the console. 管理控制台操作员。",
)


@app.command(help="Add an operator; the password is read from standard input. 新增操作员，密码从标准输入读取。")
def add(
    name: Name,
    role: RoleName = "viewer",
    title: Annotated[str, typer.Option(metavar="TEXT", help="As others read it. 显示名称。")] = "",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        made = add_operator(desk.workspace, name, title, role, _password())
    done = Text("{name} may sign in as {role}.", "{name} 可以 {role} 身份登录。")
    desk.screen.answer({"name": name, "title": made.title, "role": role}, done.format_with(name=name, role=role))


@app.command("list", help="List operators. 列出操作员。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = [vars(each) for each in list_operators(desk.workspace)]
    columns = (
        Text("name", "登录名"),
        Text("title", "名称"),
        Text("role", "角色"),
        Text("added", "创建"),
        Text("seen", "最近登录"),
        Text("disabled", "停用"),
    )
    rows = [(o["name"], o["title"], o["role"], o["created_at"], o["seen_at"], o["disabled_at"]) for o in found]
    desk.screen.answer({"operators": found}, table(Text("Operators", "操作员"), columns, rows))


@app.command(help="Give an operator another role, password or state; his sessions end. 更改操作员，其会话随即结束。")
def change(
    name: Name,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=f"{', '.join(ROLES)}. 角色。")] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Read a new password from standard input. 从标准输入读取新密码。")
    ] = False,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Close or open the way in. 停用或启用。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        given = _password() if password else None
        change_operator(desk.workspace, name, role=role, password=given, disabled=disabled)
    desk.screen.answer({"name": name, "changed": True}, Text(f"{name}: changed.", f"{name}：已更改。"))


def _password() -> str:
    """Read one line; on a terminal it is not shown. Never an argument, which other processes can read."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password 密码", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
