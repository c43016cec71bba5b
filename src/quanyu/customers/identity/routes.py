"""HTTP routes of identity: how many customers there are, what joins two records, and which values speak for one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.profile import profile
from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["identity"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]


class Population(Answer):
    records: int = Field(description="Entries of all sources about persons.")
    customers: int = Field(description="Customers alive: not merged into another one, not erased.")


@router.get("/customers", operation_id="count_customers")
def count_customers(workspace: Viewer) -> Population:
    """Count records and customers."""
    people = read_people(workspace)
    return Population(records=people.records, customers=people.alive.count())


class TwoRecords(BaseModel):
    """Two records to explain; they travel in the body, since a key may be somebody's phone."""

    one: str = Field(description="SOURCE:KEY", examples=["pos:M10023"])
    other: str = Field(description="SOURCE:KEY", examples=["mini_program:o6_bmjrPTlm6"])


class ExplainedRecord(Answer):
    source: str
    key: str | None = Field(description="As it was asked for; null for a record that is met on the way.")
    opened_by: int = Field(description="Number of the import that told of it first.")


class ExplainedLink(Answer):
    type: str
    scope: str
    rank: int = Field(description="1 is the strongest kind of proof.")
    touches: int = Field(description="Records that have this identifier.")
    imports: tuple[int | None, int | None] = Field(
        description="Which gave it first to the record before and to the one after; null where that is not known."
    )


class ExplainedRefusal(Answer):
    type: str
    scope: str
    reason: str = Field(description="Why it does not join them: type, scope, records, customers, contradicted, …")


class Explained(Answer):
    same_customer: bool
    customers: tuple[str | None, str | None] = Field(description="Ids; null for a record that is not recognised yet.")
    records: list[ExplainedRecord] = Field(description="From the first to the second; one more than links.")
    links: list[ExplainedLink] = Field(description="What each record shares with the next; empty: nothing joins them.")
    refused: list[ExplainedRefusal] = Field(description="What both have, and what does not join them under the policy.")
    whole: bool = Field(description="False where the first is joined with more records than are looked through.")


@router.post("/identity/explanations", operation_id="explain_records")
def explain_records(workspace: Viewer, asked: TwoRecords) -> Explained:
    """Explain why two records are one customer, or that nothing joins them. No identifier's value is told."""
    found = explain(workspace, asked.one, asked.other)
    return Explained(
        same_customer=found.same,
        customers=found.customers,
        records=[
            ExplainedRecord(source=each.source, key=each.key, opened_by=each.import_number) for each in found.entries
        ],
        links=[
            ExplainedLink(type=each.type, scope=each.scope, rank=each.rank, touches=each.touches, imports=each.imports)
            for each in found.links
        ],
        refused=[ExplainedRefusal(type=r.type, scope=r.scope, reason=r.reason) for r in found.refusals],
        whole=found.whole,
    )


class OneRecord(Asked):
    """A record of the customer; it travels in the body, since a key may be somebody's phone."""

    record: str = Field(description="SOURCE:KEY, or SOURCE#ORDINAL", examples=["pos:M10023"], max_length=500)


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


class CustomerProfile(Answer):
    customer: str = Field(description="His id.", examples=["cus_01890a5d…"])
    records: list[Number]
    values: list[GoldenValue] = Field(description="Attributes that no record says are left out.")


@router.post("/identity/profiles", operation_id="show_profile")
def show_profile(workspace: Viewer, asked: OneRecord) -> CustomerProfile:
    """Show which value of each attribute speaks for a customer, with source, date and reason; masked where private."""
    found = profile(workspace, asked.record)
    values = [
        GoldenValue(
            attribute=each.attribute,
            value=each.value,
            masked=each.masked,
            source=each.source,
            record=str(each.record),
            at=each.at,
            reason=each.reason,
            why=Words(en=each.why.en, zh=each.why.zh),
            others=each.others,
        )
        for each in found.golden
    ]
    return CustomerProfile(customer=found.one_id, records=[str(r) for r in found.records], values=values)
