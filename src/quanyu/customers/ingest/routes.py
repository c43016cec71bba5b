"""HTTP routes of ingest: sources, imports, refused lines."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from quanyu.customers.ingest.history import list_imports
from quanyu.customers.ingest.inbox import find_in_inbox, load_from_inbox
from quanyu.customers.ingest.jobs import defer_import, defer_replay, defer_take_back
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.customers.ingest.status import source_status
from quanyu.customers.ingest.taking_back import source_of
from quanyu.customers.ingest.watching import cancel_import
from quanyu.foundation.access.doors import Answer, Asked, Number, Queued, Words, admitted
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
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
    open_rejects: int = Field(description="Refused lines that were neither replayed nor deleted.")


class Sources(Answer):
    sources: list[SourceAnswer]


class ImportAnswer(Answer):
    number: Number
    source: str
    state: str = Field(description="running, landed, failed, interrupted, cancelled or taken back.")
    files: int
    bytes: int
    started_at: datetime
    finished_at: datetime | None
    error: str | None = Field(description="Class of the error that ended it.")
    step: str | None = Field(description="What it is doing, or was doing last.")
    share: float = Field(description="How much of its work is done, 0 to 1; told every second or so.")
    replays: Number | None = Field(description="The import whose refused lines came in again.")
    lines: int | None = Field(description="Lines of its files; null where it has not landed.")
    landed: int | None
    rejected: int | None
    known: int | None


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
    found = [
        vars(each) | {"number": str(each.number), "replays": None if each.replays is None else str(each.replays)}
        for each in list_imports(workspace, limit)
    ]
    return Imports(imports=[ImportAnswer.model_validate(each) for each in found])


@router.post("/imports", operation_id="start_import", status_code=202)
def start_import(request: Request, workspace: Marketer, wanted: WantedImport) -> Queued:
    """Check a mapping of the inbox and queue its import."""
    load_from_inbox(workspace, wanted.mapping, request.app.state.load_mapping)
    return Queued(job=str(defer_import(workspace, wanted.mapping)))


class RejectAnswer(Answer):
    """A refused line; its text, which is personal data, is not among it."""

    reject: str = Field(description="Number of the import and position among the lines that it refused.")
    number: Number
    source: str
    file: str
    line: int
    column: str | None
    reason: Words
    replayed_by: Number | None = Field(description="The import with which it landed since.")


class Rejects(Answer):
    rejects: list[RejectAnswer]


class WantedReplay(Asked):
    """Either a mended file, or an import whose lines come in again as they are."""

    file: str | None = Field(None, description="Path of a mended export below the home's folder `inbox`.")
    number: Number | None = None


@router.get("/rejects", operation_id="list_rejects")
def list_refused(
    workspace: Viewer,
    number: Annotated[int | None, Query(description="One import only.", ge=1)] = None,
    replayed: Annotated[bool, Query(description="Those that have landed since, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Rejects:
    """List refused lines and why, without their texts."""
    found = list_rejects(workspace, number, limit, replayed=replayed)
    return Rejects(
        rejects=[
            RejectAnswer(
                reject=each.id,
                number=str(each.import_number),
                source=each.source,
                file=Path(each.file).name,
                line=each.line,
                column=each.column,
                reason=Words(en=each.reason.en, zh=each.reason.zh),
                replayed_by=None if each.replayed_by is None else str(each.replayed_by),
            )
            for each in found
        ]
    )


@router.post("/rejects/replay", operation_id="replay_rejects", status_code=202)
def replay_refused(workspace: Marketer, wanted: WantedReplay) -> Queued:
    """Queue a replay of mended lines, or of an import's refused lines as they are."""
    if (wanted.file is None) == (wanted.number is None):
        raise Invalid(Text("Say either which file or which import.", "请指定文件或导入编号，二者择一。"))
    number = _number(wanted.number)
    if wanted.file is not None:
        find_in_inbox(workspace, wanted.file)
    if number is not None:
        source_of(workspace, number)
    return Queued(job=str(defer_replay(workspace, wanted.file, number)))


@router.post("/imports/{number}/cancel", operation_id="cancel_import", status_code=204)
def cancel_running_import(workspace: Marketer, number: str) -> None:
    """Ask a running import to stop; it does within a second or two, and nothing of it lands."""
    cancel_import(workspace, _number(number) or 0)


@router.post("/imports/{number}/take-back", operation_id="take_back_import", status_code=202)
def take_import_back(workspace: Marketer, number: str) -> Queued:
    """Queue the removal of all that one import has landed."""
    source_of(workspace, _number(number) or 0)
    return Queued(job=str(defer_take_back(workspace, _number(number) or 0)))


def _number(written: str | None) -> int | None:
    if written is not None and not (written.isascii() and written.isdecimal() and len(written) < 19):
        raise Invalid(
            Text("This is not the number of an import.", "这不是导入编号。"), received=written[:40], allowed=["12"]
        )
    return None if written is None else int(written)
