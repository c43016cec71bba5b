"""Keeps surveys, so that the next one can say what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quanyu.customers.quality.model import Survey
from quanyu.customers.quality.tables import survey as kept_survey
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    """A survey as it was kept; `document` is what `report.document` wrote."""

    number: int
    taken_at: datetime
    as_of: datetime
    document: Mapping[str, Any]


def keep(workspace: Workspace, survey: Survey, document: Mapping[str, object]) -> int:
    """Keep a survey and return its number."""
    values = {
        "workspace": workspace.number,
        "taken_at": workspace.clock.now(),
        "as_of": survey.as_of,
        "vector": {name: [pinned.version, pinned.superseded] for name, pinned in sorted(survey.vector.items())},
        "document": document,
    }
    with workspace.begin() as connection:
        return connection.execute(sa.insert(kept_survey).values(values).returning(kept_survey.c.number)).scalar_one()


def last_kept(workspace: Workspace) -> Kept | None:
    """Return the survey that was kept last; None where none was."""
    query = (
        sa.select(kept_survey.c.number, kept_survey.c.taken_at, kept_survey.c.as_of, kept_survey.c.document)
        .where(kept_survey.c.workspace == workspace.number)
        .order_by(kept_survey.c.number.desc())
        .limit(1)
    )
    with workspace.begin() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Kept(**row)
