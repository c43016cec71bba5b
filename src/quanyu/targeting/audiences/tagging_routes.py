"""HTTP routes of manual tags: give one, take one back, see who did."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted, known
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.export_routes import MOST_TEXT
from quanyu.targeting.audiences.matching import AUTO
from quanyu.targeting.audiences.pasting import REASONS, Read
from quanyu.targeting.audiences.tagging import tag_audience, tag_values
from quanyu.targeting.tags.giving import Gave, Gift, gifts

router = APIRouter(tags=["tags"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]
Caller = Annotated[Bearer, Depends(known)]


class WantedTakeBack(Asked):
    customers: str | None = Field(None, description="Ids, phones, e-mails, cards or orders.", max_length=MOST_TEXT)
    audience: str | None = Field(None, description="Or the members of an audience or list.", max_length=60)
    kind: str = Field(AUTO, description="auto, phone, email, card, order or one_id.", max_length=10)
    source: str | None = Field(None, description="Cards and orders of this source only.", max_length=200)
    note: str | None = Field(None, max_length=500)


class WantedGift(WantedTakeBack):
    value: str | bool | int | float = Field(description="In the tag's type; a code by its value or title.")
    expires_on: date | None = Field(None, description="Last day on which it stands.")


class RefusedTagValue(Answer):
    line: int
    reason: str
    words: Words


class ReadAnswer(Answer):
    lines: int
    blank: int
    counts: dict[str, int] = Field(
        description="read = matched + same_customer + repeated + invalid + unknown, in values."
    )
    reasons: dict[str, int] = Field(description="Invalid values by reason.")
    invalid_lines: list[RefusedTagValue] = Field(description="The first 1,000.")
    unknown_lines: list[int] = Field(description="The first 1,000.")


class GaveAnswer(Answer):
    gift: Number | None = Field(description="The number under which it is kept; null where nothing changed.")
    changed: int = Field(description="Customers of whom it is said anew.")
    same: int = Field(description="Customers of whom it was said already.")
    values: ReadAnswer | None = Field(description="How the values came out; null for an audience.")


class GiftAnswer(Answer):
    gift: Number
    value: str | None = Field(description="Null where it was taken back.")
    expires_on: date | None
    note: str | None
    author: str
    given_at: datetime
    customers: int


class Gifts(Answer):
    gifts: list[GiftAnswer]


@router.post("/tags/{tag}/values", operation_id="give_tag")
def give_tag(workspace: Marketer, caller: Caller, tag: str, wanted: WantedGift) -> GaveAnswer:
    """Give a manual tag to customers in one batch; who has it so already is left as he is."""
    gift = Gift(tag, wanted.value, caller.who, wanted.expires_on, wanted.note)
    return _given(workspace, gift, wanted)


@router.post("/tags/{tag}/values/take-back", operation_id="take_tag_back")
def take_tag_back(workspace: Marketer, caller: Caller, tag: str, wanted: WantedTakeBack) -> GaveAnswer:
    """Take a manual tag back from customers in one batch."""
    return _given(workspace, Gift(tag, None, caller.who, note=wanted.note), wanted)


def _given(workspace: Workspace, gift: Gift, wanted: WantedTakeBack) -> GaveAnswer:
    if (wanted.customers is None) == (wanted.audience is None):
        raise Invalid(
            Text("Name customers or an audience, one of them.", "请给出客户或人群，二者其一。"),
            received="both" if wanted.customers is not None else "neither",
            allowed=["customers", "audience"],
        )
    if wanted.audience is not None:
        return _answer(tag_audience(workspace, gift, wanted.audience), None)
    done = tag_values(workspace, gift, (wanted.customers or "").encode(), wanted.kind, wanted.source)
    return _answer(done.gave, done.read)


def _answer(gave: Gave, read: Read | None) -> GaveAnswer:
    number = None if gave.gift is None else str(gave.gift)
    return GaveAnswer(gift=number, changed=gave.changed, same=gave.same, values=None if read is None else _read(read))


def _read(read: Read) -> ReadAnswer:
    refused = [
        RefusedTagValue(line=each.line, reason=each.reason, words=Words.model_validate(REASONS[each.reason]))
        for each in read.refused
    ]
    return ReadAnswer(
        lines=read.lines,
        blank=read.blank,
        counts=vars(read.counts),
        reasons=read.reasons,
        invalid_lines=refused,
        unknown_lines=list(read.unknown_lines),
    )


@router.get("/tags/{tag}/values", operation_id="list_gifts")
def list_gifts(
    workspace: Viewer,
    tag: str,
    customer: Annotated[str | None, Query(description="Of this customer only, by one_id.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Gifts:
    """List who gave a manual tag when, the newest first."""
    found = gifts(workspace, tag, customer, limit)
    names = ("value", "expires_on", "note", "author", "given_at", "customers")
    return Gifts(gifts=[GiftAnswer(gift=str(g.number), **{n: getattr(g, n) for n in names}) for g in found])
