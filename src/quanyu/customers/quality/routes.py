"""HTTP routes of quality: the survey that was kept last."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.customers.quality.keeping import last_kept
from quanyu.foundation.access.doors import Answer, Number, admitted
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["quality"])
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]


class SurveyAnswer(Answer):
    number: Number
    taken_at: datetime
    as_of: datetime = Field(description="Instant that the figures speak of.")
    document: dict[str, Any] = Field(
        description="Kinds by source with their fields, findings in words, goals, changes; no value of a person."
    )


@router.get("/quality", operation_id="get_quality")
def get_quality(workspace: Analyst) -> SurveyAnswer:
    """Return the survey that was kept last."""
    kept = last_kept(workspace)
    if kept is None:
        raise NotFound(
            Text("No survey was kept yet.", "尚未保存过勘查。"),
            remedy=Text("Take one: quanyu quality --keep", "请先执行：quanyu quality --keep"),
        )
    return SurveyAnswer(number=str(kept.number), taken_at=kept.taken_at, as_of=kept.as_of, document=dict(kept.document))
