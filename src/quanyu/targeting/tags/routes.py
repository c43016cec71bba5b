"""HTTP routes of tags: list them, compute them, and the packs that define them."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from quanyu.foundation.access.doors import Answer, Asked, Number, Queued, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.continuing import REASONS
from quanyu.targeting.tags.health_routes import router as health
from quanyu.targeting.tags.jobs import defer_compute
from quanyu.targeting.tags.packs import list_packs, text_of
from quanyu.targeting.tags.past import KeptRun, runs
from quanyu.targeting.tags.previewing import preview
from quanyu.targeting.tags.shown import describe_summary, shown_tags

router = APIRouter(tags=["tags"])
router.include_router(health)
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class Frequent(Answer):
    value: str
    customers: int


class TagAnswer(Answer):
    """A tag and how its values lie; amounts are decimals in major units, as text."""

    tag: str
    title: Words
    description: Words
    family: str
    type: str
    known: int = Field(description="Customers who have a value.")
    customers: int
    lowest: str | None
    median: str | None
    highest: str | None
    top: list[Frequent]


class LackingTag(Answer):
    tag: str
    title: Words
    lacks: list[Words] = Field(description="What no source delivers.")


class Tags(Answer):
    run: Number
    day: date
    as_of: datetime
    finished_at: datetime
    tags: list[TagAnswer]
    lacking: list[LackingTag] = Field(description="Tags that cannot be computed from what has come in.")


class WantedTags(Asked):
    as_of: AwareDatetime | None = Field(default=None, description="Instant whose day counts; now if not given.")
    full: bool = Field(default=False, description="Compute everything, also what cannot have changed.")


@router.get("/tags", operation_id="list_tags")
def list_tags(workspace: Viewer) -> Tags:
    """List tags with coverage and distribution by the last run; those that no source can fill, with what they lack."""
    return Tags.model_validate(shown_tags(workspace))


@router.post("/tags/compute", operation_id="compute_tags", status_code=202)
def compute_tags(workspace: Marketer, wanted: WantedTags | None = None) -> Queued:
    """Queue a computation of every tag; who cannot have changed since the last run keeps his values."""
    asked = wanted or WantedTags()
    return Queued(job=str(defer_compute(workspace, asked.as_of, full=asked.full)))


class RunAnswer(Answer):
    run: Number
    day: date
    as_of: datetime
    finished_at: datetime
    customers: int
    kept: bool = Field(description="What it has read is kept: it can be had again.")
    recomputed: int | None = Field(description="Customers of whom anything was taken anew.")
    whole_because: Words | None = Field(description="Why everything was computed; null where it went on from the last.")


class Runs(Answer):
    runs: list[RunAnswer]


@router.get("/tags/runs", operation_id="list_runs")
def list_runs(workspace: Viewer, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Runs:
    """List runs of tags, the newest first."""
    return Runs(runs=[_run_answer(each) for each in runs(workspace, limit)])


def _run_answer(each: KeptRun) -> RunAnswer:
    names = ("day", "as_of", "finished_at", "customers", "recomputed")
    reason = REASONS.get(each.run.whole_because or "")
    return RunAnswer(
        run=str(each.run.number),
        **{n: getattr(each.run, n) for n in names},
        kept=each.kept,
        whole_because=None if reason is None else Words.model_validate(reason),
    )


class PackAnswer(Answer):
    pack: str
    version: int = Field(description="0 of a pack that comes with the product.")
    tags: int
    owner: str | None
    author: str | None
    applied_at: datetime | None


class Packs(Answer):
    packs: list[PackAnswer]


class PackText(Answer):
    definition: str = Field(description="The file as it was applied.")


class WantedPack(Asked):
    definition: str = Field(description="A pack of tags in YAML or JSON.", max_length=4 << 20)


class PreviewedTag(TagAnswer):
    fate: str = Field(description="new, changed or same.")
    moved: int = Field(description="Customers of the sample whose value would be another one.")


class PreviewAnswer(Answer):
    pack: str
    customers: int
    sampled: int
    tags: list[PreviewedTag]
    gone: list[str]


@router.get("/packs", operation_id="list_packs")
def list_all_packs(workspace: Viewer) -> Packs:
    """List the packs of tags in force."""
    return Packs(
        packs=[
            PackAnswer(
                pack=each.pack.name,
                version=each.version,
                tags=len(each.pack.tags),
                owner=each.pack.owner,
                author=each.author,
                applied_at=each.applied_at,
            )
            for each in list_packs(workspace)
        ]
    )


@router.get("/packs/{pack}", operation_id="show_pack")
def show_pack(workspace: Viewer, pack: str) -> PackText:
    """Return the file of a pack, or of the pack in which a tag of this name stands."""
    return PackText(definition=text_of(workspace, pack))


@router.post("/packs/preview", operation_id="preview_pack")
def preview_pack(workspace: Marketer, wanted: WantedPack) -> PreviewAnswer:
    """Say what a pack would change, over a sample of customers; nothing is written."""
    found = preview(workspace, wanted.definition)
    tags = [PreviewedTag(**describe_summary(each.summary), fate=each.fate, moved=each.moved) for each in found.tags]
    return PreviewAnswer(
        pack=found.pack, customers=found.customers, sampled=found.sampled, tags=tags, gone=list(found.gone)
    )
