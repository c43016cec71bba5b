"""HTTP routes by which files come in from a browser: parts of files, suggestions, refused lines, progress."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from quanyu.app.columns import read_columns
from quanyu.app.house import House
from quanyu.customers.ingest.history import list_imports
from quanyu.customers.ingest.inbox import find_in_inbox, load_from_inbox
from quanyu.customers.ingest.jobs import defer_replay
from quanyu.customers.ingest.model import Reject
from quanyu.customers.ingest.rejects import MARK, list_rejects
from quanyu.customers.ingest.sheets import fields_of
from quanyu.customers.ingest.suggesting import drafting
from quanyu.customers.ingest.suggesting.drafting import Wanted
from quanyu.customers.ingest.suggesting.masking import show_cell
from quanyu.customers.ingest.suggesting.model import Suggestion
from quanyu.customers.ingest.suggesting.writing import samples_of
from quanyu.customers.ingest.uploading import path_below, place_of, receive
from quanyu.foundation.access.doors import Answer, Asked, Queued, Words, admitted
from quanyu.foundation.errors import Invalid
from quanyu.foundation.ids import new_id
from quanyu.foundation.jobs.states import find_job
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["ingest"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]
TURN, LONGEST = 0.7, 3_600.0  # seconds between two looks at a job, and for how long one is watched
DONE = ("succeeded", "failed", "cancelled")
MOST_MENDED = 500


class UploadAnswer(Answer):
    name: str
    size: int = Field(description="Bytes that are there now.")


class WantedSuggestion(Asked):
    batch: str = Field(max_length=80)
    files: list[str] = Field(description="Names of uploads of one shape.", min_length=1, max_length=200)
    kind: str | None = Field(None, max_length=80)
    source: str | None = Field(None, max_length=80)


class SuggestedColumn(Answer):
    kind: str
    input: str
    title: Words
    columns: list[str]
    constant: str | None
    confidence: float
    mapped: bool
    others: list[str] = Field(description="Columns that fit nearly as well.")
    samples: str = Field(description="Masked where they are private.")


class SuggestedIdentifier(Answer):
    type: str
    scope: str
    column: str
    confidence: float


class TrialReason(Answer):
    input: str
    column: str
    problem: str
    lines: int


class SuggestionAnswer(Answer):
    mapping: str = Field(description="Path of the mapping below the inbox.")
    text: str = Field(description="The mapping itself, in YAML.")
    source: str
    files: int
    export: Words | None = Field(description="The known export that this is.")
    kinds: list[str]
    rivals: list[str] = Field(description="Other kinds that a line could be.")
    columns: list[SuggestedColumn]
    identifiers: list[SuggestedIdentifier]
    unused: list[str]
    read: int = Field(description="Lines of the sample on which the mapping was tried.")
    refused: int
    reasons: list[TrialReason]


class WantedMapping(Asked):
    mapping: str = Field(max_length=400)
    text: str = Field(max_length=1 << 20)


class MappingAnswer(Answer):
    mapping: str
    source: str
    kinds: list[str]


class RefusedLine(Answer):
    reject: str
    file: str
    line: int
    column: str | None
    reason: Words
    values: dict[str, str] = Field(
        description="Masked, but for the column at fault; empty where the line could not be split."
    )


class RefusedLines(Answer):
    columns: list[str]
    lines: list[RefusedLine]


class MendedLine(Asked):
    reject: str = Field(max_length=60)
    values: dict[str, str] = Field(description="Of the columns that were changed; the others stay as they were.")


class WantedMending(Asked):
    lines: list[MendedLine] = Field(min_length=1, max_length=MOST_MENDED)


@router.put("/uploads/{batch}/{name}", operation_id="upload_part")
def upload_part(
    workspace: Marketer,
    batch: str,
    name: str,
    part: Annotated[bytes, Body(media_type="application/octet-stream")],
    offset: Annotated[int, Query(ge=0, lt=1 << 40)] = 0,
) -> UploadAnswer:
    """Take a part of a file, of at most 16 MiB, in order; files of a batch, which the sender names, lie together."""
    return UploadAnswer(name=name, size=receive(workspace, batch, name, offset, part))


@router.post("/suggestions", operation_id="suggest_mapping")
def suggest_mapping(request: Request, workspace: Marketer, wanted: WantedSuggestion) -> SuggestionAnswer:
    """Suggest a mapping for uploads, write it beside them, and say what importing a sample by it would do."""
    house: House = request.app.state.house
    files = [_upload(workspace, wanted.batch, name) for name in wanted.files]
    shapes = drafting.find_shapes(files, house.readers)
    if len(shapes) != 1:
        raise Invalid(
            Text("These files are of several shapes.", "这些文件的结构不同。"),
            remedy=Text("Bring them in one shape after the other.", "请按结构分别导入。"),
            received=", ".join(shape.files[0].name for shape in shapes[:5]),
        )
    out = _target(files[0], wanted.source)
    found = drafting.suggest(workspace, house.kinds, house.readers, shapes[0], out, Wanted(wanted.kind, wanted.source))
    return _suggestion(found, out, path_below(workspace, out))


def _upload(workspace: Workspace, batch: str, name: str) -> Path:
    return find_in_inbox(workspace, path_below(workspace, place_of(workspace, batch, name)))


def _target(file: Path, source: str | None) -> Path:
    name = source or file.name.split(".")[0]
    return file.with_name(f"{name}.yaml")


def _suggestion(found: Suggestion, out: Path, mapping: str) -> SuggestionAnswer:
    columns = [
        SuggestedColumn(
            kind=entry.kind.name,
            input=choice.wanted.name,
            title=Words.model_validate(choice.wanted.title),
            columns=[column.name for column in choice.columns],
            constant=choice.constant or None,
            confidence=round(choice.score, 2),
            mapped=choice in entry.chosen,
            others=[name for name, _ in choice.others],
            samples=samples_of(found, choice.column) if choice.column else "",
        )
        for entry in found.entries
        for choice in (*entry.chosen, *entry.doubtful)
    ]
    identifiers = [
        SuggestedIdentifier(type=each.type, scope=each.scope, column=each.column.name, confidence=round(each.score, 2))
        for entry in found.entries
        for each in entry.identifiers
    ]
    trial = found.trial
    return SuggestionAnswer(
        mapping=mapping,
        text=out.read_text(encoding="utf-8"),
        source=found.source,
        files=len(found.files),
        export=None if found.export is None else Words.model_validate(found.export),
        kinds=[entry.kind.name for entry in found.entries],
        rivals=[name for name, _ in found.rivals],
        columns=columns,
        identifiers=identifiers,
        unused=[column.name for column in found.unused],
        read=trial.read if trial else 0,
        refused=trial.refused if trial else 0,
        reasons=[
            TrialReason(input=name, column=column, problem=problem, lines=lines)
            for name, column, problem, lines in (trial.reasons if trial else ())
        ],
    )


@router.post("/mappings", operation_id="save_mapping")
def save_mapping(request: Request, workspace: Marketer, wanted: WantedMapping) -> MappingAnswer:
    """Check a mapping that was changed by hand, with every fault at once, and put it in the place of the one before."""
    path = find_in_inbox(workspace, wanted.mapping)
    beside = path.with_name(f".{path.stem}.checked{path.suffix}")
    beside.write_text(wanted.text, encoding="utf-8")
    try:
        loaded = load_from_inbox(workspace, path_below(workspace, beside), request.app.state.load_mapping)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return MappingAnswer(mapping=wanted.mapping, source=loaded.source, kinds=[each.kind.name for each in loaded.kinds])


@router.get("/imports/{number}/refused", operation_id="read_refused_lines")
def read_refused_lines(
    workspace: Marketer, number: int, limit: Annotated[int, Query(ge=1, le=MOST_MENDED)] = 100
) -> RefusedLines:
    """Show an import's refused lines, to mend them: the value at fault as it is, all others masked."""
    found = list_rejects(workspace, number, limit)
    lines = [
        RefusedLine(
            reject=each.id,
            file=Path(each.file).name,
            line=each.line,
            column=each.column,
            reason=Words.model_validate(each.reason),
            values={} if each.broken else _shown(each),
        )
        for each in found
    ]
    columns = list(dict.fromkeys(name for line in lines for name in line.values))
    return RefusedLines(columns=columns, lines=lines)


def _shown(refused: Reject) -> dict[str, str]:
    return {
        name: value if name == refused.column else show_cell(name, value) for name, value in fields_of(refused).items()
    }


@router.post("/imports/{number}/mended", operation_id="mend_refused_lines", status_code=202)
def mend_refused_lines(workspace: Marketer, number: int, wanted: WantedMending) -> Queued:
    """Queue mended lines of an import to come in again, each once; what was not changed is as it was refused."""
    lines = _mended(workspace, number, wanted.lines)
    batch, name = new_id().hex, f"mended-{number}.csv"
    receive(workspace, batch, name, 0, _written(lines).encode("utf-8-sig"))
    return Queued(job=str(defer_replay(workspace, path_below(workspace, place_of(workspace, batch, name)), None)))


def _mended(workspace: Workspace, number: int, lines: Sequence[MendedLine]) -> dict[str, dict[str, str]]:
    """Return the columns of each line, by its id, with what was changed laid over them."""
    refused = {each.id: each for each in list_rejects(workspace, number, None) if not each.broken}
    unknown = [line.reject for line in lines if line.reject not in refused]
    if unknown:
        raise Invalid(
            Text("No such line waits to be mended by its columns.", "没有可按列修正的此行。"),
            remedy=Text("A line that was not split is mended in an export.", "未能拆分的行请导出后修正。"),
            received=", ".join(unknown[:5]),
            allowed=list(refused)[:20],
        )
    return {line.reject: {**fields_of(refused[line.reject]), **line.values} for line in lines}


def _written(lines: Mapping[str, Mapping[str, str]]) -> str:
    columns = list(dict.fromkeys(name for values in lines.values() for name in values))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*columns, MARK])
    writer.writerows([*(values.get(name, "") for name in columns), reject] for reject, values in lines.items())
    return out.getvalue()


@router.get("/jobs/{job}/events", operation_id="watch_job", response_class=StreamingResponse)
def watch_job(workspace: Viewer, job: int) -> StreamingResponse:
    """Tell how a job goes on, as server-sent events, until it has ended."""
    return StreamingResponse(_events(workspace, job), media_type="text/event-stream")


async def _events(workspace: Workspace, job: int) -> AsyncIterator[str]:
    told: dict[str, Any] = {}
    for _ in range(int(LONGEST / TURN)):
        now = await run_sync(_look, workspace, job)
        if now != told:
            told = now
            yield f"data: {json.dumps(now)}\n\n"
        if now["state"] in DONE:
            return
        await asyncio.sleep(TURN)


def _look(workspace: Workspace, job: int) -> dict[str, Any]:
    with workspace.begin() as connection:
        found = find_job(connection, workspace.name, job)
    running = next((each for each in list_imports(workspace, 1, job) if each.state == "running"), None)
    return {
        "job": str(job),
        "state": found.state,
        "import": None if running is None else str(running.number),
        "step": None if running is None else running.step,
        "share": None if running is None else running.share,
    }


class SheetColumn(Answer):
    name: str
    values: list[str]


class SheetColumns(Answer):
    columns: list[SheetColumn]


@router.post("/sheets", operation_id="read_sheet")
def read_sheet(
    workspace: Marketer, workbook: Annotated[bytes, Body(media_type="application/octet-stream")]
) -> SheetColumns:
    """Read the columns of a workbook's first sheet as texts; nothing is kept."""
    return SheetColumns(columns=[SheetColumn.model_validate(each) for each in read_columns(workbook)])
