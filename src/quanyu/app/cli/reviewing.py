"""Commands of the review queue: what recognition leaves open, and the answers to it."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.parting import Author, Why, carry_out
from quanyu.app.cli.screen import table
from quanyu.commerce.orders.stakes import bought
from quanyu.customers.identity import reviewing
from quanyu.customers.identity.deciding import NOBODYS, SETTLED, TOGETHER, Decision
from quanyu.customers.identity.questions import DIFFER_TITLES
from quanyu.customers.identity.resolving import REASON_TITLES
from quanyu.customers.identity.reviewing import EXPIRES, Holder, Pattern, Question, Queue
from quanyu.foundation.errors import Invalid
from quanyu.foundation.money import exponent
from quanyu.foundation.text import Text

PatternName = Annotated[
    str | None, typer.Option("--pattern", metavar="PATTERN", help="As questions lists it. 问题模式。")
]


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu identity`."""
    app.command("questions", help="List what the policy leaves open, the most at stake first. 待审问题。")(questions)
    app.command("question", help="Say who shares the value in question. 查看一个待审问题。")(question)
    app.command("answer", help="Answer questions, or a whole pattern of them. 答复待审问题。")(answer)


def questions(
    *,
    pattern: PatternName = None,
    most: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Questions listed at most. 最多列出。")] = 10,
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that somebody said stay as they are. 已搁置的问题。")
    ] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        queue = reviewing.review(desk.workspace, bought, pattern, most, settled=settled)
        digits = exponent(desk.workspace.currency)
        desk.screen.answer(_document(queue), *_shown(queue, desk.workspace.currency, digits))


def question(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As questions lists it. 问题编号。")],
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        asked, held = reviewing.holders(desk.workspace, number)
    differ, reason = _differ(asked.differ), REASON_TITLES[asked.reason]
    told = Text(
        f"{asked.customers:,} customers share one {asked.type}: {reason.en}. They differ in: {differ.en}.",
        f"{asked.customers:,} 位客户共用一个 {asked.type}：{reason.zh}。不同之处：{differ.zh}。",
    )
    columns = (
        *(Text("record", "记录"), Text("name", "姓名"), Text("gender", "性别")),
        *(Text("customer", "客户"), Text("import", "导入")),
    )
    rows = [
        (f"{each.source}#{each.record}", each.name, each.gender, each.customer, each.import_number) for each in held
    ]
    document = {"question": _plain(asked), "holders": [_plain(each) for each in held]}
    desk.screen.answer(document, told, table(Text("Who has it", "持有该标识的记录"), columns, rows))


def answer(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[NUMBER...]", help="As questions lists them. 问题编号。")
    ] = None,
    *,
    pattern: PatternName = None,
    verdict: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="ANSWER",
            help=f"{TOGETHER}: one person; {NOBODYS}: no person's value; {SETTLED}: stays as it is. 答复。",
        ),
    ],
    reason: Why,
    author: Author = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    if bool(numbers) == bool(pattern):
        raise Invalid(
            Text("Name either questions or one pattern.", "请给出问题编号，或给出一个模式。"),
            remedy=Text("Both are listed by: quanyu identity questions", "两者见：quanyu identity questions"),
        )
    with at_desk(home, workspace, as_json=as_json) as desk:
        decision = Decision(author or operator(), reason)
        act, count = reviewing.answer(desk.workspace, verdict, decision, numbers or (), pattern)
        desk.screen.note(Text(f"{count:,} answered", f"已答复 {count:,} 个"))
        carry_out(desk, [act])


def _shown(queue: Queue, currency: str, digits: int) -> Iterator[RenderableType | Text]:
    if not queue.patterns:
        yield Text("Nothing is open.", "没有待审问题。")
    else:
        yield _patterns(queue.patterns, currency, digits)
        yield _questions(queue.questions, currency, digits)
    if queue.expired or queue.settled:
        yield Text(
            f"Asked no more: {queue.settled:,} settled, {queue.expired:,} unanswered for {EXPIRES.days} days.",
            f"不再询问：已搁置 {queue.settled:,} 个，{EXPIRES.days} 天内无人答复 {queue.expired:,} 个。",
        )


def _patterns(patterns: tuple[Pattern, ...], currency: str, digits: int) -> RenderableType:
    columns = (
        *(Text("pattern", "模式"), Text("why it does not join", "未合并原因"), Text("they differ in", "不同之处")),
        *(
            Text("questions", "问题数"),
            Text("customers", "客户数"),
            Text(f"spent, {currency}", f"消费额（{currency}）"),
        ),
        Text("covered", "累计占比"),
    )
    rows = [
        (
            *(each.name, REASON_TITLES[each.reason], _differ(each.differ), each.questions, each.customers),
            *(each.worth // 10**digits, f"{each.share:.0%}"),
        )
        for each in patterns
    ]
    return table(Text("Patterns", "问题模式"), columns, rows)


def _questions(listed: tuple[Question, ...], currency: str, digits: int) -> RenderableType:
    columns = (
        *(Text("number", "编号"), Text("pattern", "模式"), Text("records", "记录数"), Text("customers", "客户数")),
        *(Text(f"spent, {currency}", f"消费额（{currency}）"), Text("since", "提出日期")),
    )
    rows = [
        (
            *(each.number, each.pattern, each.records, each.customers),
            *(each.worth // 10**digits, f"{each.asked_at:%Y-%m-%d}"),
        )
        for each in listed
    ]
    return table(Text("Questions", "待审问题"), columns, rows)


def _differ(words: tuple[str, ...]) -> Text:
    told = [DIFFER_TITLES[word] for word in words]
    return Text(", ".join(each.en for each in told) or "nothing", "、".join(each.zh for each in told) or "无")


def _document(queue: Queue) -> dict[str, object]:
    return {
        "patterns": [_plain(each) for each in queue.patterns],
        "questions": [_plain(each) for each in queue.questions],
        "expired": queue.expired,
        "settled": queue.settled,
    }


def _plain(told: Pattern | Question | Holder) -> dict[str, object]:
    values = vars(told).items()
    return {
        name: value if value is None or isinstance(value, (int, float, str, tuple)) else str(value)
        for name, value in values
    }
