"""The command that says how things stand."""

from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.app.status import HouseStatus, survey
from quanyu.foundation.text import Text


def status(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = survey(desk.house.home, desk.workspace)
    desk.screen.answer(found.describe(), _sources(found), _figures(found))


def _sources(found: HouseStatus) -> Table:
    columns = (
        Text("source", "来源"),
        Text("imports", "导入次数"),
        Text("kind", "类型"),
        Text("read", "读取"),
        Text("landed", "写入"),
        Text("rejected", "拒绝"),
        Text("already known", "已存在"),
        Text("open rejects", "待修正"),
    )
    rows = [
        (s.source, s.imports, c.kind, c.read, c.landed, c.rejected, c.known, s.open_rejects if c.grain else None)
        for s in found.sources
        for c in s.counts
    ]
    return table(Text("Sources", "数据来源"), columns, rows)


def _figures(found: HouseStatus) -> Table:
    rows = [(str(label), value) for label, value in found.figures()]
    return table(Text("State", "状态"), (Text("what", "项目"), Text("value", "数值")), rows)
