"""HTTP routes of portraits: a group against all or another one, and how audiences overlap."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.keeping import kept_portrait
from quanyu.targeting.audiences.overlaps import MOST, overlap
from quanyu.targeting.audiences.portrait_report import describe_overlap, describe_portrait
from quanyu.targeting.audiences.portraits import portrait

router = APIRouter(tags=["audiences"])
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]


class PartyAnswer(Answer):
    name: str | None = Field(description="The audience; null for a rule and for all customers.")
    title: Words
    size: int
    taken_at: datetime | None = Field(description="When its snapshot was taken.")


class ValueAnswer(Answer):
    label: Words
    kind: str = Field(description="value, band, other or unknown.")
    inside: int
    inside_share: float
    outside: int
    outside_share: float
    index: float | None = Field(description="100 where both shares are equal.")
    p: float | None
    q: float | None = Field(description="p corrected for all that was looked at.")
    certain: bool


class TagAnswer(Answer):
    tag: str
    title: Words
    family: str
    v: float | None = Field(description="Strength of the association, 0 to 1.")
    chi_square: float | None
    freedom: int
    p: float | None
    q: float | None
    certain: bool
    by_rule: bool = Field(description="The people were chosen by this tag.")
    values: list[ValueAnswer]


class SplitAnswer(Answer):
    label: Words
    inside_share: float
    outside_share: float


class DistinctionAnswer(Answer):
    tag: str
    title: Words
    bits: float
    explained: float = Field(description="Share of what there is to tell about who is in the group.")
    words: Words
    split: SplitAnswer | None


class PortraitAnswer(Answer):
    audience: PartyAnswer
    against: PartyAnswer
    against_all: bool
    both: int = Field(description="Customers of both groups.")
    as_of: datetime
    tag_run: Number
    notes: list[Words]
    distinguishing: list[DistinctionAnswer]
    tags: list[TagAnswer]
    withheld: list[str] = Field(description="Tags of which nothing can be shown.")


class WantedPortrait(Asked):
    rule: dict[str, Any] = Field(description="A rule: {tag, is, value}, {all: […]}, {any: […]} or {not: …}.")
    against: str | None = Field(default=None, description="An audience; all customers if left out.")
    tags: list[str] | None = Field(default=None, description="These tags only.")


class WantedOverlap(Asked):
    audiences: list[str] = Field(min_length=2, max_length=MOST)


class PairAnswer(Answer):
    audiences: list[str]
    shared: int
    jaccard: float
    lift: float | None = Field(description="100 where as many are shared as by chance.")


class CellAnswer(Answer):
    audiences: list[str]
    size: int


class OverlapAnswer(Answer):
    audiences: list[PartyAnswer]
    base: int = Field(description="Customers alive who have tags.")
    any: int = Field(description="Customers in one audience at least.")
    as_of: datetime
    shared: list[list[int]] = Field(description="Customers in both, by the order of the audiences.")
    pairs: list[PairAnswer]
    cells: list[CellAnswer] | None = Field(description="The largest; null for more than 32 audiences.")
    more_cells: int | None
    in_more_cells: int | None


@router.get("/audiences/{audience}/portrait", operation_id="portray_audience")
def portray_audience(
    workspace: Analyst,
    audience: str,
    against: Annotated[str | None, Query(description="An audience; all customers if left out.")] = None,
    tag: Annotated[list[str] | None, Query(description="This tag only; once for each.")] = None,
) -> PortraitAnswer:
    """Say who the members of the last snapshot are, against all customers or another audience."""
    if tag is None:
        return PortraitAnswer.model_validate(kept_portrait(workspace, audience, against))
    return PortraitAnswer.model_validate(describe_portrait(portrait(workspace, audience, against, tag)))


@router.post("/audiences/portrait", operation_id="portray_rule")
def portray_rule(workspace: Analyst, wanted: WantedPortrait) -> PortraitAnswer:
    """Say who the customers are whom a rule selects, keeping nothing."""
    found = portrait(workspace, wanted.rule, wanted.against, wanted.tags)
    return PortraitAnswer.model_validate(describe_portrait(found))


@router.post("/audiences/overlap", operation_id="overlap_audiences")
def overlap_audiences(workspace: Analyst, wanted: WantedOverlap) -> OverlapAnswer:
    """Say how the last snapshots of 2 to 220 audiences overlap."""
    return OverlapAnswer.model_validate(describe_overlap(overlap(workspace, wanted.audiences)))
