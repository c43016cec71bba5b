"""Commands that portray audiences: who they are against others, what distinguishes them, how they overlap."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.groups import Who
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.overlap_page import draw_overlap, paint_overlap
from quanyu.targeting.audiences.overlaps import Cells, Overlap, overlap
from quanyu.targeting.audiences.portrait_page import draw_portrait
from quanyu.targeting.audiences.portrait_picture import paint_portrait
from quanyu.targeting.audiences.portrait_report import describe_overlap, describe_portrait, notes
from quanyu.targeting.audiences.portraits import Figure, Portrait, TagPortrait, portrait

SUFFIXES = (".yaml", ".yml", ".json")
PAGES, PICTURES = (".html", ".htm"), (".png",)
SHOWN, PAIRS = 12, 30

OneOf = Annotated[str, typer.Argument(metavar="NAME|FILE", help="An audience, or a file with a rule. 人群或规则文件。")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Only this tag; more than once. 仅此标签，可重复。")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE.html", help="Write a page with pictures. 输出带图网页。")
]
Drawn = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE.html|FILE.png", help="Write a page, or a picture. 输出网页或图片。"),
]
Every = Annotated[bool, typer.Option("--all", help="All tags, not only the strongest. 显示全部标签。")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu audience`."""
    app.command("portrait", help="Say who these customers are. 人群画像。")(portray)
    app.command("compare", help="Hold two audiences against each other. 对比两个人群。")(compare)
    app.command("overlap", help="Say how audiences overlap; all without names. 人群重叠。")(overlaps)


def portray(
    who: OneOf,
    *,
    against: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Against these, not all customers. 对照人群，默认全部客户。"),
    ] = None,
    tags: Tags = None,
    every: Every = False,
    out: Drawn = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        check_page(out, (*PAGES, *PICTURES))
        found = portrait(desk.workspace, who_of(who), None if against is None else who_of(against), tags)
        write_page(desk, out, lambda: draw_portrait(found), lambda: paint_portrait(found))
    desk.screen.answer(describe_portrait(found), *_portrait(found, every=every or bool(tags)))


def compare(
    one: OneOf,
    other: OneOf,
    *,
    tags: Tags = None,
    every: Every = False,
    out: Drawn = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    portray(one, against=other, tags=tags, every=every, out=out, home=home, workspace=workspace, as_json=as_json)


def overlaps(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Audiences. 人群。")] = None,
    *,
    out: Drawn = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        check_page(out, (*PAGES, *PICTURES))
        taken = [each.name for each in list_audiences(desk.workspace) if each.snapshot is not None]
        found = overlap(desk.workspace, names or taken)
        write_page(desk, out, lambda: draw_overlap(found), lambda: paint_overlap(found))
    desk.screen.answer(describe_overlap(found), *_overlap(found))


def check_page(out: Path | None, allowed: Sequence[str] = PAGES) -> None:
    """Refuse a file that cannot be written before anything is counted."""
    if out is not None and (out.suffix.lower() not in allowed or not out.parent.is_dir()):
        raise Invalid(
            Text("The page cannot be written there.", "无法写入该文件。"),
            remedy=Text("Choose a file of such a name in an existing folder.", "请选择现有目录下该类型的文件。"),
            received=str(out),
            allowed=allowed,
        )


def write_page(desk: Desk, out: Path | None, draw: Callable[[], str], paint: Callable[[], bytes] | None = None) -> None:
    if out is not None:
        out.write_bytes(paint() if paint and out.suffix.lower() in PICTURES else draw().encode())
        desk.screen.note(Text(f"written: {out}", f"已写入：{out}"))


def who_of(written: str) -> Who:
    """Return a name as it is, or the rule of a file: a definition of an audience, or a rule alone."""
    path = Path(written)
    if path.suffix.lower() not in SUFFIXES:
        return written
    try:
        value = read(path.read_text("utf-8-sig")).value
    except (OSError, UnicodeDecodeError):
        raise Invalid(
            Text("The file cannot be read.", "无法读取该文件。"), received=written, allowed=["a UTF-8 file"]
        ) from None
    if not isinstance(value, dict):
        raise Invalid(Text("A rule is a group or a comparison.", "规则应为条件组或比较。"), received=written)
    document = cast("dict[str, object]", value)
    return cast("Who", document["rule"]) if isinstance(document.get("rule"), dict) else document


def _portrait(found: Portrait, *, every: bool) -> Iterator[Table | Text]:
    one, other = found.party, found.other
    yield Text(
        f"{one.title.en}: {one.size:,} customers, against {other.title.en}: {other.size:,} ({found.day})",
        f"{one.title.zh}：{one.size:,} 人，对照 {other.title.zh}：{other.size:,} 人（{found.day}）",
    )
    yield from notes(found)
    yield _distinguishing(found)
    shown = found.tags if every else found.tags[:SHOWN]
    for tag in shown:
        yield _tag(tag)
    if len(found.tags) > len(shown):
        rest = len(found.tags) - len(shown)
        yield Text(f"{rest} weaker tags: --all shows them.", f"另有 {rest} 个较弱的标签：加 --all 查看。")


def _distinguishing(found: Portrait) -> Table:
    columns = (Text("no.", "序号"), Text("what", "内容"), Text("tells", "信息量"), Text("bits", "比特"))
    rows = [
        (number, each.words, f"{each.explained:.1%}", f"{each.bits:.4f}")
        for number, each in enumerate(found.distinctions[:SHOWN], 1)
    ]
    return table(Text("What distinguishes these people", "这些人有何不同"), columns, rows)


def _tag(found: TagPortrait) -> Table:
    strength = "–" if found.association.v is None else f"{found.association.v:.2f}"
    unsure = Text("", "") if found.certain else Text(", not sure", "，不显著")
    title = Text(
        f"{found.tag.title.en} (strength {strength}{unsure.en})", f"{found.tag.title.zh}（强度 {strength}{unsure.zh}）"
    )
    columns = (
        Text("value", "取值"),
        Text("here", "此处"),
        Text("share", "占比"),
        Text("against", "对照"),
        Text("share", "占比"),
        Text("index", "指数"),
        Text("sure", "显著"),
    )
    return table(title, columns, [_figure(figure) for figure in found.figures])


def _figure(figure: Figure) -> tuple[object, ...]:
    return (
        figure.label,
        figure.inside,
        f"{figure.inside_share:.1%}",
        figure.outside,
        f"{figure.outside_share:.1%}",
        None if figure.index is None else round(figure.index),
        None if figure.q is None else figure.certain,
    )


def _overlap(found: Overlap) -> Iterator[Table | Text]:
    yield Text(
        f"{found.any:,} of {found.base:,} customers are in one of {len(found.parties)} audiences at least",
        f"{found.base:,} 位客户中有 {found.any:,} 位至少属于 {len(found.parties)} 个人群之一",
    )
    columns = (Text("audience", "人群"), Text("title", "名称"), Text("customers", "人数"))
    yield table(Text("Audiences", "人群"), columns, [(p.name, p.title, p.size) for p in found.parties])
    if found.cells is not None:
        yield from _cells(found.cells)
    else:
        yield Text("Exclusive cells are counted for up to 32 audiences.", "独占分组最多统计 32 个人群。")
    pairs = (
        Text("audience", "人群"),
        Text("and", "与"),
        Text("in both", "共有"),
        Text("Jaccard", "Jaccard"),
        Text("lift", "提升指数"),
    )
    rows = [
        (p.one, p.other, p.shared, f"{p.jaccard:.1%}", None if p.lift is None else round(p.lift))
        for p in found.pairs[:PAIRS]
    ]
    yield table(Text("Any two of them (lift 100: as many as by chance)", "两两重叠（提升 100 = 偶然）"), pairs, rows)


def _cells(cells: Cells) -> Iterator[Table | Text]:
    columns = (Text("in exactly", "恰好属于"), Text("customers", "人数"))
    rows: Sequence[Sequence[object]] = [(" + ".join(cell.audiences), cell.size) for cell in cells.shown]
    yield table(Text("Every customer counted once", "每人只计一次"), columns, rows)
    if cells.more:
        yield Text(
            f"{cells.more:,} smaller groups hold {cells.rest:,} customers.",
            f"另有 {cells.more:,} 个较小分组，共 {cells.rest:,} 人。",
        )
