"""The command that makes a home."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.foundation import home as homes
from quanyu.foundation.access.tokens import create_token, list_tokens
from quanyu.foundation.home import Home
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

OWNER = "owner"


def init(
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="Day boundaries follow it. 时区。")] = "Asia/Shanghai",
    currency: Annotated[str, typer.Option(metavar="CODE", help="ISO 4217 code. 货币代码。")] = "CNY",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    screen, name = Screen(as_json), workspace or "main"
    screen.note(Text("starting the database", "启动数据库"))
    made = homes.create(Settings.load(home), name, time_zone, currency)
    try:
        opened = made.workspace(name)
        _answer(screen, made, opened, _first_token(made, opened))
    finally:
        made.close()


def _first_token(home: Home, workspace: Workspace) -> str | None:
    """Return a token for the owner of a workspace that has none yet."""
    if list_tokens(home.database, workspace.number):
        return None
    return create_token(home.database, home.clock, workspace.number, OWNER, "owner")


def _answer(screen: Screen, home: Home, workspace: Workspace, token: str | None) -> None:
    folder = home.settings.home
    document: dict[str, object] = {
        "home": str(folder),
        "workspace": workspace.name,
        "time_zone": workspace.time_zone,
        "currency": workspace.currency,
        "new": token is not None,
        "token": token,
    }
    shown = [
        Text("Home: {folder}", "数据目录：{folder}").format_with(folder=folder),
        Text("Workspace: {name} ({zone}, {currency})", "工作区：{name}（{zone}，{currency}）").format_with(
            name=workspace.name, zone=workspace.time_zone, currency=workspace.currency
        ),
    ]
    if token is not None:
        problem = Text(
            "Access token of the owner, shown only this once: {token}", "所有者的访问令牌，仅显示这一次：{token}"
        )
        shown.append(problem.format_with(token=token))
    shown.append(_next(folder))
    screen.answer(document, *shown)


def _next(folder: Path) -> Text:
    option = "" if folder == Settings.load().home else f" --home '{folder}'"
    return Text(f"Next: quanyu import MAPPING.yaml{option}", f"下一步：quanyu import 映射.yaml{option}")
