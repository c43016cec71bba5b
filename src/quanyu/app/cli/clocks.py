"""The command that tells and moves the time of a home."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text


def clock(
    to: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Move it there: for demonstrations, never where customers are. 仅用于演示。"),
    ] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        zone, own = ZoneInfo(desk.workspace.time_zone), desk.workspace.clock
        if to is not None:
            own.move(_instant(to, zone) - own.now())
        now = own.now().astimezone(zone).isoformat(timespec="seconds")
    desk.screen.answer({"now": now}, Text(now, now))


def _instant(written: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid(
            Text("This is not a time.", "时间格式有误。"), received=written[:40], allowed=["2026-06-30T20:00"]
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
