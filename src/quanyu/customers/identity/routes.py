"""HTTP routes of identity: how many customers there are."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

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
