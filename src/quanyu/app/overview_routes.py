"""HTTP route of the console's first page."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.app.flows import flows
from quanyu.app.lifts import lifts
from quanyu.app.overview import concerns, shown_overview
from quanyu.foundation.access.doors import Answer, Words, admitted
from quanyu.foundation.jobs.queue import defer_refresh
from quanyu.foundation.kept.answers import is_kept
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["house"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]


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
    ready: bool = Field(True, description="False until the worker has made these figures for the first time.")
    concerns: list[ConcernAnswer]


@router.get("/overview", operation_id="show_overview")
def show_overview(workspace: Viewer) -> Overview:
    """Say how customers, tags and channels stood when the worker looked last, and what needs attention now."""
    first = not is_kept(workspace, "overview")
    needing = [ConcernAnswer.model_validate(each) for each in concerns(workspace)]
    figures, are_of_now = shown_overview(workspace)
    found = Overview.model_validate({**figures, "concerns": needing})
    if first or not are_of_now:  # the worker makes them, and what takes longer as well
        with workspace.begin() as connection:
            defer_refresh(connection, workspace.name)
    return found


class LiftEffect(Answer):
    arm: str
    kind: str = Field(description="rate: fractions of one; amount: major units.")
    arm_customers: int
    control_customers: int
    absolute: float = Field(description="Against those left alone, with limits of 95%.")
    absolute_low: float | None
    absolute_high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    certain: bool = Field(description="The limits leave zero out.")


class LiftAnswer(Answer):
    name: str
    title: Words
    page: str = Field(description="Of the console, where its report is.")
    outcome: str = Field(description="What it is for.")
    entered: int = Field(description="Customers who have come in so far.")
    made_at: datetime | None = Field(None, description="When it was reported; null: the worker has not come to it.")
    days: int | None = None
    preliminary: bool | None = Field(None, description="Purchases may still be made, or come back.")
    settled_on: date | None = None
    why_not: Words | None = Field(None, description="Why nothing can be told.")
    effects: list[LiftEffect] = Field([], description="Of each group; empty until it is reported.")


class Lifts(Answer):
    lifts: list[LiftAnswer]


@router.get("/overview/lifts", operation_id="list_lifts")
def list_lifts(workspace: Analyst) -> Lifts:
    """Say what the campaigns and journeys that run have changed so far, as the worker reported it last."""
    return Lifts(lifts=[LiftAnswer.model_validate(each) for each in lifts(workspace)])


class StageAnswer(Answer):
    value: str
    title: Words


class MoveCount(Answer):
    before: str | None = Field(description="Null: he was in no stage.")
    after: str | None
    customers: int


class Flows(Answer):
    before: date = Field(description="The end of this day, by today's data and definitions.")
    after: date = Field(description="Of the last run of tags.")
    stages: list[StageAnswer] = Field(description="Empty where tags have no lifecycle.")
    moves: list[MoveCount]


class LastFlows(Answer):
    flows: Flows | None = Field(description="Null until the worker has counted them.")


@router.get("/overview/flows", operation_id="show_flows")
def show_flows(workspace: Viewer) -> LastFlows:
    """Say how many customers moved from which stage of the lifecycle to which in four weeks."""
    found = flows(workspace)
    return LastFlows(flows=None if found is None else Flows.model_validate(found.answer))
