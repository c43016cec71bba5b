"""Commands about channels: accounts, what is in the outbox, its delivery, and letters that did not go."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen, table
from quanyu.engagement.channels import accounts
from quanyu.engagement.channels.definitions import load_account
from quanyu.engagement.channels.model import Account
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Send messages by channels. 通过渠道发送消息。",
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="An account's definition. 渠道账号定义。")]


@app.command("check", help="Name every fault of an account's definition. 检查渠道账号定义。")
def check(file: File, as_json: AsJson = False) -> None:
    account = load_account(file)
    Screen(as_json).answer(_describe(account), _said(account))


@app.command("add", help="Keep an account, and let it send. 添加或更新渠道账号。")
def add(file: File, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    account = load_account(file)
    with at_desk(home, workspace, as_json=as_json) as desk:
        changed = accounts.add(desk.workspace, account)
        said = _ADDED if changed else _SAME
        desk.screen.answer({**_describe(account), "changed": changed}, said.format_with(name=account.name))


@app.command("list", help="List accounts and whether they may send. 列出渠道账号。")
def list_(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = accounts.every(desk.workspace)
        columns = (
            Text("account", "账号"),
            Text("channel", "渠道"),
            Text("through", "经由"),
            Text("failures", "连续失败"),
            Text("held until", "暂停至"),
            Text("broken", "故障"),
        )
        rows = [(a.name, a.channel, a.through, a.failures, a.held_until, a.broken) for a in found]
        title = Text("Accounts of channels", "渠道账号")
        desk.screen.answer({"accounts": [vars(a) for a in found]}, table(title, columns, rows))


def _describe(account: Account) -> dict[str, object]:
    """Return what may be shown of an account: not its secrets, and of its settings that they are there."""
    rate = None if account.rate is None else vars(account.rate)
    return {
        "name": account.name,
        "through": account.through,
        "channel": account.channel,
        "batch": account.batch,
        "requests": account.requests,
        "idempotent": account.idempotent,
        "settings": dict(account.settings),
        "secrets": sorted(account.secrets),
        "rate": rate,
        "quotas": [vars(quota) for quota in account.quotas],
    }


def _said(account: Account) -> Text:
    again = Text("sent again", "重发") if account.idempotent else Text("counted as unknown", "记为未知")
    said = Text(
        "{name} sends {channel} through {through}: {batch:,} a request, {requests} at once; without an answer {again}",
        "{name} 经 {through} 发送 {channel}：每次请求 {batch:,} 条，并发 {requests}；无应答时{again}",
    )
    told = {"name": account.name, "channel": account.channel, "through": account.through}
    return Text(
        said.en.format(**told, batch=account.batch, requests=account.requests, again=again.en),
        said.zh.format(**told, batch=account.batch, requests=account.requests, again=again.zh),
    )


_ADDED = Text("{name} was added.", "已添加 {name}。")
_SAME = Text("{name} stands as it was.", "{name} 未变。")
