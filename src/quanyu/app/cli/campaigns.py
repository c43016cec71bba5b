"""Commands about campaigns: plan, put in force, test, approve, let out in stages, stop, and draft what follows."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli.acting import Token, acting
from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.effects import tables_of
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.engagement.campaigns import applying, approving, releasing, reporting, standing, trying, waves
from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.definitions import checked
from quanyu.engagement.campaigns.model import ACTS, ARMS
from quanyu.engagement.campaigns.planning import in_words as plan_in_words
from quanyu.engagement.campaigns.planning import plan as plan_of
from quanyu.engagement.campaigns.telling import detail_as_json, plan_as_json, report_as_json, standing_as_json, words
from quanyu.engagement.journeys.model import STATES
from quanyu.engagement.journeys.tracing import said
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.wording import in_words

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Campaigns: planned, let out in stages, watched. 营销活动：规划、分阶段放量、护栏监控。",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A campaign. 活动名称。")]
CAMPAIGN, STATE, STAGES = Text("campaign", "活动"), Text("state", "状态"), Text("stages out", "已放量阶段")
CUSTOMERS, ARM, WHO, AT = Text("customers", "人数"), Text("arm", "分组"), Text("who", "操作人"), Text("at", "时间")
ACCOUNT, WHY = Text("reached by", "触达账号"), Text("left undone because", "未触达原因")


@app.command(help="Put a definition in force; nobody is written to before `release`. 应用活动定义。")
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A definition in YAML or JSON. 定义文件。")],
    *,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = applying.apply(desk.workspace, file, acting(desk, token))
    told = Text(f"{done.name}: version {done.version} is in force.", f"{done.name}：版本 {done.version} 已生效。")
    desk.screen.answer({"campaign": done.name, "version": done.version, "changed": done.changed}, told)


@app.command("list", help="List campaigns and how far they are out. 列出活动。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = standing.standings(desk.workspace)
    columns = (CAMPAIGN, Text("title", "名称"), STATE, STAGES, CUSTOMERS)
    rows = [(s.kept.campaign.name, s.kept.campaign.title, STATES[s.state], _out_of(s), s.customers) for s in found]
    shown = table(Text("Campaigns", "活动"), columns, rows)
    desk.screen.answer({"campaigns": [standing_as_json(each) for each in found]}, shown)


def _out_of(found: standing.Standing) -> str:
    return f"{len(found.out)}/{len(found.kept.campaign.stages)}"


@app.command(help="Show stages, limits, approval, and who did what. 查看阶段、护栏、批准与操作记录。")
def show(
    name: Name,
    *,
    text: Annotated[bool, typer.Option("--text", help="The definition as it was written. 定义原文。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found, acts = standing.detail(desk.workspace, name), acts_of(desk.workspace, name)
        zone = ZoneInfo(desk.workspace.time_zone)
    kept, out = found.standing.kept, found.standing.out
    if text:
        written = kept.campaign.text.rstrip()
        return desk.screen.answer({"text": written, "version": kept.version}, Text(written, written))
    let = [(f"{each.released_at.astimezone(zone):%Y-%m-%d %H:%M}", each.who, each.size) for each in out]
    waiting = [(None, None, None)] * (len(kept.campaign.stages) - len(out))
    told = zip(kept.campaign.stages, [*let, *waiting], strict=True)
    stages = [(n, f"{stage.share:g}", *said_of) for n, (stage, said_of) in enumerate(told, 1)]
    of_stages = (Text("stage", "阶段"), Text("share", "比例"), Text("let out at", "放量时间"), WHO, CUSTOMERS)
    limits = [
        (word, found.counted.answers.get(word, 0), found.counted.messages, f"{limit:g}")
        for word, limit in kept.campaign.guards.items()
    ]
    of_limits = (Text("answer", "反馈"), Text("so far", "累计"), Text("of messages", "消息数"), Text("limit", "上限"))
    lines = [(f"{a.at.astimezone(zone):%Y-%m-%d %H:%M}", a.who, ACTS[a.act]) for a in acts]
    desk.screen.answer(
        detail_as_json(found, acts),
        STATES[found.standing.state],
        _approval(found.approval),
        table(Text("Stages", "阶段"), of_stages, stages),
        table(Text("Guard rails", "护栏"), of_limits, limits),
        table(Text("Who did what", "操作记录"), (AT, WHO, Text("act", "操作")), lines),
    )


def _approval(found: approving.Approval | None) -> Text:
    if found is None:
        return Text("Nobody has approved it.", "尚未批准。")
    if not found.changed:
        return Text(f"Approved by {found.who}.", f"已由 {found.who} 批准。")
    changed = ", ".join(fault.place for fault in found.changed)
    return Text(f"The approval of {found.who} is void: {changed}.", f"{found.who} 的批准已失效：{changed}。")


@app.command(help="Say whom a file would reach, and what could be told from it. 规划：可触达人数与检出能力。")
def plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A definition in YAML or JSON. 定义文件。")],
    *,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = plan_of(desk.workspace, checked(desk.workspace, file))
    arms = [(ARMS[a.arm], f"{found.shares[a.arm]:.2%}", a.customers) for a in found.arms]
    reached = [(ARMS[a.arm], account, many) for a in found.arms for account, many in a.by_account.items()]
    undone = [(ARMS[a.arm], said(word), many) for a in found.arms for word, many in a.undone.items()]
    proposed = (
        Text("The group without contact is proposed from power.", "不触达组的规模由功效计算得出。")
        if found.proposed
        else Text("The group without contact is as the file says.", "不触达组的规模按文件设定。")
    )
    stages = ", ".join(f"{many:,}" for many in found.stages)
    desk.screen.answer(
        plan_as_json(found),
        Text(
            f"{found.customers:,} customers, beside {found.testers:,} testers; in stages: {stages}.",
            f"共 {found.customers:,} 位客户，另有 {found.testers:,} 位测试人员；分阶段累计：{stages}。",
        ),
        proposed,
        *plan_in_words(found),
        *((Text("Somebody has to approve it.", "需要他人批准。"),) if found.needs_approval else ()),
        table(Text("Arms", "分组"), (ARM, Text("share", "比例"), CUSTOMERS), arms),
        table(Text("Reachable", "各渠道可触达"), (Text("channel", "渠道"), CUSTOMERS), list(found.reachable.items())),
        table(Text("Reached", "可触达"), (ARM, ACCOUNT, CUSTOMERS), reached),
        table(Text("Left undone", "未触达"), (ARM, WHY, CUSTOMERS), undone),
    )


@app.command("test", help="Send what every arm says to the testers; it counts nowhere. 发送给测试人员，不计入统计。")
def try_out(
    name: Name,
    *,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = trying.try_out(desk.workspace, name, acting(desk, token))
    told = Text(
        f"{done.messages:,} messages go out to {done.testers:,} testers; {done.before:,} had gone already.",
        f"向 {done.testers:,} 位测试人员发送 {done.messages:,} 条消息；此前已发送 {done.before:,} 条。",
    )
    desk.screen.answer({"campaign": name, **vars(done)}, told)


@app.command(help="Approve what somebody else wrote; any later change voids it. 批准他人的活动，改动后失效。")
def approve(
    name: Name,
    *,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        who = acting(desk, token)
        found = approving.approve(desk.workspace, name, who)
    told = Text(f"{name}: {who} approved version {found.version}.", f"{name}：{who} 已批准版本 {found.version}。")
    desk.screen.answer({"campaign": name, "version": found.version, "who": who}, told)


@app.command(help="Let the next stage out. 放量下一阶段。")
def release(
    name: Name,
    *,
    stage: Annotated[int | None, typer.Option(min=1, help="This one, once. 指定阶段，幂等。")] = None,
    early: Annotated[bool, typer.Option("--early", help="Though the one before is watched. 提前放量。")] = False,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = releasing.release(desk.workspace, name, acting(desk, token), stage, early=early)
    told = Text(
        f"Stage {done.stage} of {name}: {done.customers:,} customers.",
        f"{name} 第 {done.stage} 阶段：{done.customers:,} 位客户。",
    )
    desk.screen.answer(vars(done), told)


@app.command(help="Hold everything of a campaign within a second. 一秒内停止活动。")
def stop(
    name: Name,
    *,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        releasing.stop(desk.workspace, name, acting(desk, token))
    desk.screen.answer({"campaign": name, "state": "paused"}, Text(f"{name} is stopped.", f"{name} 已停止。"))


@app.command(help="Let a campaign go on where it was stopped. 恢复已停止的活动。")
def resume(
    name: Name,
    *,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        releasing.resume(desk.workspace, name, acting(desk, token))
    desk.screen.answer({"campaign": name, "state": "running"}, Text(f"{name} goes on.", f"{name} 已恢复。"))


@app.command("next", help="Draft the next wave from what became of this one. 由本波结果起草下一波。")
def draft_next(
    name: Name,
    *,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there. 写入文件。")] = None,
    token: Token = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        wave = waves.draft(desk.workspace, name, acting(desk, token))
    if to is not None:
        to.write_text(wave.text, "utf-8")
    document = {**vars(wave), "verdict": words(wave.verdict)}
    shown = Text(wave.text.rstrip(), wave.text.rstrip())
    desk.screen.answer(document, Text(f"Written to {to}.", f"已写入 {to}。") if to is not None else shown)


@app.command(help="Say what each arm changed, against no contact, and which content won. 衡量各组效果。")
def report(
    name: Name,
    *,
    days: Annotated[int | None, typer.Option(min=1, max=365, help="Days that count; as the goal. 统计天数。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = reporting.report(desk.workspace, name, days)
    still = Text(
        f"Preliminary: purchases and returns count until {found.effects.settled_on}.",
        f"初步结果：购买与退货统计至 {found.effects.settled_on}。",
    )
    arms = [(ARMS[arm], many) for arm, many in found.customers.items()]
    undone = [(said(word), many) for word, many in found.why_not.items()]
    desk.screen.answer(
        report_as_json(found),
        *((still,) if found.effects.preliminary else ()),
        *in_words(found.effects.analysis),
        found.verdict,
        table(Text("Arms", "分组"), (ARM, CUSTOMERS), arms),
        table(Text("Left undone", "未触达"), (WHY, CUSTOMERS), undone),
        *tables_of(found.effects.analysis),
    )
