"""HTTP route that puts a pack of tags in force: here, because audiences may ask for its tags."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.foundation.access.doors import Answer, Asked, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.packing import apply_pack

router = APIRouter(tags=["tags"])
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class WantedPackInForce(Asked):
    definition: str = Field(description="A pack of tags in YAML or JSON.", max_length=4 << 20)
    force: bool = Field(False, description="Even where audiences can then no longer be used.")


class AppliedPack(Answer):
    name: str
    version: int
    tags: int
    changed: bool
    breaks: list[str] = Field(description="Audiences that can no longer be used; none without `force`.")


@router.post("/packs", operation_id="apply_pack")
def put_in_force(workspace: Marketer, wanted: WantedPackInForce) -> AppliedPack:
    """Put a pack in force; the same text again changes nothing. Audiences that it would break refuse it."""
    done = apply_pack(workspace, wanted.definition, force=wanted.force)
    return AppliedPack(**vars(done.applied), breaks=list(done.breaks))
