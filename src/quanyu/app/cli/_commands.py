"""The commands by name, with the one line that the help says of each and the place where each begins."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import typer
import typer.core
import typer.main

from quanyu.foundation.text import Text


@dataclass(frozen=True)
class Entry:
    """Where a command is found; `place` is module:name below `quanyu.app.cli`."""

    place: str
    help: Text


COMMANDS: dict[str, Entry] = {
    "init": Entry("homes:init", Text("Make a home folder.", "新建数据目录。")),
    "suggest": Entry("suggesting:suggest", Text("Write a mapping for files.", "为文件生成映射。")),
    "import": Entry("imports:import_", Text("Import files by their mapping.", "按映射导入文件。")),
    "rejects": Entry("rejects:app", Text("List, mend and replay refused lines.", "查看、修正并重放被拒绝的行。")),
    "imports": Entry("history:app", Text("List imports; cancel or take one back.", "查看、取消或撤回导入。")),
    "quality": Entry("quality:survey", Text("Say how good the data are.", "数据质量勘查。")),
    "cleanse": Entry("cleansing:app", Text("Use rules that mend what comes in.", "用规则清洗导入的数据。")),
    "identify": Entry("identity:identify", Text("Recognise customers.", "识别客户。")),
    "identity": Entry("one_id:app", Text("Explain who is who; match records.", "识别依据与记录匹配。")),
    "fields": Entry("fields:fields", Text("List what rules may ask.", "列出规则可用的字段。")),
    "tag": Entry("tags:app", Text("Compute and look at tags.", "计算与查看标签。")),
    "audience": Entry("audiences:app", Text("Define, count and export audiences.", "定义、计数与导出人群。")),
    "simulate": Entry("simulating:app", Text("Write the files of a made-up retailer.", "生成虚构零售商的数据。")),
    "experiment": Entry("experiments:app", Text("Measure what a campaign changed.", "衡量活动效果。")),
    "channel": Entry("channels:app", Text("Send messages by channels.", "通过渠道发送消息。")),
    "content": Entry("contents:app", Text("Write messages as templates.", "以模板编写消息内容。")),
    "journey": Entry("journeys:app", Text("Let customers travel by themselves.", "让客户旅程自动运行。")),
    "campaign": Entry("campaigns:app", Text("Plan campaigns, let them out in stages.", "规划营销活动并分阶段放量。")),
    "run": Entry("running:run", Text("Bring all that is derived up to date.", "更新所有派生结果。")),
    "status": Entry("standing:status", Text("Say how things stand.", "查看状态。")),
    "serve": Entry("serving:serve", Text("Serve the API, with a worker beside it.", "启动服务与后台任务。")),
    "worker": Entry("serving:worker", Text("Run background jobs.", "运行后台任务。")),
    "compact": Entry("compacting:compact", Text("Do the night's work now: compact the lake.", "立即整理数据湖。")),
    "backup": Entry("backups:backup", Text("Write the whole home into one file.", "备份整个数据目录。")),
    "restore": Entry("backups:restore", Text("Make a home from a backup.", "从备份恢复。")),
    "clock": Entry("clocks:clock", Text("Tell the home's time, or move it.", "查看或拨动数据目录的时钟。")),
    "operator": Entry("operators:app", Text("Who signs in to the console.", "管理控制台操作员。")),
    "token": Entry("tokens:app", Text("Make, list and revoke access tokens.", "管理访问令牌。")),
}


class Lazy(typer.core.TyperGroup):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else load(cmd_name, entry)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands 命令"):
            formatter.write_dl([(name, f"{entry.help.en} {entry.help.zh}") for name, entry in COMMANDS.items()])


def root() -> Any:
    """Return the command `quanyu` itself."""
    app = typer.Typer(
        cls=Lazy,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Customer data, marketing and measurement for retail, from one folder. 零售客户数据与营销，一个目录即可。",
    )
    app.callback(invoke_without_command=True)(_version)
    return typer.main.get_command(app)


def load(name: str, entry: Entry) -> Any:
    """Import a command: a function, or a group of commands."""
    module, _, attribute = entry.place.partition(":")
    found = getattr(import_module(f"quanyu.app.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name, help=f"{entry.help.en} {entry.help.zh}")(function)
    command = cast("Any", typer.main.get_command(found))
    command.name = name
    return command


def _version(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version. 显示版本。"),
) -> None:
    if version:
        typer.echo(f"quanyu {import_module('quanyu').__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
