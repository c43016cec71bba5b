"""The command that explains what joins two records."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity.explaining import MOST, Explanation
from quanyu.customers.identity.explaining import explain as explain_records
from quanyu.customers.identity.naming import Entry
from quanyu.customers.identity.resolving import REASON_TITLES
from quanyu.foundation.text import Text

HELP = Text("Say what joins two records.", "说明两条记录为何是同一人。")
Named = Annotated[str, typer.Argument(metavar="RECORD", help="As pos:M10023, or pos#4711 by its ordinal. 记录。")]


def explain(
    one: Named, other: Named, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = explain_records(desk.workspace, one, other)
    desk.screen.answer(_document(found), *_shown(found))


def _document(found: Explanation) -> dict[str, object]:
    return {
        "same_customer": found.same,
        "confidence": round(found.confidence, 4),
        "customers": list(found.customers),
        "records": [
            {
                "source": each.source,
                "key": each.key,
                "record": each.record,
                "import": each.import_number,
                "since": since and since.isoformat(),
            }
            for each, since in zip(found.entries, found.since, strict=True)
        ],
        "links": [
            {
                "type": each.type,
                "scope": each.scope,
                "rank": each.rank,
                "records": each.touches,
                "imports": list(each.imports),
                "confidence": each.confidence,
            }
            for each in found.links
        ],
        "refused": [vars(each) for each in found.refusals],
        "whole": found.whole,
    }


def _shown(found: Explanation) -> Iterator[RenderableType | Text]:
    yield _verdict(found)
    for each in found.refusals:
        why = REASON_TITLES[each.reason]
        yield Text(f"Both have the same {each.type}, but {why.en}.", f"两者的 {each.type} 相同，但{why.zh}。")
    if not found.links:
        return
    rows = [
        (
            *(_name(before), day_of(found.since[at]), link.type, link.scope, link.rank, link.touches),
            *(f"{link.confidence:.3f}", *link.imports, _name(after), day_of(found.since[at + 1])),
        )
        for at, (before, link, after) in enumerate(zip(found.entries, found.links, found.entries[1:], strict=False))
    ]
    columns = (
        *(
            Text("record", "记录"),
            Text("since", "始于"),
            Text("shares its", "相同的"),
            Text("of", "范围"),
            Text("rank", "等级"),
            Text("records with it", "含此值的记录"),
        ),
        Text("confidence", "置信度"),
        *(Text("import here", "此处导入"), Text("import there", "彼处导入"), Text("with", "与"), Text("since", "始于")),
    )
    yield table(Text("The chain that joins them", "关联链"), columns, rows)


def _verdict(found: Explanation) -> Text:
    steps = len(found.links)
    if found.same and steps:
        return Text(
            f"One customer, {found.customers[0]}: {steps} links.", f"同一位客户 {found.customers[0]}：{steps} 步关联。"
        )
    if not found.whole:
        return Text(
            f"More than {MOST:,} records hang together with the first; the search for the second ended there.",
            f"与前者关联的记录超过 {MOST:,} 条，查找到此为止。",
        )
    if found.same:
        return Text(
            f"One customer, {found.customers[0]}; what joined them is there no more.",
            f"同一位客户 {found.customers[0]}；当初的关联标识已不在。",
        )
    if steps:
        return Text(
            "They share identifiers and are not recognised as one: run quanyu identify.",
            "两者有共同标识但尚未识别为同一人：请运行 quanyu identify。",
        )
    return Text("Two customers: no identifier joins them.", "两位客户：没有标识把他们关联起来。")


def day_of(since: datetime | None) -> str | None:
    return None if since is None else f"{since:%Y-%m-%d}"


def _name(entry: Entry) -> str:
    return f"{entry.source}#{entry.record}" if entry.key is None else f"{entry.source}:{entry.key}"
