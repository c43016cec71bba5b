"""The command that brings everything derived up to date."""

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both
from quanyu.app.house import refresh
from quanyu.foundation.text import Text

FRESH = Text("All is fresh.", "一切已是最新。")


def run(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        desk.screen.note(Text("bringing up to date", "更新中"))
        done = refresh(desk.workspace)
    desk.screen.answer({"done": [both(line) for line in done], "fresh": not done}, *(done or [FRESH]))
