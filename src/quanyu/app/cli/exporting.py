"""Commands that export audiences, and that say who exported what."""

import getpass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.consenting import WORDS
from quanyu.targeting.audiences.databases import DatabaseTarget
from quanyu.targeting.audiences.exporting import Exported, Wanted, file_target, identifiers_beside
from quanyu.targeting.audiences.exporting import export as export_members
from quanyu.targeting.audiences.recording import ExportRecord, list_exports
from quanyu.targeting.audiences.targets import Target

Out = Annotated[Path | None, typer.Option(metavar="FILE", help="A .csv, .parquet or .xlsx file. 输出文件。")]
Url = Annotated[
    str | None,
    typer.Option("--to", metavar="URL", envvar="QUANYU_EXPORT_TO", help="A database by its URL. 数据库地址。"),
]
TableName = Annotated[str | None, typer.Option("--table", metavar="NAME", help="Its table. 数据库表名。")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Only this tag; more than once. 仅此标签，可重复。")
]
Purpose = Annotated[
    str | None,
    typer.Option(metavar="WORD", help="Only whom a source declares it for. 仅限已声明该用途的客户。"),
]
Channel = Annotated[
    str | None, typer.Option(metavar="CHANNEL", help="And who did not refuse it: sms, email. 渠道，排除已拒收者。")
]
Identifiers = Annotated[
    bool, typer.Option("--identifiers", help="And, beside it, private identifiers in clear. 另存明文个人标识。")
]
Reason = Annotated[
    str | None, typer.Option(metavar="WORDS", help="What identifiers are needed for; kept. 使用明文标识的理由。")
]

STATES = {
    "waiting": Text("waiting", "等待中"),
    "started": Text("running", "进行中"),
    "finished": Text("finished", "已完成"),
    "failed": Text("failed", "失败"),
    "expired": Text("file expired", "文件已过期"),
    "interrupted": Text("interrupted", "已中断"),
}


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu audience`."""
    app.command("export", help="Write the members to a file or a database. 导出成员。")(export)
    app.command("exports", help="Say who exported what. 导出记录。")(exports)


def operator() -> str:
    """Return who works at this machine, for the record."""
    return f"operator:{getpass.getuser()}"


def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An audience or a list. 人群或名单。")],
    *,
    out: Out = None,
    url: Url = None,
    table_name: TableName = None,
    tags: Tags = None,
    purpose: Purpose = None,
    channel: Channel = None,
    identifiers: Identifiers = False,
    reason: Reason = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    wanted = Wanted(name, tags, purpose, channel, identifiers, reason)
    target = _target(out, url if table_name is not None or out is None else None, table_name)
    private = identifiers_beside(out) if identifiers and out is not None else None
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = export_members(desk.workspace, wanted, target, operator(), private)
        _answer(desk, done, out, None if private is None else private.path)


def _target(out: Path | None, url: str | None, table_name: str | None) -> Target:
    if out is not None and url is None and table_name is None:
        return file_target(out)
    if out is None and url is not None and table_name is not None:
        return DatabaseTarget(url, table_name)
    raise Invalid(
        Text("Say where to: a file, or a database and a table.", "请指定去向：文件，或数据库与表名。"),
        allowed=("--out FILE", "--to URL --table NAME"),
    )


def _answer(desk: Desk, done: Exported, out: Path | None, beside: Path | None) -> None:
    document: dict[str, object] = {
        "export": str(done.number),
        "audience": done.chosen.name,
        "file": None if out is None else str(out),
        "place": done.place,
        "rows": done.rows,
        "left_out": done.left_out,
        "identifiers_file": None if beside is None else str(beside),
        "snapshot": None if done.chosen.snapshot is None else str(done.chosen.snapshot),
    }
    if beside is not None:
        warning = Text(
            "{file} holds personal data in clear: keep it where only those may read it who must.",
            "{file} 含明文个人信息：请仅存放于有权人员可读之处。",
        )
        desk.screen.note(warning.format_with(file=beside))
    said = Text("{rows:,} customers written to {place}", "已写入 {rows:,} 位客户：{place}")
    left = Text("{count:,} left out: {why}", "未导出 {count:,} 位：{why}")
    shown = [left.format_with(count=count, why=WORDS[why]) for why, count in done.left_out.items()]
    place = done.place if out is None else out
    desk.screen.answer(document, said.format_with(rows=done.rows, place=place), *shown)


def exports(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One audience only. 只看一个。")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="At most so many. 最多条数。")] = 50,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_exports(desk.workspace, limit, name)
        zone = ZoneInfo(desk.workspace.time_zone)
    columns = (
        Text("export", "编号"),
        Text("when", "时间"),
        Text("who", "操作人"),
        Text("audience", "人群"),
        Text("customers", "人数"),
        Text("state", "状态"),
        Text("purpose", "用途"),
        Text("in clear", "明文标识"),
        Text("to", "去向"),
    )
    rows = [
        (
            each.number,
            f"{each.started_at.astimezone(zone):%Y-%m-%d %H:%M}",
            each.who,
            f"{each.audience} v{each.version}",
            each.rows,
            STATES[each.state],
            " ".join(word for word in (each.purpose, each.channel) if word) or None,
            each.reason if each.identifiers else None,
            each.place,
        )
        for each in found
    ]
    desk.screen.answer({"exports": [describe(e) for e in found]}, table(Text("Exports", "导出记录"), columns, rows))


def describe(each: ExportRecord) -> dict[str, object]:
    numbers = ("number", "snapshot", "tag_run")
    return {name: str(value) if name in numbers and value is not None else value for name, value in vars(each).items()}
