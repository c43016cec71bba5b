"""Commands that compute tags and look at them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.tags.computing import compute as compute_tags
from quanyu.targeting.tags.indexing import build
from quanyu.targeting.tags.listing import TagSummary, summarise
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.tiers import Tier, summarise_tiers

NOW = "now"
CUSTOMERS = Text("customers", "客户数")

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Compute and look at tags. 计算与查看标签。",
)


@app.command(help="Compute every tag of every customer. 计算全部标签。")
def compute(
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE|now", help="Day whose end counts. 统计截止日（含当日）。")
    ] = NOW,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        run = compute_tags(desk.workspace, instant_of(as_of, desk.workspace.time_zone))
        build(desk.workspace)
    said = (
        Text(
            "Nothing has changed: the run of {day} stands ({customers:,} customers).",
            "没有变化：{day} 的结果仍有效（{customers:,} 位客户）。",
        )
        if run.skipped
        else Text(
            "Tags of {customers:,} customers on {day} were computed.", "已计算 {day} 的标签，共 {customers:,} 位客户。"
        )
    )
    desk.screen.answer(describe_run(run), said.format_with(day=run.day, customers=run.customers))


def instant_of(written: str, zone: str) -> datetime | None:
    """Return the last instant of a day in the workspace's zone; None for `now`."""
    if written == NOW:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Invalid(
            Text("This is not a day.", "这不是日期。"), received=written, allowed=["2011-12-10", NOW]
        ) from None
    return datetime.combine(day, time.max, ZoneInfo(zone)).astimezone(UTC)


def describe_run(run: TagRun) -> dict[str, object]:
    return {
        "run": str(run.number),
        "day": run.day,
        "as_of": run.as_of,
        "customers": run.customers,
        "finished_at": run.finished_at,
        "skipped": run.skipped,
    }


@app.command("list", help="Say how many have each tag, and how its values lie. 覆盖率与分布。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        run, found = summarise(desk.workspace)
    document = {**describe_run(run), "tags": [_describe(summary) for summary in found]}
    desk.screen.answer(document, _distribution(run, found))


def _describe(found: TagSummary) -> dict[str, object]:
    return {
        "tag": found.tag.name,
        "title": both(found.tag.title),
        "family": found.tag.family,
        "type": found.tag.type,
        "known": found.known,
        "customers": found.customers,
        "lowest": found.lowest,
        "median": found.median,
        "highest": found.highest,
        "top": [{"value": value, "customers": customers} for value, customers in found.top],
    }


def _distribution(run: TagRun, found: list[TagSummary]) -> Table:
    columns = (
        Text("tag", "标签"),
        Text("title", "名称"),
        Text("known", "有值"),
        Text("share", "覆盖率"),
        Text("lowest", "最小"),
        Text("median", "中位"),
        Text("highest", "最大"),
        Text("most frequent", "最常见"),
    )
    rows = [
        (
            s.tag.name,
            s.tag.title,
            s.known,
            f"{s.known / s.customers:.1%}" if s.customers else None,
            _value(s.lowest),
            _value(s.median),
            _value(s.highest),
            ", ".join(f"{value} ({customers:,})" for value, customers in s.top[:3]) or None,
        )
        for s in found
    ]
    title = Text("Tags on {day}, {n:,} customers", "{day} 的标签，{n:,} 位客户").format_with(
        day=run.day, n=run.customers
    )
    return table(title, columns, rows)


def _value(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float | Decimal) else str(value)


@app.command(help="Show tiers by recency, frequency and money. RFM 分层。")
def rfm(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        run, found = summarise_tiers(desk.workspace)
        currency = desk.workspace.currency
    document = {**describe_run(run), "currency": currency, "tiers": [_describe_tier(tier) for tier in found]}
    desk.screen.answer(document, _tiers(run, found, currency))


def _describe_tier(tier: Tier) -> dict[str, object]:
    return {
        "tier": tier.value,
        "title": both(tier.title),
        "customers": tier.customers,
        "orders": tier.orders,
        "revenue": tier.revenue,
        "revenue_share": tier.revenue_share,
    }


def _tiers(run: TagRun, found: list[Tier], currency: str) -> Table:
    columns = (
        Text("tier", "分层"),
        CUSTOMERS,
        Text("orders", "订单数"),
        Text(f"revenue ({currency})", f"销售额（{currency}）"),
        Text("share of revenue", "销售额占比"),
    )
    rows = [
        (
            t.title,
            t.customers,
            t.orders,
            _value(t.revenue),
            None if t.revenue_share is None else f"{t.revenue_share:.1%}",
        )
        for t in found
    ]
    return table(Text("RFM on {day}", "{day} 的 RFM").format_with(day=run.day), columns, rows)
