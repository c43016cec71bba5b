"""HTTP route of the console's first page."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.app.overview import concerns, overview
from quanyu.foundation.access.doors import Answer, Words, admitted
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["house"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]


class GrowthMonth(Answer):
    month: str
    customers: int


class PairCount(Answer):
    one: str | None
    other: str | None
    customers: int


class ConcernAnswer(Answer):
    words: Words
    page: str = Field(description="Of the console, where it is seen to.")
    urgent: bool


class Overview(Answer):
    as_of: datetime | None = Field(description="Of the last run of tags; null before the first.")
    day: date | None
    records: int
    linked_records: int
    customers: int
    linked: int
    identified: int
    taggable: int
    score: int
    lights: dict[str, int] = Field(description="Customers whom marketing may address now, by channel.")
    months: list[GrowthMonth]
    counts: dict[str, int] = Field(description="reachable, bought, again (twice or more), lately (within 90 days).")
    pairs: dict[str, list[PairCount]] = Field(
        description="rfm: scores of recency and frequency; lifecycle: stage and tier."
    )
    titles: dict[str, dict[str, Words]] = Field(description="Words for the values of those tags, by tag and value.")
    tasks: list[Words] = Field(description="The data that would make most customers usable.")
    concerns: list[ConcernAnswer]


@router.get("/overview", operation_id="show_overview")
def show_overview(workspace: Viewer) -> Overview:
    """Say how customers, tags and channels stand, and what needs attention."""
    needing = [ConcernAnswer.model_validate(each) for each in concerns(workspace)]
    return Overview.model_validate({**overview(workspace), "concerns": needing})
