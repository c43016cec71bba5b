"""The command that lists what rules may ask, and says which systems fill it."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.foundation.measuring import PRIVACY
from quanyu.foundation.text import Text
from quanyu.targeting.fields.entries import ENTRIES, Entry, find_entry
from quanyu.targeting.fields.origins import Origin, origins, survey_inputs


def fields(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One field or column only. 只看一个字段或列。")
    ] = None,
    *,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        wanted = list(ENTRIES) if name is None else [find_entry(name)]
        arrivals = survey_inputs(desk.workspace, [given for entry in wanted for given in entry.inputs])
    found = [(entry, origins(entry, arrivals)) for entry in wanted]
    shown = [_all(found)] if name is None else [_one(*found[0]), *_details(*found[0])]
    desk.screen.answer({"fields": [describe(entry, filled) for entry, filled in found]}, *shown)


def describe(entry: Entry, filled: Sequence[Origin]) -> dict[str, object]:
    return {
        "name": entry.name,
        "role": entry.role,
        "about": both(entry.about),
        "title": both(entry.title),
        "description": both(entry.description),
        "type": entry.type,
        "unit": None if entry.unit is None else both(entry.unit),
        "codes": [{"value": code.value, "title": both(code.title)} for code in entry.codes],
        "privacy": entry.privacy,
        "inputs": list(entry.inputs),
        "sources": [vars(each) for each in filled],
    }


def _all(found: Sequence[tuple[Entry, Sequence[Origin]]]) -> Table:
    columns = (
        Text("name", "名称"),
        Text("about", "对象"),
        Text("title", "标题"),
        Text("type", "类型"),
        Text("privacy", "隐私级别"),
        Text("filled by", "来源系统"),
        Text("newest data", "最新数据"),
    )
    rows = [
        (
            entry.name,
            entry.about,
            entry.title,
            entry.type,
            entry.privacy,
            ", ".join(dict.fromkeys(each.source for each in filled)) or None,
            _day(filled),
        )
        for entry, filled in found
    ]
    return table(Text("What rules may ask", "规则可用的字段"), columns, rows)


def _day(filled: Sequence[Origin]) -> str | None:
    newest = max((each.newest for each in filled if each.newest is not None), default=None)
    return None if newest is None else f"{newest:%Y-%m-%d}"


def _one(entry: Entry, filled: Sequence[Origin]) -> Table:
    rows = [
        (Text("title", "标题"), entry.title),
        (Text("about", "对象"), entry.about),
        (Text("description", "说明"), entry.description if entry.description.en else None),
        (Text("type", "类型"), entry.type),
        (Text("unit", "单位"), entry.unit),
        (Text("privacy", "隐私级别"), f"{entry.privacy}: {PRIVACY[entry.privacy]}"),
        (Text("comes from", "取自"), ", ".join(entry.inputs) or None),
        (Text("newest data", "最新数据"), _day(filled)),
    ]
    return table(Text(entry.name, entry.name), (Text("what", "项目"), Text("value", "内容")), rows)


def _details(entry: Entry, filled: Sequence[Origin]) -> list[Table]:
    shown: list[Table] = []
    if entry.codes:
        columns = (Text("value", "值"), Text("title", "名称"))
        shown.append(table(Text("Values", "取值"), columns, [(code.value, code.title) for code in entry.codes]))
    columns = (
        Text("source", "来源"),
        Text("input", "输入"),
        Text("rows filled", "有值行数"),
        Text("rows", "行数"),
        Text("newest data", "最新数据"),
    )
    rows = [(each.source, each.input, each.filled, each.rows, _day([each])) for each in filled]
    return [*shown, table(Text("Sources", "来源系统"), columns, rows)]
