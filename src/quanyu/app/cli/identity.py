"""The command that recognises customers."""

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.text import Text


def identify(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = recognise(desk.workspace)
    document: dict[str, object] = {
        "records": done.records,
        "created": done.created,
        "merged": done.merged,
        "customers": done.customers,
    }
    rows = [
        (Text("records recognised", "已识别记录"), done.records),
        (Text("customers opened", "新建客户"), done.created),
        (Text("customers merged", "合并客户"), done.merged),
        (Text("customers now", "现有客户"), done.customers),
    ]
    shown = table(
        Text("Customers", "客户"),
        (Text("what", "项目"), Text("number", "数量")),
        [(str(label), value) for label, value in rows],
    )
    desk.screen.answer(document, shown)
