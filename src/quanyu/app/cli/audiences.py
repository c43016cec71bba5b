"""Commands about audiences: apply, count, list, refresh; and those of exports, lists and portraits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli import exporting, pasting, portraits, remembering, reproducing
from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.portraits import who_of
from quanyu.app.cli.reproducing import AsOf, OfRun, about, past_of
from quanyu.app.cli.screen import both, table
from quanyu.foundation.documents import read
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.costs import Scan, cost
from quanyu.targeting.audiences.counting import count as count_rule
from quanyu.targeting.audiences.definitions import apply as apply_definition
from quanyu.targeting.audiences.definitions import askables, parse, stored
from quanyu.targeting.audiences.history import say
from quanyu.targeting.audiences.listing import Listed, list_audiences
from quanyu.targeting.audiences.model import Refreshed
from quanyu.targeting.audiences.past import chosen_then
from quanyu.targeting.audiences.refreshing import refresh as refresh_audiences

NAME = Text("audience", "人群")
SIZE = Text("customers", "人数")
SUFFIXES = (".yaml", ".yml", ".json")

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Define, count and export audiences. 定义、计数与导出人群。",
)


@app.command(help="Put definitions in force. 应用人群定义。")
def apply(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Definitions in YAML or JSON. 定义文件。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        applied = [apply_definition(desk.workspace, file) for file in files]
    document = [{"audience": a.name, "version": a.version, "changed": a.changed} for a in applied]
    columns = (NAME, Text("version", "版本"), Text("changed", "有变化"))
    shown = table(Text("Applied", "已应用"), columns, [(a.name, a.version, a.changed) for a in applied])
    desk.screen.answer({"audiences": document}, shown)


@app.command(help="Count a definition file or a named audience. 计数。")
def count(
    what: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A file, or a name in force. 文件或名称。")],
    only_cost: Annotated[
        bool, typer.Option("--cost", help="Only say what counting would look through. 只说明计数需查看多少数据。")
    ] = False,
    as_of: AsOf = None,
    run: OfRun = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        past, scans = past_of(desk.workspace, as_of, run), []
        if past is None:
            rule = _rule(desk.workspace, what)
            scans = cost(desk.workspace, rule)
            if only_cost:
                return desk.screen.answer(_looked_through(scans), _price(scans))
            if scans:
                desk.screen.note(_price(scans))
            found = count_rule(desk.workspace, rule)
        else:
            found = chosen_then(desk.workspace, who_of(what), past).count
            desk.screen.note(about(past))
    document: dict[str, object] = {
        **_looked_through(scans),
        "size": found.size,
        "base": found.base,
        "as_of": found.as_of,
        "run": str(found.tag_run),
    }
    said = Text("{size:,} of {base:,} customers ({share:.1%})", "{base:,} 位客户中的 {size:,} 位（{share:.1%}）")
    share = found.size / found.base if found.base else 0.0
    desk.screen.answer(document, said.format_with(size=found.size, base=found.base, share=share))


def _looked_through(scans: Sequence[Scan]) -> dict[str, object]:
    return {"looks_through": [{"what": s.what, "rows": s.rows, "times": s.times} for s in scans]}


def _price(scans: Sequence[Scan]) -> Text:
    if not scans:
        return Text(
            "Tags answer this rule; nothing has to be looked through.", "标签可直接回答该规则，无需查看其他数据。"
        )
    rows = sum(scan.rows * scan.times for scan in scans)
    each = [(scan.title, f"{scan.rows:,}" + (f" × {scan.times:,}" if scan.times > 1 else "")) for scan in scans]
    return Text(
        f"Looks through {rows:,} rows: {', '.join(f'{title.en} {number}' for title, number in each)}",
        f"需查看 {rows:,} 行：{'、'.join(f'{title.zh} {number}' for title, number in each)}",
    )


def _rule(workspace: Workspace, what: str) -> object:
    """Return the rule of a file, checked with its lines, or of the audience of this name."""
    path = Path(what)
    if path.suffix.lower() not in SUFFIXES and not path.is_file():
        return cast("dict[str, object]", stored(workspace, what)[what].value)["rule"]
    document = read(path.read_text("utf-8-sig"))
    if not isinstance(document.value, dict) or "rule" not in document.value:
        return document.value
    parse(document, askables(workspace), workspace.currency)
    return cast("dict[str, object]", document.value)["rule"]


@app.command("list", help="List audiences with their last snapshots. 列出人群。")
def list_all(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_audiences(desk.workspace)
    columns = (NAME, Text("title", "名称"), SIZE, Text("as of", "统计时间"))
    rows = [(a.name, a.title, a.snapshot and a.snapshot.size, a.snapshot and _moment(desk, a)) for a in found]
    desk.screen.answer({"audiences": [_describe(a) for a in found]}, table(Text("Audiences", "人群"), columns, rows))


def _moment(desk: Desk, audience: Listed) -> str | None:
    return audience.snapshot and f"{audience.snapshot.as_of.astimezone(ZoneInfo(desk.workspace.time_zone)):%Y-%m-%d}"


def _describe(audience: Listed) -> dict[str, object]:
    last = audience.snapshot
    return {
        "audience": audience.name,
        "title": both(audience.title),
        "description": both(audience.description),
        "rule": audience.rule,
        "snapshot": None
        if last is None
        else {"number": str(last.number), "size": last.size, "as_of": last.as_of, "taken_at": last.taken_at},
        "jump": audience.jump and vars(audience.jump),
    }


@app.command(help="Take new snapshots; all audiences without a name. 刷新人群。")
def refresh(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One audience only. 只刷新一个。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = refresh_audiences(desk.workspace, name)
    columns = (NAME, SIZE, Text("entered", "进入"), Text("left", "离开"), Text("was fresh", "无需刷新"))
    rows = [(r.snapshot.audience, r.snapshot.size, r.entered, r.left, r.skipped) for r in done]
    shown = table(Text("Refreshed", "已刷新"), columns, rows)
    jumped = [say(r.snapshot.audience, r.jump) for r in done if r.jump is not None]
    desk.screen.answer({"audiences": [_refreshed(r) for r in done]}, shown, *jumped)


def _refreshed(done: Refreshed) -> dict[str, object]:
    return {
        "audience": done.snapshot.audience,
        "size": done.snapshot.size,
        "entered": done.entered,
        "left": done.left,
        "skipped": done.skipped,
        "snapshot": str(done.snapshot.number),
        "jump": done.jump and vars(done.jump),
    }


exporting.add_to(app)
pasting.add_to(app)
portraits.add_to(app)
remembering.add_to(app)
reproducing.add_to_audiences(app)
