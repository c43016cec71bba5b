"""HTTP routes of identity: how many customers there are, and what joins their records."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.graph import draw_up
from quanyu.customers.identity.people import read_people
from quanyu.foundation.access.doors import Answer, Asked, Number, admitted
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
    since: datetime | None = Field(description="When its source first told of it; null where it told no attributes.")


class ExplainedLink(Answer):
    type: str
    scope: str
    rank: int = Field(description="1 is the strongest kind of proof.")
    touches: int = Field(description="Records that have this identifier.")
    confidence: float = Field(description="How often two records joined like this are one person's, 0 to 1.")
    imports: tuple[int | None, int | None] = Field(
        description="Which gave it first to the record before and to the one after; null where that is not known."
    )


class ExplainedRefusal(Answer):
    type: str
    scope: str
    reason: str = Field(description="Why it does not join them: type, scope, records, customers, contradicted, own, …")


class Explained(Answer):
    same_customer: bool
    confidence: float = Field(description="The product over the links, 0 to 1.")
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
        confidence=found.confidence,
        customers=found.customers,
        records=[
            ExplainedRecord(source=each.source, key=each.key, opened_by=each.import_number, since=since)
            for each, since in zip(found.entries, found.since, strict=True)
        ],
        links=[
            ExplainedLink(
                type=each.type,
                scope=each.scope,
                rank=each.rank,
                touches=each.touches,
                imports=each.imports,
                confidence=each.confidence,
            )
            for each in found.links
        ],
        refused=[ExplainedRefusal(type=r.type, scope=r.scope, reason=r.reason) for r in found.refusals],
        whole=found.whole,
    )


class GraphNode(Answer):
    record: Number = Field(description="Ordinal of the record.")
    source: str
    follows: bool = Field(description="A device or a recipient, who is whoever names it.")
    since: datetime | None


class GraphHolder(Answer):
    node: int = Field(description="Place among the nodes.")
    reason: str = Field(description="Why the value does not join this record; empty where it does.")
    confidence: float


class GraphValue(Answer):
    type: str
    scope: str
    strength: str
    rank: int
    touches: int = Field(description="Records that have the value, of other customers, too.")
    holders: list[GraphHolder]


class RecordGraph(Answer):
    nodes: list[GraphNode] = Field(description="Records of the customer, the earliest first.")
    values: list[GraphValue] = Field(description="What several of them have in common, or others have, too.")
    confidence: float = Field(description="How often all records of such a customer are one person's, 0 to 1.")
    whole: bool


class OneRecord(Asked):
    """A record of the customer; it travels in the body, since a key may be somebody's phone."""

    record: str = Field(description="SOURCE:KEY, or SOURCE#ORDINAL", examples=["pos:M10023"], max_length=500)


@router.post("/identity/graphs", operation_id="draw_up_graph")
def draw_up_graph(workspace: Viewer, asked: OneRecord) -> RecordGraph:
    """Show the records of a customer and what joins them. No identifier's value is told."""
    found = draw_up(workspace, asked.record)
    return RecordGraph(
        nodes=[
            GraphNode(record=str(each.record), source=each.source, follows=each.follows, since=each.since)
            for each in found.nodes
        ],
        values=[GraphValue.model_validate(each) for each in found.values],
        confidence=found.confidence,
        whole=found.whole,
    )
