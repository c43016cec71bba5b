"""HTTP routes of the health of tags, and of the data tasks that follow from what they lack."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from pydantic_core import to_jsonable_python

from quanyu.foundation.access.doors import Answer, Number, Words, admitted
from quanyu.foundation.kept.answers import kept
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.entries import KINDS
from quanyu.targeting.tags.health import tag_health
from quanyu.targeting.tags.health_report import describe_health, describe_task
from quanyu.targeting.tags.runs import current, written_vector
from quanyu.targeting.tags.tasks import data_tasks

router = APIRouter(tags=["tags"])
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]


class TagHealthAnswer(Answer):
    tag: str
    title: Words
    family: str
    known: int = Field(description="Living customers who have a value.")
    covered: float | None = Field(description="Share of the living customers.")
    covered_before: float | None
    drift: float | None = Field(description="Population stability index of the values: 0.1 is notable, 0.25 great.")
    fresh: datetime | None = Field(description="When the stalest kind of data it is made from was renewed last.")
    rows_read: int = Field(description="Rows that the pass reads in which it is computed; 0 of a derived tag.")
    shared_by: int = Field(description="Tags that share this pass.")
    audiences: list[str]
    rules: list[str] = Field(description="Rules that come with the product and ask for it.")
    derived: list[str] = Field(description="Tags that are derived from it.")
    last_used: datetime | None
    computable: bool
    lacks: list[Words]
    retire: bool = Field(description="Nobody has used it for 180 days.")
    findings: list[Words]


class HealthAnswer(Answer):
    run: Number
    day: date
    as_of: datetime
    customers: int
    compared_with: date | None = Field(description="Day of the run that drift is told against.")
    tags: list[TagHealthAnswer]


class DataTaskAnswer(Answer):
    kind: str
    inputs: list[str] = Field(description="Any of them would do.")
    source: str | None = Field(description="Null where no source delivers the kind.")
    title: Words
    customers: int
    tags: list[str] = Field(description="Tags that these customers would get.")
    owner: str | None
    goal: str | None
    words: Words


class DataTasks(Answer):
    tasks: list[DataTaskAnswer]


@router.get("/tags/health", operation_id="get_tag_health")
def get_tag_health(
    workspace: Analyst,
    tag: Annotated[list[str] | None, Query(description="These tags only.")] = None,
    against: Annotated[date | None, Query(description="Compare with the last run up to this day.")] = None,
) -> HealthAnswer:
    """Say how the tags of the last run are: coverage, drift, freshness, cost, use, and what they lack."""
    return HealthAnswer.model_validate(describe_health(tag_health(workspace, tag, against)), from_attributes=False)


@router.get("/tags/tasks", operation_id="list_tag_tasks")
def list_tag_tasks(workspace: Analyst, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> DataTasks:
    """List the data to fill, by how many customers would get how many tags."""
    whole = DataTasks.model_validate(kept(workspace, "data tasks", _made_of(workspace), lambda: _tasks(workspace)))
    return DataTasks(tasks=whole.tasks[:limit])


def _tasks(workspace: Workspace) -> Mapping[str, Any]:
    return to_jsonable_python({"tasks": [describe_task(task) for task in data_tasks(workspace)]})


def _made_of(workspace: Workspace) -> str:
    now = current(workspace)
    read = workspace.lake.vector([kind.tables[0] for kind in KINDS])
    return f"{now.run.number} {now.people.alive.count()} {json.dumps(written_vector(read))}"
