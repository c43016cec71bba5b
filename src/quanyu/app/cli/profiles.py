"""The command that shows one customer: which value of each attribute speaks, and why."""

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.identity.profile import TITLES, Golden, Profile
from quanyu.customers.identity.profile import profile as profile_of
from quanyu.foundation.text import Text

HELP = Text("Show a customer's values, with source, date and reason.", "查看客户各属性的取值、来源、日期与依据。")
Named = Annotated[str, typer.Argument(metavar="RECORD", help="As pos:M10023, or pos#4711 by its ordinal. 记录。")]


def profile(
    record: Named,
    brand: Annotated[
        str | None, typer.Option(metavar="BRAND", help="Only what its own sources say. 仅显示该品牌来源的数据。")
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = profile_of(desk.workspace, record, brand)
        zone = ZoneInfo(desk.workspace.time_zone)
    desk.screen.answer(_document(found), *_shown(found, zone))


def _document(found: Profile) -> dict[str, object]:
    return {
        "customer": found.one_id,
        "records": [str(record) for record in found.records],
        "values": [{**_value(each), "why": both(each.why)} for each in found.golden],
    }


def _value(each: Golden) -> dict[str, object]:
    told = vars(each)
    return {**told, "record": str(each.record), "at": each.at.isoformat()}


def _shown(found: Profile, zone: ZoneInfo) -> Iterator[RenderableType | Text]:
    count = len(found.records)
    yield Text(f"Customer {found.one_id}, {count:,} records.", f"客户 {found.one_id}，{count:,} 条记录。")
    columns = (
        *(Text("attribute", "属性"), Text("value", "取值"), Text("source", "来源"), Text("said on", "日期")),
        *(Text("why", "依据"), Text("other values", "其他取值数")),
    )
    rows = [
        (
            *(str(TITLES[each.attribute]), each.value, f"{each.source}#{each.record}"),
            *(f"{each.at.astimezone(zone):%Y-%m-%d}", str(each.why), each.others),
        )
        for each in found.golden
    ]
    yield table(Text("What speaks for him", "黄金值"), columns, rows)
