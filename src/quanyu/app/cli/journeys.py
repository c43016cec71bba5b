"""Commands about journeys: put them in force, start and stop them, move them on, and ask what became of a customer."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.filing import Out, check_out
from quanyu.app.cli.groups import Group
from quanyu.app.cli.measuring import answer_report
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.pasting import describe_read, read_piped, tables_of
from quanyu.app.cli.screen import both, table
from quanyu.customers.identity.profile import customer_named
from quanyu.engagement.journeys import definitions, policy, states, ticking
from quanyu.engagement.journeys.effects import report as report_on
from quanyu.engagement.journeys.expecting import expect
from quanyu.engagement.journeys.installing import install as install_template
from quanyu.engagement.journeys.installing import templates as every_template
from quanyu.engagement.journeys.listed import read_entries
from quanyu.engagement.journeys.model import STATES
from quanyu.engagement.journeys.precedence import place_of
from quanyu.engagement.journeys.preceding import placed
from quanyu.engagement.journeys.tracing import said, trace, whereabouts
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.audiences.matching import AUTO

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Let customers travel by themselves. 让客户旅程自动运行。",
)
policies = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Quiet hours and caps. 触达策略。",
)
app.add_typer(policies, name="policy")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A journey. 旅程名称。")]
JOURNEY, VERSION = Text("journey", "旅程"), Text("version", "版本")
STEP, CUSTOMERS = Text("step", "步骤"), Text("customers", "人数")


@app.command(help="Put definitions in force; who is inside goes on in his version. 应用旅程定义。")
def apply(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Definitions in YAML or JSON. 定义文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        applied = [definitions.apply(desk.workspace, file) for file in files]
    document = [{"journey": a.name, "version": a.version, "changed": a.changed} for a in applied]
    rows = [(a.name, a.version, a.changed) for a in applied]
    shown = table(Text("Applied", "已应用"), (JOURNEY, VERSION, Text("changed", "有变化")), rows)
    desk.screen.answer({"journeys": document}, shown)


@app.command("list", help="List journeys and how many are inside. 列出旅程。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = states.standings(desk.workspace)
    document = [
        {
            "journey": s.journey,
            "version": s.version,
            "state": s.state,
            "since": s.since,
            "inside": sum(s.at_steps.values()),
            "gone_accounts": list(s.gone_accounts),
        }
        for s in found
    ]
    columns = (JOURNEY, VERSION, Text("state", "状态"), Text("inside", "旅程中"), Text("accounts gone", "已移除的账号"))
    rows = [
        (s.journey, s.version, STATES[s.state], sum(s.at_steps.values()), ", ".join(s.gone_accounts) or None)
        for s in found
    ]
    desk.screen.answer({"journeys": document}, table(Text("Journeys", "旅程"), columns, rows))


@app.command(help="Show where people stand and what became of those that came. 查看旅程进展。")
def show(
    name: Name,
    *,
    text: Annotated[bool, typer.Option("--text", help="The definition as it was written. 定义原文。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        written, version = definitions.text_of(desk.workspace, name)
        (found,) = states.standings(desk.workspace, name)
    if text:
        return desk.screen.answer({"text": written, "version": version}, Text(written.rstrip(), written.rstrip()))
    moves = [
        {"step": step, "outcome": word, "customers": many, "said": both(said(word))}
        for (step, word), many in sorted(found.outcomes.items())
    ]
    document = {
        "journey": name,
        "version": version,
        "state": found.state,
        "at_steps": found.at_steps,
        "outcomes": moves,
    }
    standing = table(Text("Who stands where", "当前所在步骤"), (STEP, CUSTOMERS), sorted(found.at_steps.items()))
    columns = (STEP, Text("what happened", "结果"), CUSTOMERS)
    rows = [(step, said(word), many) for (step, word), many in sorted(found.outcomes.items())]
    return desk.screen.answer(document, STATES[found.state], standing, table(Text("So far", "累计"), columns, rows))


@app.command(help="Let a journey run. 启动旅程。")
def start(name: Name, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        states.start(desk.workspace, name)
    desk.screen.answer({"journey": name, "state": "running"}, Text(f"{name} runs.", f"{name} 已启动。"))


@app.command(help="Let nobody enter or move, and hold messages back. 暂停旅程。")
def pause(name: Name, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        states.pause(desk.workspace, name)
    desk.screen.answer({"journey": name, "state": "paused"}, Text(f"{name} is paused.", f"{name} 已暂停。"))


@app.command(help="End a journey: everybody leaves, what is not sent is not sent. 停止旅程。")
def stop(name: Name, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        left = states.stop(desk.workspace, name)
    told = Text(f"{name} has stopped; {left:,} customers left.", f"{name} 已停止，{left:,} 位客户退出。")
    desk.screen.answer({"journey": name, "state": "stopped", "left": left}, told)


@app.command(help="Bring an audience, a list, or a table into a journey that starts by call. 手动送入人群。")
def enter(
    name: Name,
    who: Annotated[
        str | None, typer.Argument(metavar="[AUDIENCE]", help="An audience, or a pasted list. 人群或名单。")
    ] = None,
    *,
    key: Annotated[str, typer.Option(metavar="KEY", help="The same key again brings nobody twice. 幂等键。")],
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="FILE|-", help="CSV: who, and what is told. 客户与附带信息。"),
    ] = None,
    kind: Annotated[
        str, typer.Option("--of", metavar="KIND", help="phone, email, card, order, one_id, or auto. 首列的类型。")
    ] = AUTO,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cards and orders of this source only. 限定来源。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    text = None if file is None else read_piped(file)
    with at_desk(home, workspace, as_json=as_json) as desk:
        if (who is None) == (text is None):
            problem = Text("Name an audience, or a table of entries: one of them.", "请指定人群，或指定表格，二选一。")
            raise Invalid(problem, received=who, allowed=["AUDIENCE", "--file FILE"])
        if text is None:
            members, read = chosen(desk.workspace, who or "").members, None
            states.bring(desk.workspace, name, key, members)
        else:
            found = read_entries(desk.workspace, text, kind, source)
            members, read = found.customers, found.read
            states.bring_rows(desk.workspace, name, key, OrdinalSet.empty(), found.rows)
    many = members.count()
    told = Text(f"{many:,} customers wait at the door of {name}.", f"{many:,} 位客户在 {name} 入口等待。")
    shown = [] if read is None else tables_of(Text("Rows", "表格行"), read)
    more = {} if read is None else {"counts": vars(read.counts), **describe_read(read)}
    desk.screen.answer({"journey": name, "customers": many, **more}, *shown, told)


@app.command(help="Move all running journeys on to now. 推进所有运行中的旅程。")
def tick(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = ticking.tick(desk.workspace)
    columns = (JOURNEY, Text("entered", "进入"), Text("moves", "流转人次"), Text("left", "离开"))
    rows = [(t.journey, t.entered, t.moved, t.left) for t in done]
    desk.screen.answer({"journeys": [vars(t) for t in done]}, table(Text("Moved", "已推进"), columns, rows))


@app.command(help="Say what a journey changed, against those left alone. 衡量旅程相对对照组的效果。")
def report(
    name: Name,
    *,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days after entering that count. 统计天数。")] = 30,
    step: Annotated[str | None, typer.Option(metavar="STEP", help="Compare a split. 比较分流各组。")] = None,
    by: Annotated[str | None, typer.Option(metavar="TAG", help="Look at it by a tag. 按标签分组查看。")] = None,
    out: Out = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    check_out(out)
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = report_on(desk.workspace, name, days, step, by)
    answer_report(desk.screen, found, out)


@app.command(help="List running journeys in the order in which caps serve them. 频次上限下各旅程的先后。")
def order(
    *,
    anew: Annotated[bool, typer.Option("--anew", help="Work out effects now, not once a day. 立即重新计算。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        if anew:
            expect(desk.workspace, anew=True)
        found, currency = placed(desk.workspace), desk.workspace.currency
    document = [
        {
            "journey": name,
            "priority": priority,
            "said": both(place_of(priority, each, currency)),
            "effect": None if each is None else asdict(each),
        }
        for name, priority, each in found
    ]
    columns = (JOURNEY, Text("priority", "优先级"), Text("among its like", "同级先后"))
    rows = [(name, priority, place_of(priority, each, currency)) for name, priority, each in found]
    desk.screen.answer({"journeys": document}, table(Text("Who comes first", "先后顺序"), columns, rows))


@app.command(help="Say what journeys did with a customer, and why he got no message. 查询某位客户的旅程与未触达原因。")
def why(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="As pos:M10023. 记录。")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Lines at most. 最多行数。")] = 50,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        customer = customer_named(desk.workspace, record)
        told, here = trace(desk.workspace, customer, limit), whereabouts(desk.workspace, customer)
        zone = ZoneInfo(desk.workspace.time_zone)
    document = {
        "moves": [
            {
                "at": each.at,
                "journey": each.journey,
                "step": each.step,
                "outcome": each.outcome,
                "said": both(each.said),
                "why_not": None if each.why_not is None else both(each.why_not),
            }
            for each in told
        ],
        "stands": [vars(each) for each in here],
    }
    columns = (Text("at", "时间"), JOURNEY, STEP, Text("what happened", "结果"), Text("not sent because", "未送出原因"))
    rows = [(f"{e.at.astimezone(zone):%Y-%m-%d %H:%M}", e.journey, e.step, e.said, e.why_not) for e in told]
    stands = (JOURNEY, STEP, Text("until", "直到"))
    places = [(e.journey, e.step, f"{e.due.astimezone(zone):%Y-%m-%d %H:%M}") for e in here]
    desk.screen.answer(
        document,
        table(Text("What happened", "经过"), columns, rows),
        table(Text("Where he stands", "当前所在"), stands, places),
    )


@app.command(help="List journeys for ordinary days that can be installed. 列出可安装的 SOP 模板。")
def templates(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found, there = every_template(), definitions.newest(desk.workspace)
    document = [
        {
            "template": each.name,
            "title": both(each.title),
            "description": both(each.description),
            "installed": each.journey in there,
        }
        for each in found
    ]
    columns = (
        Text("template", "模板"),
        Text("title", "名称"),
        Text("what it does", "说明"),
        Text("installed", "已安装"),
    )
    rows = [(each.name, each.title, each.description, each.journey in there) for each in found]
    desk.screen.answer({"templates": document}, table(Text("Templates", "模板"), columns, rows))


@app.command(help="Install a template with its audiences and contents; start it afterwards. 安装模板，之后再启动。")
def install(
    name: Annotated[str, typer.Argument(metavar="TEMPLATE", help="As listed by `templates`. 模板名称。")],
    *,
    by: Annotated[list[str], typer.Option(metavar="ACCOUNT", help="Accounts, the first that reaches. 发送账号。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = install_template(desk.workspace, name, by)
    there, not_there = ", ".join(done.kept) or "–", ", ".join(done.added) or "–"
    told = Text(
        f"Put in force: {not_there}. Left as it is: {there}. Start it: quanyu journey start {done.journey}",
        f"已应用：{not_there}。保持不变：{there}。启动：quanyu journey start {done.journey}",
    )
    desk.screen.answer(vars(done), told)


@policies.command("apply", help="Put quiet hours, caps and suppressions in force. 应用触达策略。")
def apply_policy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy in YAML. 策略文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        version = policy.apply(desk.workspace, file)
    desk.screen.answer({"version": version}, Text(f"Version {version} is in force.", f"版本 {version} 已生效。"))


@policies.command("show", help="Show the policy in force. 查看当前触达策略。")
def show_policy(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        text = policy.written(desk.workspace).rstrip()
    desk.screen.answer({"text": text}, Text(text, text))
