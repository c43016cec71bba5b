"""HTTP routes of audiences: list, apply, count, refresh, look at members."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.costs import cost
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.export_routes import router as exports
from quanyu.targeting.audiences.history import history, restore
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.members import page
from quanyu.targeting.audiences.model import Jump, Snapshot
from quanyu.targeting.audiences.pack_routes import router as packs
from quanyu.targeting.audiences.past import chosen_then, ids_of
from quanyu.targeting.audiences.portrait_routes import router as portraits
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.tagging_routes import router as tagging
from quanyu.targeting.tags.past import of_run

router = APIRouter(tags=["audiences"])
router.include_router(portraits)
router.include_router(exports)
router.include_router(tagging)
router.include_router(packs)
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class SnapshotAnswer(Answer):
    snapshot: Number
    size: int
    as_of: datetime
    taken_at: datetime


class JumpAnswer(Answer):
    size: int
    usual: int = Field(description="Median of the snapshots before.")


class AudienceAnswer(Answer):
    audience: str
    title: Words
    description: Words
    rule: Any = Field(description="The rule as its author wrote it.")
    last: SnapshotAnswer | None
    jump: JumpAnswer | None = Field(description="The size of the last snapshot is far from what is usual.")


class Audiences(Answer):
    audiences: list[AudienceAnswer]


class WantedAudience(Asked):
    definition: str = Field(description="name, title, description and rule, in YAML or JSON.", max_length=4 << 20)


class AppliedAnswer(Answer):
    name: str
    version: int
    changed: bool


class WantedCount(Asked):
    rule: Any = Field(
        description="A rule: {tag, is, value}, {did: …}, {sequence: […]} and more, {all: […]}, {any: […]} or {not: …}."
    )
    run: int | None = Field(
        None, ge=1, lt=1 << 63, description="By this run of tags and its data; the last one if left out."
    )


class CountAnswer(Answer):
    size: int
    base: int = Field(description="Customers alive.")
    as_of: datetime
    tag_run: Number


class ScanAnswer(Answer):
    what: str
    rows: int
    times: int


class CostAnswer(Answer):
    looks_through: list[ScanAnswer] = Field(description="Empty where tags answer all of the rule.")


class RefreshAnswer(Answer):
    audience: str
    size: int
    entered: int
    left: int
    skipped: bool = Field(description="The last snapshot was fresh.")
    jump: JumpAnswer | None = Field(description="The size is far from what is usual.")


class RefreshAnswers(Answer):
    audiences: list[RefreshAnswer]


class PointAnswer(SnapshotAnswer):
    version: int = Field(description="Of the definition by which it was taken.")
    entered: int | None = Field(description="Against the snapshot before; null of old ones.")
    left: int | None
    jump: JumpAnswer | None


class History(Answer):
    snapshots: list[PointAnswer]


class WantedSnapshot(Asked):
    snapshot: int = Field(ge=1, lt=1 << 63)


class Members(Answer):
    last: SnapshotAnswer
    one_ids: list[str]
    next: str | None = Field(description="Give it as `after` for the next page; null after the last one.")


@router.get("/audiences", operation_id="list_audiences")
def list_all(workspace: Viewer) -> Audiences:
    """List audiences with their last snapshots."""
    return Audiences(
        audiences=[
            AudienceAnswer(
                audience=found.name,
                title=Words.model_validate(found.title),
                description=Words.model_validate(found.description),
                rule=found.rule,
                last=None if found.snapshot is None else _snapshot(found.snapshot),
                jump=_jump(found.jump),
            )
            for found in list_audiences(workspace)
        ]
    )


def _jump(found: Jump | None) -> JumpAnswer | None:
    return None if found is None else JumpAnswer(size=found.size, usual=found.usual)


def _snapshot(found: Snapshot) -> SnapshotAnswer:
    return SnapshotAnswer(snapshot=str(found.number), size=found.size, as_of=found.as_of, taken_at=found.taken_at)


@router.post("/audiences", operation_id="apply_audience")
def apply_audience(workspace: Marketer, wanted: WantedAudience) -> AppliedAnswer:
    """Put a definition in force; the same one again changes nothing."""
    return AppliedAnswer.model_validate(apply(workspace, wanted.definition))


@router.post("/audiences/cost", operation_id="cost_audience")
def cost_audience(workspace: Analyst, wanted: WantedCount) -> CostAnswer:
    """Say what counting a rule would look through, without doing so."""
    scans = [ScanAnswer(what=scan.what, rows=scan.rows, times=scan.times) for scan in cost(workspace, wanted.rule)]
    return CostAnswer(looks_through=scans)


@router.post("/audiences/count", operation_id="count_audience")
def count_audience(workspace: Analyst, wanted: WantedCount) -> CountAnswer:
    """Count the customers whom a rule selects, keeping nothing."""
    if wanted.run is None:
        found = count(workspace, wanted.rule)
    else:
        found = chosen_then(workspace, wanted.rule, of_run(workspace, wanted.run)).count
    return CountAnswer(size=found.size, base=found.base, as_of=found.as_of, tag_run=str(found.tag_run))


@router.post("/audiences/{audience}/refresh", operation_id="refresh_audience")
def refresh_audience(workspace: Marketer, audience: str) -> RefreshAnswers:
    """Take a new snapshot of one audience."""
    return RefreshAnswers(
        audiences=[
            RefreshAnswer(
                audience=done.snapshot.audience,
                size=done.snapshot.size,
                entered=done.entered,
                left=done.left,
                skipped=done.skipped,
                jump=_jump(done.jump),
            )
            for done in refresh(workspace, audience)
        ]
    )


class MembersThen(Answer):
    run: Number
    as_of: datetime
    size: int
    one_ids: list[str]


@router.get("/audiences/{audience}/runs/{run}/members", operation_id="list_members_then")
def list_members_then(workspace: Analyst, audience: str, run: int) -> MembersThen:
    """List who was in an audience by a past run of tags, worked out anew from what the run had read."""
    found = chosen_then(workspace, audience, of_run(workspace, run))
    ids = ids_of(workspace, found.members)
    return MembersThen(run=str(run), as_of=found.count.as_of, size=found.count.size, one_ids=ids)


@router.get("/audiences/{audience}/members", operation_id="list_members")
def list_members(
    workspace: Viewer,
    audience: str,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Members:
    """List the members' one_ids, page by page."""
    found = page(workspace, audience, after, limit)
    return Members(last=_snapshot(found.snapshot), one_ids=list(found.one_ids), next=found.next)


@router.get("/audiences/{audience}/history", operation_id="show_history")
def show_history(workspace: Viewer, audience: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> History:
    """List the last snapshots of an audience, the newest first, with who entered and left and where its size jumped."""
    return History(
        snapshots=[
            PointAnswer(
                **_snapshot(point.snapshot).model_dump(),
                version=point.version,
                entered=point.snapshot.entered,
                left=point.snapshot.left,
                jump=_jump(point.jump),
            )
            for point in history(workspace, audience, limit)
        ]
    )


@router.post("/audiences/{audience}/restore", operation_id="restore_audience")
def restore_audience(workspace: Marketer, audience: str, wanted: WantedSnapshot) -> AppliedAnswer:
    """Put the definition by which a snapshot was taken in force again."""
    return AppliedAnswer.model_validate(restore(workspace, audience, wanted.snapshot))
