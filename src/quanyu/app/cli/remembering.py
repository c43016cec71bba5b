"""Commands about what audiences were: their sizes, snapshot by snapshot, and definitions to return to."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.portraits import Out, check_page, write_page
from quanyu.app.cli.screen import table
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.history import Point, history, restore
from quanyu.targeting.audiences.history_page import draw_history

Name = Annotated[str, typer.Argument(metavar="NAME", help="An audience. 人群。")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu audience`."""
    app.command("history", help="Say how large it was, snapshot by snapshot. 人数历史。")(look_back)
    app.command("restore", help="Choose as a snapshot was chosen. 恢复到某快照的定义。")(go_back)


def look_back(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many. 条数。")] = 100,
    out: Out = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        check_page(out)
        found = history(desk.workspace, name, limit)
        zone = ZoneInfo(desk.workspace.time_zone)
        write_page(desk, out, lambda: draw_history(name, found, zone))
    columns = (
        Text("snapshot", "快照"),
        Text("taken at", "时间"),
        Text("as of", "统计时间"),
        Text("version", "版本"),
        Text("customers", "人数"),
        Text("entered", "进入"),
        Text("left", "离开"),
        Text("usually", "通常"),
    )
    document: dict[str, object] = {"audience": name, "snapshots": [_describe(point) for point in found]}
    desk.screen.answer(document, table(Text("History", "历史"), columns, [_row(point, zone) for point in found]))


def _describe(point: Point) -> dict[str, object]:
    names = ("as_of", "taken_at", "size", "entered", "left")
    told = {name: getattr(point.snapshot, name) for name in names}
    jump = point.jump and vars(point.jump)
    return {"number": str(point.snapshot.number), "version": point.version, **told, "jump": jump}


def _row(point: Point, zone: ZoneInfo) -> tuple[object, ...]:
    taken = point.snapshot
    return (
        taken.number,
        f"{taken.taken_at.astimezone(zone):%Y-%m-%d %H:%M}",
        f"{taken.as_of.astimezone(zone):%Y-%m-%d}",
        point.version,
        taken.size,
        taken.entered,
        taken.left,
        None if point.jump is None else Text(f"jumped; {point.jump.usual:,}", f"突变；{point.jump.usual:,}"),
    )


def go_back(
    name: Name,
    snapshot: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="See history. 快照编号。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = restore(desk.workspace, name, snapshot)
    said = Text(
        "{name} is chosen as it was for snapshot {n} (version {version}).",
        "{name} 已恢复为快照 {n} 的定义（版本 {version}）。",
    )
    document: dict[str, object] = {"audience": name, "version": done.version, "changed": done.changed}
    desk.screen.answer(document, said.format_with(name=name, n=snapshot, version=done.version))
