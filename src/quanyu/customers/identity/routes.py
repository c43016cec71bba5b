"""HTTP routes of identity: how many customers there are, and what joins two records."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.people import read_people
from quanyu.foundation.access.doors import Answer, admitted
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
