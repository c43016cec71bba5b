"""HTTP routes of customers: find them, and of one what every room knows; composed of all rooms."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from quanyu.app.finding import AT_MOST, By, Seen, find, show
from quanyu.app.profile_routes import ChannelLight, GoldenValue, golden_value
from quanyu.app.timeline import KINDS, timeline
from quanyu.commerce.orders.relating import lights_of
from quanyu.commerce.orders.showing import ShownOrder, lines_of, orders_of
from quanyu.customers.consent.measures import NAMES
from quanyu.customers.consent.model import PROOFS, STATES
from quanyu.customers.identity.held import Held, held_by
from quanyu.customers.identity.private import open_of
from quanyu.customers.identity.profile import golden_of
from quanyu.customers.identity.whose import Whose, customer_of
from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted, audited, known
from quanyu.foundation.access.roles import UNMASKING
from quanyu.foundation.errors import Forbidden, Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.telling import tags_of

router = APIRouter(tags=["customers"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Caller = Annotated[Bearer, Depends(known)]


class WantedCustomers(Asked):
    """What somebody knows of a customer; it travels in the body, since it may be his phone."""

    text: str = Field("", max_length=400, description="A phone or its end, a card, an order, a name, an id.")
    by: By | None = Field(None, description="How it is meant; left out, the first way that finds anybody.")
    ids: list[str] = Field(default_factory=list, max_length=AT_MOST, description="Instead of a text: whom to show.")


class FoundCustomer(Answer):
    one_id: str
    name: str | None = Field(description="Masked.", examples=["王**"])
    phone: str | None = Field(description="Masked.", examples=["138****8000"])
    records: int
    sources: list[str]
    last_purchase: date | None = Field(description="This and what follows: by the last run of tags.")
    bought: int | None = Field(description="Minor units.")
    orders: int | None
    level: str | None
    lit: list[str] = Field(description="Channels on which marketing may address him.")


class FoundCustomers(Answer):
    by: By | None = Field(description="The way that found them; null where none did.")
    total: int
    found: list[FoundCustomer] = Field(description="Who has bought most comes first; at most 50.")
    as_of: datetime | None = Field(description="Of the last run of tags; null before the first.")


class OwnRecord(Answer):
    record: Number = Field(description="Its ordinal.")
    source: str
    name: str = Field(description="How verbs name it that take a record.", examples=["pos#4711"])
    follows: bool = Field(description="A device or a recipient.")
    import_number: Number = Field(description="That opened it.")


class HeldIdentifier(Answer):
    record: Number
    source: str
    type: str
    scope: str
    value: str


class OneCustomer(Answer):
    one_id: str = Field(description="His id; the survivor's where he was asked for by that of one who was merged away.")
    records: list[OwnRecord]
    values: list[GoldenValue] = Field(description="Which value of each attribute speaks; masked where it is private.")
    identifiers: list[HeldIdentifier] = Field(description="Masked.")


class WantedUnmasking(Asked):
    reason: str = Field(min_length=3, max_length=500, description="Why; it stands in the audit log.")


class Unmasked(Answer):
    values: list[GoldenValue] = Field(description="Of private attributes, in clear.")
    identifiers: list[HeldIdentifier] = Field(description="In clear.")


class OneLight(ChannelLight):
    title: Words
    why: Words = Field(description="The state in words.")
    proven: Words | None = Field(description="The proof in words.")


class Lights(Answer):
    lights: list[OneLight]


class OneTag(Answer):
    tag: str
    title: Words
    family: str
    type: str
    value: str = Field(description="Amounts in major units.")
    said: Words | None = Field(description="What the value is called, where its definition says so.")


class CustomerTags(Answer):
    day: date
    as_of: datetime
    tags: list[OneTag] = Field(description="Those that he has.")


class OrderLine(Answer):
    product: str
    title: str | None
    type: str
    quantity: float
    amount: int


class OneOrder(Answer):
    source: str
    order_number: str
    platform: str | None
    type: str = Field(description="sale, return or other.")
    status: str | None
    counts: bool = Field(description="Neither left unpaid nor closed.")
    placed_at: datetime
    amount: int = Field(description="This and the other amounts: minor units of the currency.")
    returned: int
    refunded: int
    discount: int | None
    currency: str
    channel: str | None
    store: str | None
    store_name: str | None
    coupon: str | None
    campaign: str | None
    lines: list[OrderLine]


class CustomerOrders(Answer):
    total: int
    orders: list[OneOrder] = Field(description="The newest first.")


class OneHappening(Answer):
    at: datetime
    kind: str = Field(description="registration, order, return, case, event, message or response.")
    source: str
    key: str
    about: dict[str, Any] = Field(description="The fields that the kind has; amounts in minor units.")


class Timeline(Answer):
    happened: list[OneHappening] = Field(description="The newest first.")
    next: str | None = Field(description="Ask with it for what came before; null where nothing did.")


@router.post("/customers/searches", operation_id="find_customers")
def find_customers(workspace: Viewer, asked: WantedCustomers) -> FoundCustomers:
    """Find customers by what somebody knows of them, or show those with these ids. What is asked is kept nowhere."""
    if bool(asked.text.strip()) == bool(asked.ids):
        raise Invalid(Text("Say either a text or ids.", "请给出查找内容，或给出客户编号。"))
    if asked.ids:
        seen = show(workspace, asked.ids)
        return FoundCustomers(by="one_id", total=len(seen), found=[_seen(each) for each in seen], as_of=None)
    found = find(workspace, asked.text, asked.by)
    return FoundCustomers(
        by=found.by if found.total else None,
        total=found.total,
        found=[_seen(each) for each in found.found],
        as_of=found.as_of,
    )


def _seen(each: Seen) -> FoundCustomer:
    return FoundCustomer.model_validate({**vars(each), "sources": list(each.sources), "lit": list(each.lit)})


@router.get("/customers/{one_id}", operation_id="show_customer")
def show_customer(workspace: Viewer, one_id: str) -> OneCustomer:
    """Show who somebody is: his records, which value speaks of each attribute and why, his identifiers; masked."""
    whose = customer_of(workspace, one_id)
    opened = open_of(workspace, whose.records)
    return OneCustomer(
        one_id=whose.one_id,
        records=[
            OwnRecord(
                record=str(each.record),
                source=each.source,
                name=each.name,
                follows=each.follows,
                import_number=str(each.import_number),
            )
            for each in whose.entries
        ],
        values=[golden_value(each) for each in golden_of(workspace, whose.records, opened)],
        identifiers=_held(whose, held_by(workspace, whose.records, opened)),
    )


def _held(whose: Whose, found: list[Held]) -> list[HeldIdentifier]:
    sources = {each.record: each.source for each in whose.entries}
    return [
        HeldIdentifier.model_validate({**vars(each), "record": str(each.record), "source": sources[each.record]})
        for each in found
    ]


@router.post("/customers/{one_id}/unmaskings", operation_id="unmask_customer")
def unmask_customer(
    request: Request, workspace: Viewer, caller: Caller, one_id: str, wanted: WantedUnmasking
) -> Unmasked:
    """Show private values in clear to who may see them; the audit log has it before they are shown."""
    with audited(workspace, request, caller, wanted.reason.strip()):
        if caller.role not in UNMASKING:
            raise Forbidden(
                Text("The role does not allow to see private values.", "该角色无权查看隐私信息。"),
                received=caller.role,
                allowed=UNMASKING,
            )
        whose = customer_of(workspace, one_id)
        shown = {each.attribute: each.masked for each in golden_of(workspace, whose.records)}
        clear = golden_of(workspace, whose.records, clear=True)
        return Unmasked(
            values=[golden_value(each) for each in clear if shown[each.attribute]],
            identifiers=_held(whose, held_by(workspace, whose.records, clear=True)),
        )


@router.get("/customers/{one_id}/lights", operation_id="show_customer_lights")
def show_customer_lights(workspace: Viewer, one_id: str) -> Lights:
    """Say of each channel whether marketing may address a customer there, or why not."""
    whose = customer_of(workspace, one_id)
    return Lights(
        lights=[
            OneLight(
                **vars(each),
                title=Words.model_validate(NAMES[each.channel]),
                why=Words.model_validate(STATES[each.state]),
                proven=None if each.proof is None else Words.model_validate(PROOFS[each.proof]),
            )
            for each in lights_of(workspace, whose.records)
        ]
    )


@router.get("/customers/{one_id}/tags", operation_id="show_customer_tags")
def show_customer_tags(workspace: Viewer, one_id: str) -> CustomerTags:
    """List the tags that a customer has by the last run."""
    run, tags = tags_of(workspace, customer_of(workspace, one_id).customer)
    return CustomerTags(
        day=run.day,
        as_of=run.as_of,
        tags=[
            OneTag(
                tag=each.tag.name,
                title=Words.model_validate(each.tag.title),
                family=each.tag.family,
                type=each.tag.type,
                value=str(each.value),
                said=None if each.title is None else Words.model_validate(each.title),
            )
            for each in tags
        ],
    )


@router.get("/customers/{one_id}/orders", operation_id="list_customer_orders")
def list_customer_orders(
    workspace: Viewer,
    one_id: str,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CustomerOrders:
    """List what a customer ordered and returned, with lines; of an order that several sources tell of, once."""
    whose = customer_of(workspace, one_id)
    orders = orders_of(workspace, whose.records)
    page = orders[skip : skip + limit]
    lines = lines_of(workspace, whose.records, page) if page else {}
    return CustomerOrders(total=len(orders), orders=[_order(each, lines) for each in page])


def _order(told: ShownOrder, lines: dict[tuple[str, str], Any]) -> OneOrder:
    own = [OrderLine.model_validate(line) for line in lines.get((told.source, told.order_number), [])]
    return OneOrder.model_validate({**vars(told), "lines": own})


@router.get("/customers/{one_id}/timeline", operation_id="show_customer_timeline")
def show_customer_timeline(
    workspace: Viewer,
    one_id: str,
    kind: Annotated[list[str], Query(max_length=len(KINDS), description="Only of these kinds.")] = [],  # noqa: B006  FastAPI copies it
    before: Annotated[str | None, Query(max_length=60, description="`next` of the page that came before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Timeline:
    """Say what happened with a customer, the newest first: orders, cases, events, messages, responses."""
    unknown = sorted(set(kind) - set(KINDS))
    if unknown:
        raise Invalid(Text("There is no such kind.", "没有此类型。"), received=", ".join(unknown), allowed=KINDS)
    found = timeline(workspace, customer_of(workspace, one_id), kind or KINDS, before, limit)
    return Timeline(happened=[OneHappening.model_validate(each) for each in found.happened], next=found.next)
