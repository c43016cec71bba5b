"""Commands that say how tags are, and which data would make them better."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.goals import load_goals
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.tags.health import Health, TagHealth, tag_health
from quanyu.targeting.tags.health_page import draw_health
from quanyu.targeting.tags.health_report import describe_health, describe_task
from quanyu.targeting.tags.tasks import DataTask, data_tasks

SHOWN = 30


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of tags."""
    app.command("health", help="Say how tags are: filled, steady, fresh, used. 标签健康度。")(health)
    app.command("tasks", help="Say which data to fill for more tags. 数据补全任务。")(tasks)


def health(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="These tags only. 只看这些标签。")
    ] = None,
    *,
    against: Annotated[
        str | None, typer.Option(metavar="DAY", help="Compare with the last run up to a day. 与某日的结果相比。")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page. 输出网页。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = tag_health(desk.workspace, names or None, _day(against))
        if html is not None:
            html.write_text(draw_health(found, data_tasks(desk.workspace)), encoding="utf-8")
            desk.screen.note(Text(f"written: {html}", f"已写入：{html}"))
    desk.screen.answer(describe_health(found), *_shown(found, whole=not names))


def _day(written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError:
        problem = Text("This is not a day.", "这不是日期。")
        raise Invalid(problem, received=written, allowed=["2011-12-10"]) from None


def _shown(found: Health, *, whole: bool) -> Iterator[Table | Text]:
    yield _all(found)
    if whole:
        retired = [each.tag.name for each in found.tags if each.retire]
        if retired:
            names = ", ".join(retired)
            yield Text(f"Nobody has used these for 180 days: {names}", f"180 天无人使用，建议下线：{names}")
        yield Text("One by one: quanyu tag health TAG", "逐个查看：quanyu tag health 标签")
    else:
        for each in found.tags:
            yield _one(each)


def _all(found: Health) -> Table:
    columns = (
        Text("tag", "标签"),
        Text("title", "名称"),
        Text("covered", "覆盖率"),
        Text("before", "此前"),
        Text("drift", "漂移"),
        Text("fresh to", "数据截至"),
        Text("rows read", "读取行数"),
        Text("shared by", "共用标签数"),
        Text("used by", "使用方"),
        Text("to look at", "待处理"),
    )
    rows = [
        (
            each.tag.name,
            each.tag.title,
            percent(each.covered),
            percent(each.covered_before),
            None if each.drift is None else f"{each.drift:.2f}",
            None if each.fresh is None else f"{each.fresh:%Y-%m-%d}",
            each.cost.rows or None,
            each.cost.shared or None,
            _users(each),
            "; ".join(str(words) for words in each.findings) or None,
        )
        for each in found.tags
    ]
    title = Text(
        f"Tags on {found.run.day}, {found.customers:,} customers", f"{found.run.day} 的标签，{found.customers:,} 位客户"
    )
    if found.compared is not None:
        title = Text(f"{title.en}, compared with {found.compared}", f"{title.zh}，对比 {found.compared}")
    return table(title, columns, rows)


def _users(each: TagHealth) -> str:
    counted = (
        (len(each.audiences), Text("{n} audiences", "{n} 个人群")),
        (len(each.derived), Text("{n} tags", "{n} 个标签")),
        (len(each.rules), Text("{n} rules", "{n} 条规则")),
    )
    return ", ".join(str(words.format_with(n=n)) for n, words in counted if n)


def _one(each: TagHealth) -> Table:
    rows = [
        (Text("audiences", "人群"), ", ".join(each.audiences) or None),
        (Text("tags derived from it", "由其派生的标签"), ", ".join(each.derived) or None),
        (Text("rules that come with the product", "产品自带规则"), ", ".join(each.rules) or None),
        (Text("last used", "最近使用"), None if each.last_used is None else f"{each.last_used:%Y-%m-%d}"),
        (Text("lacks", "缺少"), "; ".join(str(lack.words) for lack in each.standing.lacks) or None),
    ]
    return table(Text(each.tag.name, each.tag.name), (Text("what", "项目"), Text("value", "内容")), rows)


def tasks(
    *,
    goals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Goals of quality; a retailer's if not given. 质量目标文件。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = data_tasks(desk.workspace, None if goals is None else load_goals(goals, desk.house.kinds))
    desk.screen.answer({"tasks": [describe_task(task) for task in found]}, _tasks(found[:SHOWN]))


def _tasks(found: Sequence[DataTask]) -> Table:
    columns = (
        Text("no.", "序号"),
        Text("what to fill", "待补数据"),
        Text("customers", "客户数"),
        Text("tags", "标签数"),
        Text("owner", "负责人"),
        Text("goal", "目标"),
        Text("input", "输入"),
    )
    rows = [
        (n, task.words, task.customers, len(task.tags), task.owner, task.goal, ", ".join(task.inputs))
        for n, task in enumerate(found, 1)
    ]
    return table(Text("Data to fill, the most useful first", "数据补全任务，按收益排序"), columns, rows)
