"""Commands about content: put templates in force, list them, show how a message looks for a customer."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.identity.profile import customer_named
from quanyu.engagement.content import definitions
from quanyu.engagement.content.previewing import preview as preview_for
from quanyu.engagement.content.rendering import REASONS
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Write messages as templates. 以模板编写消息内容。",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A content. 内容名称。")]
CONTENT, VERSION = Text("content", "内容"), Text("version", "版本")


@app.command(help="Put templates in force. 应用内容模板。")
def apply(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Definitions in YAML or JSON. 定义文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        applied = [definitions.apply(desk.workspace, file) for file in files]
        for flag in (flag for each in applied for flag in each.warnings):
            said = Text(f"{flag.place}: {flag.word}: {flag.why.en}", f"{flag.place}：{flag.word}：{flag.why.zh}")
            desk.screen.note(said)
    document = [
        {
            "content": each.name,
            "version": each.version,
            "changed": each.changed,
            "warnings": [{"place": f.place, "word": f.word, "why": both(f.why)} for f in each.warnings],
        }
        for each in applied
    ]
    rows = [(each.name, each.version, each.changed) for each in applied]
    shown = table(Text("Applied", "已应用"), (CONTENT, VERSION, Text("changed", "有变化")), rows)
    desk.screen.answer({"contents": document}, shown)


@app.command("list", help="List contents. 列出内容。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = [definitions.find(desk.workspace, name) for name in definitions.stored(desk.workspace)]
    document = [
        {
            "content": content.name,
            "version": version,
            "title": both(content.title),
            "languages": content.languages,
            "channels": content.channels,
        }
        for content, version in found
    ]
    columns = (CONTENT, VERSION, Text("title", "名称"), Text("languages", "语言"), Text("channels", "渠道"))
    rows = [(c.name, v, c.title, ", ".join(c.languages), ", ".join(c.channels)) for c, v in found]
    desk.screen.answer({"contents": document}, table(Text("Contents", "内容"), columns, rows))


@app.command(help="Show a message as a customer would get it. 预览某位客户将收到的消息。")
def preview(
    name: Name,
    *,
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="sms, email, … 渠道。")],
    record: Annotated[str, typer.Option("--for", metavar="RECORD", help="As pos:M10023. 记录。")],
    version: Annotated[int | None, typer.Option(help="The one in force, if left out. 版本，默认为当前版本。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = preview_for(desk.workspace, name, channel, customer_named(desk.workspace, record), version)
    columns = (Text("part", "部分"), Text("text", "文字"), Text("length", "长度"), Text("at most", "上限"))
    rows = [(each.part, each.text, each.weight, each.most) for each in found.parts]
    named = f"{found.content} {found.version} · {channel} · {found.language}"
    title = Text(named, named)
    why = () if found.fault is None else (REASONS[found.fault],)
    document = {**vars(found), "parts": [vars(each) for each in found.parts]}
    desk.screen.answer(document, table(title, columns, rows), *why)
