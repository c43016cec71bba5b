"""Commands that give manual tags to customers, take them back, and say who did."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.pasting import describe_read, read_piped, tables_of
from quanyu.app.cli.screen import table
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.tagging import tag_audience, tag_values
from quanyu.targeting.tags.giving import Gave, Gift, GiftRecord, gifts

TagName = Annotated[str, typer.Argument(metavar="TAG", help="A manual tag. 人工标签。")]
Customers = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="Ids, phones, cards …, one a line. 客户编号、手机号、卡号等。")
]
OfAudience = Annotated[str | None, typer.Option("--audience", metavar="NAME", help="Or its members. 或某人群成员。")]
KindOfValue = Annotated[
    str, typer.Option("--of", metavar="KIND", help="phone, email, card, order, one_id, or auto. 值的类型。")
]
OfSource = Annotated[str | None, typer.Option("--source", metavar="NAME", help="Cards of this source. 限定来源。")]
Author = Annotated[str | None, typer.Option(metavar="NAME", help="Who gives it; you if left out. 操作人。")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="Why. 备注。")]


@dataclass(frozen=True)
class Whom:
    """Who is meant: customers by values in a file, or an audience."""

    customers: str | None
    audience: str | None
    kind: str
    source: str | None


def add_to(app: typer.Typer) -> None:
    """Hang the commands below `quanyu tag`."""
    app.command("set", help="Give a manual tag to customers. 赋予人工标签。")(give)
    app.command("unset", help="Take a manual tag back. 撤回人工标签。")(take_back)
    app.command("given", help="Say who gave a manual tag when. 人工标签记录。")(given)


def give(
    tag: TagName,
    *,
    value: Annotated[str, typer.Option(metavar="VALUE", help="A code by its value or title. 取值或名称。")],
    customers: Customers = None,
    audience: OfAudience = None,
    kind: KindOfValue = "auto",
    source: OfSource = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Last day on which it stands. 有效期至。")] = None,
    author: Author = None,
    note: Note = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    gift = Gift(tag, value, author or operator(), _day(until), note)
    with at_desk(home, workspace, as_json=as_json) as desk:
        _write(desk, gift, Whom(customers, audience, kind, source))


def take_back(
    tag: TagName,
    *,
    customers: Customers = None,
    audience: OfAudience = None,
    kind: KindOfValue = "auto",
    source: OfSource = None,
    author: Author = None,
    note: Note = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    gift = Gift(tag, None, author or operator(), None, note)
    with at_desk(home, workspace, as_json=as_json) as desk:
        _write(desk, gift, Whom(customers, audience, kind, source))


def _day(written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError:
        raise Invalid(Text("This is not a day.", "这不是日期。"), received=written, allowed=["2011-12-10"]) from None


def _write(desk: Desk, gift: Gift, whom: Whom) -> None:
    if (whom.customers is None) == (whom.audience is None):
        raise Invalid(
            Text("Name customers or an audience, one of them.", "请给出客户或人群，二者其一。"),
            received="neither" if whom.audience is None else "both",
            allowed=["--customers FILE", "--customers -", "--audience NAME"],
        )
    if whom.audience is not None:
        gave = tag_audience(desk.workspace, gift, whom.audience)
        desk.screen.answer(_describe(gift, gave), _said(gift, gave))
    else:
        done = tag_values(desk.workspace, gift, read_piped(whom.customers or ""), whom.kind, whom.source)
        document = {**_describe(gift, done.gave), "counts": vars(done.read.counts), **describe_read(done.read)}
        desk.screen.answer(document, *tables_of(_said(gift, done.gave), done.read))


def _describe(gift: Gift, gave: Gave) -> dict[str, object]:
    number = None if gave.gift is None else str(gave.gift)
    return {"tag": gift.tag, "gift": number, "changed": gave.changed, "same": gave.same}


def _said(gift: Gift, gave: Gave) -> Text:
    if gift.value is None:
        said = Text("{tag} was taken back from {n:,} customers", "已从 {n:,} 位客户撤回 {tag}")
    else:
        said = Text("{tag} was given to {n:,} customers", "已为 {n:,} 位客户赋予 {tag}")
    told = said.format_with(tag=gift.tag, n=gave.changed)
    same = Text("; {same:,} had it so already", "；{same:,} 位原已如此").format_with(same=gave.same)
    return Text(told.en + same.en, told.zh + same.zh) if gave.same else told


def given(
    tag: TagName,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Of this customer only. 仅此客户。")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many. 条数。")] = 100,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = gifts(desk.workspace, tag, customer, limit)
    columns = (
        Text("no.", "序号"),
        Text("value", "取值"),
        Text("until", "有效期至"),
        Text("customers", "客户数"),
        Text("by", "操作人"),
        Text("at", "时间"),
        Text("note", "备注"),
    )
    document: dict[str, object] = {"tag": tag, "gifts": [{**vars(g), "number": str(g.number)} for g in found]}
    title = Text("{tag}: who gave it", "{tag}：赋值记录").format_with(tag=tag)
    desk.screen.answer(document, table(title, columns, [_row(gift) for gift in found]))


def _row(gift: GiftRecord) -> tuple[object, ...]:
    value = Text("taken back", "撤回") if gift.value is None else gift.value
    at = f"{gift.given_at:%Y-%m-%d %H:%M}"
    return gift.number, value, gift.expires_on, gift.customers, gift.author, at, gift.note
