"""Commands about channels: accounts, what is in the outbox, its delivery, and letters that did not go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen, table
from quanyu.engagement.channels import accounts, letters, outbox, receiving
from quanyu.engagement.channels.definitions import installed, load_account
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.links import clicks
from quanyu.engagement.channels.model import BROKEN, LEFT_OUT, STATES, WAITING, Account
from quanyu.engagement.channels.reading import read_file
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.telling import tell
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Send messages by channels. 通过渠道发送消息。",
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="An account's definition. 渠道账号定义。")]

Key = Annotated[str, typer.Argument(metavar="BEGINNING", help="Of the batches' keys. 批次键前缀。")]


@dataclass(frozen=True)
class Opening:
    """The options with which a home is opened."""

    home: Path | None
    workspace: str | None
    as_json: bool


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
        rows = [(a.name, a.channel, a.through, a.failures, a.held_until, _broken(a.broken)) for a in found]
        title = Text("Accounts of channels", "渠道账号")
        desk.screen.answer({"accounts": [vars(a) for a in found]}, table(title, columns, rows))


@app.command("deliver", help="Deliver what is due, and take in what the lake shall know. 发送到期的批次。")
def deliver(
    once: Annotated[bool, typer.Option("--once", help="Leave when nothing is due. 发完即止。")] = False,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=86_400, help="For what falls due. 等待秒数。")
    ] = 5.0,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        ws = desk.workspace
        sent = 0
        if _is_due(ws):
            with Delivery(ws, installed(), INSTALLED) as delivery:
                sent = delivery.deliver(patience if once else 1e9)
        told = tell(ws)
        said = Text(
            "{chunks:,} chunks sent; the lake was told of {messages:,} messages and {responses:,} responses.",
            "已发送 {chunks:,} 个分块；写入 {messages:,} 条消息与 {responses:,} 条反馈。",
        )
        desk.screen.answer(
            {"chunks": sent, **vars(told)},
            said.format_with(chunks=sent, messages=told.messages, responses=told.responses),
        )


def _is_due(ws: Workspace) -> bool:
    return any(p.state == WAITING for p in outbox.progress(ws))


@app.command("batches", help="Say how far batches are. 查看批次进度。")
def batches(
    key: Annotated[str, typer.Option(metavar="BEGINNING", help="Of their keys. 批次键前缀。")] = "",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = outbox.progress(desk.workspace, key)
        columns = (
            Text("batch", "批次"),
            Text("account", "账号"),
            Text("state", "状态"),
            Text("customers", "客户"),
            Text("handed over", "已交付"),
            Text("open", "待发"),
            Text("got nothing", "未发"),
        )
        rows = [(p.key, p.account, STATES[p.state], p.size, p.accepted, p.open, _why(p.reasons)) for p in found]
        document: dict[str, object] = {"batches": [{**vars(p), "number": str(p.number)} for p in found]}
        desk.screen.answer(document, table(Text("Batches", "批次"), columns, rows))


def _why(reasons: Mapping[str, int]) -> str:
    """Name each reason; one that a receiver gave has no other name."""
    return ", ".join(f"{LEFT_OUT.get(word, word)}: {count:,}" for word, count in reasons.items())


@app.command("pause", help="Hold batches back. 暂停批次。")
def pause(key: Key, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    _move(outbox.pause, key, Opening(home, workspace, as_json))


@app.command("resume", help="Let paused batches go on. 继续批次。")
def resume(key: Key, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    _move(outbox.resume, key, Opening(home, workspace, as_json))


@app.command("cancel", help="Drop what is not sent of batches. 取消批次。")
def cancel(key: Key, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    _move(outbox.cancel, key, Opening(home, workspace, as_json))


def _move(verb: Callable[[Workspace, sa.Connection, str], int], key: str, opening: Opening) -> None:
    with at_desk(opening.home, opening.workspace, as_json=opening.as_json) as desk:
        with desk.workspace.begin() as connection:
            count = verb(desk.workspace, connection, key)
        said = Text("{n:,} batches.", "{n:,} 个批次。").format_with(n=count)
        desk.screen.answer({"batches": count}, said)


@app.command("dead", help="Read letters that did not go, and what is unknown. 查看死信与未知。")
def dead(
    key: Annotated[str, typer.Option(metavar="BEGINNING", help="Of the batches' keys. 批次键前缀。")] = "",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = letters.read(desk.workspace, key)
        columns = (
            Text("batch", "批次"),
            Text("account", "账号"),
            Text("reason", "原因"),
            Text("state", "状态"),
            Text("messages", "消息数"),
        )
        rows = [(each.key, each.account, each.reason, STATES[each.state], each.customers) for each in found]
        document: dict[str, object] = {"letters": [{**vars(each), "batch": str(each.batch)} for each in found]}
        desk.screen.answer(document, table(Text("Dead letters", "死信"), columns, rows))


@app.command("resend", help="Send dead letters of a batch again. 重发死信。")
def resend(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The batch's key. 批次键。")],
    reason: Annotated[str, typer.Option(metavar="REASON", help="As `dead` shows it. 原因。")],
    content_version: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of the mended content. 修正后的内容版本。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        count = letters.resend(desk.workspace, key, reason, content_version)
        said = Text("{n:,} messages will be sent again.", "将重发 {n:,} 条消息。").format_with(n=count)
        desk.screen.answer({"messages": count}, said)


@app.command("receive", help="Take in a file of what came back. 导入回执与反馈文件。")
def receive(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose messages they are of. 渠道账号。")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON lines, or a bounce (.eml). 文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        ws, channels = desk.workspace, installed()
        through = accounts.account_of(ws, account, channels).through
        done = receiving.receive(ws, read_file(file, channels.get(through), ws.time_zone))
        tell(ws)
        said = Text(
            "{taken:,} taken in, {known:,} known before, {unknown:,} of no message of ours.",
            "新收 {taken:,} 条，已知 {known:,} 条，无对应消息 {unknown:,} 条。",
        )
        desk.screen.answer(vars(done), said.format_with(**vars(done)))


@app.command("clicks", help="Count who followed which link. 统计链接点击人数。")
def count_clicks(
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="Batches whose keys begin so. 批次键前缀。")] = "",
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = clicks(desk.workspace, key)
    columns = (Text("content", "内容"), Text("version", "版本"), Text("link", "链接"), Text("customers", "人数"))
    rows = [(each.content, each.version, each.link, each.customers) for each in found]
    document = {"links": [vars(each) for each in found]}
    desk.screen.answer(document, table(Text("Links that were followed", "被点击的链接"), columns, rows))


def _broken(word: str | None) -> Text | str | None:
    return word if word is None else BROKEN.get(word, word)


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
