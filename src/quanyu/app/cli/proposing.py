"""The command that looks for one person's records which no key joins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.identity.identifiers import MATCH, POSSIBLE
from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.matching.config import load_config
from quanyu.customers.matching.own import SURE, Found, own_config, propose_own
from quanyu.foundation.text import Text

HELP = Text(
    "Find records of one person that no key joins, and propose them.", "找出无共同标识、但很可能是同一人的记录并提议。"
)


def propose(
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What to compare, and how; else as for retail. 匹配配置。")
    ] = None,
    sure: Annotated[
        float, typer.Option(min=0.5, max=1, help="From which probability on a pair is likely. 高置信阈值。")
    ] = SURE,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    told = load_config(config) if config else own_config()
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = propose_own(desk.workspace, told, sure, desk.screen.note)
        done = recognise(desk.workspace)
        desk.screen.answer(_document(found, done), *_shown(found, done, sure))


def _document(found: Found, done: Recognised) -> dict[str, object]:
    kept = found.proposed
    return {
        "records": found.records,
        "blocking": [{"rule": rule, "pairs": pairs} for rule, pairs in found.matched.blocks],
        MATCH: kept.likely,
        POSSIBLE: kept.possible,
        "new": kept.new,
        "gone": kept.gone,
        "merged": done.merged,
        "parted": done.parted,
        "notes": [both(note) for note in found.matched.notes],
    }


def _shown(found: Found, done: Recognised, sure: float) -> Iterator[RenderableType | Text]:
    kept = found.proposed
    yield table(
        Text("Pairs looked at", "比较的记录对"),
        (Text("rule", "分块规则"), Text("pairs", "对数")),
        list(found.matched.blocks),
    )
    yield from found.matched.notes
    yield Text(
        f"{found.records:,} records with whole names: {kept.likely:,} pairs are likely one person (from {sure:g}), "
        f"{kept.possible:,} may be; {kept.new:,} are new, {kept.gone:,} are proposed no more.",
        f"{found.records:,} 条含完整姓名的记录：{kept.likely:,} 对很可能是同一人（概率不低于 {sure:g}），"
        f"{kept.possible:,} 对可能是；新增 {kept.new:,} 对，撤回 {kept.gone:,} 对。",
    )
    yield Text(
        f"{done.merged:,} customers merged, {done.parted:,} parted, as the policy says. What is left to decide: "
        "quanyu identity questions",
        f"按策略合并 {done.merged:,} 位客户，拆分 {done.parted:,} 位。待确认：quanyu identity questions",
    )
