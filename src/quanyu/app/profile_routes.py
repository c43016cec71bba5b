"""HTTP route of one customer's profile, which several rooms tell together: values, how he came, and his lights."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.commerce.orders.relating import lights_of
from quanyu.customers.events.touches import touches_of
from quanyu.customers.identity.profile import Golden, profile
from quanyu.customers.identity.routes import OneRecord
from quanyu.foundation.access.doors import Answer, Number, Words, admitted
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["identity"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]


class GoldenValue(Answer):
    attribute: str
    value: str = Field(description="Masked where it is private.")
    masked: bool
    source: str
    record: Number = Field(description="Ordinal of the record that says it.")
    at: datetime = Field(description="When it was observed last.")
    reason: str = Field(description="The rule that put it before the others: verified, most_trusted, …, only, agreed.")
    why: Words
    others: int = Field(description="Different values that do not speak.")


class FirstTouch(Answer):
    at: datetime
    source: str
    record: Number = Field(description="Ordinal of the record: of a device, where he was not known yet.")
    kind: str = Field(description="registration or event.")
    name: str | None = Field(description="Of the event.")
    campaign: str | None


class ChannelLight(Answer):
    channel: str
    state: str = Field(description="reachable, or why not.")
    proof: str | None = Field(description="What relates him on the channel: member, fan, bound or written_to.")
    since: date | None


class CustomerProfile(Answer):
    customer: str = Field(description="His id.", examples=["cus_01890a5d…"])
    records: list[Number]
    values: list[GoldenValue] = Field(description="Attributes that no record says are left out.")
    touches: list[FirstTouch] = Field(description="The first touch of each source, the earliest first.")
    lights: list[ChannelLight] = Field(description="Of each channel for marketing; by the records that are shown.")


class WantedProfile(OneRecord):
    brand: str | None = Field(None, description="Only what this brand's own sources say.", max_length=200)


def golden_value(told: Golden) -> GoldenValue:
    """Return a value as the API answers it."""
    return GoldenValue.model_validate({**vars(told), "record": str(told.record)})


@router.post("/identity/profiles", operation_id="show_profile")
def show_profile(workspace: Viewer, asked: WantedProfile) -> CustomerProfile:
    """Show which value of each attribute speaks for a customer, with source, date and reason; masked where private."""
    found = profile(workspace, asked.record, asked.brand)
    return CustomerProfile(
        customer=found.one_id,
        records=[str(r) for r in found.records],
        values=[golden_value(each) for each in found.golden],
        touches=[
            FirstTouch.model_validate({**vars(each), "record": str(each.record)})
            for each in touches_of(workspace, found.records)
        ],
        lights=[ChannelLight.model_validate(vars(each)) for each in lights_of(workspace, found.records)],
    )
