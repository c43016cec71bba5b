"""The command that shows one customer: which value of each attribute speaks, and why."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.commerce.orders.relating import lights_of
from quanyu.customers.consent.measures import NAMES as CHANNEL_NAMES
from quanyu.customers.consent.model import NO_RELATION, PROOFS, STATES
from quanyu.customers.consent.standing import Light
from quanyu.customers.events.touches import Touch, touches_of
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
        lights, touches = lights_of(desk.workspace, found.records), touches_of(desk.workspace, found.records)
        zone = ZoneInfo(desk.workspace.time_zone)
    document = {**_document(found), "lights": [_dated(each) for each in lights], "touches": list(map(_touch, touches))}
    desk.screen.answer(document, *_shown(found, zone), *_came(touches, zone), *_lit(lights))


def _document(found: Profile) -> dict[str, object]:
    return {
        "customer": found.one_id,
        "records": [str(record) for record in found.records],
        "values": [{**_value(each), "why": both(each.why)} for each in found.golden],
    }


def _dated(light: Light) -> dict[str, object]:
    return {**vars(light), "since": None if light.since is None else f"{light.since}"}


def _touch(touch: Touch) -> dict[str, object]:
    return {**vars(touch), "record": str(touch.record), "at": touch.at.isoformat()}


def _came(touches: Sequence[Touch], zone: ZoneInfo) -> Iterator[RenderableType | Text]:
    """Show how he came: the first touch of each source, the earliest first."""
    if touches:
        columns = (Text("on", "日期"), Text("by", "方式"), Text("source", "来源"), Text("campaign", "活动"))
        rows = [
            (f"{each.at.astimezone(zone):%Y-%m-%d}", _how(each), f"{each.source}#{each.record}", each.campaign or "–")
            for each in touches
        ]
        yield table(Text("How he came, first touch first", "获客路径（首次触点在前）"), columns, rows)


def _how(touch: Touch) -> str:
    return touch.name if touch.name is not None else str(Text("registered", "注册"))


def _lit(lights: Sequence[Light]) -> Iterator[RenderableType | Text]:
    rows = [
        (
            *(str(CHANNEL_NAMES[each.channel]), str(STATES[each.state])),
            *("–" if each.proof is None else str(PROOFS[each.proof]), "–" if each.since is None else f"{each.since}"),
        )
        for each in lights
        if each.state != NO_RELATION
    ]
    if rows:
        columns = (
            Text("channel", "渠道"),
            Text("light", "点亮"),
            Text("related by", "关联依据"),
            Text("since", "起始"),
        )
        yield table(Text("Lights for marketing", "营销点亮"), columns, rows)


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
