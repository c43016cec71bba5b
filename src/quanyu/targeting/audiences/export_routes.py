"""HTTP routes of exports and pasted lists: start an export, see who took what, download, paste."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from pydantic import Field

from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted, known
from quanyu.foundation.errors import Forbidden, Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.downloads import download, queue_export
from quanyu.targeting.audiences.exporting import Wanted
from quanyu.targeting.audiences.lists import KeptList, lists
from quanyu.targeting.audiences.pasting import REASONS, paste
from quanyu.targeting.audiences.recording import ExportRecord, find_export, list_exports

router = APIRouter()
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]
Owner = Annotated[Workspace, Depends(admitted("owner"))]
Caller = Annotated[Bearer, Depends(known)]

MOST_TEXT = 16 << 20


class WantedExport(Asked):
    format: Literal["csv", "parquet", "xlsx"] = "csv"
    tags: list[str] | None = Field(None, description="Only these, in this order; all if absent.", max_length=1_000)
    purpose: str | None = Field(None, description="Only customers for whom a source declares it.", max_length=60)
    channel: str | None = Field(None, description="And who did not refuse it.", examples=["sms"], max_length=60)
    identifiers: bool = Field(False, description="And private identifiers in clear: owners only, with a reason.")
    reason: str | None = Field(None, description="What the identifiers are needed for; kept.", max_length=500)


class QueuedExport(Answer):
    export: Number
    job: Number


class ExportAnswer(Answer):
    export: Number
    state: str = Field(description="waiting, started, finished, failed, interrupted or expired.")
    audience: str
    version: int = Field(description="Of the definition or list.")
    definition_hash: str | None
    snapshot: Number | None
    tag_run: Number | None
    columns: list[str] | None
    target: str
    place: str
    purpose: str | None
    channel: str | None
    identifiers: bool
    reason: str | None
    who: str
    rows: int | None
    left_out: dict[str, int] | None = Field(description="no_basis, complained, unsubscribed: customers.")
    error: str | None = Field(description="Class of what ended it.")
    started_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="Until then its file can be downloaded.")


class Exports(Answer):
    exports: list[ExportAnswer]


class WantedList(Asked):
    name: str = Field(max_length=60)
    values: str = Field(description="One a line, or one a cell.", max_length=MOST_TEXT)
    kind: Literal["auto", "phone", "email", "card", "order", "one_id"] = "auto"
    source: str | None = Field(None, description="Cards and orders of this source only.", max_length=200)


class ListAnswer(Answer):
    list: str
    version: int
    kind: str
    size: int = Field(description="Customers.")
    counts: Mapping[str, int] = Field(
        description="read = matched + same_customer + repeated + invalid + unknown, in values."
    )
    who: str
    pasted_at: datetime


class RefusedValue(Answer):
    line: int
    reason: str
    words: Words


class PastedAnswer(ListAnswer):
    lines: int
    blank: int
    reasons: dict[str, int] = Field(description="Invalid values by reason.")
    invalid_lines: list[RefusedValue] = Field(description="The first 1,000.")
    unknown_lines: list[int] = Field(description="The first 1,000.")


class Lists(Answer):
    lists: list[ListAnswer]


@router.post("/audiences/{audience}/exports", operation_id="start_export", status_code=202)
def start_export(workspace: Marketer, caller: Caller, audience: str, wanted: WantedExport) -> QueuedExport:
    """Queue an export to a file of the home; private identifiers need the role of an owner."""
    if wanted.identifiers and caller.role != "owner":
        raise Forbidden(
            Text("Identifiers in clear are for owners only.", "只有所有者可以导出明文标识。"),
            received=caller.role,
            allowed=["owner"],
        )
    asked = Wanted(audience, wanted.tags, wanted.purpose, wanted.channel, wanted.identifiers, wanted.reason)
    number, job = queue_export(workspace, asked, wanted.format, caller.who)
    return QueuedExport(export=str(number), job=str(job))


@router.get("/exports", operation_id="list_exports")
def list_last_exports(
    workspace: Marketer,
    audience: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
) -> Exports:
    """Say who exported what, the newest first."""
    return Exports(exports=[_export(found) for found in list_exports(workspace, limit, audience)])


@router.get("/exports/{number}", operation_id="get_export")
def get_export(workspace: Marketer, number: str) -> ExportAnswer:
    """Say how one export stands."""
    return _export(find_export(workspace, _number(number)))


@router.get("/exports/{number}/file", operation_id="download_export", response_class=FileResponse)
def download_export(workspace: Marketer, number: str) -> FileResponse:
    """Download the customers of an export, until it expires."""
    file = download(workspace, _number(number), identifiers=False)
    return FileResponse(file, filename=f"export-{file.name}", headers={"Cache-Control": "no-store"})


@router.get("/exports/{number}/identifiers", operation_id="download_identifiers", response_class=FileResponse)
def download_identifiers(workspace: Owner, number: str) -> FileResponse:
    """Download the private identifiers of an export, in clear, until it expires."""
    file = download(workspace, _number(number), identifiers=True)
    return FileResponse(file, filename=f"export-{file.name}", headers={"Cache-Control": "no-store"})


@router.post("/audiences/lists", operation_id="paste_list")
def paste_list(workspace: Marketer, caller: Caller, wanted: WantedList) -> PastedAnswer:
    """Make a list of customers from values; the values are not kept."""
    text = wanted.values.encode()
    done = paste(workspace, wanted.name, text, wanted.kind, who=caller.who, source=wanted.source)
    refused = [
        RefusedValue(line=each.line, reason=each.reason, words=Words.model_validate(REASONS[each.reason]))
        for each in done.refused
    ]
    return PastedAnswer(
        **_list(done.kept).model_dump(),
        lines=done.lines,
        blank=done.blank,
        reasons=done.reasons,
        invalid_lines=refused,
        unknown_lines=list(done.unknown_lines),
    )


@router.get("/audiences/lists", operation_id="list_lists")
def list_lists(workspace: Viewer) -> Lists:
    """List the lists that were pasted."""
    return Lists(lists=[_list(kept) for kept in lists(workspace).values()])


def _list(kept: KeptList) -> ListAnswer:
    return ListAnswer(
        list=kept.name,
        version=kept.version,
        kind=kept.kind,
        size=kept.size,
        counts=kept.counts,
        who=kept.who,
        pasted_at=kept.pasted_at,
    )


def _export(found: ExportRecord) -> ExportAnswer:
    numbers = {name: None if getattr(found, name) is None else str(getattr(found, name)) for name in _NUMBERS}
    return ExportAnswer.model_validate({**vars(found), **numbers, "export": str(found.number)})


_NUMBERS = ("snapshot", "tag_run")


def _number(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) < 19):
        raise Invalid(
            Text("This is not the number of an export.", "这不是导出编号。"), received=written[:40], allowed=["12"]
        )
    return int(written)
