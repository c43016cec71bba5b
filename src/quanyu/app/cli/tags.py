"""Commands that compute tags and look at them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from quanyu.app.cli import giving, health, reproducing
from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.consent.projecting import project
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.packing import apply_pack, stop_pack
from quanyu.targeting.tags.computing import compute as compute_tags
from quanyu.targeting.tags.continuing import REASONS
from quanyu.targeting.tags.listing import Listing, TagSummary, list_tags
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.packs import list_packs, read_text, text_of
from quanyu.targeting.tags.previewing import Preview
from quanyu.targeting.tags.previewing import preview as preview_pack
from quanyu.targeting.tags.shown import make_ready
from quanyu.targeting.tags.tiers import Tier, summarise_tiers

NOW = "now"
CUSTOMERS = Text("customers", "客户数")
PACK = Text("pack", "标签包")
FATES = {"new": Text("new", "新增"), "changed": Text("changed", "更改"), "same": Text("as it is", "不变")}
Forced = Annotated[bool, typer.Option("--force", help="Even where audiences break. 即使有人群失效。")]
TagFiles = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Tags in YAML or JSON. 标签文件。")]

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Define, compute and look at tags. 定义、计算与查看标签。",
)


@app.command(help="Compute every tag of every customer. 计算全部标签。")
def compute(
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE|now", help="Day whose end counts. 统计截止日（含当日）。")
    ] = NOW,
    full: Annotated[
        bool, typer.Option("--full", help="Compute also what cannot have changed. 未变化的也重新计算。")
    ] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        project(desk.workspace)
        run = compute_tags(desk.workspace, instant_of(as_of, desk.workspace.time_zone), full=full)
        make_ready(desk.workspace)
    document = {**describe_run(run), "recomputed": run.recomputed, "whole_because": run.whole_because}
    desk.screen.answer(document, _said(run))


def _said(run: TagRun) -> Text:
    """Return what became of a computation: nothing was to be done, everything, or of some customers only."""
    if run.skipped:
        said = Text(
            "Nothing has changed: the run of {day} stands ({customers:,} customers).",
            "没有变化：{day} 的结果仍有效（{customers:,} 位客户）。",
        )
    elif run.whole_because is None:
        said = Text(
            "Tags of {customers:,} customers on {day} were computed; {recomputed:,} of them had changed.",
            "已计算 {day} 的标签，共 {customers:,} 位客户，其中 {recomputed:,} 位有变化。",
        )
    else:
        said = Text(
            "Tags of {customers:,} customers on {day} were computed, everything anew: {reason}.",
            "已计算 {day} 的标签，共 {customers:,} 位客户，全部重新计算：{reason}。",
        )
    reason = REASONS.get(run.whole_because or "", Text("", ""))
    values = {"day": run.day, "customers": run.customers, "recomputed": run.recomputed or 0}
    return Text(said.en.format(**values, reason=reason.en), said.zh.format(**values, reason=reason.zh))


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
        found = list_tags(desk.workspace)
    lacking = [
        {"tag": tag.name, "title": both(tag.title), "lacks": [both(lack.words) for lack in standing.lacks]}
        for tag, standing in found.lacking
    ]
    document = {**describe_run(found.run), "tags": [_describe(each) for each in found.tags], "lacking": lacking}
    shown = [_distribution(found.run, found.tags)]
    desk.screen.answer(document, *shown, *([_lacking(found)] if found.lacking else []))


def _lacking(found: Listing) -> Table:
    columns = (Text("tag", "标签"), Text("title", "名称"), Text("what they lack", "缺少的数据"))
    rows = [
        (tag.name, tag.title, "; ".join(str(lack.words) for lack in standing.lacks)) for tag, standing in found.lacking
    ]
    return table(Text("Tags for which data are lacking", "缺少数据的标签"), columns, rows)


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


def _distribution(run: TagRun, found: Sequence[TagSummary]) -> Table:
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
            _frequent(s),
        )
        for s in found
    ]
    title = Text("Tags on {day}, {n:,} customers", "{day} 的标签，{n:,} 位客户").format_with(
        day=run.day, n=run.customers
    )
    return table(title, columns, rows)


def _frequent(found: TagSummary) -> str | None:
    return ", ".join(f"{value} ({customers:,})" for value, customers in found.top[:3]) or None


def _value(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float | Decimal) else str(value)


@app.command(help="Put a file of tags in force. 应用标签文件。")
def apply(
    files: TagFiles,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who changes it. 修改人。")] = None,
    force: Forced = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = [apply_pack(desk.workspace, file, author, force=force) for file in files]
    columns = (PACK, Text("version", "版本"), Text("tags", "标签数"), Text("changed", "有变化"))
    rows = [(a.name, a.version, a.tags, a.changed) for a in (each.applied for each in done)]
    document = [{**vars(each.applied), "breaks": each.breaks} for each in done]
    broken = [_broken(each.breaks) for each in done if each.breaks]
    desk.screen.answer({"packs": document}, table(Text("Applied", "已应用"), columns, rows), *broken)


def _broken(names: Sequence[str]) -> Text:
    said = Text("Audiences that can no longer be used: {names}.", "已无法使用的人群：{names}。")
    return said.format_with(names=", ".join(names))


@app.command(help="Say what a file of tags would change; nothing is written. 试算标签文件。")
def preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tags in YAML or JSON. 标签文件。")],
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE|now", help="Day whose end counts. 统计截止日（含当日）。")
    ] = NOW,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        instant = instant_of(as_of, desk.workspace.time_zone)
        found = preview_pack(desk.workspace, read_text(file), instant)
    tags = [{**_describe(each.summary), "fate": each.fate, "moved": each.moved} for each in found.tags]
    document = {"pack": found.pack, "customers": found.customers, "sampled": found.sampled, "tags": tags}
    desk.screen.answer({**document, "gone": list(found.gone)}, _previewed(found))


def _previewed(found: Preview) -> Table:
    columns = (
        Text("tag", "标签"),
        Text("title", "名称"),
        Text("would be", "将会"),
        Text("customers moved", "变化人数"),
        Text("known", "有值"),
        Text("median", "中位"),
        Text("most frequent", "最常见"),
    )
    rows = [
        (
            each.summary.tag.name,
            each.summary.tag.title,
            FATES[each.fate],
            each.moved,
            each.summary.known,
            _value(each.summary.median),
            _frequent(each.summary),
        )
        for each in found.tags
    ]
    rows += [(name, None, Text("gone", "移除"), None, None, None, None) for name in found.gone]
    title = Text("{pack}: {n:,} of {all:,} customers looked at", "{pack}：试算 {all:,} 位客户中的 {n:,} 位")
    return table(title.format_with(pack=found.pack, n=found.sampled, all=found.customers), columns, rows)


@app.command(help="List the files of tags in force. 列出标签包。")
def packs(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_packs(desk.workspace)
    document = [
        {
            "pack": each.pack.name,
            "version": each.version,
            "tags": len(each.pack.tags),
            "owner": each.pack.owner,
            "author": each.author,
            "applied_at": each.applied_at,
        }
        for each in found
    ]
    columns = (PACK, Text("version", "版本"), Text("tags", "标签数"), Text("owner", "负责人"), Text("by", "修改人"))
    rows = [(p.pack.name, p.version or None, len(p.pack.tags), p.pack.owner, p.author) for p in found]
    desk.screen.answer({"packs": document}, table(Text("Packs of tags", "标签包"), columns, rows))


@app.command(help="Write the file of a pack, or of a tag's pack, as it was applied. 输出标签文件。")
def show(
    name: Annotated[str, typer.Argument(metavar="PACK|TAG", help="A pack, or a tag. 标签包或标签。")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there. 输出文件。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        text = text_of(desk.workspace, name)
    if out is not None:
        out.write_text(text, encoding="utf-8", newline="")
        desk.screen.answer({"file": str(out)}, Text("Written to {file}.", "已写入 {file}。").format_with(file=out))
    else:
        desk.screen.answer({"text": text}, Text(text, text))


@app.command(help="Let a pack of the workspace stand no longer. 停用标签包。")
def stop(
    name: Annotated[str, typer.Argument(metavar="PACK", help="A pack of the workspace. 标签包。")],
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who changes it. 修改人。")] = None,
    force: Forced = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = stop_pack(desk.workspace, name, author, force=force)
    said = Text("{name} stands no longer.", "已停用 {name}。").format_with(name=name)
    broken = [_broken(done.breaks)] if done.breaks else []
    desk.screen.answer({"pack": name, "version": done.version, "breaks": done.breaks}, said, *broken)


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


health.add_to(app)
giving.add_to(app)
reproducing.add_to_tags(app)
