"""HTTP routes of ingest: sources, imports."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from quanyu.customers.ingest.history import list_imports
from quanyu.customers.ingest.inbox import load_from_inbox
from quanyu.customers.ingest.jobs import defer_import
from quanyu.customers.ingest.status import source_status
from quanyu.foundation.access.doors import Answer, Asked, Number, Queued, admitted
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["ingest"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class KindCount(Answer):
    """Control totals of one kind of input: read = landed + rejected + known."""

    kind: str
    grain: bool = Field(description="One line of the files is one of this kind.")
    read: int
    landed: int
    rejected: int
    known: int = Field(description="Already there from an earlier import.")


class SourceAnswer(Answer):
    source: str
    imports: int = Field(description="Imports that have landed.")
    failed: int
    interrupted: int
    running: int
    last_import: datetime | None
    counts: list[KindCount]


class Sources(Answer):
    sources: list[SourceAnswer]


class ImportAnswer(Answer):
    number: Number
    source: str
    state: str = Field(description="running, landed, failed or interrupted.")
    files: int
    bytes: int
    started_at: datetime
    finished_at: datetime | None
    error: str | None = Field(description="Class of the error that ended it.")


class Imports(Answer):
    imports: list[ImportAnswer]


class WantedImport(Asked):
    mapping: str = Field(description="Path of a mapping file below the home's folder `inbox`.", examples=["shop.yaml"])


@router.get("/sources", operation_id="list_sources")
def list_sources(workspace: Viewer) -> Sources:
    """Say what each source has delivered, with control totals."""
    return Sources(sources=[SourceAnswer.model_validate(found) for found in source_status(workspace)])


@router.get("/imports", operation_id="list_imports")
def list_last_imports(workspace: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> Imports:
    """List imports, the newest first."""
    found = [vars(each) | {"number": str(each.number)} for each in list_imports(workspace, limit)]
    return Imports(imports=[ImportAnswer.model_validate(each) for each in found])


@router.post("/imports", operation_id="start_import", status_code=202)
def start_import(request: Request, workspace: Marketer, wanted: WantedImport) -> Queued:
    """Check a mapping of the inbox and queue its import."""
    load_from_inbox(workspace, wanted.mapping, request.app.state.load_mapping)
    return Queued(job=str(defer_import(workspace, wanted.mapping)))
