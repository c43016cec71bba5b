"""The command of the ID report."""

from collections.abc import Iterator

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.app.identity_report import id_report
from quanyu.customers.identity.reporting.report import Line, Report
from quanyu.foundation.text import Text

TYPES_SHOWN = 6
MONTHS_SHOWN = 12
GAINS_SHOWN = 10
DAYS_SHOWN = 14
_ALL = Text("all", "全部")


def add_to(app: typer.Typer) -> None:
    """Hang the command below `quanyu identity`."""
    app.command("report", help="Say who can be identified, tagged, reached, and what to mend. 识别报告。")(report)


def report(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = id_report(desk.workspace)
    desk.screen.answer(_document(found), *_shown(found))


def _shown(found: Report) -> Iterator[RenderableType | Text]:
    lines = (found.whole, *found.sources)
    yield table(Text("Who is known", "识别情况"), _KNOWN, [_known(line) for line in lines])
    types = sorted(found.whole.shares, key=lambda type_: -found.whole.shares[type_])[:TYPES_SHOWN]
    if types:
        rows = [(_name(line), line.records, *(_percent(line.shares.get(type_)) for type_ in types)) for line in lines]
        columns = (Text("source", "来源"), Text("records", "记录数"), *(Text(type_, type_) for type_ in types))
        yield table(Text("Records with an identifier", "含各类标识的记录占比"), columns, rows)
    if found.reachable:
        rows = [
            (channel, count, _percent(count / max(found.whole.customers, 1)))
            for channel, count in found.reachable.items()
        ]
        columns = (Text("channel", "渠道"), Text("customers", "客户数"), Text("share", "占比"))
        yield table(Text("Reachable for marketing now", "当前可营销触达"), columns, rows)
    if found.likely.pairs:
        pairs, fewer = found.likely.pairs, found.likely.fewer
        yield Text(
            f"{pairs:,} likely pairs of different customers, {fewer:,} customers fewer if all of them are right. "
            "To decide: quanyu identity questions",
            f"{pairs:,} 对客户很可能是同一人，若全部属实，客户将减少 {fewer:,} 位。确认：quanyu identity questions",
        )
    if found.gains:
        yield table(
            Text("What to mend next", "优先补全"),
            _GAINS,
            [tuple(vars(gain).values()) for gain in found.gains[:GAINS_SHOWN]],
        )
    if found.months:
        rows = [(f"{month:%Y-%m}", count) for month, count in found.months[-MONTHS_SHOWN:]]
        columns = (Text("month", "月份"), Text("customers", "客户数"))
        yield table(Text("Customers by first registration", "按首次注册月份"), columns, rows)
    if len(found.days) > 1:
        first, last = found.days[0], found.days[-1]
        yield Text(
            f"ID score {last.score}, {last.score - first.score:+d} since {first.day}; "
            f"customers {last.customers - first.customers:+,}.",
            f"识别分 {last.score}，自 {first.day} 起 {last.score - first.score:+d}；"
            f"客户 {last.customers - first.customers:+,}。",
        )
        rows = [
            (f"{each.day}", each.records, each.customers, each.linked, each.identified, each.taggable, each.score)
            for each in found.days[-DAYS_SHOWN:]
        ]
        yield table(Text("How the score has grown", "识别分变化"), _DAYS, rows)


_DAYS = (
    *(Text("day", "日期"), Text("records", "记录数"), Text("customers", "客户数"), Text("linked", "已关联")),
    *(Text("with a phone", "有手机号"), Text("taggable", "可打标签"), Text("ID score", "识别分")),
)
_KNOWN = (
    *(Text("source", "来源"), Text("records", "记录数"), Text("linked", "已关联")),
    *(Text("customers", "客户数"), Text("linked", "已关联"), Text("with a phone", "有手机号")),
    *(Text("taggable", "可打标签"), Text("ID score", "识别分")),
)
_GAINS = (
    *(Text("source", "来源"), Text("lacks", "缺少"), Text("records", "记录数")),
    Text("would be linked", "补全后可关联"),
)


def _known(line: Line) -> tuple[object, ...]:
    whole = max(line.customers, 1)
    return (
        *(_name(line), line.records, _percent(line.linked_records / max(line.records, 1)), line.customers),
        *(_percent(part / whole) for part in (line.linked, line.identified, line.taggable)),
        line.score,
    )


def _name(line: Line) -> object:
    return _ALL if line.source is None else line.source


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _document(found: Report) -> dict[str, object]:
    return {
        "all": _line(found.whole),
        "sources": [_line(line) for line in found.sources],
        "reachable": dict(found.reachable),
        "gains": [vars(gain) for gain in found.gains],
        "likely": vars(found.likely),
        "months": [{"month": f"{month:%Y-%m}", "customers": count} for month, count in found.months],
        "days": [{**vars(each), "day": f"{each.day}"} for each in found.days],
    }


def _line(line: Line) -> dict[str, object]:
    return {**vars(line), "shares": dict(line.shares), "score": line.score}
